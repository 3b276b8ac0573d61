/** Every error that the SDK throws. */
import { parameter, retryAfter } from "./headers.js";

/** The base of all errors of this package. */
export class AIAssistantError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : options);
  }
}

/** The client was used wrongly. No request was made. */
export class ConfigurationError extends AIAssistantError {}

/** What is known about a call that failed. */
export interface CallFacts {
  method: string;
  /** The path with placeholders: `/assistants/{id}`. */
  path: string;
  /** How many requests were made. */
  attempts: number;
  idempotencyKey?: string;
}

/** There was no answer, or it broke off. Whether the server acted is unknown. */
export class APIConnectionError extends AIAssistantError {
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
  declare readonly idempotencyKey: string | undefined;

  constructor(message: string, facts: CallFacts, cause?: unknown) {
    super(`${message} (${facts.method} ${facts.path})`, { cause });
    Object.assign(this, facts);
  }
}

/** `attempt`: one request took too long; `total`: the whole call did; `idle`: a stream or download went silent. */
export type TimeoutPhase = "attempt" | "total" | "idle";

/** An answer did not come in time. */
export class APITimeoutError extends APIConnectionError {
  declare readonly phase: TimeoutPhase;

  constructor(message: string, phase: TimeoutPhase, facts: CallFacts, cause?: unknown) {
    super(message, facts, cause);
    this.phase = phase;
  }
}

/** An answer is not what the API promises: HTML of a proxy, broken JSON, a missing field. */
export class APIResponseError extends AIAssistantError {}

/** One wrong field of a request. */
export interface FieldError {
  field: string;
  message: string;
}

/** The API's codes. More may be added. */
export type ErrorCode =
  | "BAD_REQUEST"
  | "UNAUTHORIZED"
  | "INSUFFICIENT_TOKENS"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "REQUEST_TIMEOUT"
  | "CONFLICT"
  | "PAYLOAD_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "VALIDATION_ERROR"
  | "RATE_LIMITED"
  | "HEADERS_TOO_LARGE"
  | "INTERNAL_ERROR"
  | "MODEL_ERROR"
  | "UNAVAILABLE"
  | "MODEL_TIMEOUT"
  | (string & {});

/** An answer with an error status. Each status has a class of its own below. */
export class APIStatusError extends AIAssistantError {
  declare readonly status: number;
  /** The API's name for the kind of error. `null` when something before the API answered. */
  declare readonly code: ErrorCode | null;
  /** The error in one sentence. */
  declare readonly detail: string;
  /** The parsed JSON, or the text. */
  declare readonly body: unknown;
  declare readonly headers: Headers;
  /** Quote it when you ask the operator. */
  declare readonly requestId: string | null;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly attempts: number;
  declare readonly idempotencyKey: string | undefined;

  constructor(answer: ErrorAnswer, facts: CallFacts) {
    const { errors, ...others } = answer;
    const { status, code, detail, headers } = others;
    const told = errors.map(({ field, message }) => `${field}: ${message}`).join(" ") || detail;
    super(`${status} ${code ?? ""}: ${told} (${facts.method} ${facts.path})`.replace(" :", ":"));
    Object.assign(this, others, facts, { requestId: headers.get("x-request-id") });
  }
}

export interface ErrorAnswer {
  status: number;
  code: ErrorCode | null;
  detail: string;
  errors: FieldError[];
  body: unknown;
  headers: Headers;
}

/** 400: the request could not be read. */
export class BadRequestError extends APIStatusError {}
/** 401: the credential is missing, wrong or has ended. */
export class AuthenticationError extends APIStatusError {}
/** 401: the sign-in has ended. Sign in again. */
export class SessionExpiredError extends AuthenticationError {}
/** 402: the balance does not cover the message. */
export class InsufficientTokensError extends APIStatusError {}
/** 403: the caller's role does not allow it. */
export class PermissionDeniedError extends APIStatusError {}
/** 404: it does not exist, or belongs to somebody else. */
export class NotFoundError extends APIStatusError {}
/** 405: the path does not support the method. */
export class MethodNotAllowedError extends APIStatusError {}
/** 409: it conflicts with what exists. */
export class ConflictError extends APIStatusError {}
/** 409: the first request with this idempotency key is still running. */
export class RequestInProgressError extends ConflictError {}
/** 409: the idempotency key was used for another request. */
export class IdempotencyError extends ConflictError {}
/** 413: it is too large, or the user's storage is full. */
export class PayloadTooLargeError extends APIStatusError {}
/** 415: the server does not read this kind of body. */
export class UnsupportedMediaTypeError extends APIStatusError {}

/** 422: fields of the request are wrong. */
export class ValidationError extends APIStatusError {
  declare readonly errors: readonly FieldError[];

  constructor(answer: ErrorAnswer, facts: CallFacts) {
    super(answer, facts);
    this.errors = answer.errors;
  }

