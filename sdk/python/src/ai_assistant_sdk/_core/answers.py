"""Requests and answers, as the calls of both clients handle them."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic

import httpx2

from .operations import Operation
from .retries import Attempts
from .values import T

FAILURES = (httpx2.TransportError, TimeoutError)


@dataclass(frozen=True)
class RawResponse(Generic[T]):
    """The result of a method with the response that it came from. The body is in `content`."""

    value: T
    http_response: httpx2.Response
    content: bytes

    @property
    def status_code(self) -> int:
        return self.http_response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self.http_response.headers

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-request-id")


@dataclass(frozen=True)
class Answer:
    """A response and its body, which is empty if the response was left open."""

    response: httpx2.Response
    content: bytes
    attempts: Attempts


LAST_ANSWER: ContextVar[list[Answer] | None] = ContextVar("last_answer", default=None)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What an attempt sends, apart from its credential. The body and the key are made once for all attempts."""

    operation: Operation[Any]
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, Any]
    content: bytes | None
