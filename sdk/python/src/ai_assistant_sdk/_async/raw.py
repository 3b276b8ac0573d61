"""Methods that return the response together with the result."""

from __future__ import annotations

from typing import Any

from .._core.answers import LAST_ANSWER, RawResponse
from .._core.errors import APIResponseError
from . import io
from .resource import AsyncResource


class AsyncRawView:
    """The same groups of methods. Each method returns a `RawResponse`."""

    def __init__(self, target: object) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if isinstance(found, AsyncResource):
            return AsyncRawView(found)
        if not callable(found):
            return found

        async def call(*arguments: Any, **options: Any) -> RawResponse[Any]:
            token = LAST_ANSWER.set([])
            try:
                value = await io.settled(found(*arguments, **options))
                answers = LAST_ANSWER.get()
            finally:
                LAST_ANSWER.reset(token)
            if not answers:
                raise APIResponseError(f"{name} made no request, so there is no response")
            return RawResponse(value, answers[-1].response, answers[-1].content)

        return call
