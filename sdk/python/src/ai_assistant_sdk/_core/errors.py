"""The errors of the library. `AIAssistantError` is the base of all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .models import FieldError

if TYPE_CHECKING:
    from .models import Message

ErrorCode = (
    Literal[
        "BAD_REQUEST",
        "UNAUTHORIZED",
        "INSUFFICIENT_TOKENS",
        "FORBIDDEN",
        "NOT_FOUND",
        "METHOD_NOT_ALLOWED",
        "REQUEST_TIMEOUT",
        "CONFLICT",
        "PAYLOAD_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
        "VALIDATION_ERROR",
        "RATE_LIMITED",
        "HEADERS_TOO_LARGE",
        "INTERNAL_ERROR",
        "MODEL_ERROR",
        "UNAVAILABLE",
        "MODEL_TIMEOUT",
    ]
    | str
)


class AIAssistantError(Exception):
    """The base of all errors of this library."""


class ConfigurationError(AIAssistantError):
    """The client cannot make the call with its options. No request was sent."""


class APIConnectionError(AIAssistantError):
    """There was no answer. The server may have received the request."""

    def __init__(self, message: str, *, attempts: int = 1, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.attempts = attempts
        self.idempotency_key = idempotency_key


class APITimeoutError(APIConnectionError):
    """There was no answer in time. `phase` is what took too long: to connect, to get the answer to one attempt
    (`read`), the whole call (`total`), or a stream that fell silent (`idle`)."""

    def __init__(
        self,
        message: str,
        *,
        phase: Literal["connect", "read", "total", "idle"],
        attempts: int = 1,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(message, attempts=attempts, idempotency_key=idempotency_key)
        self.phase = phase


class APIStatusError(AIAssistantError):
    """The server answered with an error."""

    hint: ClassVar[str] = ""

    def __init__(
        self,
        *,
        status_code: int,
        body: Any,
        headers: Mapping[str, str],
        method: str,
        path: str,
        attempts: int = 1,
        idempotency_key: str | None = None,
        hint: str = "",
    ) -> None:
        fields: dict[str, Any] = body if isinstance(body, dict) else {}
        self.status_code = status_code
        code, detail = fields.get("error_code"), fields.get("detail") or fields.get("message")
        self.code: ErrorCode | None = code if isinstance(code, str) else None
        self.detail: str = detail if isinstance(detail, str) else f"The server answered {status_code}."
        self.body = body
        self.headers = headers
        self.request_id: str | None = headers.get("x-request-id")
        self.method = method
        self.path = path
        self.attempts = attempts
        self.idempotency_key = idempotency_key
        self.hint_text = hint
        super().__init__(self._text())

    def _text(self) -> str:
        start = f"{self.status_code} {self.code}: " if self.code else f"{self.status_code}: "
        request = f"{self.method} {self.path}" + (f", request {self.request_id}" if self.request_id else "")
        hint = f" {self.hint_text}" if self.hint_text else ""
        return f"{start}{self._problem()} ({request}){hint}"

    def _problem(self) -> str:
        return self.detail


class BadRequestError(APIStatusError):
    """400: the server cannot read the request."""


class AuthenticationError(APIStatusError):
    """401: the credential is missing or was refused."""


class SessionExpiredError(AuthenticationError):
    """401: the session has ended, because it expired, was logged out, or its password changed. Sign in again."""


class InsufficientTokensError(APIStatusError):
    """402: the balance does not cover the message."""


class PermissionDeniedError(APIStatusError):
    """403: the caller lacks a role."""


class NotFoundError(APIStatusError):
    """404: there is nothing here that the caller may see."""


class MethodNotAllowedError(APIStatusError):
    """405: the path has no such method."""


class ConflictError(APIStatusError):
    """409: the request contradicts what the server has, for example a name that is taken."""


class RequestInProgressError(ConflictError):
    """409: an earlier request with the same idempotency key is still running."""


class IdempotencyError(ConflictError):
    """409: the idempotency key was used for another request."""


class PayloadTooLargeError(APIStatusError):
    """413: the file or body is too large, or the storage space is used up."""


class UnsupportedMediaTypeError(APIStatusError):
    """415: the server does not take bodies or files of this type."""


class ValidationError(APIStatusError):
    """422: fields of the request are invalid. `errors` has one entry for each of them."""

    def __init__(self, **arguments: Any) -> None:
        body = arguments["body"]
        entries: Any = body.get("errors") if isinstance(body, dict) else None
        self.errors: list[FieldError] = [
            FieldError(field=str(entry.get("field", "")), message=str(entry.get("message", "")))
            for entry in (entries if isinstance(entries, list) else [])
            if isinstance(entry, dict)
        ]
        super().__init__(**arguments)

    def field(self, name: str) -> str | None:
        """What is wrong with a field, or `None`."""
        return next((error.message for error in self.errors if error.field == name), None)

    def _problem(self) -> str:
        return "; ".join(f"{error.field}: {error.message}" for error in self.errors) or self.detail


class RateLimitError(APIStatusError):
    """429: too many requests. `retry_after` is in seconds."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.retry_after: float | None = retry_after(self.headers)
        self.policy: str | None = self.headers.get("ratelimit-policy")
        self.limit: int | None = _parameter(self.policy, "q")
        self.remaining: int | None = _parameter(self.headers.get("ratelimit"), "r")


