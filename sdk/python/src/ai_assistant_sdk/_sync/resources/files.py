# Made of _async/resources/files.py by tools/unasync.py. Change that file.
"""Files."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, overload

from ..._core.errors import APITimeoutError
from ..._core.models import File, FileStatus
from ..._core.operations import FILES_DELETE, FILES_GET, FILES_LIST
from ..._core.transfer import FileContent, Source
from ..._core.values import UNSET, CallOptions, Id, KeyedOptions, Unset, given
from .. import io
from ..pages import Page
from ..resource import Resource
from ..uploads import OnProgress, download, upload

if TYPE_CHECKING:
    from typing_extensions import Unpack

POLL_SECONDS, POLL_SECONDS_MAX = 0.25, 5.0


class Files(Resource):
    """Files."""

    def upload(
        self,
        file: FileContent,
        *,
        filename: str | None = None,
        content_type: str | None = None,
        on_progress: OnProgress | None = None,
        **options: Unpack[KeyedOptions],
    ) -> File:
        """Uploads a file: a path, bytes, or a file that was opened for reading bytes. Large ones go to the storage
        itself.

        `on_progress(sent, total)` is called at most ten times a second and at the end. `timeout` limits the whole
        upload; without one, a large upload only has to make progress."""
        source = io.in_thread(Source, file, filename)
        try:
            return upload(self._caller, source, content_type, on_progress, options)
        finally:
            source.close()

    def list(
        self,
        *,
        status: FileStatus | Unset = UNSET,
        sort: str | Unset = UNSET,
        size: int | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> Page[File]:
        """The files of the caller."""
        return self._list(FILES_LIST, options, given(status=status, sort=sort, size=size))

    def get(self, file_id: Id, **options: Unpack[CallOptions]) -> File:
        """A file, without its content."""
        return self._call(FILES_GET, options, path={"file_id": file_id})

    def wait_until_read(self, file_id: Id, *, within: float = 300.0, **options: Unpack[CallOptions]) -> File:
        """Waits until the server has read a file, or cannot. Look at the `status` of the result. `within` is in
        seconds."""
        ends_at, pause = time.monotonic() + within, POLL_SECONDS
        while True:
            file = self.get(file_id, **options)
            if file.status != "processing":
                return file
            if time.monotonic() + pause > ends_at:
                raise APITimeoutError(f"{file.filename} was not read within {within:.0f} s.", phase="total")
            io.sleep(pause)
            pause = min(pause * 2, POLL_SECONDS_MAX)

    @overload
    def download(
        self,
        file_id: Id,
        *,
        to: None = None,
        on_progress: OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> bytes: ...

    @overload
    def download(
        self,
        file_id: Id,
        *,
        to: str | os.PathLike[str],
        on_progress: OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> None: ...

    def download(
        self,
        file_id: Id,
        *,
        to: str | os.PathLike[str] | None = None,
        on_progress: OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> bytes | None:
        """The content of a file. With `to`, it is written to that path, which never has a part of it."""
        return download(self._caller, file_id, to, on_progress, options)

    def delete(self, file_id: Id, **options: Unpack[CallOptions]) -> None:
        """Deletes a file. Assistants that had it answer without it."""
        self._call(FILES_DELETE, options, path={"file_id": file_id})
