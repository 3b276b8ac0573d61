/** Sends requests: credentials, time limits, retries, errors, log lines. */
import type { Call, RequestOptions } from "./call.js";
import {
  AIAssistantError,
  APIConnectionError,
  APIResponseError,
  APIStatusError,
  APITimeoutError,
  ConfigurationError,
  RateLimitError,
  RequestInProgressError,
  type CallFacts,
} from "./errors.js";
import { retryAfter } from "./headers.js";
import type { Answer } from "./promise.js";
import { monotonic, pause, randomUuid, userAgent } from "./runtime.js";
import type { Credential, Credentials } from "./session.js";
import { statusError } from "./status.js";
import { VERSION, type Settings } from "./settings.js";

const TIMEOUT = 90_000;
const MODEL_TIMEOUT = 300_000;
const ATTEMPT_TIMEOUT = 35_000;
const MODEL_ATTEMPT_TIMEOUT = 280_000;

/** An open connection, whose body is still to be read. */
export interface Connection {
  response: Response;
  facts: CallFacts;
  /** From here on, the time limit of the attempt does not count. */
  keepOpen(): void;
  abort(reason: unknown): void;
  /** Forgets the caller's signal. Not needed unless the connection was kept open. */
  release(): void;
}

type Consume<T> = (connection: Connection) => Promise<T>;
type Outcome<T> = { value: T } | { error: unknown };

/** One call: what all its attempts share. */
interface Run<T> {
  call: Call<unknown>;
  options: RequestOptions;
  url: string;
  headers: Headers;
  body: string | FormData | undefined;
  facts: CallFacts;
  maxRetries: number;
  endsAt: number;
  consume: Consume<T>;
}

export class Transport {
  constructor(
    readonly settings: Settings,
    readonly credentials: Credentials,
  ) {}

