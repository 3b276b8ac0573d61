"""What the asynchronous client does with the network, files and time. `_sync/io.py` is its counterpart."""

from __future__ import annotations

import asyncio
import inspect
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from .._core.errors import ConfigurationError
from .._core.transfer import Source

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

T = TypeVar("T")
LIMITS = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
CHUNK_BYTES = 64 * 1024


class AsyncPool:
    """The connections. Those of one event loop cannot be used in another, so each loop has its own."""

    def __init__(self, proxy: str | None, given: httpx2.AsyncClient | None = None) -> None:
        self._proxy = proxy
        self._given = given
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = (
            weakref.WeakKeyDictionary()
        )
        self.is_closed = False

    def _client(self) -> httpx2.AsyncClient:
        if self.is_closed:
            raise ConfigurationError("the client is closed")
        if self._given is not None:
            return self._given
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            # A closed loop can close nothing any more. Its sockets are closed when they are collected.
            for old in [each for each in self._clients if each.is_closed()]:
                del self._clients[old]
            client = self._clients[loop] = httpx2.AsyncClient(proxy=self._proxy, limits=LIMITS)
        return client

    async def open(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        params: dict[str, Any] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
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
        sent = client.send(request, stream=True, follow_redirects=False)
        if content is not None and not isinstance(content, bytes):
            return await sent
        return await within(sent, seconds)

    async def aclose(self) -> None:
        """Closes the connections that belong to this pool and to the running loop."""
        self.is_closed = True
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()


async def within(work: Awaitable[T], seconds: float | None) -> T:
    """Ends work with `TimeoutError` after some seconds."""
    try:
        return await asyncio.wait_for(work, seconds)
    except asyncio.TimeoutError:
        # Before Python 3.11 this is another class.
        raise TimeoutError from None


async def read_all(response: httpx2.Response, seconds: float) -> bytes:
    """The body of a response, which ends within some seconds."""
    try:
        return await within(response.aread(), max(seconds, 0.001))
    finally:
        await close(response)


async def chunks(
    response: httpx2.Response, idle_seconds: float, seconds_left: Callable[[], float | None]
) -> AsyncIterator[bytes]:
    """The pieces of a body. Raises `TimeoutError` after silence, and at the end of the time that is left."""
    pieces = response.aiter_bytes()
    while True:
        left = seconds_left()
        wait = idle_seconds if left is None else max(min(idle_seconds, left), 0.001)
        try:
            piece = await within(anext(pieces), wait)
        except StopAsyncIteration:
            return
        yield piece


async def close(response: httpx2.Response) -> None:
    """Closes a response. That its connection breaks on the way is no news."""
    try:
        await response.aclose()
    except (httpx2.HTTPError, OSError):
        pass


async def sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def settled(value: Any) -> Any:
    """The result of a function of the user, which may be a coroutine function or not."""
    return await value if inspect.isawaitable(value) else value


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Runs a function that waits for a disk."""
    return await asyncio.to_thread(function, *arguments)


async def pieces(source: Source, report: Callable[[int], None]) -> AsyncIterator[bytes]:
    """The content of a file from its start."""
    file = await in_thread(source.open)
    sent = 0
    try:
        while piece := await in_thread(file.read, CHUNK_BYTES):
            yield piece
            sent += len(piece)
            report(sent)
    finally:
        source.release(file)


class AsyncFlight:
    """Work that is done once, however many ask for it at the same time. Cancelling one of them does not stop it."""

    def __init__(self) -> None:
        self._tasks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = (
            weakref.WeakKeyDictionary()
        )

    def is_running(self) -> bool:
        task = self._tasks.get(asyncio.get_running_loop())
        return task is not None and not task.done()

    async def run(self, work: Callable[[None], Coroutine[Any, Any, None]], seconds: float | None) -> None:
        """Starts the work, unless it is being done, and waits for it. It has no limit, as others may wait longer."""
        loop = asyncio.get_running_loop()
        task = self._tasks.get(loop)
        if task is None or task.done():
            task = self._tasks[loop] = loop.create_task(work(None))
            task.add_done_callback(_look_at)
        await within(asyncio.shield(task), seconds)


def _look_at(task: asyncio.Task[None]) -> None:
    # If all who waited are gone, nobody else looks at the failure, and asyncio would complain.
    if not task.cancelled():
        task.exception()


async def open_socket(url: str, seconds: float) -> ClientConnection:
    """Opens a WebSocket."""
    from websockets.asyncio.client import connect

    return await connect(url, open_timeout=seconds, max_size=2**20)


async def receive(socket: ClientConnection, seconds: float) -> str | bytes:
    """The next frame. Raises `TimeoutError` if none comes."""
    return await within(socket.recv(), seconds)
