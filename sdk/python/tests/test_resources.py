"""Every method against the server, in both clients."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from conftest import PASSWORD, SETTINGS, Account, start_server, stop_server
from faults import Fault, FaultProxy

import ai_assistant_sdk
from ai_assistant_sdk import (
    AIAssistantClient,
    APIResponseError,
    Assistant,
    AsyncAIAssistantClient,
    Attachment,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InsufficientTokensError,
    MethodNotAllowedError,
    NotFoundError,
    Page,
    PermissionDeniedError,
    RawResponse,
    SecretHeader,
    ValidationError,
)
from ai_assistant_sdk._core import operations

Make = Callable[..., AIAssistantClient]


def test_users(client: AIAssistantClient, admin: AIAssistantClient, account: Account) -> None:
    me = client.users.me()
    assert me.email == account.email
    assert me.created_at.tzinfo is not None
    assert client.users.update_me(full_name="Ada").full_name == "Ada"
    assert client.users.update_me(full_name=None).full_name is None
    assert client.users.get(me) == client.users.me()
    assert client.users.get(uuid.UUID(me.id)) == client.users.me()
    with pytest.raises(PermissionDeniedError):
        client.users.list()
    assert admin.users.find(username=me.username.upper()) == client.users.me()
    assert admin.users.find(email=account.email) == client.users.me()
    assert admin.users.find(username=me.username, email="other@example.com") is None
    assert admin.users.find(username="nobody-at-all") is None
    with pytest.raises(TypeError):
        admin.users.find()
    changed = admin.users.update(me, tokens_granted=5, full_name="Eve", is_active=True)
    assert (changed.tokens, changed.full_name) == (me.tokens + 5, "Eve")
    admin.users.delete(me)
    with pytest.raises(AuthenticationError):
        client.users.me()
    with pytest.raises(NotFoundError):
        admin.users.get(me)


def test_assistants(client: AIAssistantClient) -> None:
    made = client.assistants.create(name="Ada", tools=["web_search"], temperature=0.7, category="general")
    assert client.assistants.get(made) == made
    changed = client.assistants.update(made, description="Kind", category=None, status="draft", tools=[])
    assert (changed.description, changed.category, changed.status, changed.tools) == ("Kind", None, "draft", [])
    assert [each.id for each in client.assistants.list(status="draft")] == [made.id]
    assert list(client.assistants.list(status="active")) == []
    assert list(client.assistants.list(category="general")) == []
    assert client.assistants.update(made) == client.assistants.get(made)
    client.assistants.delete(made.id)
    with pytest.raises(NotFoundError):
        client.assistants.get(made)


def test_conversations(client: AIAssistantClient) -> None:
    assistant = client.assistants.create(name="Ada")
    conversation = client.conversations.create(assistant_id=assistant, title="First", message="Hello!")
    assert [message.role for message in conversation.messages] == ["user", "assistant"]
    assert client.conversations.update(conversation, title="Second").title == "Second"
    assert [each.id for each in client.conversations.list(assistant_id=assistant)] == [conversation.id]
    assert list(client.conversations.list(assistant_id=str(uuid.uuid4()))) == []
    exchange = client.conversations.messages.send(conversation, "Again", attachments=None)
    assert exchange.tokens_charged == 100
    assert exchange.assistant_message.usage is not None
    whole = client.conversations.get(conversation)
    assert len(whole.messages) == 4
    assert client.conversations.get(conversation, before=whole.messages[2]).messages == whole.messages[:2]
    assert list(client.conversations.messages(conversation)) == whole.messages
    assert list(client.conversations.messages.list(conversation, newest_first=True)) == whole.messages[::-1]
    with pytest.raises(ConflictError):
        client.conversations.messages.cancel(conversation, exchange.user_message)
    with pytest.raises(TypeError):
        client.conversations.create(message="a", initial_message="b")
    client.conversations.delete(conversation)
    assert client.conversations.create().messages == []


def test_messages_over_more_than_one_page(client: AIAssistantClient, proxy: FaultProxy) -> None:
    conversation = client.conversations.create()
    for number in range(52):
        client.conversations.messages.send(conversation, f"Message {number}")
    proxy.seen.clear()
    contents = [message.content for message in client.conversations.messages(conversation) if message.role == "user"]
    assert contents == [f"Message {number}" for number in range(52)]
    assert len(proxy.requests("GET", "/conversations/")) == 3
    newest = next(iter(client.conversations.messages(conversation, newest_first=True)))
    assert newest.role == "assistant"


def test_tools_and_models(admin: AIAssistantClient, client: AIAssistantClient) -> None:
    name = f"Weather {uuid.uuid4().hex[:8]}"
    tool = admin.tools.create(
        name=name,
        endpoint="http://127.0.0.1:9/weather",
        parameters={"city": {"type": "string", "required": True}},
        secret_header=SecretHeader(name="X-Key", value="hidden"),
        timeout_seconds=5,
    )
    assert tool.parameters["city"].required
    assert tool.secret_header == SecretHeader(name="X-Key")
    assert client.tools.get(tool).endpoint is None
    trial = admin.tools.test(tool, arguments={"city": "Oslo"})
    assert trial.response.has_failed
    assert trial.request.body == {"city": "Oslo"}
    with pytest.raises(ValidationError):
        admin.tools.test(tool, arguments={})
    assert admin.tools.update(tool, secret_header=None, description="d").secret_header is None
    # A tool can be sent back as it was read.
    assert admin.tools.update(tool, parameters=tool.parameters).parameters == tool.parameters
    assert {each.id for each in client.tools.list()} >= {"web_search", "file_upload", tool.id}
    admin.tools.delete(tool)
    assert [(model.id, model.is_default) for model in client.models.list()] == [("echo", True), ("other", False)]


def test_service(client: AIAssistantClient, admin: AIAssistantClient, proxy: FaultProxy, base_url: str) -> None:
    assert admin.notifications.send("Hello").message == "Hello"
    with pytest.raises(PermissionDeniedError):
        client.notifications.send("Hello")
    ticket = client.realtime.ticket()
    assert ticket.ticket not in repr(ticket)
    with AIAssistantClient(base_url=base_url) as anonymous:
        assert anonymous.health.check().ok
        health = anonymous.health.detailed()
        assert health.ok
        assert set(health.components) == {"database", "storage", "model", "queue"}
        down = b'{"status": "unhealthy", "components": {"database": {"status": "unhealthy", "latency_ms": 3000}}}'
        proxy.rule("GET", "/health/detailed", Fault(status=503, body=down))
        assert not anonymous.health.detailed().ok
        proxy.rule("GET", "/health/detailed", Fault(status=503, body=b'{"detail": "x", "error_code": "UNAVAILABLE"}'))
        with pytest.raises(ai_assistant_sdk.ServiceUnavailableError):
            anonymous.health.detailed()


def test_pages(client: AIAssistantClient, proxy: FaultProxy) -> None:
    names = [f"Assistant {number:02}" for number in range(25)]
    for name in names:
        client.assistants.create(name=name)
    proxy.seen.clear()
    page = client.assistants.list(size=10, sort="name:asc")
    assert isinstance(page, Page)
    assert (page.total, page.page_number, page.size, page.page_count) == (25, 1, 10, 3)
    assert (page.has_next, page.has_previous, len(page.items)) == (True, False, 10)
    # Some of the first page go meanwhile.
    for assistant in page.items[:5]:
        client.assistants.delete(assistant)
    assert [assistant.name for assistant in page] == names
    assert [len(each.items) for each in page.iter_pages()] == [10, 10, 5]
    assert [each.name for each in page.goto(2).items] == names[15:]
    assert all("page=" not in seen.path for seen in proxy.requests("GET", "after="))
    with pytest.raises(TypeError):
        len(page)  # type: ignore[arg-type]
    proxy.seen.clear()
    first = client.assistants.list()
    assert len(list(first)) == 20
    assert len(proxy.requests("GET", "/assistants")) == 1


def test_cursor_that_stands_still_ends_with_an_error(client: AIAssistantClient, proxy: FaultProxy) -> None:
    for name in ("a", "b", "c"):
        client.assistants.create(name=name)
    page = client.assistants.list(size=1)
    same = page._next_cursor
    proxy.rule("GET", "/assistants", Fault(change=lambda body: {**body, "next_cursor": same}), times=99)
    with pytest.raises(APIResponseError, match="advance"):
        list(page)


def test_raw_responses(client: AIAssistantClient) -> None:
    raw = client.with_raw_response.assistants.create(name="Ada")
    assert isinstance(raw, RawResponse)
    assert isinstance(raw.value, Assistant)
    assert raw.status_code == 201
    assert raw.request_id == raw.headers["x-request-id"]
    assert b"Ada" in raw.content
    sent = client.with_raw_response.conversations.messages.send(client.conversations.create(), "Hello")
    assert sent.value.text


def test_request_without_a_method_of_its_own(client: AIAssistantClient, proxy: FaultProxy) -> None:
    made = client.request("post", "/assistants", json={"name": "Ada"}, idempotency_key="k1")
    assert client.request("GET", "/assistants", query={"status": "active"})["items"][0]["id"] == made["id"]
    assert client.request("DELETE", f"/assistants/{made['id']}") is None
    assert proxy.requests("POST", "/assistants")[0].headers["idempotency-key"] == "k1"
    with pytest.raises(MethodNotAllowedError):
        client.request("PATCH", "/assistants", json={})
    proxy.rule("GET", "/users/me", Fault(status=400))
    with pytest.raises(BadRequestError):
        client.request("GET", "/users/me")
    with pytest.raises(ValueError, match="slash"):
        client.request("GET", "users/me")


@pytest.mark.parametrize("bad", ["", ".", "..", "a/b"])
def test_ids_that_would_be_another_path_are_refused(client: AIAssistantClient, proxy: FaultProxy, bad: str) -> None:
    with pytest.raises(ValueError, match="assistant_id"):
        client.assistants.delete(bad)
    assert proxy.requests("DELETE", "/") == []


def test_odd_ids_are_escaped(client: AIAssistantClient, proxy: FaultProxy) -> None:
    with pytest.raises(NotFoundError):
        client.assistants.get("a?b#c d")
    assert proxy.requests("GET", "/assistants/a%3Fb%23c%20d")


def test_errors_tell_what_was_wrong(client: AIAssistantClient) -> None:
    with pytest.raises(ValidationError) as raised:
        client.assistants.create(name="", temperature=3)
    error = raised.value
    assert {each.field for each in error.errors} == {"name", "temperature"}
    assert error.field("temperature") == "Ensure this value is between 0 and 2."
    assert error.field("tools") is None
    assert (error.status_code, error.code, error.method, error.path) == (422, "VALIDATION_ERROR", "POST", "/assistants")
    assert error.request_id
    assert error.request_id in str(error)
    assert "temperature: Ensure" in str(error)


def test_empty_balance() -> None:
    server, url = start_server({**SETTINGS, "INITIAL_TOKENS": "150"})
    try:
        with AIAssistantClient(base_url=f"{url}/api/v1") as client:
            client.auth.register(email="poor@example.com", password=PASSWORD)
            client.auth.login(email="poor@example.com", password=PASSWORD)
            conversation = client.conversations.create(message="Hello")
            with pytest.raises(InsufficientTokensError):
                client.conversations.messages.send(conversation, "Again")
    finally:
        stop_server(server)


def test_client_that_is_closed_refuses_calls(base_url: str) -> None:
    client = AIAssistantClient(base_url=base_url)
    client.health.check()
    client.close()
    assert client.is_closed
    with pytest.raises(ai_assistant_sdk.ConfigurationError, match="closed"):
        client.health.check()


async def test_asynchronous_client(async_client: AsyncAIAssistantClient, proxy: FaultProxy, base_url: str) -> None:
    client = async_client
    me = await client.users.me()
    for number in range(23):
        await client.assistants.create(name=f"Assistant {number:02}")
    page = await client.assistants.list(sort="name:asc", size=10)
    assert (page.total, len(page.items)) == (23, 10)
    assert len([each async for each in page]) == 23
    assert len([each async for each in client.assistants.list()]) == 23
    assert [len(each.items) async for each in page.iter_pages()] == [10, 10, 3]
    proxy.rule("POST", "/conversations", Fault(drop=True))
    conversation = await client.conversations.create(message="Hello!")
    assert len([each async for each in client.conversations.list()]) == 1
    exchange = await client.conversations.messages.send(conversation, "Again")
    assert exchange.text
    assert len([message async for message in client.conversations.messages(conversation)]) == 4
    raw = await client.with_raw_response.users.me()
    assert raw.value.id == me.id
    assert raw.status_code == 200
    with pytest.raises(ValidationError):
        await client.assistants.create(name="")
    key = await client.users.api_keys.create(name="bot")
    async with AsyncAIAssistantClient(base_url=base_url, api_key=key.key) as bot:
        assert (await bot.users.me()).id == me.id
    proxy.rule("GET", "/users/me", Fault(delay=3), times=9)
    with pytest.raises(ai_assistant_sdk.APITimeoutError):
        await client.users.me(timeout=0.3)
    proxy.rule("GET", "/health", Fault(pause=0.1))
    with pytest.raises(ai_assistant_sdk.APITimeoutError):
        await client.health.check(timeout=0.5)
    webhook = await client.webhooks.create(url="https://example.com/hook", events=["message.received"])
    assert await client.webhooks.retry_since(webhook, datetime.now(timezone.utc) - timedelta(hours=1)) == 0
    await client.auth.logout()
    assert client.session is None


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")} - {"aclose"}

    assert methods(AsyncAIAssistantClient) == methods(AIAssistantClient)
    for name in {operation.name.split(".")[0] for operation in operations.ALL} - {"realtime"}:
        pair = [getattr(kind(), name) for kind in (AIAssistantClient, AsyncAIAssistantClient)]
        assert methods(type(pair[0])) == methods(type(pair[1]))
        for method in methods(type(pair[0])):
            found = [getattr(each, method) for each in pair]
            if inspect.isroutine(found[0]):
                assert [*inspect.signature(found[0]).parameters] == [*inspect.signature(found[1]).parameters]


def test_everything_that_is_exported_exists() -> None:
    assert all(hasattr(ai_assistant_sdk, name) for name in ai_assistant_sdk.__all__)
    assert Attachment(type="file", url="x").to_dict() == {"type": "file", "url": "x"}