  /** Makes a call and reads its answer. */
  async answer<T>(call: Call<T>, options: RequestOptions = {}): Promise<Answer<T>> {
    const { status, headers, text } = await this.run(call, options, async ({ response }) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }));
    return { value: call.read(json(text, call)), status, headers, text };
  }

  /** Makes a call and passes its response to `consume`. */
  async run<T>(call: Call<unknown>, options: RequestOptions, consume: Consume<T>): Promise<T> {
    const run = this.#prepared(call, options, consume);
    const { facts } = run;
    let failures = 0;
    let modelFailures = 0;
    let isRenewed = false;
    let mayHaveActed = false;
    for (;;) {
      options.signal?.throwIfAborted();
      const credential = call.isAnonymous ? undefined : await this.#within(run, this.credentials.current());
      options.signal?.throwIfAborted();
      facts.attempts++;
      const outcome = await this.#attempt(run, credential);
      if ("value" in outcome) return outcome.value;
      const { error } = outcome;
      const status = error instanceof APIStatusError ? error.status : undefined;
      if (status === 401 && credential && !isRenewed) {
        isRenewed = true;
        if (await this.#within(run, this.credentials.renew(credential))) continue;
      }
      if (status === 404 && call.method === "DELETE" && mayHaveActed) {
        return consume(connectionOf(new Response(null, { status: 204 }), facts));
      }
      mayHaveActed ||= status === undefined || status >= 500;
      // The first request is still running, so asking again does not count as a failure.
      const isRunning = error instanceof RequestInProgressError;
      const isModelError = call.waitsForModel === true && (status === 502 || status === 504);
      const isLeft = isModelError
        ? modelFailures++ < (options.retryModelErrors ?? this.settings.retryModelErrors)
        : failures < run.maxRetries || (isRunning && run.maxRetries > 0);
      const wait = isLeft ? this.#wait(error, call, failures, isModelError) : null;
      if (wait === null || monotonic() + wait >= run.endsAt) throw error;
      if (!isRunning) failures++;
      this.settings.logger.debug(`ai-assistant: ${call.method} ${call.path.template}: again in ${Math.round(wait)} ms`);
      await pause(wait, options.signal);
    }
  }

  #prepared<T>(call: Call<unknown>, options: RequestOptions, consume: Consume<T>): Run<T> {
    const { settings } = this;
    const { key, headers } = this.#headers(call, options);
    const query = Object.entries(call.query ?? {}).filter(([, value]) => value !== undefined);
    const search =
      query.length > 0 ? `?${new URLSearchParams(query.map(([name, value]) => [name, String(value)]))}` : "";
    const timeout =
      options.timeout ??
      (call.hasNoTotal ? Infinity : (settings.timeout ?? (call.waitsForModel ? MODEL_TIMEOUT : TIMEOUT)));
    if (!(timeout > 0)) throw new ConfigurationError("timeout must be a number of milliseconds above 0.");
    return {
      call,
      options,
      url: `${settings.baseUrl}${call.path.path}${search}`,
      headers,
      // Made once, so that a repetition under the same key is the same request.
      body: call.form ?? (call.json === undefined ? undefined : JSON.stringify(call.json)),
      facts: { method: call.method, path: call.path.template, attempts: 0, ...(key && { idempotencyKey: key }) },
      maxRetries: options.maxRetries ?? settings.maxRetries,
      endsAt: monotonic() + timeout,
      consume,
    };
  }

  #headers(call: Call<unknown>, options: RequestOptions): { key: string | undefined; headers: Headers } {
    const headers = new Headers({ accept: "application/json" });
    const agent = userAgent(VERSION);
    if (agent) headers.set("user-agent", agent);
    if (call.json !== undefined) headers.set("content-type", "application/json");
    const key = call.repeat === "keyed" ? (options.idempotencyKey ?? `sdk-${randomUuid()}`) : undefined;
    if (key) headers.set("idempotency-key", key);
    else if (options.idempotencyKey !== undefined) {
      throw new ConfigurationError(`${call.method} ${call.path.template} takes no idempotency key.`);
    }
    for (const more of [call.headers, this.settings.defaultHeaders, options.headers]) {
      for (const [name, value] of Object.entries(more ?? {})) headers.set(name, value);
    }
    return { key, headers };
  }

  /** Waits for something that calls share, for as long as this call has time. */
  async #within<R, T>(run: Run<T>, work: Promise<R>): Promise<R> {
    const { signal } = run.options;
    let stop = () => {};
    const ended = new Promise<never>((_, reject) => {
      const left = run.endsAt - monotonic();
      const timer = left < 2 ** 31 ? setTimeout(() => reject(totalTimeout(run.facts)), left) : undefined;
      const aborted = () => reject(signal!.reason as Error);
      signal?.addEventListener("abort", aborted, { once: true });
      stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
      };
    });
    try {
      return await Promise.race([work, ended]);
    } finally {
      stop();
    }
  }

  async #attempt<T>(run: Run<T>, credential: Credential | undefined): Promise<Outcome<T>> {
    const { call, options, facts, consume } = run;
    const { settings } = this;
    const began = monotonic();
    const headers = new Headers(run.headers);
    if (credential) headers.set("authorization", `Bearer ${credential.token}`);
    const ending = new AbortController();
    const abort = () => ending.abort(options.signal!.reason);
    options.signal?.addEventListener("abort", abort, { once: true });
    const allowed =
      settings.attemptTimeout ?? call.attemptTimeout ?? (call.waitsForModel ? MODEL_ATTEMPT_TIMEOUT : ATTEMPT_TIMEOUT);
    const left = run.endsAt - began;
    const limit = Math.min(allowed, left);
    const late =
      left <= allowed ? totalTimeout(facts) : new APITimeoutError("The answer took too long", "attempt", facts);
    const timer = limit < 2 ** 31 ? setTimeout(() => ending.abort(late), limit) : undefined;
    let isKept = false;
    const release = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
    };
    let told = "no answer";
    try {
      const response = await settings.fetch(run.url, {
        ...settings.fetchOptions,
        method: call.method,
        headers,
        ...(run.body !== undefined && { body: run.body }),
        redirect: "manual",
        signal: ending.signal,
      });
      told = `${response.status} ${response.headers.get("x-request-id") ?? ""}`.trim();
      if (response.type === "opaqueredirect") {
        throw new APIResponseError("The server redirects. Redirects are not followed; correct baseUrl.");
      }
      if (!response.ok) {
        throw this.#refusal(response, await response.text(), facts, credential);
      }
      const connection = connectionOf(response, facts, (reason) => ending.abort(reason), release);
      connection.keepOpen = () => {
        clearTimeout(timer);
        isKept = true;
      };
      return { value: await consume(connection) };
    } catch (error) {
      isKept = false;
      options.signal?.throwIfAborted();
      if (ending.signal.aborted) return { error: ending.signal.reason };
      if (error instanceof AIAssistantError) return { error };
      return { error: new APIConnectionError(`No answer: ${reasonOf(error)}`, facts, error) };
    } finally {
      if (!isKept) release();
      const took = Math.round(monotonic() - began);
      settings.logger.info(
        `ai-assistant: ${call.method} ${call.path.template}: ${told} (${took} ms, attempt ${facts.attempts})`,
      );
    }
  }

  #refusal(response: Response, text: string, facts: CallFacts, credential: Credential | undefined): APIStatusError {
    const error = statusError(response.status, response.headers, text, { ...facts });
    if (response.status === 401 && credential && this.credentials.hint) error.message += ` ${this.credentials.hint}`;
    return error;
  }

  /** Milliseconds until the next attempt, or `null` if there must be none. */
  #wait(error: unknown, call: Call<unknown>, failures: number, isModelError: boolean): number | null {
    const pause = Math.random() * Math.min(8_000, 500 * 2 ** failures);
    if (error instanceof APITimeoutError && error.phase === "total") return null;
    if (error instanceof APIConnectionError) return call.repeat !== "once" || wasNeverSent(error.cause) ? pause : null;
    if (!(error instanceof APIStatusError)) return null;
    const told = retryAfter(error.headers);
    if (told !== null && told > this.settings.maxRetryAfter) return null;
    const wait = told === null ? pause : told + Math.random() * 250;
    if (isModelError) return wait;
    if (error instanceof RateLimitError) return call.isSignIn ? null : wait;
    if (error instanceof RequestInProgressError) return wait;
    if (call.repeat === "once") return null;
    return [408, 500, 502, 503, 504].includes(error.status) ? wait : null;
  }
}

function connectionOf(
  response: Response,
  facts: CallFacts,
  abort: (reason: unknown) => void = () => {},
  release: () => void = () => {},
): Connection {
  return { response, facts, keepOpen: () => {}, abort, release };
}

function totalTimeout(facts: CallFacts): APITimeoutError {
  return new APITimeoutError("The call took longer than its timeout", "total", facts);
}

function json(text: string, call: Call<unknown>): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const begin = text.trim().slice(0, 80);
    throw new APIResponseError(`The answer to ${call.method} ${call.path.template} is not JSON: ${begin}`, { cause });
  }
}

/** The message `fetch failed` alone does not name the reason. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? (cause?.message || message || String(error));
}

const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Whether the connection was never made. Browsers do not tell. */
function wasNeverSent(error: unknown): boolean {
  const { cause, code, errors } = (error ?? {}) as { cause?: unknown; code?: string; errors?: unknown[] };
  if (code !== undefined) return NEVER_SENT.has(code);
  if (errors?.length) return errors.every(wasNeverSent);
  return cause !== undefined && wasNeverSent(cause);
}
