/** From an answer with an error status to its error. */
import {
  APIStatusError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  IdempotencyError,
  InsufficientTokensError,
  MethodNotAllowedError,
  ModelError,
  ModelTimeoutError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionDeniedError,
  RateLimitError,
  RequestInProgressError,
  ServerError,
  ServiceUnavailableError,
  UnsupportedMediaTypeError,
  ValidationError,
  type CallFacts,
  type ErrorAnswer,
  type FieldError,
} from "./errors.js";

const BY_STATUS: Record<number, new (answer: ErrorAnswer, facts: CallFacts) => APIStatusError> = {
  400: BadRequestError,
  401: AuthenticationError,
  402: InsufficientTokensError,
  403: PermissionDeniedError,
  404: NotFoundError,
  405: MethodNotAllowedError,
  409: ConflictError,
  413: PayloadTooLargeError,
  415: UnsupportedMediaTypeError,
  422: ValidationError,
  429: RateLimitError,
  502: ModelError,
  503: ServiceUnavailableError,
  504: ModelTimeoutError,
};

/** The error for an answer: the status decides the class. */
export function statusError(status: number, headers: Headers, text: string, facts: CallFacts): APIStatusError {
  const body = parsed(text);
  const told = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const detail = typeof told["detail"] === "string" ? told["detail"] : hint(status, headers, text);
  const code = typeof told["error_code"] === "string" ? told["error_code"] : null;
  const errors = Array.isArray(told["errors"]) ? (told["errors"] as FieldError[]) : [];
  const answer = { status, headers, body, detail, code, errors };
  if (status === 409 && headers.has("retry-after")) return new RequestInProgressError(answer, facts);
  if (status === 409 && /idempotency-key/i.test(detail)) return new IdempotencyError(answer, facts);
  return new (BY_STATUS[status] ?? (status >= 500 ? ServerError : APIStatusError))(answer, facts);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A sentence for an answer that is not the API's. */
function hint(status: number, headers: Headers, text: string): string {
  if (status >= 300 && status < 400) {
    return `The server redirects to ${headers.get("location") ?? "another address"}. Redirects are not followed; correct baseUrl.`;
  }
  return text.trim().slice(0, 200) || "The answer has no body.";
}