class ServerError(APIStatusError):
    """5xx: the server failed."""


class ModelError(ServerError):
    """502: the model failed to answer. Nothing was charged."""


class ServiceUnavailableError(ServerError):
    """503: the server cannot answer at the moment."""


class ModelTimeoutError(ServerError):
    """504: the model took too long. Nothing was charged."""


class APIResponseError(AIAssistantError):
    """The answer is not what the API promises: a page of a proxy, JSON that was cut off, a field that is missing."""


class StreamError(AIAssistantError):
    """The model failed in the middle of a stream. Nothing was charged."""

    def __init__(
        self, message: str, *, code: ErrorCode | None, partial_text: str, user_message: Message | None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.detail = message
        self.partial_text = partial_text
        self.user_message = user_message


class StreamInterruptedError(StreamError):
    """The connection of a stream was lost and could not be resumed. The turn may still be running."""

    def __init__(
        self, message: str, *, partial_text: str, user_message: Message | None, idempotency_key: str | None
    ) -> None:
        super().__init__(message, code=None, partial_text=partial_text, user_message=user_message)
        self.idempotency_key = idempotency_key


class UploadError(AIAssistantError):
    """The storage did not take the content of a file. `code` is the storage's own word for the reason."""

    def __init__(
        self, message: str, *, phase: Literal["declare", "put", "complete"], upload_id: str | None, code: str | None
    ) -> None:
        super().__init__(message)
        self.phase = phase
        self.upload_id = upload_id
        self.code = code


class RealtimeError(AIAssistantError):
    """A problem with live updates."""


class RealtimeClosedError(RealtimeError):
    """The server closed the connection for good."""

    def __init__(self, message: str, *, code: int | None, reason: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class WebhookVerificationError(AIAssistantError):
    """A request is not from the server, or is too old."""

    def __init__(self, message: str, *, reason: Literal["no-signature", "timestamp", "signature", "body"]) -> None:
        super().__init__(message)
        self.reason = reason


BY_STATUS: dict[int, type[APIStatusError]] = {
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
}


def error_class(status_code: int, headers: Mapping[str, str], body: Any) -> type[APIStatusError]:
    """The class for a status."""
    if status_code == 409:
        if retry_after(headers) is not None:
            return RequestInProgressError
        if isinstance(body, dict) and "Idempotency-Key" in str(body.get("detail", "")):
            return IdempotencyError
    known = BY_STATUS.get(status_code)
    if known is not None:
        return known
    return ServerError if status_code >= 500 else APIStatusError


def parsed(content: bytes) -> Any:
    """The body of an error: JSON if it is some, else text."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds in `Retry-After`. The API sends no dates."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _parameter(header: str | None, name: str) -> int | None:
    found = re.search(rf";\s*{name}=(\d+)", header or "")
    return int(found[1]) if found else None
