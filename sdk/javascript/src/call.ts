/** What a request is, before it is sent. */
import { ConfigurationError } from "./errors.js";
import type { Id } from "./types.js";
import { idOf } from "./codec.js";

/** A path below the base URL, and its form without ids, for logs and errors. */
export interface Path {
  path: string;
  template: string;
}

/** `` at`/assistants/${assistant}` ``. Ids are encoded. An id that would make another path is refused. */
export function at(parts: TemplateStringsArray, ...ids: Id[]): Path {
  const encoded = ids.map((given) => {
    const id: unknown = typeof given === "object" && given !== null ? idOf(given) : given;
    if (typeof id !== "string" || id === "" || id === "." || id === ".." || /[/\\]/.test(id)) {
      throw new ConfigurationError(`${JSON.stringify(id)} is not an id.`);
    }
    return encodeURIComponent(id);
  });
  return { path: String.raw({ raw: parts }, ...encoded), template: parts.join("{id}") };
}

/** Whether a request may be sent again when its response was lost:
 * - `safe`: repeating changes nothing.
 * - `keyed`: the server recognises the repetition by the `Idempotency-Key`.
 * - `once`: it would act twice, so only when nothing was sent. */
export type Repeat = "safe" | "keyed" | "once";

export interface Call<T> {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: Path;
  query?: Record<string, string | number | undefined>;
  json?: unknown;
  form?: FormData;
  headers?: Record<string, string>;
  repeat: Repeat;
  /** No credential is sent. */
  isAnonymous?: boolean;
  /** The answer comes when a model is done, which can take minutes. */
  waitsForModel?: boolean;
  /** Milliseconds that one attempt may take. The client's setting overrides it. */
  attemptTimeout?: number;
  /** The whole call has no time limit unless the caller sets one, because its body is large or endless. */
  hasNoTotal?: boolean;
  /** A refusal by the rate limit is not waited for. */
  isSignIn?: boolean;
  read: (body: unknown) => T;
}

/** What every method takes as its last argument. */
export interface RequestOptions {
  /** Milliseconds for the whole call: all attempts, and the waits between them. */
  timeout?: number;
  /** How often the request may be repeated. 0: never. */
  maxRetries?: number;
  /** How often a message may be sent again after the model failed (502, 504). Each failure stays in the conversation. */
  retryModelErrors?: number;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Replaces the random key. Only for methods that create something or cost tokens. */
  idempotencyKey?: string;
}

type Reader<W, T> = (value: W, at: string) => T;

function by<W, T>(read: Reader<W, T>): (body: unknown) => T {
  return (body) => read(body as W, "");
}

export function reading<W, T>(path: Path, read: Reader<W, T>): Call<T> {
  return { method: "GET", path, repeat: "safe", read: by(read) };
}

/** A POST, recognised by its key. */
export function creating<W, T>(path: Path, json: unknown, read: Reader<W, T>): Call<T> {
  return { method: "POST", path, json, repeat: "keyed", read: by(read) };
}

export function changing<W, T>(path: Path, json: unknown, read: Reader<W, T>): Call<T> {
  return { method: "PUT", path, json, repeat: "safe", read: by(read) };
}

export function removing(path: Path): Call<void> {
  return { method: "DELETE", path, repeat: "safe", read: () => {} };
}
