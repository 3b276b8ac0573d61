# Made of _async/realtime.py by tools/unasync.py. Change that file.
"""Live updates over a WebSocket."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._core import log
from .._core.errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    RealtimeClosedError,
    RealtimeError,
    ServerError,
)
from .._core.live import (
    FIRST_ATTEMPTS,
    GAP_SECONDS,
    POLICY_VIOLATION,
    READY_SECONDS,
    RECONNECT_SECONDS_MAX,
    ConversationUpdate,
    Gap,
    Life,
    Memory,
    Update,
    read_frame,
    read_update,
    socket_url,
)
from .._core.models import Message, Ticket
from .._core.operations import CONVERSATIONS_GET, REALTIME_TICKET
from .._core.retries import backoff
from .._core.values import CallOptions
from . import io
from .calls import Caller
from .resource import Resource

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

try:
    from websockets.exceptions import ConnectionClosed, WebSocketException
except ImportError as error:
    raise ConfigurationError('Live updates need websockets: pip install "ai-assistant-sdk[realtime]"') from error


class Realtime(Resource):
    """Live updates."""

    def ticket(self, **options: Unpack[CallOptions]) -> Ticket:
        """A ticket for one connection, for clients that must not hold a credential."""
        return self._call(REALTIME_TICKET, options)

    def connect(
        self, *, last_event_id: str | None = None, max_downtime: float | None = None
    ) -> RealtimeConnection:
        """Updates as they happen: a context manager that connects on entering, and an iterator.

        It opens a lost connection again, for ever or until it was away for `max_downtime` seconds. `last_event_id` is
        the last event that an earlier connection had: what came after it comes first."""
        return RealtimeConnection(self._caller, last_event_id, max_downtime)


class RealtimeConnection:
    """A connection that yields updates."""

    def __init__(self, caller: Caller, last_event_id: str | None, max_downtime: float | None) -> None:
        self._caller = caller
        self._max_downtime = max_downtime
        self._memory = Memory(last_event_id)
        self._life = Life()
        self._waiting: deque[Update] = deque()
        self._socket: Any = None
        self._is_closed = False

    @property
    def last_event_id(self) -> str | None:
        """The id of the last event, for `connect(last_event_id=…)`."""
        return self._memory.last

    def __enter__(self) -> Self:
        for number in range(FIRST_ATTEMPTS):
            try:
                self._open()
                return self
            except (OSError, WebSocketException, APIConnectionError, ServerError) as error:
                if number == FIRST_ATTEMPTS - 1:
                    if isinstance(error, (APIConnectionError, ServerError)):
                        raise
                    raise RealtimeError(f"There is no connection for live updates: {error}") from error
                io.sleep(backoff(number))
        raise AssertionError("the loop returns or raises")

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._is_closed = True
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()
    def __iter__(self) -> Iterator[Update]:
        return self

    def __next__(self) -> Update:
        while not self._waiting:
            if self._is_closed:
                raise StopIteration
            if self._socket is None:
                self._reopen()
            else:
                self._read()
        return self._waiting.popleft()

    def load(self, update: ConversationUpdate) -> Message:
        """The whole message of an update, also if it was too large to be in it."""
        if update.message_id is None:
            raise ConfigurationError("This update is about no message.")
        before: str | None = None
        while True:
            conversation = self._caller.call(
                CONVERSATIONS_GET,
                {},
                path={"conversation_id": update.conversation_id},
                query={"before": before},
            )
            for message in conversation.messages:
                if message.id == update.message_id:
                    return message
            if not conversation.messages or conversation.messages[0].id == before:
                raise RealtimeError("The message is not in its conversation any more.")
            before = conversation.messages[0].id

    def _open(self) -> None:
        """Connects, with a new ticket, and waits until the server knows the user."""
        ticket = self._caller.call(REALTIME_TICKET, {})
        options = self._caller.options
        url = socket_url(options.base_url, options.realtime_url or ticket.url, ticket.ticket, self._memory.last)
        socket = io.open_socket(url, READY_SECONDS)
        try:
            socket.send(json.dumps({"type": "ping"}))
            ends_at = time.monotonic() + READY_SECONDS
            while True:
                kind, data = read_frame(io.receive(socket, max(ends_at - time.monotonic(), 0.001)))
                if kind == "pong":
                    break
                self._take(kind, data)
        except BaseException:
            socket.close()
            raise
        away = self._life.opened()
        if away > GAP_SECONDS:
            self._waiting.appendleft(Gap(seconds=away))
        if self._is_closed:
            socket.close()
        else:
            self._socket = socket

    def _reopen(self) -> None:
        life = self._life
        downtime = 0.0 if life.lost_at is None else time.monotonic() - life.lost_at
        if self._max_downtime is not None and downtime > self._max_downtime:
            self._is_closed = True
            raise RealtimeClosedError(
                f"There was no connection for {downtime:.0f} seconds.", code=None, reason="downtime"
            )
        # After the end of a sign-in a new ticket shows at once whether there is another one.
        if not (life.was_refused and life.failures == 0):
            io.sleep(backoff(life.failures, RECONNECT_SECONDS_MAX))
        life.failures += 1
        try:
            self._open()
        except (AuthenticationError, PermissionDeniedError, ConfigurationError) as error:
            # The session has ended, or the client has signed out.
            self._is_closed = True
            raise RealtimeClosedError(
                f"The credential is not accepted any more: {error}", code=POLICY_VIOLATION, reason=str(error)
            ) from error
        except ConnectionClosed as closed:
            self._note_end(closed)
        except (OSError, WebSocketException, APIConnectionError, APIStatusError) as error:
            if isinstance(error, NotFoundError):
                raise
            log.LOGGER.info("live updates are still away: %s", type(error).__name__)

    def _read(self) -> None:
        try:
            kind, data = read_frame(io.receive(self._socket, self._life.seconds_to_wait()))
        except TimeoutError:
            self._ping()
        except (ConnectionClosed, OSError) as closed:
            self._lose()
            if isinstance(closed, ConnectionClosed):
                self._note_end(closed)
        else:
            self._life.heard()
            self._take(kind, data)

    def _ping(self) -> None:
        if self._life.pinged_at is not None:
            # The answer to the last one is overdue.
            self._lose()
            return
        try:
            self._socket.send(json.dumps({"type": "ping"}))
            self._life.pinged_at = time.monotonic()
        except (ConnectionClosed, OSError):
            self._lose()

    def _lose(self) -> None:
        self._life.lost()
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()

    def _note_end(self, closed: ConnectionClosed) -> None:
        if self._is_closed:
            return
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (None, "")
        log.LOGGER.info("live updates were closed with %s", code)
        if code == POLICY_VIOLATION:
            if self._life.was_refused:
                self._is_closed = True
                raise RealtimeClosedError(f"The server refuses the connection: {reason}", code=code, reason=reason)
            self._life.was_refused, self._life.failures = True, 0

    def _take(self, kind: str, data: dict[str, Any]) -> None:
        if kind in ("", "pong"):
            return
        update = read_update(kind, data)
        if self._memory.is_new(data.get("event_id")):
            self._waiting.append(update)
