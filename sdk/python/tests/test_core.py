"""Parts that need no server: server-sent events, models, errors, options, the log."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from conftest import PASSWORD, Account
from faults import Fault, FaultProxy

from ai_assistant_sdk import (
    UNSET,
    AIAssistantClient,
    APIConnectionError,
    Assistant,
    AsyncAIAssistantClient,
    Attachment,
    ConfigurationError,
    Health,
    Session,
    User,
)
from ai_assistant_sdk._core import sse
from ai_assistant_sdk._core.models import UnexpectedAnswerError
from ai_assistant_sdk._core.sse import Decoder, LineTooLongError, ServerSentEvent

TEXT = "é 😀 \u2028 \u0085 \x1c end"
STREAM = (
    "\ufeff: a comment\n"
    "event: delta\nid: 1.0\ndata: " + json.dumps({"text": TEXT}, ensure_ascii=False) + "\n\n"
    "data: one\r\ndata:two\r\n\r\n"
    "event: odd\rdata\rid: 2.0\r\r"
    "retry: 10\nunknown: x\n\n"
    "event: done\ndata:  spaced\n\n"
).encode()
EVENTS = [
    ServerSentEvent("delta", json.dumps({"text": TEXT}, ensure_ascii=False), "1.0"),
    ServerSentEvent("message", "one\ntwo", "1.0"),
    ServerSentEvent("odd", "", "2.0"),
    ServerSentEvent("done", " spaced", "2.0"),
]
USER = {
    "id": "u",
    "username": "ada",
    "email": None,
    "full_name": None,
    "role": "user",
    "is_active": True,
    "tokens": 3,
    "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-01T00:00:00.5+00:00",
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_come_in_pieces_of_any_size(size: int) -> None:
    decoder = Decoder()
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert [event for piece in pieces for event in decoder.feed(piece)] == EVENTS


def test_line_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LINE_BYTES_MAX", 100)
    decoder = Decoder()
    with pytest.raises(LineTooLongError):
        for _ in range(20):
            list(decoder.feed(b"data: 1234"))


def test_fields_and_values_that_are_new_are_kept() -> None:
    user = User.from_wire({**USER, "role": "owner", "badge": {"color": "red"}})
    assert user.role == "owner"
    assert user.extra == {"badge": {"color": "red"}}
    assert user.created_at == datetime(2024, 1, 1, tzinfo=timezone.utc)
    again = user.to_dict()
    assert again["badge"] == {"color": "red"}
    assert User.from_wire(again) == user
    with pytest.raises(AttributeError):
        user.tokens = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tokens": "3"}, "User.tokens is str instead of int"),
        ({"tokens": True}, "User.tokens is bool"),
        ({"username": None}, "User.username is null"),
        ({"created_at": "yesterday"}, "User.created_at is no time"),
        ({"id": ...}, "User has no id"),
    ],
)
def test_answers_of_another_form_name_the_place(change: dict[str, Any], words: str) -> None:
    data = {name: value for name, value in {**USER, **change}.items() if value is not ...}
    with pytest.raises(UnexpectedAnswerError, match=words):
        User.from_wire(data)


def test_numbers_without_a_fraction_are_floats() -> None:
    data = dict.fromkeys(("description", "personality", "system_prompt", "category", "company_name", "model"))
    data |= {"id": "a", "name": "n", "status": "active", "tools": [], "files": []}
    data |= {"created_at": USER["created_at"], "updated_at": USER["updated_at"], "temperature": 1}
    assistant = Assistant.from_wire(data)
    assert isinstance(assistant.temperature, float)
    with pytest.raises(UnexpectedAnswerError, match=r"tools\[1\]"):
        Assistant.from_wire({**data, "tools": ["a", 3]})
    assert Health.from_wire({"status": "healthy"}).ok


def test_nothing_that_is_kept_secret_is_shown(
    caplog: pytest.LogCaptureFixture, base_url: str, account: Account
) -> None:
    caplog.set_level(logging.DEBUG)
    with AIAssistantClient.sign_in(email=account.email, password=PASSWORD, base_url=base_url) as client:
        client.conversations.messages.send(client.conversations.create(), "A private message")
        key = client.users.api_keys.create(name="bot")
        with AIAssistantClient(base_url=base_url, api_key=key.key) as bot:
            bot.users.me()
            shown = [repr(client), repr(bot), repr(client.session), repr(key), repr(client.realtime.ticket())]
        assert client.session is not None
        secrets = [client.session.access_token, client.session.refresh_token, key.key, PASSWORD, "A private message"]
        ours = [record.getMessage() for record in caplog.records if record.name == "ai_assistant_sdk"]
    assert any("POST /conversations/{conversation_id}/messages 201 in" in line for line in ours)
    for secret in secrets:
        assert secret is not None
        assert not any(secret in text for text in [*shown, *caplog.text.splitlines()])


def test_log_is_switched_on_by_the_environment(base_url: str) -> None:
    script = f"from ai_assistant_sdk import AIAssistantClient as C; C(base_url={base_url!r}).health.check()"
    for level, expected in (("info", 1), ("", 0)):
        ran = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "AI_ASSISTANT_LOG": level},
        )
        assert ran.stderr.count("GET /health 200 in") == expected


def test_attempts_are_logged(client: AIAssistantClient, proxy: FaultProxy, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ai_assistant_sdk")
    proxy.rule("GET", "/users/me", Fault(before=True))
    client.users.me()
    lines = [record.getMessage() for record in caplog.records if record.name == "ai_assistant_sdk"]
    assert "attempt 1" in lines[0]
    assert "is sent again in" in lines[1]
    assert "GET /users/me 200 in" in lines[2]
    assert "attempt 2" in lines[2]


def test_base_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert AIAssistantClient(base_url="https://chat.example.com/api/v1/").base_url == "https://chat.example.com/api/v1"
    assert AIAssistantClient().base_url == "http://localhost:8000/api/v1"
    monkeypatch.setenv("AI_ASSISTANT_BASE_URL", "https://chat.example.com/api/v1")
    assert AsyncAIAssistantClient().base_url == "https://chat.example.com/api/v1"
    with pytest.warns(UserWarning, match="/api/v1"):
        AIAssistantClient(base_url="https://chat.example.com")
    with pytest.raises(ConfigurationError):
        AIAssistantClient(base_url="chat.example.com/api/v1")
    with pytest.raises(ConfigurationError, match="password"):
        AIAssistantClient(base_url="https://me:secret@chat.example.com/api/v1")


def test_credentials_without_encryption_are_warned_about() -> None:
    with pytest.warns(UserWarning, match="without encryption"):
        AIAssistantClient(base_url="http://chat.example.com/api/v1", api_key="qk_x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for host in ("localhost", "127.0.0.1", "[::1]", "a.localhost"):
            AIAssistantClient(base_url=f"http://{host}:8000/api/v1", api_key="qk_x")
        AIAssistantClient(base_url="http://chat.example.com/api/v1")


def test_proxy_is_used(proxy: FaultProxy, base_url: str) -> None:
    with (
        AIAssistantClient(base_url=base_url, proxy="http://127.0.0.1:9", max_retries=0) as client,
        pytest.raises(APIConnectionError),
    ):
        client.health.check()
    assert proxy.requests("GET", "/health") == []


def test_own_http_client_is_used_and_stays_open(base_url: str, proxy: FaultProxy) -> None:
    import httpx2

    with httpx2.Client(headers={"X-Own": "yes"}) as own:
        with AIAssistantClient(base_url=base_url, http_client=own) as client:
            client.health.check()
        assert not own.is_closed
    assert proxy.requests("GET", "/health")[0].headers["x-own"] == "yes"
    with pytest.raises(ConfigurationError):
        AIAssistantClient(http_client=own, proxy="http://127.0.0.1:9")


def test_user_agent_names_the_library(base_url: str, proxy: FaultProxy) -> None:
    with AIAssistantClient(base_url=base_url) as client:
        client.health.check()
    assert proxy.requests("GET", "/health")[0].headers["user-agent"].startswith("ai-assistant-sdk-python/0.")


def test_absent_and_null_are_different(client: AIAssistantClient, proxy: FaultProxy) -> None:
    assistant = client.assistants.create(name="Ada", description=None)
    client.assistants.update(assistant, description=UNSET, category="x")
    assert proxy.requests("POST", "/assistants")[0].json == {"name": "Ada", "description": None}
    assert proxy.requests("PUT", "/assistants")[0].json == {"category": "x"}
    assert repr(UNSET) == "UNSET"
    assert not UNSET


def test_values_can_be_copied_between_processes() -> None:
    import pickle

    session = Session(access_token="a", refresh_token=None, expires_at=datetime.now(timezone.utc))
    attachment = Attachment(type="file", url="x")
    copy: Callable[[Any], Any] = lambda value: pickle.loads(pickle.dumps(value))  # noqa: E731
    assert copy(session) == session
    assert copy(attachment) == attachment
