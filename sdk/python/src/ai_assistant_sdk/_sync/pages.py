# Made of _async/pages.py by tools/unasync.py. Change that file.
"""Pages of lists."""

from __future__ import annotations

from collections.abc import Iterator, Callable, Mapping
from typing import Any, Generic

from .._core.errors import APIResponseError
from .._core.operations import Listing, M

PAGES_MAX = 100_000
# The size of further pages if nobody chose one.
LARGEST_PAGE = 100

Fetch = Callable[[Mapping[str, Any]], Listing[M]]


class Page(Generic[M]):
    """One page of a list. Iterating goes on to the entries of further pages; `items` has those of this one."""

    def __init__(self, fetch: Fetch[M], query: Mapping[str, Any], listing: Listing[M]) -> None:
        self._fetch = fetch
        self._query = query
        self._next_cursor = listing.next_cursor
        self.items = listing.items
        self.total = listing.total
        self.page_number = listing.page
        self.size = listing.size
        self.page_count = listing.pages
        self.has_next = listing.has_next
        self.has_previous = listing.has_prev

    @classmethod
    def get(cls, fetch: Fetch[M], query: Mapping[str, Any]) -> Page[M]:
        """Reads a page."""
        return cls(fetch, query, fetch(query))

    def next_page(self) -> Page[M] | None:
        """The page after this one, or `None` if this is the last one."""
        cursor = self._next_cursor
        if cursor is None:
            return None
        if cursor == self._query.get("after"):
            raise APIResponseError("The list does not advance: its cursor stays the same.")
        # Pages are found by cursor, because numbers skip entries if others are deleted meanwhile.
        rest = {name: value for name, value in self._query.items() if name != "page"}
        return Page.get(self._fetch, {"size": LARGEST_PAGE, **rest, "after": cursor})

    def goto(self, number: int) -> Page[M]:
        """A page of the same size by its number, from 1."""
        rest = {name: value for name, value in self._query.items() if name != "after"}
        return Page.get(self._fetch, {**rest, "size": self.size, "page": number})

    def iter_pages(self) -> Iterator[Page[M]]:
        """This page and all after it."""
        page: Page[M] | None = self
        for _ in range(PAGES_MAX):
            if page is None:
                return
            yield page
            page = page.next_page()
        raise APIResponseError(f"The list has more than {PAGES_MAX} pages.")

    def __iter__(self) -> Iterator[M]:
        for page in self.iter_pages():
            for entry in page.items:
                yield entry

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.page_number} of {self.page_count}, {len(self.items)} of {self.total}>"
