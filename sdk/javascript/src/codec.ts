/** Conversion between the API's JSON and the types of this package: one codec for each type, checked by the compiler
 * against the document. Keys of data (parameters of tools, payloads) are never changed. */
import { APIResponseError, ConfigurationError } from "./errors.js";
import type { Id, Time } from "./types.js";
import { camel, snake, type Snake } from "./wire.js";

/** Reads a value. `at` is its place in the answer, for errors. */
export type Read<W, T> = (value: W, at: string) => T;

function wrong(at: string, wanted: string, value: unknown): never {
  const kind =
    value === null ? "null" : value === undefined ? "nothing" : Array.isArray(value) ? "a list" : typeof value;
  throw new APIResponseError(`The answer is not what the API promises: ${at} should be ${wanted} and is ${kind}.`);
}

const primitive =
  <T>(kind: "string" | "number" | "boolean", wanted: string) =>
  (value: T, at: string): T =>
    typeof value === kind ? value : wrong(at, wanted, value);

export const text: Read<string, string> = primitive<string>("string", "text");
export const number: Read<number, number> = primitive<number>("number", "a number");
export const flag: Read<boolean, boolean> = primitive<boolean>("boolean", "true or false");

export const time: Read<string, Date> = (value, at) => {
  const date = new Date(text(value, at));
  return Number.isNaN(date.getTime()) ? wrong(at, "a time", value) : date;
};

/** An object whose keys are data. */
export const data: Read<object, Record<string, unknown>> = (value, at) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : wrong(at, "an object", value);

export const nullable =
  <W, T>(read: Read<W, T>): Read<W | null, T | null> =>
  (value, at) =>
    value === null ? null : read(value, at);

export const optional =
  <W, T>(read: Read<W, T>): Read<W | undefined, T | undefined> =>
  (value, at) =>
    value === undefined ? undefined : read(value, at);

export const list =
  <W, T>(read: Read<W, T>): Read<W[], T[]> =>
  (value, at) =>
    Array.isArray(value) ? value.map((entry, index) => read(entry, `${at}[${index}]`)) : wrong(at, "a list", value);

/** An object whose keys are data and whose values have a type. */
export const entries =
  <W, T>(read: Read<W, T>): Read<Record<string, W>, Record<string, T>> =>
  (value, at) =>
    Object.fromEntries(Object.entries(data(value, at)).map(([key, entry]) => [key, read(entry as W, `${at}.${key}`)]));

type Known<T> = Exclude<keyof T, "extra">;
/** A reader for each field of `T`, from the field of `W` with the same name in snake case. */
type Fields<W, T> = {
  [Key in Known<T> & string]-?: Snake<Key> extends keyof W ? Read<W[Snake<Key>], T[Key]> : never;
} & (Exclude<keyof W, Snake<Known<T> & string>> extends never
  ? unknown
  : { missing: Exclude<keyof W, Snake<Known<T> & string>> });

/** An object with the fields of `T`. The compiler refuses a field of the document that `T` lacks, and the reverse. */
export function object<W extends object, T extends object>(name: string, fields: Fields<W, T>): Read<W, T> {
  const readers = Object.entries(fields).map(
    ([key, read]) => [key, snake(key), read as Read<unknown, unknown>] as const,
  );
  const known = new Set(readers.map(([, wire]) => wire));
  return (value, at) => {
    const place = at || name;
    const source = data(value, place);
    const result: Record<string, unknown> = {};
    for (const [key, wire, read] of readers) {
      const found = read(source[wire], `${place}.${wire}`);
      if (found !== undefined) result[key] = found;
    }
    const extra = Object.entries(source).filter(([key]) => !known.has(key));
    if (extra.length > 0) result["extra"] = Object.fromEntries(extra);
    return result as T;
  };
}

/** Writes a value of a request. */
type Write<T, W> = (value: T) => W;
type Writer<T, W> = null extends T
  ? null extends W
    ? Write<NonNullable<T>, NonNullable<W>>
    : never
  : Write<NonNullable<T>, NonNullable<W>>;
type Writers<T, W> = {
  [Key in keyof T & string]-?: Snake<Key> extends keyof W ? Writer<T[Key], W[Snake<Key>]> : never;
} & (Exclude<keyof W, Snake<keyof T & string>> extends never
  ? unknown
  : { missing: Exclude<keyof W, Snake<keyof T & string>> });

/** The body of a request. Absent and undefined fields are left out, null stays. An unknown field is an error, because
 * the server would ignore it. */
export function body<T extends object, W extends object>(
  writers: Writers<T, W>,
): (fields: T) => Record<string, unknown> {
  return (fields) => {
    const result: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(fields)) {
      const write = (writers as Record<string, Write<unknown, unknown> | undefined>)[key];
      if (!write) throw unknownField(key, Object.keys(writers));
      if (value !== undefined) result[snake(key)] = value === null ? null : write(value);
    }
    return result;
  };
}

export function unknownField(key: string, known: string[]): ConfigurationError {
  const meant = known.includes(camel(key)) ? `, do you mean ${camel(key)}?` : ` (${known.join(", ")})`;
  return new ConfigurationError(`There is no field ${key}${meant}`);
}

export const same = <T>(value: T): T => value;
/** A word of a choice. The document lists those that it knows, and a newer server may know more. */
export const word = (value: string): never => value as never;
export const idOf = (value: Id): string => (typeof value === "string" ? value : value.id);
export const idsOf = (values: readonly Id[]): string[] => values.map(idOf);
export const timeOf = (value: Time): string => (typeof value === "string" ? value : value.toISOString());
