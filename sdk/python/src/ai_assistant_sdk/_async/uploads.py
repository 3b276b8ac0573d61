"""Files on their way to the server and back."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from .._core import log
from .._core.answers import FAILURES
from .._core.errors import APIStatusError, PayloadTooLargeError, UploadError
from .._core.models import File, Upload
from .._core.operations import FILES_ANNOUNCE, FILES_COMPLETE, FILES_CONTENT, FILES_UPLOAD
from .._core.retries import Deadline, backoff, total_is_given
from .._core.transfer import INLINE_BYTES_MAX, Progress, Source, content_type_of, form, storage_error_code
from .._core.values import UNSET, CallOptions, Id, KeyedOptions
from . import io
from .calls import AsyncCaller

OnProgress = Callable[[int, int | None], object]
# The server has no way for large files, so that the small one must do.
_NO_SUCH_WAY = (404, 405)
_WORTH_ANOTHER = frozenset({408, 429, 500, 502, 503, 504})


def limit_of(caller: AsyncCaller, options: CallOptions) -> Deadline:
    """The deadline of a transfer. Without a `timeout` it has none, and only has to make progress."""
    timeout = options.get("timeout", UNSET)
    is_given = total_is_given(caller.options, timeout)
    return Deadline(caller.options.total(False, timeout) if is_given else None)


async def upload(
    caller: AsyncCaller,
    source: Source,
    content_type: str | None,
    on_progress: OnProgress | None,
    options: KeyedOptions,
) -> File:
    """Uploads a file the way that fits its size."""
    kind = content_type or content_type_of(source.name)
    progress = Progress(on_progress, source.size)
    deadline = limit_of(caller, options)
    if source.size <= INLINE_BYTES_MAX:
        try:
            return await _send_inline(caller, source, kind, progress, options)
        except PayloadTooLargeError as error:
            # A server may take less in one request. It then names the other way.
            if "uploads" not in error.detail:
                raise
    try:
        declared = await caller.call(
            FILES_ANNOUNCE,
            _rest_of(options, deadline),
            body={"filename": source.name, "size": source.size, "content_type": content_type},
        )
    except APIStatusError as error:
        if error.status_code in _NO_SUCH_WAY:
            return await _send_inline(caller, source, kind, progress, options)
        raise
    await _put(caller, declared, source, progress, options, deadline)
    rest = _rest_of(options, deadline)
    rest.pop("idempotency_key", None)
    return await caller.call(FILES_COMPLETE, rest, path={"file_id": declared.id}, body={})


def _rest_of(options: KeyedOptions, deadline: Deadline) -> KeyedOptions:
    """The options with the time that is left of a whole upload."""
    left = deadline.left()
    copy = options.copy()
    if left is not None:
        copy["timeout"] = max(left, 0.001)
    return copy


async def _send_inline(
    caller: AsyncCaller, source: Source, content_type: str, progress: Progress, options: KeyedOptions
) -> File:
    content = await io.in_thread(source.read)
    file = await caller.call(FILES_UPLOAD, options, form=form(source.name, content_type, content))
    progress.end(source.size)
    return file


async def _put(
    caller: AsyncCaller,
    declared: Upload,
    source: Source,
    progress: Progress,
    options: CallOptions,
    deadline: Deadline,
) -> None:
    """Sends the content to the storage, without a credential."""
    headers = dict(declared.headers)
    if not any(name.lower() == "content-length" for name in headers):
        headers["Content-Length"] = str(source.size)
    retries_left = options.get("max_retries", caller.options.max_retries)
    number = 0
    while True:
        number += 1
        began = time.monotonic()
        failure: Exception | None = None
        status, content = 0, b""
        try:
            response = await caller.storage.open(
                "PUT",
                declared.upload_url,
                headers=headers,
                content=io.pieces(source, progress),
                seconds=deadline.within(caller.options.attempt_timeout),
                connect_seconds=caller.options.connect_timeout,
            )
            status = response.status_code
            content = await io.read_all(response, deadline.within(caller.options.attempt_timeout))
        except FAILURES as error:
            failure = error
        outcome = status or type(failure).__name__
        log.attempt("PUT", "(storage)", outcome, time.monotonic() - began, number)
        if 200 <= status < 300:
            progress.end(source.size)
            return
        may_repeat = failure is not None or status in _WORTH_ANOTHER
        if not may_repeat or retries_left == 0 or deadline.is_over():
            code = storage_error_code(content)
            reason = code or str(failure or f"status {status}")
            raise UploadError(
                f"The storage did not take {source.name}: {reason}", phase="put", upload_id=declared.id, code=code
            ) from failure
        retries_left -= 1
        await io.sleep(backoff(number - 1))


async def download(
    caller: AsyncCaller,
    file: Id,
    to: str | os.PathLike[str] | None,
    on_progress: OnProgress | None,
    options: CallOptions,
) -> bytes | None:
    """Reads the content of a file, or writes it to a path, which has the whole content or is not there."""
    if to is None:
        target: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=2**30)
        temporary = None
    else:
        target, temporary = await io.in_thread(_temporary_beside, Path(to))
    try:
        await _fetch(caller, file, target, on_progress, options)
        if to is None:
            target.seek(0)
            return target.read()
        target.close()
        assert temporary is not None
        await io.in_thread(os.replace, temporary, to)
        temporary = None
        return None
    finally:
        target.close()
        if temporary is not None:
            await io.in_thread(os.unlink, temporary)


def _temporary_beside(path: Path) -> tuple[IO[bytes], str]:
    handle, name = tempfile.mkstemp(dir=path.parent or ".", prefix=f".{path.name}.")
    return os.fdopen(handle, "wb"), name


async def _fetch(
    caller: AsyncCaller, file: Id, target: IO[bytes], on_progress: OnProgress | None, options: CallOptions
) -> None:
    deadline = limit_of(caller, options)
    retries_left = options.get("max_retries", caller.options.max_retries)
    while True:
        target.seek(0)
        target.truncate()
        left = deadline.left()
        rest: CallOptions = options if left is None else {**options, "timeout": max(left, 0.001)}
        request, attempts = caller.prepare(FILES_CONTENT, rest, path={"file_id": file}, accept="*/*")
        response = (await caller.perform(request, attempts, leave_open=True)).response
        length = response.headers.get("content-length")
        total = int(length) if length and "content-encoding" not in response.headers else None
        progress, done = Progress(on_progress, total), 0
        try:
            async for chunk in io.chunks(response, caller.options.stream_idle_timeout, deadline.left):
                await io.in_thread(target.write, chunk)
                done += len(chunk)
                progress(done)
        except FAILURES as failure:
            if retries_left == 0 or deadline.is_over():
                raise attempts.connection_error(failure) from failure
            retries_left -= 1
            await io.sleep(backoff(attempts.number - 1))
        else:
            progress.end(done)
            return
        finally:
            await io.close(response)
