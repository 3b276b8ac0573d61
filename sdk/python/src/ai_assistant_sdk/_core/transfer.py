"""Files that are sent: their name, size and type, and how to read them more than once."""

from __future__ import annotations

import io
import os
import re
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

FileContent = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
"""A path, bytes, or a file that was opened for reading bytes."""

INLINE_BYTES_MAX = 4 * 1024 * 1024
SPOOL_BYTES_MAX = 100 * 1024 * 1024
_SPOOL_MEMORY_BYTES = 1024 * 1024
_PROGRESS_SECONDS = 0.1
_UNKNOWN_TYPE = "application/octet-stream"
CONTENT_TYPES = {
    ".csv": "text/csv",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".rar": "application/vnd.rar",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


def content_type_of(filename: str) -> str:
    """The type of a file by its name."""
    return CONTENT_TYPES.get(os.path.splitext(filename)[1].lower(), _UNKNOWN_TYPE)


class Source:
    """The content of a file, which can be read from its start more than once."""

    def __init__(self, file: FileContent, filename: str | None) -> None:
        self._path: str | None = None
        self._file: BinaryIO | None = None
        self._is_own = False
        self._start = 0
        name = filename
        if isinstance(file, (str, os.PathLike)):
            self._path = os.fspath(file)
            name = name or os.path.basename(self._path)
            self.size = os.stat(self._path).st_size
        elif isinstance(file, (bytes, bytearray, memoryview)):
            content = bytes(file)
            self._file, self._is_own, self.size = io.BytesIO(content), True, len(content)
        else:
            own_name = getattr(file, "name", None)
            name = name or (os.path.basename(own_name) if isinstance(own_name, str) else None)
            self._take_file(file)
        if not name:
            raise TypeError("filename is needed for content without a name")
        self.name = name

    def _take_file(self, file: BinaryIO) -> None:
        if not hasattr(file, "read"):
            raise TypeError("file must be a path, bytes, or a file that was opened for reading bytes")
        if isinstance(file, io.TextIOBase):
            raise TypeError('open the file for reading bytes: open(path, "rb")')
        if file.seekable():
            self._file, self._start = file, file.tell()
            self.size = file.seek(0, os.SEEK_END) - self._start
            file.seek(self._start)
            return
        spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(_SPOOL_MEMORY_BYTES))
        self._file, self._is_own, self.size = spool, True, 0
        while piece := file.read(64 * 1024):
            self.size += len(piece)
            if self.size > SPOOL_BYTES_MAX:
                spool.close()
                raise ValueError(f"the file has more than {SPOOL_BYTES_MAX} bytes")
            spool.write(piece)

    def open(self) -> BinaryIO:
        """The content, at its start."""
        if self._path is not None:
            return Path(self._path).open("rb")
        assert self._file is not None
        self._file.seek(self._start)
        return self._file

    def release(self, file: BinaryIO) -> None:
        """Ends reading."""
        if self._path is not None:
            file.close()

    def read(self) -> bytes:
        """The whole content."""
        file = self.open()
        try:
            return file.read()
        finally:
            self.release(file)

    def close(self) -> None:
        """Removes what was made for this file."""
        if self._is_own and self._file is not None:
            self._file.close()


class Progress:
    """Reports how far a transfer is, at most ten times a second and at the end."""

    def __init__(self, report: Callable[[int, int | None], object] | None, total: int | None) -> None:
        self._report = report
        self._total = total
        self._next = 0.0
        self._last = -1

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if self._report is not None and now >= self._next:
            self._next, self._last = now + _PROGRESS_SECONDS, done
            self._report(done, self._total)

    def end(self, done: int) -> None:
        if self._report is not None and self._last != done:
            self._report(done, self._total)


def form(name: str, content_type: str, content: bytes) -> tuple[str, bytes]:
    """A form with the file in the part `file`: its type and its body."""
    boundary = uuid.uuid4().hex
    escaped = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{escaped}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n"
    )
    return f"multipart/form-data; boundary={boundary}", b"".join(
        [head.encode(), content, f"\r\n--{boundary}--\r\n".encode()]
    )


def storage_error_code(content: bytes) -> str | None:
    """The word for the reason in an error of the storage."""
    found = re.search(rb"<Code>([^<]{1,100})</Code>", content[:10_000])
    return found[1].decode("utf-8", "replace") if found else None