  /** What is wrong with a field, by its name in the API: `system_prompt`. */
  field(name: string): string | undefined {
    return this.errors.find(({ field }) => field === name)?.message;
  }
}

/** 429: too many requests. */
export class RateLimitError extends APIStatusError {
  /** Seconds until the next request passes. */
  declare readonly retryAfter: number | null;
  /** The name of the limit that was reached. */
  declare readonly policy: string | null;
  /** Requests in a window. */
  declare readonly limit: number | null;
  declare readonly remaining: number | null;

  constructor(answer: ErrorAnswer, facts: CallFacts) {
    super(answer, facts);
    const state = answer.headers.get("ratelimit") ?? "";
    const rule = answer.headers.get("ratelimit-policy") ?? "";
    const milliseconds = retryAfter(answer.headers);
    this.retryAfter = milliseconds === null ? null : milliseconds / 1000;
    this.policy = /^"?([^";]+)/.exec(state)?.[1] ?? null;
    this.limit = parameter(rule, "q");
    this.remaining = parameter(state, "r");
  }
}

/** 500 and above: the server failed. */
export class ServerError extends APIStatusError {}
/** 502: the model failed. Nothing was charged. */
export class ModelError extends ServerError {}
/** 503: the service is not available at the moment. */
export class ServiceUnavailableError extends ServerError {}
/** 504: the model took too long. Nothing was charged. */
export class ModelTimeoutError extends ServerError {}

/** The turn of a stream failed. */
export class StreamError extends AIAssistantError {
  declare readonly code: ErrorCode | null;
  declare readonly detail: string;
  /** What the model had said. */
  declare readonly partialText: string;

  constructor(detail: string, facts: { code?: ErrorCode | null; partialText: string }, cause?: unknown) {
    super(facts.code ? `${facts.code}: ${detail}` : detail, { cause });
    Object.assign(this, { detail, code: facts.code ?? null, partialText: facts.partialText });
  }
}

/** A stream ended early and could not be resumed. The turn itself may go on. */
export class StreamInterruptedError extends StreamError {
  declare readonly idempotencyKey: string | undefined;
  /** Resume with `messages.resume(conversationId, userMessageId, { after })`. */
  declare readonly userMessageId: string | undefined;
  declare readonly after: string | undefined;

  constructor(
    detail: string,
    facts: { partialText: string; idempotencyKey?: string; userMessageId?: string; after?: string },
    cause?: unknown,
  ) {
    super(detail, facts, cause);
    Object.assign(this, facts);
  }
}

/** A large file could not be sent to the storage. */
export class UploadError extends AIAssistantError {
  /** The id that the file would have. */
  declare readonly uploadId: string;
  declare readonly status: number | null;
  /** The storage's code, like `AccessDenied`. */
  declare readonly code: string | null;

  constructor(message: string, facts: { uploadId: string; status?: number; code?: string | null }, cause?: unknown) {
    super(message, { cause });
    this.uploadId = facts.uploadId;
    this.status = facts.status ?? null;
    this.code = facts.code ?? null;
  }
}

/** A live connection failed. */
export class RealtimeError extends AIAssistantError {}

/** A live connection ended for good. */
export class RealtimeClosedError extends RealtimeError {
  declare readonly code: number | null;
  declare readonly reason: string;

  constructor(message: string, facts: { code?: number; reason?: string } = {}, cause?: unknown) {
    super(message, { cause });
    this.code = facts.code ?? null;
    this.reason = facts.reason ?? "";
  }
}

export type VerificationFailure = "no-signature" | "timestamp" | "signature" | "body";

/** A request to a webhook is not from the server. Answer it with 400. */
export class WebhookVerificationError extends AIAssistantError {
  declare readonly reason: VerificationFailure;

  constructor(reason: VerificationFailure, message: string) {
    super(message);
    this.reason = reason;
  }
}

// Bundlers shorten the names of classes, so each is written down.
const classes = {
  AIAssistantError,
  ConfigurationError,
  APIConnectionError,
  APITimeoutError,
  APIResponseError,
  APIStatusError,
  BadRequestError,
  AuthenticationError,
  SessionExpiredError,
  InsufficientTokensError,
  PermissionDeniedError,
  NotFoundError,
  MethodNotAllowedError,
  ConflictError,
  RequestInProgressError,
  IdempotencyError,
  PayloadTooLargeError,
  UnsupportedMediaTypeError,
  ValidationError,
  RateLimitError,
  ServerError,
  ModelError,
  ServiceUnavailableError,
  ModelTimeoutError,
  StreamError,
  StreamInterruptedError,
  UploadError,
  RealtimeError,
  RealtimeClosedError,
  WebhookVerificationError,
};
for (const [name, type] of Object.entries(classes)) type.prototype.name = name;
