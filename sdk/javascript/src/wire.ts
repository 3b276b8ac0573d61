/** Names for the types of the API's document. */
import type { components } from "./wire.gen.js";

/** A schema of the document by its name. */
export type Wire<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** `created_at` for `createdAt`. */
export type Snake<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : "";

export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
