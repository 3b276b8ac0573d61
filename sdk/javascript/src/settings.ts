/** Options of a client, their defaults and their checks. */
import { ConfigurationError } from "./errors.js";
import { environmentVariable, isBrowser } from "./runtime.js";
import type { Session, SessionData } from "./session.js";

export const VERSION = "0.1.0";

export interface Logger {
  debug(message: string, ...more: unknown[]): void;
  info(message: string, ...more: unknown[]): void;
  warn(message: string, ...more: unknown[]): void;
}

/** The part of `WebSocket` that live connections need. */
export interface WebSocketLike {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}
export type WebSocketConstructor = new (url: string) => WebSocketLike;

export interface ClientOptions {
  /** The address of the API. Default: `AI_ASSISTANT_BASE_URL`, else `http://localhost:8000/api/v1`. */
  baseUrl?: string;
  /** An API key, or a function that gives one for each request. Default: `AI_ASSISTANT_API_KEY`. */
  apiKey?: string | (() => string | Promise<string>);
  /** A sign-in that was kept. Not together with `apiKey`. */
  session?: Session | SessionData;
  /** Called with each new session, and with `null` when it ends. Requests wait for it. Store the session here. */
  onSession?: (session: Session | null) => void | Promise<void>;
  /** Returns the session that `onSession` stored. Called at the first request and before each refresh, because
   * another process may have refreshed the session. */
  loadSession?: () => Session | SessionData | null | undefined | Promise<Session | SessionData | null | undefined>;
  /** Milliseconds for a whole call, with its retries and waits. Default: 90,000; 300,000 for calls that wait for a
   * model; no limit for streams and files. */
  timeout?: number;
  /** Milliseconds for one request. Default: 35,000; 280,000 for requests that wait for a model. */
  attemptTimeout?: number;
  /** Milliseconds of silence after which a stream is resumed. Default: 30,000. */
  streamIdleTimeout?: number;
  /** How often a request may be repeated. Default: 2. 0: never. */
  maxRetries?: number;
  /** The longest `Retry-After` that is waited for, in milliseconds. Default: 75,000. */
  maxRetryAfter?: number;
  /** How often a message may be sent again after the model failed. Default: 0. */
  retryModelErrors?: number;
  defaultHeaders?: Record<string, string>;
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch;
  /** Passed to every `fetch`: for example an undici `dispatcher` for a proxy. */
  fetchOptions?: RequestInit & Record<string, unknown>;
  /** Replaces the global `WebSocket`. */
  webSocket?: WebSocketConstructor;
  /** Secrets of webhooks, for `webhooks.verify`. Default: `AI_ASSISTANT_WEBHOOK_SECRET`. */
  webhookSecret?: string | readonly string[];
  /** The address for live updates. Default: `AI_ASSISTANT_REALTIME_URL`, else what the server says, else `/ws` at the
   * host of `baseUrl`. */
  realtimeUrl?: string;
  /** Gets a line for each request. Without it, `AI_ASSISTANT_LOG` (`info` or `debug`) logs to the console. */
  logger?: Logger;
  /** Allows an API key in a browser, where every visitor can read it. */
  dangerouslyAllowBrowser?: boolean;
}

export interface Settings {
  baseUrl: string;
  timeout: number | undefined;
  attemptTimeout: number | undefined;
  streamIdleTimeout: number;
  maxRetries: number;
  maxRetryAfter: number;
  retryModelErrors: number;
  defaultHeaders: Record<string, string>;
  fetch: typeof fetch;
  fetchOptions: RequestInit & Record<string, unknown>;
  webSocket: WebSocketConstructor | undefined;
  webhookSecrets: readonly string[];
  realtimeUrl: string | undefined;
  logger: Logger;
}

/** The settings of `options`, with `base` for what they leave open. */
export function resolve(options: ClientOptions, base?: Settings): Settings {
  const logger = options.logger ?? base?.logger ?? consoleLogger();
  const secret =
    options.webhookSecret ?? base?.webhookSecrets ?? environmentVariable("AI_ASSISTANT_WEBHOOK_SECRET") ?? [];
  return {
    baseUrl: base?.baseUrl ?? baseUrl(options, logger),
    timeout: duration("timeout", options.timeout) ?? base?.timeout,
    attemptTimeout: duration("attemptTimeout", options.attemptTimeout) ?? base?.attemptTimeout,
    streamIdleTimeout: duration("streamIdleTimeout", options.streamIdleTimeout) ?? base?.streamIdleTimeout ?? 30_000,
    maxRetries: count("maxRetries", options.maxRetries) ?? base?.maxRetries ?? 2,
    maxRetryAfter: count("maxRetryAfter", options.maxRetryAfter) ?? base?.maxRetryAfter ?? 75_000,
    retryModelErrors: count("retryModelErrors", options.retryModelErrors) ?? base?.retryModelErrors ?? 0,
    defaultHeaders: { ...base?.defaultHeaders, ...options.defaultHeaders },
    // A browser's `fetch` must be called as a function of the window.
    fetch: options.fetch ?? base?.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    fetchOptions: { ...base?.fetchOptions, ...options.fetchOptions },
    webSocket: options.webSocket ?? base?.webSocket,
    webhookSecrets: typeof secret === "string" ? [secret] : secret,
    realtimeUrl: options.realtimeUrl ?? base?.realtimeUrl ?? environmentVariable("AI_ASSISTANT_REALTIME_URL"),
    logger,
  };
}

/** Milliseconds. `Infinity` means no limit. */
function duration(name: string, value: number | undefined): number | undefined {
  if (value !== undefined && !(value > 0))
    throw new ConfigurationError(`${name} must be a number of milliseconds above 0.`);
  return value;
}

function count(name: string, value: number | undefined): number | undefined {
  if (value !== undefined && !(value >= 0)) throw new ConfigurationError(`${name} must be a number, 0 or more.`);
  return value;
}

function baseUrl(options: ClientOptions, logger: Logger): string {
  const given = options.baseUrl ?? environmentVariable("AI_ASSISTANT_BASE_URL") ?? "http://localhost:8000/api/v1";
  let url: URL;
  try {
    url = new URL(given);
  } catch (cause) {
    throw new ConfigurationError(`baseUrl is not a URL: ${given}`, { cause });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ConfigurationError(`baseUrl must begin with http:// or https://: ${given}`);
  }
  if (url.username || url.search || url.hash) {
    throw new ConfigurationError("baseUrl must have no credential, no query and no fragment.");
  }
  if (!/\/api\/v1\/?$/.test(url.pathname))
    logger.warn(`ai-assistant: the API is below /api/v1, and baseUrl is ${given}`);
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    logger.warn(`ai-assistant: credentials are sent without encryption to ${url.host}`);
  }
  return url.href.replace(/\/+$/, "");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\./.test(host);
}

function consoleLogger(): Logger {
  const level = environmentVariable("AI_ASSISTANT_LOG");
  const silent = () => {};
  return {
    debug: level === "debug" ? console.debug.bind(console) : silent,
    info: level === "debug" || level === "info" ? console.info.bind(console) : silent,
    warn: console.warn.bind(console),
  };
}

/** Every visitor of a web page can read its API key. */
export function refuseKeyInBrowser(options: ClientOptions): void {
  if (isBrowser && !options.dangerouslyAllowBrowser) {
    throw new ConfigurationError(
      "An API key in a browser can be read by every visitor. Sign the visitor in with client.auth.login(...), or set dangerouslyAllowBrowser.",
    );
  }
}
