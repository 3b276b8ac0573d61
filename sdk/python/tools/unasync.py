#!/usr/bin/env python3
"""Makes the synchronous client of the asynchronous one, in `src/ai_assistant_sdk/_sync`. With `--check` it changes
nothing, and fails if the two differ. `io.py` and `listing.py` are written by hand on both sides."""

from __future__ import annotations

import io
import re
import sys
import tokenize
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "ai_assistant_sdk"
SOURCE, TARGET = PACKAGE / "_async", PACKAGE / "_sync"
BY_HAND = {"io.py", "listing.py", "__init__.py"}
NOTE = "# Made of {} by tools/unasync.py. Change that file.\n"
NAMES = {
    "AsyncIterator": "Iterator",
    "AsyncPager": "Page",
    "StopAsyncIteration": "StopIteration",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
    "anext": "next",
}
# `Awaitable[X]` becomes `X`, and imports that are left without a use go.
AWAITABLE = re.compile(r"Awaitable\[((?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*)\]")
LEFTOVERS = [
    (re.compile(r"^(\s*)close = close\n\n?", re.M), ""),
    (re.compile(r"^from collections\.abc import Awaitable, ", re.M), "from collections.abc import "),
    (re.compile(r"^(from collections\.abc import .*), Awaitable,", re.M), r"\1,"),
    (re.compile(r"^(from collections\.abc import .*)\bAwaitable, ", re.M), r"\1"),
    (re.compile(r"^from \.listing import Page, listed$", re.M), "from .listing import listed"),
    (re.compile(r"^from \.\.listing import Page$", re.M), "from ..pages import Page"),
]


def name(token: str) -> str:
    """A name as the synchronous client has it."""
    if token in NAMES:
        return NAMES[token]
    return token.removeprefix("Async") if re.match(r"Async[A-Z]", token) else token


def synchronous(text: str, path: str) -> str:
    """The synchronous form of a file."""
    lines = text.splitlines(keepends=True)
    edits: list[tuple[int, int, int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.NAME:
            continue
        (row, start), (_, end) = token.start, token.end
        if token.string in ("async", "await"):
            edits.append((row, start, end + 1, ""))
        elif name(token.string) != token.string:
            edits.append((row, start, end, name(token.string)))
    for row, start, end, new in reversed(edits):
        line = lines[row - 1]
        lines[row - 1] = line[:start] + new + line[end:]
    made = AWAITABLE.sub(r"\1", "".join(lines))
    for pattern, new in LEFTOVERS:
        made = pattern.sub(new, made)
    return NOTE.format(path) + made


def main() -> int:
    is_check, different = "--check" in sys.argv[1:], []
    expected = {path.relative_to(SOURCE) for path in SOURCE.rglob("*.py") if path.name not in BY_HAND}
    for relative in sorted(expected):
        made = synchronous((SOURCE / relative).read_text(), f"_async/{relative}")
        target = TARGET / relative
        if not target.exists() or target.read_text() != made:
            different.append(str(relative))
            if not is_check:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(made)
    stale = {path.relative_to(TARGET) for path in TARGET.rglob("*.py") if path.name not in BY_HAND} - expected
    different += [str(path) for path in sorted(stale)]
    if is_check:
        print(f"{len(different)} differ: {', '.join(different)}" if different else "no difference")
        return 1 if different else 0
    for path in stale:
        (TARGET / path).unlink()
    print(f"{len(different)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
