# Made of _async/calls.py by tools/unasync.py. Change that file.
"""Calls: from an operation and its arguments to the result, with credentials, retries and time limits."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx2

from .._core import log
from .._core.answers import FAILURES, LAST_ANSWER, Answer, Request
from .._core.errors import APIResponseError, ConfigurationError
from .._core.models import TokenPair, UnexpectedAnswerError, encode
from .._core.operations import REFRESH, Operation, Repeat
from .._core.options import USER_AGENT, Options, check_limits
from .._core.requests import check_option_names, decoded, json_body, new_key, url_path
from .._core.retries import Attempts, Deadline, deadline_for
from .._core.session import REFRESH_ATTEMPT_SECONDS, REFRESH_ATTEMPTS, REFRESH_WINDOW_SECONDS
from .._core.values import UNSET, CallOptions, Id, T
from . import io
from .credentials import Credentials, expired


class Caller:
    """Makes the calls of a client."""

    def __init__(
        self, options: Options, pool: io.Pool, storage: io.Pool, credentials: Credentials
    ) -> None:
        self.options = options
        self.pool = pool
        self.storage = storage
        self.credentials = credentials

    def with_options(self, options: Options) -> Caller:
        """A caller with other options, and the same connections and credential."""
        return Caller(options, self.pool, self.storage, self.credentials)

    def call(
        self,
        operation: Operation[T],
        options: CallOptions,
        *,
        path: Mapping[str, Id] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: tuple[str, bytes] | None = None,
        repeat: Repeat | None = None,
        retry_model_errors: int = 0,
    ) -> T:
        """Makes a call and returns its result."""
        request, attempts = self.prepare(
            operation,
            options,
            path=path,
            query=query,
            body=body,
            form=form,
            repeat=repeat,
            retry_model_errors=retry_model_errors,
        )
        answer = self.perform(request, attempts)
        if operation.method == "DELETE":
            return operation.read(None)
        try:
            return operation.read(decoded(answer.content))
        except UnexpectedAnswerError as error:
            response = answer.response
            if response.status_code >= 400:
                raise attempts.status_error(response.status_code, response.headers, answer.content) from None
            raise APIResponseError(
                f"{operation.method} {operation.path} was answered {response.status_code} with something else than the "
                f"API promises: {error}"
            ) from error

    def prepare(
        self,
        operation: Operation[Any],
        options: CallOptions,
        *,
        path: Mapping[str, Id] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: tuple[str, bytes] | None = None,
        repeat: Repeat | None = None,
        retry_model_errors: int = 0,
        accept: str = "application/json",
        deadline: Deadline | None = None,
    ) -> tuple[Request, Attempts]:
        """Makes the request of a call, and the plan of its attempts."""
        check_option_names(operation, options)
        timeout = options.get("timeout", UNSET)
        max_retries = options.get("max_retries", self.options.max_retries)
        check_limits(timeout, max_retries)
        headers = {"User-Agent": USER_AGENT, "Accept": accept, **self.options.default_headers}
        content: bytes | None = None
        if form is not None:
            headers["Content-Type"], content = form
        elif body is not None:
            headers["Content-Type"], content = "application/json", json_body(body)
        key: str | None = None
        if operation.is_keyed:
            key = options.get("idempotency_key") or new_key()  # type: ignore[assignment]
            headers["Idempotency-Key"] = str(key)
        headers.update(options.get("extra_headers") or {})
        request = Request(
            operation=operation,
            url=self.options.base_url + url_path(operation.path, path or {}),
            headers=headers,
            query={name: encode(value) for name, value in (query or {}).items() if value is not None},
            content=content,
        )
        attempts = Attempts(
            operation,
            self.options,
            max_retries=max_retries,
            deadline=deadline or deadline_for(operation, self.options, timeout),
            key=key,
            repeat=repeat or operation.repeat,
            retry_model_errors=retry_model_errors,
        )
        attempts.uses_api_key = self.credentials.has_api_key
        return request, attempts

    def perform(self, request: Request, attempts: Attempts, *, leave_open: bool = False) -> Answer:
        """Sends a request until there is an answer that counts."""
        operation = request.operation
        while True:
            headers, generation = dict(request.headers), None
            if not operation.is_anonymous:
                credential, generation = self.credentials.current(self._refresh, attempts.deadline)
                headers["Authorization"] = credential
            seconds = attempts.begin()
            began = time.monotonic()
            try:
                response, content = self._attempt(request, attempts, headers, seconds, leave_open)
            except FAILURES as failure:
                log.attempt(
                    operation.method, operation.path, type(failure).__name__, time.monotonic() - began, attempts.number
                )
                wait = attempts.after_failure(failure)
            except httpx2.DecodingError as error:
                raise APIResponseError(f"The answer to {operation.method} {operation.path} is damaged.") from error
            else:
                status = response.status_code
                log.attempt(
                    operation.method,
                    operation.path,
                    status,
                    time.monotonic() - began,
                    attempts.number,
                    response.headers.get("x-request-id"),
                )
                if 200 <= status < 300 or status in operation.also_accepts or attempts.is_deleted_before(status):
                    answer = Answer(response, content, attempts)
                    if (answers := LAST_ANSWER.get()) is not None:
                        answers.append(answer)
                    return answer
                if self._has_new_credential(response, content, generation, attempts):
                    continue
                final = attempts.after_status(status, response.headers)
                if final is None:
                    raise attempts.status_error(status, response.headers, content)
                wait = final
            log.waiting(operation.method, operation.path, wait)
            io.sleep(wait)

    def _attempt(
        self, request: Request, attempts: Attempts, headers: dict[str, str], seconds: float, leave_open: bool
    ) -> tuple[httpx2.Response, bytes]:
        ends_at = time.monotonic() + seconds
        response = self.pool.open(
            request.operation.method,
            request.url,
            headers=headers,
            params=dict(request.query) or None,
            content=request.content,
            seconds=seconds,
            connect_seconds=self.options.connect_timeout,
            idle_seconds=attempts.deadline.within(self.options.stream_idle_timeout) if leave_open else None,
        )
        if leave_open and 200 <= response.status_code < 300:
            return response, b""
        return response, io.read_all(response, ends_at - time.monotonic())

    def _has_new_credential(
        self, response: httpx2.Response, content: bytes, generation: int | None, attempts: Attempts
    ) -> bool:
        """Whether a refused session was replaced, so that the request can be sent again, once."""
        is_refused_session = response.status_code == 401 and generation is not None
        if not is_refused_session or self.credentials.has_api_key or attempts.has_renewed_credential:
            return False
        assert generation is not None
        attempts.has_renewed_credential = True
        if self.credentials.can_renew():
            self.credentials.renew(generation, self._refresh, attempts.deadline)
            return True
        self.credentials.drop(generation)
        if self.credentials.session is not None:
            return True
        raise expired(attempts.status_error(401, response.headers, content))

    def _refresh(self, refresh_token: str, seconds: float | None) -> TokenPair:
        """Asks for new tokens, within some seconds, and the time in which the server answers a repetition."""
        caller = self.with_options(replace(self.options, attempt_timeout=REFRESH_ATTEMPT_SECONDS))
        limit = REFRESH_WINDOW_SECONDS if seconds is None else max(min(seconds, REFRESH_WINDOW_SECONDS), 0.001)
        options = CallOptions(timeout=limit, max_retries=REFRESH_ATTEMPTS - 1)
        token = LAST_ANSWER.set(None)
        try:
            return caller.call(REFRESH, options, body={"refresh_token": refresh_token})
        finally:
            LAST_ANSWER.reset(token)

    def refresh_now(self) -> None:
        """Refreshes the session whatever its age."""
        if not self.credentials.can_renew():
            raise ConfigurationError("There is no session with a refresh token.")
        self.credentials.renew(self.credentials.generation, self._refresh, Deadline(REFRESH_WINDOW_SECONDS))
