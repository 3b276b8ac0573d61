"""The base of the groups of methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.operations import Listing, M, Operation, Repeat
from .._core.values import CallOptions, Id, T
from .calls import AsyncCaller
from .listing import AsyncPager, listed
from .pages import AsyncPage


class AsyncResource:
    """A group of methods."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def _call(
        self,
        operation: Operation[T],
        options: CallOptions,
        *,
        path: Mapping[str, Id] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        repeat: Repeat | None = None,
        retry_model_errors: int = 0,
    ) -> T:
        return await self._caller.call(
            operation,
            options,
            path=path,
            query=query,
            body=body,
            repeat=repeat,
            retry_model_errors=retry_model_errors,
        )

    def _list(
        self,
        operation: Operation[Listing[M]],
        options: CallOptions,
        query: Mapping[str, Any],
        path: Mapping[str, Id] | None = None,
    ) -> AsyncPager[M]:
        async def fetch(page_query: Mapping[str, Any]) -> Listing[M]:
            return await self._call(operation, options, path=path, query=page_query)

        async def first() -> AsyncPage[M]:
            return await AsyncPage.get(fetch, query)

        return listed(first)
