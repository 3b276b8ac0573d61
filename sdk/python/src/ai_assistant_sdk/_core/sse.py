"""Server-sent events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Only these end a line. `str.splitlines` would also split at characters that occur in texts.
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINE_BYTES_MAX = 1024 * 1024


class LineTooLongError(ValueError):
    """A line is longer than any event of the API."""


@dataclass(frozen=True)
class ServerSentEvent:
    """An event."""

    event: str
    data: str
    id: str | None


class Decoder:
    """Makes events of the bytes of a stream, in whatever pieces these come."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_start = True
        self._event = ""
        self._data: list[bytes] = []
        self._id: str | None = None

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """The events that these bytes complete."""
        for line in self._lines(data):
            if event := self._line(line):
                yield event

    def _lines(self, data: bytes) -> Iterator[bytes]:
        self._rest += data
        if self._is_start:
            if len(self._rest) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(self._rest):
                return
            self._rest = self._rest.removeprefix(_BYTE_ORDER_MARK)
            self._is_start = False
        begin = 0
        for end in _LINE_END.finditer(self._rest):
            # The other half of this line end may still come.
            if end[0] == b"\r" and end.end() == len(self._rest):
                break
            yield self._rest[begin : end.start()]
            begin = end.end()
        self._rest = self._rest[begin:]
        if len(self._rest) > LINE_BYTES_MAX:
            raise LineTooLongError(f"a line of the stream has more than {LINE_BYTES_MAX} bytes")

    def _line(self, line: bytes) -> ServerSentEvent | None:
        if not line:
            event, data = self._event, self._data
            self._event, self._data = "", []
            if not data:
                return None
            return ServerSentEvent(event or "message", b"\n".join(data).decode("utf-8", "replace"), self._id)
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"data":
            self._data.append(value)
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        return None
