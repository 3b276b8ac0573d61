"""Values that many signatures use: the mark of an absent argument, ids, and the options of a call."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    from typing_extensions import TypeIs

T = TypeVar("T")


class Unset(enum.Enum):
    """The type of `UNSET`, which means that an argument was not given. `None` is sent as `null`."""

    UNSET = "UNSET"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET


class HasId(Protocol):
    """An object of the API."""

    @property
    def id(self) -> str: ...


Id = str | uuid.UUID | HasId
"""An id as text or UUID, or the object that has it."""


class CallOptions(TypedDict, total=False):
    """Options that every call takes."""

    timeout: float | None
    max_retries: int
    extra_headers: Mapping[str, str]


class KeyedOptions(CallOptions, total=False):
    """Options of calls that send an `Idempotency-Key`."""

    idempotency_key: str


OPTION_NAMES = frozenset({"timeout", "max_retries", "extra_headers", "idempotency_key"})


def is_given(value: T | Unset) -> TypeIs[T]:
    return value is not UNSET


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments that were given."""
    return {name: value for name, value in arguments.items() if value is not UNSET}


def id_text(value: Id) -> str:
    """The text of an id."""
    if isinstance(value, str):
        return value
    if isinstance(value, uuid.UUID):
        return str(value)
    return value.id


def path_segment(name: str, value: Id) -> str:
    """An id as one segment of a path."""
    text = id_text(value)
    if text in ("", ".", "..") or "/" in text:
        raise ValueError(f"{name} is no id: {text!r}")
    return quote(text, safe="")
