"""What `list()` returns: an object that can be awaited for the first page, and iterated for all entries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, Generic

from .._core.operations import M
from .pages import AsyncPage


class AsyncPager(Generic[M]):
    """A list. `await` gives its first page, `async for` all entries."""

    def __init__(self, first: Callable[[], Awaitable[AsyncPage[M]]]) -> None:
        self._first = first

    def __await__(self) -> Generator[Any, Any, AsyncPage[M]]:
        return self._first().__await__()

    async def __aiter__(self) -> AsyncIterator[M]:
        async for entry in await self._first():
            yield entry


def listed(first: Callable[[], Awaitable[AsyncPage[M]]]) -> AsyncPager[M]:
    """A list whose first page comes from a function."""
    return AsyncPager(first)
