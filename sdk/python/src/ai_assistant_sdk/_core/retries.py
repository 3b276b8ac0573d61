"""Whether and when a call is sent again."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

import httpx2

from .errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    error_class,
    parsed,
    retry_after,
)
from .operations import Operation, Repeat
from .options import Options
from .values import UNSET, Unset

BACKOFF_SECONDS = 0.5
BACKOFF_SECONDS_MAX = 8.0
# The request did not leave this machine.
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
# The server did not do what the request asked for.
_REFUSED_FOR_NOW = frozenset({408, 429})


def backoff(number: int, longest: float = BACKOFF_SECONDS_MAX) -> float:
    """The seconds before another attempt after `number` failures. Random, so that clients do not come together."""
    return random.random() * min(longest, BACKOFF_SECONDS * 2.0 ** min(number, 10))


class Deadline:
    """The end of a call."""

    def __init__(self, seconds: float | None) -> None:
        self.at = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        """The seconds that are left, or `None` without a limit."""
        return None if self.at is None else self.at - time.monotonic()

    def is_over(self) -> bool:
        left = self.left()
        return left is not None and left <= 0

    def within(self, seconds: float) -> float:
        """The seconds, or what is left if that is less."""
        left = self.left()
        return seconds if left is None else max(min(seconds, left), 0.001)


class Attempts:
    """The attempts of one call."""

    def __init__(
        self,
        operation: Operation[Any],
        options: Options,
        *,
        max_retries: int,
        deadline: Deadline,
        key: str | None,
        repeat: Repeat,
        retry_model_errors: int = 0,
    ) -> None:
        self.operation = operation
        self.options = options
        self.deadline = deadline
        self.key = key
        self.number = 0
        self.has_renewed_credential = False
        self.uses_api_key = False
        self._repeat = repeat
        self._retries_left = max_retries
        self._may_wait = max_retries > 0
        self._model_retries_left = retry_model_errors
        self._may_have_been_done = False

    def begin(self) -> float:
        """Counts an attempt, and returns the seconds that it may take."""
        self.number += 1
        return self.deadline.within(self.options.attempt(self.operation.waits_for_model))

    def after_failure(self, failure: Exception) -> float:
        """The seconds to wait after an attempt without an answer. Raises if there is no other attempt."""
        error = self.connection_error(failure)
        is_sent = not isinstance(failure, _NOT_SENT)
        self._may_have_been_done |= is_sent
        if (is_sent and self._repeat is Repeat.NOT_SENT) or self._retries_left == 0 or self.deadline.is_over():
            raise error from failure
        self._retries_left -= 1
        wait = backoff(self.number - 1)
        if not self._fits(wait):
            raise error from failure
        return wait

    def after_status(self, status_code: int, headers: Mapping[str, str]) -> float | None:
        """The seconds to wait after an error, or `None` if it is final."""
        wait = retry_after(headers)
        if status_code == 409:
            # An earlier attempt of this call is still being worked on. Waiting for it is no retry.
            return wait if wait is not None and self._may_wait and self._fits(wait) else None
        if status_code in (502, 504) and self.operation.waits_for_model:
            if self._model_retries_left == 0:
                return None
            self._model_retries_left -= 1
        elif not self._is_worth_another(status_code, wait) or self._retries_left == 0:
            return None
        else:
            self._retries_left -= 1
        if status_code not in _REFUSED_FOR_NOW:
            self._may_have_been_done = True
        wait = backoff(self.number - 1) if wait is None else wait
        return wait if wait <= self.options.max_retry_after and self._fits(wait) else None

    def _is_worth_another(self, status_code: int, wait: float | None) -> bool:
        if self.operation.is_sign_in and status_code == 429:
            return False
        if status_code in _REFUSED_FOR_NOW:
            return status_code == 408 or wait is not None
        if self._repeat is Repeat.NOT_SENT:
            # A 503 that names a time refuses the request. One without may be a gateway that gave up waiting.
            return status_code == 503 and wait is not None
        return status_code in (500, 503)

    def is_deleted_before(self, status_code: int) -> bool:
        """Whether a 404 means that an earlier attempt deleted the object."""
        return status_code == 404 and self.operation.method == "DELETE" and self._may_have_been_done

    def _fits(self, wait: float) -> bool:
        left = self.deadline.left()
        return left is None or wait < left

    def connection_error(self, failure: Exception) -> APIConnectionError:
        """The error for an attempt without an answer."""
        request = f"{self.operation.method} {self.operation.path}"
        if isinstance(failure, (httpx2.TimeoutException, TimeoutError)):
            if self.deadline.is_over():
                return APITimeoutError(
                    f"{request} took longer than its timeout.",
                    phase="total",
                    attempts=self.number,
                    idempotency_key=self.key,
                )
            is_connecting = isinstance(failure, (httpx2.ConnectTimeout, httpx2.PoolTimeout))
            return APITimeoutError(
                f"There was no {'connection' if is_connecting else 'answer'} in time for {request}.",
                phase="connect" if is_connecting else "read",
                attempts=self.number,
                idempotency_key=self.key,
            )
        return APIConnectionError(
            f"There was no answer to {request}: {failure or type(failure).__name__}",
            attempts=self.number,
            idempotency_key=self.key,
        )

    def status_error(
        self, status_code: int, headers: Mapping[str, str], content: bytes, kind: type[APIStatusError] | None = None
    ) -> APIStatusError:
        """The error for an answer."""
        body = parsed(content)
        kind = kind or error_class(status_code, headers, body)
        return kind(
            status_code=status_code,
            body=body,
            headers=headers,
            method=self.operation.method,
            path=self.operation.path,
            attempts=self.number,
            idempotency_key=self.key,
            hint=self._hint(status_code, kind, headers),
        )

    def _hint(self, status_code: int, kind: type[APIStatusError], headers: Mapping[str, str]) -> str:
        if 300 <= status_code < 400:
            return f"Redirects are not followed. Change base_url; the server names {headers.get('location')!r}."
        if kind is AuthenticationError and self.uses_api_key:
            return "The API key was refused. Keys begin with qk_; make one with client.users.api_keys.create(...)."
        return ""


def deadline_for(operation: Operation[Any], options: Options, timeout: float | Unset | None) -> Deadline:
    """The deadline of a call."""
    return Deadline(options.total(operation.waits_for_model, timeout))


def total_is_given(options: Options, timeout: float | Unset | None) -> bool:
    """Whether somebody chose the limit of the whole call."""
    return timeout is not UNSET or options.timeout is not UNSET
