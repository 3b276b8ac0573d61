"""Files on their way to the server and back."""

from __future__ import annotations

import io
import pathlib
import tempfile
from collections.abc import Callable

import pytest
from faults import Fault, FaultProxy

from ai_assistant_sdk import (
    AIAssistantClient,
    APIConnectionError,
    APITimeoutError,
    AsyncAIAssistantClient,
    PayloadTooLargeError,
    UploadError,
    ValidationError,
)
from ai_assistant_sdk._core import transfer

Make = Callable[..., AIAssistantClient]
SMALL = b"product,price\nkettle,39\n"
# Of a kind whose text is not read, which would take the server long.
LARGE = b"\x89PNG\r\n\x1a\n" + bytes(5_000_000)


@pytest.fixture(autouse=True)
def quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_assistant_sdk._core.retries.BACKOFF_SECONDS", 0.02)


def through(proxy: FaultProxy, times: int = 1) -> None:
    """Sends contents of announced files through the proxy, too."""
    host = f"{proxy.upstream.hostname}:{proxy.upstream.port}"
    mine = proxy.url.removeprefix("http://")

    def change(body: dict[str, object]) -> dict[str, object]:
        return {**body, "upload_url": str(body["upload_url"]).replace(host, mine)}

    proxy.rule("POST", "/files/uploads", Fault(change=change), times)


def test_small_files_go_with_the_request(client: AIAssistantClient, proxy: FaultProxy, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(SMALL)
    for content in (path, str(path)):
        assert client.files.upload(content).filename == "prices.csv"
    with path.open("rb") as opened:
        opened.read(8)
        # From where the file is.
        assert client.files.upload(opened).size == len(SMALL) - 8
    for given in (SMALL, bytearray(SMALL), memoryview(SMALL), io.BytesIO(SMALL)):
        file = client.files.upload(given, filename="prices.csv")
        assert client.files.download(file) == SMALL
    assert len(proxy.requests("POST", "/files/upload")) == 7
    assert proxy.requests("PUT", "/") == []


def test_names_that_are_special_in_forms_survive(client: AIAssistantClient) -> None:
    assert client.files.upload(b"hello", filename="größe (1).txt").filename == "größe (1).txt"


def test_large_files_go_to_the_storage(client: AIAssistantClient, proxy: FaultProxy) -> None:
    through(proxy)
    progress: list[tuple[int, int | None]] = []
    file = client.files.upload(LARGE, filename="large.png", on_progress=lambda *p: progress.append(p))
    assert client.files.download(file) == LARGE
    (put,) = proxy.requests("PUT", "/")
    assert "authorization" not in put.headers
    assert put.headers["content-length"] == str(len(LARGE))
    assert "transfer-encoding" not in put.headers
    assert progress[-1] == (len(LARGE), len(LARGE))
    assert progress == sorted(progress)
    assert len(progress) < 40


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(drop=True), Fault(before=True)])
def test_content_is_sent_again_from_its_start(client: AIAssistantClient, proxy: FaultProxy, fault: Fault) -> None:
    through(proxy)
    proxy.rule("PUT", "/", fault)
    file = client.files.upload(io.BytesIO(LARGE), filename="large.png")
    assert client.files.download(file) == LARGE
    assert len(proxy.requests("PUT", "/")) == 2


def test_storage_that_refuses(client: AIAssistantClient, proxy: FaultProxy) -> None:
    through(proxy)
    refusal = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    proxy.rule("PUT", "/", Fault(status=403, body=refusal))
    with pytest.raises(UploadError) as raised:
        client.files.upload(LARGE, filename="large.png")
    assert (raised.value.phase, raised.value.code) == ("put", "AccessDenied")
    assert raised.value.upload_id
    assert proxy.requests("POST", "/complete") == []


