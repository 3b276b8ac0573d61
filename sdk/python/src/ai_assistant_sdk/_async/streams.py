"""Replies as they are written."""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import httpx2

from .._core.answers import FAILURES
from .._core.errors import (
    AIAssistantError,
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    ConfigurationError,
    ConflictError,
    StreamError,
    StreamInterruptedError,
)
from .._core.models import (
    DeltaEvent,
    DoneEvent,
    Exchange,
    Message,
    MessageEvent,
    Step,
    StepEvent,
    StreamEvent,
    UnexpectedAnswerError,
)
from .._core.operations import MESSAGES_CANCEL, MESSAGES_RESUME, MESSAGES_STREAM
from .._core.requests import decoded, new_key
from .._core.retries import Deadline, backoff, total_is_given
from .._core.sse import Decoder, LineTooLongError, ServerSentEvent
from .._core.values import UNSET, Id, KeyedOptions
from . import io
from .calls import AsyncCaller

if TYPE_CHECKING:
    from typing_extensions import Self

EVENT_STREAM = "text/event-stream"
# After this many attempts, or this long, without anything new, a broken stream is given up.
RESUMES_MAX = 3
RESUME_SECONDS_MAX = 30.0


class AsyncMessageStream:
    """The stream of a reply: a context manager that sends the message on entering, and an iterator of events.

    Leaving it early closes the connection. The turn goes on, and the reply is stored and paid for; `cancel()` stops
    it."""

    def __init__(
        self, caller: AsyncCaller, conversation: Id, body: Mapping[str, Any], resume: bool, options: KeyedOptions
    ) -> None:
        self._caller = caller
        self._path: dict[str, Id] = {"conversation_id": conversation}
        self._body = body
        self._may_resume = resume
        # The key outlives the first request: if its answer is lost, the same message is asked for again.
        self._key = options.get("idempotency_key") or new_key()
        self._options = KeyedOptions(**{**options, "idempotency_key": self._key})
        timeout = options.get("timeout", UNSET)
        self._has_total = total_is_given(caller.options, timeout)
        self._total = caller.options.total(False, timeout)
        self._deadline = Deadline(None)
        self._response: httpx2.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._decoder = Decoder()
        self._waiting: deque[StreamEvent | StreamError] = deque()
        self._last_id: str | None = None
        self._resumes = 0
        self._heard_at = 0.0
        self._was_entered = False
        self._is_closed = False
        self._result: Exchange | None = None
        self._texts: list[str] = []
        self.user_message: Message | None = None

    async def __aenter__(self) -> Self:
        if self._was_entered:
            raise ConfigurationError("A stream can be entered once.")
        self._was_entered = True
        self._deadline = Deadline(self._total if self._has_total else None)
        await self._begin(self._options)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connection. The turn goes on."""
        self._is_closed = True
        await self._drop()

    close = aclose

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        while not self._waiting:
            if self._is_closed or self._result is not None:
                raise StopAsyncIteration
            await self._read()
        event = self._waiting.popleft()
        if isinstance(event, StreamError):
            await self.aclose()
            raise event
        if isinstance(event, DeltaEvent):
            self._texts.append(event.text)
        elif isinstance(event, DoneEvent):
            self._result = event.exchange
            await self._drop()
        return event

    @property
    def text(self) -> AsyncIterator[str]:
        """The pieces of the reply."""
        return self._iterate_text()

    async def _iterate_text(self) -> AsyncIterator[str]:
        async for event in self:
            if isinstance(event, DeltaEvent):
                yield event.text

    @property
    def text_so_far(self) -> str:
        """What was said until now."""
        return "".join(self._texts)

    @property
    def response(self) -> httpx2.Response | None:
        """The response that is being read."""
        return self._response

    @property
    async def result(self) -> Exchange:
        """The message and the whole reply. Reads to the end."""
        async for _ in self:
            pass
        if self._result is None:
            raise StreamInterruptedError(
                "The stream was closed before its end.",
                partial_text=self.text_so_far,
                user_message=self.user_message,
                idempotency_key=self._key,
            )
        return self._result

    @property
    def status(self) -> str | None:
        """How the reply ended: `complete`, `cut` or `cancelled`. `None` before the end."""
        return None if self._result is None else self._result.assistant_message.status

    async def cancel(self) -> None:
        """Stops the model. What it said becomes the reply, and the stream ends with it. A reply that has ended stays
        as it is."""
        while self.user_message is None and self._result is None and not self._is_closed:
            await self._read()
        if self.user_message is None or self._result is not None:
            return
        try:
            await self._caller.call(MESSAGES_CANCEL, {}, path={**self._path, "message_id": self.user_message.id})
        except ConflictError:
            pass

    async def _begin(self, options: KeyedOptions) -> None:
        request, attempts = self._caller.prepare(
            MESSAGES_STREAM, options, path=self._path, body=self._body, accept=EVENT_STREAM
        )
        answer = await self._caller.perform(request, attempts, leave_open=True)
        await self._take_response(answer.response)

    async def _take_response(self, response: httpx2.Response) -> None:
        self._heard_at = time.monotonic()
        self._response = response
        self._decoder = Decoder()
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if kind == "application/json":
            await self._take_whole(response)
        elif kind != EVENT_STREAM and response.status_code != 204:
            await self._drop()
            raise APIResponseError(f"The server answered with {kind or 'nothing'} instead of a stream.")
        else:
            self._chunks = io.chunks(response, self._caller.options.stream_idle_timeout, self._deadline.left)

    async def _take_whole(self, response: httpx2.Response) -> None:
        """Takes the whole reply at once, from a server that does not stream."""
        content = await io.read_all(response, self._caller.options.attempt_timeout)
        self._response = None
        try:
            exchange = Exchange.from_wire(decoded(content))
        except UnexpectedAnswerError as error:
            raise APIResponseError(f"The answer is no exchange of messages: {error}") from error
        self.user_message = exchange.user_message
        self._waiting.extend(
            [MessageEvent(message=exchange.user_message), DeltaEvent(text=exchange.text), DoneEvent(exchange=exchange)]
        )

    async def _read(self) -> None:
        """Reads until there is something new."""
        if not self._was_entered:
            raise ConfigurationError("Use a stream in a `with` statement: it begins there, and ends with it.")
        try:
            if self._chunks is None:
                raise httpx2.ReadError("there is no connection")
            chunk = await anext(self._chunks)
            self._heard_at = time.monotonic()
            for event in self._decoder.feed(chunk):
                self._take(event)
        except StopAsyncIteration:
            await self._resume(None)
        except FAILURES as failure:
            await self._resume(failure)
        except (UnexpectedAnswerError, LineTooLongError, httpx2.DecodingError) as error:
            await self.aclose()
            raise APIResponseError(f"The stream is not as the API promises: {error}") from error

    def _take(self, event: ServerSentEvent) -> None:
        if event.event == "message":
            if self.user_message is None:
                self.user_message = Message.from_wire(decoded(event.data.encode()))
                self._waiting.append(MessageEvent(message=self.user_message))
        elif event.event == "delta":
            self._waiting.append(DeltaEvent.from_wire(decoded(event.data.encode())))
        elif event.event == "step":
            self._waiting.append(StepEvent(step=Step.from_wire(decoded(event.data.encode()))))
        elif event.event == "done":
            self._waiting.append(DoneEvent(exchange=Exchange.from_wire(decoded(event.data.encode()))))
        elif event.event == "error":
            self._waiting.append(self._failure(decoded(event.data.encode())))
        else:
            return
        if event.id is not None and event.id != self._last_id:
            self._last_id = event.id
            self._resumes = 0

    def _failure(self, data: Any) -> StreamError:
        fields: dict[str, Any] = data if isinstance(data, dict) else {}
        waiting = "".join(event.text for event in self._waiting if isinstance(event, DeltaEvent))
        return StreamError(
            str(fields.get("detail", "The model failed.")),
            code=fields.get("error_code"),
            partial_text=self.text_so_far + waiting,
            user_message=self.user_message,
        )

    async def _resume(self, failure: Exception | None) -> None:
        """Goes on after the last event in a new connection."""
        await self._drop()
        while True:
            is_silence = isinstance(failure, (TimeoutError, httpx2.TimeoutException))
            self._check_resume(failure, is_silence)
            self._resumes += 1
            await io.sleep(backoff(self._resumes - 1))
            try:
                await self._continue()
            except APIConnectionError as error:
                failure = error
            except AIAssistantError as error:
                raise self._interrupted(error) from error
            else:
                return

    def _check_resume(self, failure: Exception | None, is_silence: bool) -> None:
        key = self._key
        if self._deadline.is_over():
            self._is_closed = True
            raise APITimeoutError(
                "The stream took longer than its timeout.", phase="total", idempotency_key=key
            ) from failure
        is_hopeless = self._resumes >= RESUMES_MAX or time.monotonic() - self._heard_at > (
            RESUME_SECONDS_MAX + self._caller.options.stream_idle_timeout
        )
        if is_silence and (self._resumes >= 1 or not self._may_resume):
            self._is_closed = True
            raise APITimeoutError("The stream fell silent.", phase="idle", idempotency_key=key) from failure
        if not self._may_resume or is_hopeless:
            raise self._interrupted(failure) from failure

    def _interrupted(self, cause: Exception | None) -> StreamInterruptedError:
        self._is_closed = True
        return StreamInterruptedError(
            f"The stream ended before the reply did: {cause or 'the server closed it'}",
            partial_text=self.text_so_far,
            user_message=self.user_message,
            idempotency_key=self._key,
        )

    async def _continue(self) -> None:
        if self.user_message is None:
            # The message's id is not known, but its key is.
            await self._begin({**self._options, "max_retries": 1})
            return
        headers = {**self._options.get("extra_headers", {})}
        if self._last_id is not None:
            headers["Last-Event-ID"] = self._last_id
        request, attempts = self._caller.prepare(
            MESSAGES_RESUME,
            {"max_retries": 0, "extra_headers": headers},
            path={**self._path, "message_id": self.user_message.id},
            accept=EVENT_STREAM,
            deadline=Deadline(self._deadline.within(RESUME_SECONDS_MAX)),
        )
        answer = await self._caller.perform(request, attempts, leave_open=True)
        await self._take_response(answer.response)

    async def _drop(self) -> None:
        response, self._response, self._chunks = self._response, None, None
        if response is not None:
            await io.close(response)

    def __del__(self) -> None:
        if getattr(self, "_response", None) is not None:
            warnings.warn("a stream was not closed; use it in a with statement", ResourceWarning, stacklevel=2)
