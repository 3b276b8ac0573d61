"""A real server behind a proxy with faults, users, and the check that all answers are as the document says."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from document import Document
from faults import FaultProxy

from ai_assistant_sdk import AIAssistantClient, AsyncAIAssistantClient

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
BINARY = pathlib.Path(os.environ.get("QUINTET_BINARY", ROOT / "target" / "debug" / "quintet"))
PASSWORD = "password123"
ADMIN = "admin@example.com"
SETTINGS = {
    "ECHO_SCRIPTS": "1",
    "RATE_LIMIT_API": "0",
    "RATE_LIMIT_AUTH": "0",
    "INITIAL_TOKENS": "1000000",
    "OUTBOUND_ALLOW": "127.0.0.1",
    "WEBHOOK_RETRY_SECONDS": "0",
    "MODELS": "echo=Echo,other",
    "MODEL_NAME": "echo",
    "LOG_LEVEL": "warn",
    "QUINTET_ADMIN_EMAIL": ADMIN,
    "QUINTET_ADMIN_PASSWORD": PASSWORD,
}
_numbers = itertools.count(1)


def start_server(settings: dict[str, str]) -> tuple[subprocess.Popen[str], str]:
    """Starts a server, and returns it with its URL."""
    server = subprocess.Popen(
        [BINARY, "serve", "--in-memory", "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **settings},
    )
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line.startswith("Quintet is ready"), line
    return server, line.split()[-1]


def stop_server(server: subprocess.Popen[str]) -> None:
    server.terminate()
    server.wait()
    assert server.stdout is not None
    server.stdout.close()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of the server."""
    process, url = start_server(SETTINGS)
    yield url
    stop_server(process)


@pytest.fixture(scope="session")
def document(server: str) -> Document:
    """The OpenAPI document that the server serves."""
    with urllib.request.urlopen(f"{server}/openapi/platform.json", timeout=10) as answer:
        return Document(json.load(answer))


@pytest.fixture(scope="session")
def shared_proxy(server: str, document: Document) -> Iterator[FaultProxy]:
    proxy = FaultProxy(server)
    yield proxy
    proxy.stop()
    # Each answer of the whole run is as the document says.
    wrong = [problem for seen in proxy.all_seen if (problem := document.problem_of(seen)) is not None]
    assert wrong == []


@pytest.fixture
def proxy(shared_proxy: FaultProxy) -> Iterator[FaultProxy]:
    shared_proxy.reset()
    yield shared_proxy
    shared_proxy.reset()


@pytest.fixture
def base_url(proxy: FaultProxy) -> str:
    return f"{proxy.url}/api/v1"


@dataclass(frozen=True)
class Account:
    """A user that a test made for itself."""

    email: str
    password: str = PASSWORD


@pytest.fixture
def account(server: str) -> Account:
    """A new user."""
    email = f"user{next(_numbers)}-{os.getpid()}@example.com"
    body = json.dumps({"email": email, "password": PASSWORD}).encode()
    request = urllib.request.Request(f"{server}/api/v1/auth/register", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()
    return Account(email)


@pytest.fixture
def make_client(base_url: str, account: Account) -> Iterator[Callable[..., AIAssistantClient]]:
    """Makes clients of the new user that are signed in, with options."""
    made: list[AIAssistantClient] = []

    def make(**options: Any) -> AIAssistantClient:
        client = AIAssistantClient.sign_in(
            email=account.email, password=account.password, **{"base_url": base_url, **options}
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: Callable[..., AIAssistantClient], proxy: FaultProxy) -> AIAssistantClient:
    """A client of the new user."""
    client = make_client()
    proxy.seen.clear()
    return client


@pytest.fixture
def admin(base_url: str) -> Iterator[AIAssistantClient]:
    """A client of the administrator."""
    with AIAssistantClient.sign_in(email=ADMIN, password=PASSWORD, base_url=base_url) as client:
        yield client


@pytest.fixture
async def async_client(base_url: str, account: Account) -> AsyncIterator[AsyncAIAssistantClient]:
    """An asynchronous client of the new user."""
    async with await AsyncAIAssistantClient.sign_in(
        email=account.email, password=account.password, base_url=base_url
    ) as client:
        yield client
