"""Live updates, and what happens when their connection is lost."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from faults import Fault, FaultProxy, Relay, relay
from websockets.sync.server import ServerConnection, serve

from ai_assistant_sdk import (
    AIAssistantClient,
    AssistantUpdate,
    AsyncAIAssistantClient,
    AuthenticationError,
    ConversationUpdate,
    Gap,
    MessageDelta,
    RealtimeClosedError,
    RealtimeError,
    SystemNotification,
    UnknownUpdate,
    Update,
)
from ai_assistant_sdk._core import live as core

Make = Callable[..., AIAssistantClient]


@pytest.fixture(autouse=True)
def quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_assistant_sdk._core.retries.BACKOFF_SECONDS", 0.02)


@pytest.fixture
def wire(proxy: FaultProxy) -> Iterator[Relay]:
    """Connections to the server that can be cut."""
    assert proxy.upstream.hostname is not None
    assert proxy.upstream.port is not None
    with relay(proxy.upstream.hostname, proxy.upstream.port) as made:
        yield made


@pytest.fixture
def live_client(make_client: Make, wire: Relay) -> AIAssistantClient:
    return make_client(realtime_url=f"ws://127.0.0.1:{wire.port}/ws")


def until(live: Any, wanted: Callable[[Update], bool]) -> Update:
    return next(update for update in live if wanted(update))


def test_kinds_of_updates(live_client: AIAssistantClient, admin: AIAssistantClient) -> None:
    client = live_client
    with client.realtime.connect() as live:
        assistant = client.assistants.create(name="Ada")
        conversation = client.conversations.create(assistant_id=assistant, title="News")
        created = until(live, lambda each: isinstance(each, ConversationUpdate))
        assert isinstance(created, ConversationUpdate)
        assert (created.event, created.conversation_id) == ("conversation.created", conversation.id)
        with client.conversations.messages.stream(conversation, '/echo text="a b c" pieces=3 delay=200ms') as stream:
            reply = stream.result.assistant_message
        seen: list[Update] = []
        while not any(isinstance(each, ConversationUpdate) and each.message_id == reply.id for each in seen):
            seen.append(next(live))
        deltas = [each for each in seen if isinstance(each, MessageDelta)]
        assert deltas
        assert "".join(each.delta for each in deltas) in reply.content
        received = seen[-1]
        assert isinstance(received, ConversationUpdate)
        assert received.message is not None
        assert live.load(received).content == received.message.content == "a b c"
        client.assistants.update(assistant, status="inactive")
        changed = until(live, lambda each: isinstance(each, AssistantUpdate))
        assert isinstance(changed, AssistantUpdate)
        assert (changed.assistant_id, changed.status) == (assistant.id, "inactive")
        admin.notifications.send("Maintenance")
        told = until(live, lambda each: isinstance(each, SystemNotification))
        assert isinstance(told, SystemNotification)
        assert told.message == "Maintenance"
        assert live.last_event_id == told.event_id


def test_lost_connection_is_opened_again_without_losing_or_repeating_updates(
    live_client: AIAssistantClient, wire: Relay, proxy: FaultProxy
) -> None:
    client = live_client
    titles = [f"Conversation {number}" for number in range(6)]
    expected, seen = [], []
    with client.realtime.connect() as live:
        for number, title in enumerate(titles):
            if number % 2:
                wire.cut()
            expected.append(client.conversations.create(title=title).id)
            update = until(live, lambda each: isinstance(each, ConversationUpdate))
            assert isinstance(update, ConversationUpdate)
            seen.append(update.conversation_id)
    assert seen == expected
    assert wire.accepted == 4
    assert len(proxy.requests("POST", "/ws/ticket")) == 4


def test_connection_goes_on_after_an_earlier_one(live_client: AIAssistantClient) -> None:
    client = live_client
    with client.realtime.connect() as live:
        client.conversations.create(title="Before")
        until(live, lambda each: isinstance(each, ConversationUpdate))
        last = live.last_event_id
    missed = client.conversations.create(title="Missed")
    with client.realtime.connect(last_event_id=last) as live:
        update = until(live, lambda each: isinstance(each, ConversationUpdate))
        assert isinstance(update, ConversationUpdate)
        assert update.conversation_id == missed.id


def test_end_of_the_sign_in_ends_the_updates(live_client: AIAssistantClient) -> None:
    with live_client.realtime.connect() as live:
        live_client.auth.logout()
        with pytest.raises(RealtimeClosedError):
            list(live)


def test_credential_that_is_refused_later_ends_the_updates(
    client: AIAssistantClient, base_url: str, wire: Relay
) -> None:
    key = client.users.api_keys.create(name="live")
    with (
        AIAssistantClient(base_url=base_url, api_key=key.key, realtime_url=f"ws://127.0.0.1:{wire.port}/ws") as bot,
        bot.realtime.connect() as live,
    ):
        client.users.api_keys.delete(key)
        with pytest.raises(RealtimeClosedError) as raised:
            list(live)
        assert raised.value.code == core.POLICY_VIOLATION


def test_credential_that_is_refused_at_first_is_an_ordinary_error(base_url: str) -> None:
    with (
        AIAssistantClient(base_url=base_url, api_key="qk_wrong") as bot,
        pytest.raises(AuthenticationError),
        bot.realtime.connect(),
    ):
        pass


def test_no_connection_at_first_is_an_error(make_client: Make) -> None:
    client = make_client(realtime_url="ws://127.0.0.1:9/ws")
    with pytest.raises(RealtimeError), client.realtime.connect():
        pass


def test_downtime_that_is_too_long_is_an_error(live_client: AIAssistantClient, wire: Relay, proxy: FaultProxy) -> None:
    with live_client.realtime.connect(max_downtime=0.5) as live:
        proxy.rule("POST", "/ws/ticket", Fault(before=True), times=999)
        wire.cut()
        began = time.monotonic()
        with pytest.raises(RealtimeClosedError, match="no connection"):
            list(live)
        assert time.monotonic() - began < 5


@contextmanager
def scripted(script: Callable[[ServerConnection, int], None]) -> Iterator[tuple[str, list[str]]]:
    """A server of WebSockets that follows a script, which gets the connection and its number. Yields its address and
    the paths that were asked for."""
    paths: list[str] = []

    def handle(connection: ServerConnection) -> None:
        assert connection.request is not None
        paths.append(connection.request.path)
        json.loads(connection.recv())
        connection.send(json.dumps({"type": "pong", "timestamp": "", "data": {}}))
        script(connection, len(paths))

    with serve(handle, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws", paths
        server.shutdown()


def frame(kind: str, **data: Any) -> str:
    return json.dumps({"type": kind, "timestamp": "2026-01-01T00:00:00Z", "data": data})


def test_repeated_and_unknown_frames(make_client: Make) -> None:
    def script(connection: ServerConnection, _: int) -> None:
        for text in [
            frame("system_notification", event_id="1", message="a"),
            frame("system_notification", event_id="1", message="a"),
            frame("weather", temperature=3),
            frame("system_notification", event_id="2", text="of another form"),
            "no JSON",
            frame("system_notification", event_id="3", message="b"),
        ]:
            connection.send(text)
        connection.recv()

    with scripted(script) as (url, _), make_client(realtime_url=url).realtime.connect() as live:
        updates = [next(live) for _ in range(4)]
    kinds = [type(update) for update in updates]
    assert kinds == [SystemNotification, UnknownUpdate, UnknownUpdate, SystemNotification]
    assert isinstance(updates[1], UnknownUpdate)
    assert updates[1].data == {"temperature": 3}


def test_two_refusals_within_half_a_minute_are_final(make_client: Make) -> None:
    def script(connection: ServerConnection, number: int) -> None:
        connection.close(1008, "no")

    with scripted(script) as (url, paths), make_client(realtime_url=url).realtime.connect() as live:
        with pytest.raises(RealtimeClosedError) as raised:
            next(live)
        assert (raised.value.code, raised.value.reason) == (1008, "no")
        assert len(paths) == 2


def test_pings_and_a_gap_after_a_long_absence(make_client: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "PING_SECONDS", 0.1)
    monkeypatch.setattr(core, "PONG_SECONDS", 0.2)
    monkeypatch.setattr("ai_assistant_sdk._sync.realtime.GAP_SECONDS", 0.05)

    def script(connection: ServerConnection, number: int) -> None:
        if number == 1:
            # Answers one ping, and then nothing.
            connection.recv()
            connection.send(json.dumps({"type": "pong", "data": {}}))
            connection.send(frame("system_notification", event_id="1", message="first"))
            connection.recv()
            connection.recv()
        connection.send(frame("system_notification", event_id="2", message="second"))
        connection.recv()

    with scripted(script) as (url, paths), make_client(realtime_url=url).realtime.connect() as live:
        first, gap, second = next(live), next(live), next(live)
    assert isinstance(first, SystemNotification)
    assert isinstance(gap, Gap)
    assert isinstance(second, SystemNotification)
    assert second.message == "second"
    assert parse_qs(urlsplit(paths[1]).query)["last_event_id"] == ["1"]


def test_address_of_the_socket() -> None:
    address = core.socket_url
    assert address("http://localhost:8000/api/v1", None, "t", None) == "ws://localhost:8000/ws?ticket=t"
    assert address("https://a.example/api/v1", None, "t", "e") == "wss://a.example/ws?ticket=t&last_event_id=e"
    assert address("https://a.example/api/v1", "wss://b.example/prod", "t", None) == "wss://b.example/prod?ticket=t"


async def next_conversation(live: Any) -> ConversationUpdate:
    """The next update about a conversation. Notifications are for everybody, so other tests' come, too."""
    while not isinstance(update := await anext(live), ConversationUpdate):
        pass
    return update


async def test_asynchronous_updates(base_url: str, client: AIAssistantClient, wire: Relay) -> None:
    async with (
        AsyncAIAssistantClient(
            base_url=base_url, session=client.session, realtime_url=f"ws://127.0.0.1:{wire.port}/ws"
        ) as other,
        other.realtime.connect() as live,
    ):
        first = await other.conversations.create(title="First")
        update = await next_conversation(live)
        assert update.conversation_id == first.id
        wire.cut()
        second = await other.conversations.create(title="Second")
        update = await asyncio.wait_for(next_conversation(live), 20)
        assert update.conversation_id == second.id
    assert wire.accepted == 2


def test_missing_extra_is_named() -> None:
    script = (
        "import sys; sys.modules['websockets'] = None\n"
        "from ai_assistant_sdk import AIAssistantClient\n"
        "AIAssistantClient().realtime"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "ConfigurationError" in ran.stderr
    assert "ai-assistant-sdk[realtime]" in ran.stderr
