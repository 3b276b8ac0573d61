"""The examples of the API's document, of the README, and of `examples`, as they stand."""

from __future__ import annotations

import asyncio
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from conftest import PASSWORD, Account
from faults import FaultProxy

from ai_assistant_sdk import AIAssistantClient, AuthenticationError

SDK = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.S | re.M)
Make = Callable[..., AIAssistantClient]
# "Python SDK" of the API's document.
OF_THE_DOCUMENT = """
from ai_assistant_sdk import AIAssistantClient

client = AIAssistantClient(
    base_url="http://localhost:8000/api/v1",
    api_key="your-api-key"
)

# List assistants
assistants = client.assistants.list()

# Start conversation
conversation = client.conversations.create(
    assistant_id="uuid",
    message="Hello!"
)
"""


@pytest.fixture
def key(client: AIAssistantClient) -> str:
    return client.users.api_keys.create(name="example").key


def run(code: str, directory: pathlib.Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


def test_example_of_the_document(
    client: AIAssistantClient, base_url: str, key: str, tmp_path: pathlib.Path, proxy: FaultProxy
) -> None:
    assistant = client.assistants.create(name="Ada")
    code = OF_THE_DOCUMENT.replace("http://localhost:8000/api/v1", base_url).replace("your-api-key", key)
    code = code.replace('"uuid"', f'"{assistant.id}"')
    ran = run(code + "\nprint(conversation.messages[-1].content)\nclient.close()\n", tmp_path)
    assert (ran.stderr, ran.stdout) == ("", "This is a dummy response from the AI.\n")
    assert proxy.requests("POST", "/conversations")[0].json["initial_message"] == "Hello!"


def test_examples_of_the_readme(server: str, key: str, tmp_path: pathlib.Path) -> None:
    # Not through the proxy, which knows no WebSocket.
    base_url = f"{server}/api/v1"
    code = "\n".join(BLOCK.findall((SDK / "README.md").read_text()))
    code = code.replace("http://localhost:8000/api/v1", base_url).replace("your-api-key", key)
    code = code.replace("eve@example.com", f"eve{time.time_ns()}@example.com")
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "AI_ASSISTANT_BASE_URL": base_url},
    )
    assert ran.stderr == ""
    for expected in [
        "This is a dummy response from the AI.",
        "qk_",
        "assistant This is a dummy",
        "Support\n",
        "\nSource: manual.txt",
        "whsec_",
        "ConversationUpdate(event='conversation.created'",
        "Ensure this value is between 0 and 2.",
        "True\n200 ",
    ]:
        assert expected in ran.stdout, expected
    assert (tmp_path / "copy.txt").read_text() == "The warranty of the kettle is three years."


def test_chat_in_the_terminal(base_url: str, tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-W", "error", str(SDK / "examples" / "chat.py")]
    email = f"terminal{time.time_ns()}@example.com"
    for attempt in range(2):
        ran = subprocess.run(
            [*command, email, PASSWORD],
            input="Hello\n\n/echo fail=error\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "AI_ASSISTANT_BASE_URL": base_url},
        )
        assert ran.stderr == "", attempt
        assert "This is a dummy response from the AI.\n[" in ran.stdout
        assert "[The model failed to answer.]" in ran.stdout


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def served(command: list[str], port: int, directory: pathlib.Path, **environment: str) -> Iterator[str]:
    """Runs an application until it listens. Yields its URL."""
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=SDK / "examples", env={**os.environ, **environment}
        )
    try:
        ends_at = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, (directory / "log").read_text()
                assert time.monotonic() < ends_at
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def post(url: str, body: bytes, content_type: str) -> tuple[int, str]:
    request = urllib.request.Request(url, body, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def deliver(client: AIAssistantClient, url: str) -> str | None:
    """Has the server call a webhook, and returns the status of the delivery."""
    webhook = client.webhooks.create(url=f"{url}/webhook", events=["message.received"], secret="webhook-secret")
    client.webhooks.test(webhook)
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        (delivery,) = client.webhooks.deliveries(webhook).items
        if delivery.status != "pending":
            return delivery.status
        time.sleep(0.05)
    return None


def test_fastapi_application(client: AIAssistantClient, base_url: str, key: str, tmp_path: pathlib.Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "fastapi_app:app", "--port", str(port), "--log-level", "warning"]
    settings = {"AI_ASSISTANT_BASE_URL": base_url, "AI_ASSISTANT_API_KEY": key}
    with served(command, port, tmp_path, **settings, AI_ASSISTANT_WEBHOOK_SECRET="webhook-secret") as url:
        _, text = post(f"{url}/conversations", b"", "application/json")
        conversation = re.findall(r'"id":"([^"]+)"', text)[0]
        asked = f"{url}/conversations/{conversation}/ask"
        assert post(asked, b'{"text": "Hello"}', "application/json") == (200, "This is a dummy response from the AI.")
        script = b'{"text": "/echo text=Half fail=broken after=1"}'
        assert post(asked, script, "application/json") == (200, "Half\n[The model failed to answer.]")
        assert post(f"{url}/conversations/x/ask", b'{"text": "Hello"}', "application/json")[0] == 404
        assert deliver(client, url) == "delivered"
        assert post(f"{url}/webhook", b"{}", "application/json")[0] == 401
        with urllib.request.urlopen(f"{url}/events", timeout=20) as answer:
            assert answer.read() == b'{"count":1}'


def test_django_application(client: AIAssistantClient, base_url: str, key: str, tmp_path: pathlib.Path) -> None:
    port = free_port()
    command = [sys.executable, "django_app.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    settings = {"AI_ASSISTANT_BASE_URL": base_url, "AI_ASSISTANT_API_KEY": key}
    with served(command, port, tmp_path, **settings, AI_ASSISTANT_WEBHOOK_SECRET="webhook-secret") as url:
        body = urllib.parse.urlencode({"text": "Hello"}).encode()
        form = "application/x-www-form-urlencoded"
        assert post(f"{url}/ask", body, form) == (200, '{"reply": "This is a dummy response from the AI."}')
        assert post(f"{url}/ask", b"text=", form)[0] == 422
        assert deliver(client, url) == "delivered"
        assert post(f"{url}/webhook", b"{}", "application/json")[0] == 401


async def test_examples_can_run_in_a_loop_of_their_own(base_url: str, account: Account) -> None:
    """The synchronous client blocks its thread and no more, so that it can be used beside a loop."""

    def call() -> str:
        with AIAssistantClient.sign_in(email=account.email, password=PASSWORD, base_url=base_url) as client:
            return client.users.me().email or ""

    assert await asyncio.to_thread(call) == account.email
    with pytest.raises(AuthenticationError):
        await asyncio.to_thread(
            lambda: AIAssistantClient.sign_in(email=account.email, password="wrong-word", base_url=base_url)
        )
