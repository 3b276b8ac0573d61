"""What `list()` returns: the first page."""

from __future__ import annotations

from collections.abc import Callable

from .._core.operations import M
from .pages import Page


def listed(first: Callable[[], Page[M]]) -> Page[M]:
    """A list whose first page comes from a function."""
    return first()