def test_lost_answer_to_the_completion_is_asked_for_again(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("POST", "/complete", Fault(drop=True))
    client.files.upload(LARGE, filename="large.png")
    assert len(proxy.requests("POST", "/complete")) == 2
    assert len(list(client.files.list())) == 1


def test_server_that_takes_less_in_one_request(client: AIAssistantClient, proxy: FaultProxy) -> None:
    words = b'{"detail": "Announce larger files with POST /api/v1/files/uploads.", "status_code": 413}'
    proxy.rule("POST", "/files/upload", Fault(status=413, body=words))
    assert client.files.upload(SMALL, filename="prices.csv").size == len(SMALL)
    assert len(proxy.requests("POST", "/complete")) == 1


def test_server_without_a_way_for_large_files(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("POST", "/files/uploads", Fault(status=405))
    file = client.files.upload(LARGE, filename="large.png")
    assert client.files.download(file) == LARGE


def test_refusals_keep_their_class(client: AIAssistantClient, proxy: FaultProxy) -> None:
    with pytest.raises(ValidationError):
        client.files.upload(b"MZ", filename="program.exe")
    with pytest.raises(ValidationError):
        client.files.upload(LARGE, filename="report.pdf")
    proxy.rule("POST", "/files/uploads", Fault(status=413, body=b'{"detail": "Your storage space is used up."}'))
    with pytest.raises(PayloadTooLargeError):
        client.files.upload(LARGE, filename="large.png")


class Pipe(io.RawIOBase):
    """A file that can be read once."""

    def __init__(self, content: bytes) -> None:
        self._rest = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._rest.readinto(buffer)


def test_file_that_can_be_read_once(client: AIAssistantClient, proxy: FaultProxy) -> None:
    through(proxy)
    proxy.rule("PUT", "/", Fault(status=503))
    file = client.files.upload(Pipe(LARGE), filename="large.png")  # type: ignore[arg-type]
    assert client.files.download(file) == LARGE


def test_contents_that_cannot_be_sent(client: AIAssistantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="filename"):
        client.files.upload(b"hello")
    with pytest.raises(TypeError, match="rb"):
        client.files.upload(io.StringIO("hello"), filename="a.txt")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="path, bytes"):
        client.files.upload(3, filename="a.txt")  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        client.files.upload("/nonexistent/file.txt")
    monkeypatch.setattr(transfer, "SPOOL_BYTES_MAX", 1000)
    with pytest.raises(ValueError, match="1000"):
        client.files.upload(Pipe(LARGE), filename="a.png")  # type: ignore[arg-type]


def test_download_to_a_path_is_whole_or_not_there(
    client: AIAssistantClient, proxy: FaultProxy, tmp_path: pathlib.Path
) -> None:
    file = client.files.upload(LARGE, filename="large.png")
    target = tmp_path / "copy.csv"
    progress: list[tuple[int, int | None]] = []
    proxy.rule("GET", "/content", Fault(cut_after=200_000))
    client.files.download(file, to=target, on_progress=lambda *p: progress.append(p))
    assert target.read_bytes() == LARGE
    assert progress[-1] == (len(LARGE), len(LARGE))
    other = tmp_path / "other.csv"
    proxy.rule("GET", "/content", Fault(cut_after=200_000), times=9)
    with pytest.raises(APIConnectionError):
        client.files.download(file, to=other)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.csv"]


def test_download_ends_with_its_timeout(client: AIAssistantClient, proxy: FaultProxy) -> None:
    file = client.files.upload(LARGE, filename="large.png")
    proxy.rule("GET", "/content", Fault(stall_after=1000), times=9)
    with pytest.raises(APITimeoutError) as raised:
        client.files.download(file, timeout=0.5)
    assert raised.value.phase == "total"


def test_waiting_until_a_file_is_read(client: AIAssistantClient, proxy: FaultProxy) -> None:
    file = client.files.upload(b"The warranty of the kettle is three years.", filename="manual.txt")
    assert client.files.wait_until_read(file).status == "ready"
    assistant = client.assistants.create(name="Service", files=[file])
    conversation = client.conversations.create(assistant_id=assistant)
    answer = client.conversations.messages.send(conversation, "How long is the warranty of the kettle?")
    assert answer.assistant_message.sources[0].file_id == file.id
    still = Fault(change=lambda body: {**body, "status": "processing"})
    proxy.rule("GET", f"/files/{file.id}", still, times=99)
    with pytest.raises(APITimeoutError):
        client.files.wait_until_read(file, within=0.5)


def test_attachments(client: AIAssistantClient, proxy: FaultProxy) -> None:
    file = client.files.upload(b"The kettle costs 39.", filename="prices.txt")
    client.files.wait_until_read(file)
    conversation = client.conversations.create()
    sent = client.conversations.messages.send(conversation, "What does the kettle cost?", attachments=[file])
    assert sent.user_message.attachments[0].url == file.url
    client.conversations.messages.send(conversation, "And?", attachments=[{"type": "file", "url": file.id}])
    assert proxy.requests("POST", "/messages")[0].json["attachments"] == [{"type": "file", "url": file.id}]


async def test_asynchronous_files(
    async_client: AsyncAIAssistantClient, proxy: FaultProxy, tmp_path: pathlib.Path
) -> None:
    client = async_client
    through(proxy)
    proxy.rule("PUT", "/", Fault(status=503))
    progress: list[tuple[int, int | None]] = []
    with tempfile.TemporaryFile() as opened:
        opened.write(LARGE)
        opened.seek(0)
        file = await client.files.upload(opened, filename="large.png", on_progress=lambda *p: progress.append(p))
    assert progress[-1] == (len(LARGE), len(LARGE))
    assert await client.files.download(file) == LARGE
    target = tmp_path / "copy.csv"
    await client.files.download(file, to=target)
    assert target.read_bytes() == LARGE
    assert [each.id async for each in client.files.list()] == [file.id]
    await client.files.delete(file)
