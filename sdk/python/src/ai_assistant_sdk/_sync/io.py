"""What the synchronous client does with the network, files and time. `_async/io.py` is its counterpart."""

from __future__ import annotations

import socket as sockets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from .._core.errors import ConfigurationError
from .._core.transfer import Source

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

T = TypeVar("T")
LIMITS = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
CHUNK_BYTES = 64 * 1024


class Pool:
    """The connections, for any number of threads."""

    def __init__(self, proxy: str | None, given: httpx2.Client | None = None) -> None:
        self._proxy = proxy
        self._given = given
        self._own: httpx2.Client | None = None
        self._lock = threading.Lock()
        self.is_closed = False

    def _client(self) -> httpx2.Client:
        with self._lock:
            if self.is_closed:
                raise ConfigurationError("the client is closed")
            if self._given is not None:
                return self._given
            if self._own is None:
                self._own = httpx2.Client(proxy=self._proxy, limits=LIMITS)
            return self._own

    def open(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        params: dict[str, Any] | None = None,
        content: bytes | Iterator[bytes] | None = None,
        seconds: float,
        connect_seconds: float,
        idle_seconds: float | None = None,
    ) -> httpx2.Response:
        """Sends a request and returns the response before its body is read, within `seconds`. A content that is
        produced piece by piece only has to make progress."""
        client = self._client()
        idle = seconds if idle_seconds is None else idle_seconds
        timeout = httpx2.Timeout(idle, connect=min(connect_seconds, seconds), pool=seconds)
        request = client.build_request(method, url, headers=headers, params=params, content=content, timeout=timeout)
        return client.send(request, stream=True, follow_redirects=False)

    def close(self) -> None:
        """Closes the connections that belong to this pool."""
        with self._lock:
            self.is_closed = True
            client, self._own = self._own, None
        if client is not None:
            client.close()


@contextmanager
def _ended_after(response: httpx2.Response, seconds: float) -> Iterator[threading.Event]:
    """Breaks the connection of a response after some seconds. httpx2 limits each read and not the sum of them, so a
    body that comes drop by drop would have no limit."""
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        stream = response.extensions.get("network_stream")
        socket = stream.get_extra_info("socket") if stream is not None else None
        if socket is not None:
            with suppress(OSError):
                socket.shutdown(sockets.SHUT_RDWR)

    timer = threading.Timer(max(seconds, 0.001), end)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    finally:
        timer.cancel()


def read_all(response: httpx2.Response, seconds: float) -> bytes:
    """The body of a response, which ends within some seconds."""
    ends_at = time.monotonic() + seconds
    try:
        pieces = response.iter_bytes()
        first = next(pieces, b"")
        length = response.headers.get("content-length")
        if length == str(len(first)) and "content-encoding" not in response.headers:
            # The whole body is there. This reads the end of it, so that the connection can be used again.
            return first + b"".join(pieces)
        with _ended_after(response, ends_at - time.monotonic()) as is_over:
            try:
                content = first + b"".join(pieces)
            except httpx2.TransportError:
                if is_over.is_set():
                    raise TimeoutError from None
                raise
            if is_over.is_set():
                raise TimeoutError
            return content
    finally:
        close(response)


def chunks(response: httpx2.Response, idle_seconds: float, seconds_left: Callable[[], float | None]) -> Iterator[bytes]:
    """The pieces of a body. Raises `TimeoutError` after silence, and at the end of the time that is left."""
    left = seconds_left()
    if left is None:
        yield from response.iter_bytes()
        return
    with _ended_after(response, left) as is_over:
        try:
            yield from response.iter_bytes()
        except httpx2.TransportError:
            if is_over.is_set():
                raise TimeoutError from None
            raise
        if is_over.is_set():
            raise TimeoutError


def close(response: httpx2.Response) -> None:
    """Closes a response. That its connection breaks on the way is no news."""
    with suppress(httpx2.HTTPError, OSError):
        response.close()


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def settled(value: Any) -> Any:
    """The result of a function of the user."""
    return value


def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Runs a function that waits for a disk."""
    return function(*arguments)


def pieces(source: Source, report: Callable[[int], None]) -> Iterator[bytes]:
    """The content of a file from its start."""
    file = source.open()
    sent = 0
    try:
        while piece := file.read(CHUNK_BYTES):
            yield piece
            sent += len(piece)
            report(sent)
    finally:
        source.release(file)


class _Trip:
    """One time that the work is done."""

    def __init__(self) -> None:
        self.is_over = threading.Event()
        self.error: BaseException | None = None


class Flight:
    """Work that is done once, however many threads ask for it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trip: _Trip | None = None

    def is_running(self) -> bool:
        return self._trip is not None

    def run(self, work: Callable[[float | None], None], seconds: float | None) -> None:
        """Does the work within some seconds, or waits for the thread that does it."""
        with self._lock:
            trip, is_first = self._trip, self._trip is None
            if trip is None:
                trip = self._trip = _Trip()
        if not is_first:
            if not trip.is_over.wait(seconds):
                raise TimeoutError
            if trip.error is not None:
                raise trip.error
            return
        try:
            work(seconds)
        except BaseException as error:
            trip.error = error
            raise
        finally:
            with self._lock:
                self._trip = None
            trip.is_over.set()


def open_socket(url: str, seconds: float) -> ClientConnection:
    """Opens a WebSocket."""
    from websockets.sync.client import connect

    # The connection outlives this function. Newer versions of websockets warn unless it is entered.
    return connect(url, open_timeout=seconds, max_size=2**20).__enter__()


def receive(socket: ClientConnection, seconds: float) -> str | bytes:
    """The next frame. Raises `TimeoutError` if none comes."""
    return socket.recv(timeout=seconds)
