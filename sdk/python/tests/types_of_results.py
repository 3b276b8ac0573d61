"""What type checkers know of results. This file is checked and not run."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator

from typing_extensions import assert_type

from ai_assistant_sdk import (
    AIAssistantClient,
    Assistant,
    AsyncAIAssistantClient,
    AsyncPage,
    ChatModel,
    Conversation,
    Exchange,
    Message,
    Page,
    Session,
    User,
)


def synchronous(client: AIAssistantClient) -> None:
    assert_type(client.users.me(), User)
    assert_type(client.assistants.list(), Page[Assistant])
    assert_type(client.assistants.list().items, list[Assistant])
    for assistant in client.assistants.list(status="of tomorrow"):
        assert_type(assistant, Assistant)
    conversation = client.conversations.create(assistant_id=uuid.uuid4(), message="Hello!")
    assert_type(conversation, Conversation)
    assert_type(client.conversations.messages.send(conversation, "Hi", timeout=3, idempotency_key="k"), Exchange)
    assert_type(client.conversations.messages(conversation), Iterator[Message])
    with client.conversations.messages.stream(conversation, "Hi") as stream:
        assert_type(stream.text, Iterator[str])
        assert_type(stream.result, Exchange)
    assert_type(client.files.download("id"), bytes)
    client.files.download("id", to="path")
    assert_type(client.users.find(username="ada"), User | None)
    assert_type(client.models.list(), list[ChatModel])
    assert_type(client.session, Session | None)
    assert_type(client.with_options(timeout=None), AIAssistantClient)
    client.users.me(retries=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.users.me(idempotency_key="k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def asynchronous(client: AsyncAIAssistantClient) -> None:
    assert_type(await client.users.me(), User)
    assert_type(await client.assistants.list(), AsyncPage[Assistant])
    async for assistant in client.assistants.list():
        assert_type(assistant, Assistant)
    conversation = await client.conversations.create(message="Hello!")
    assert_type(client.conversations.messages(conversation), AsyncIterator[Message])
    async with client.conversations.messages.stream(conversation, "Hi") as stream:
        assert_type(stream.text, AsyncIterator[str])
        assert_type(await stream.result, Exchange)
    assert_type(await client.files.download("id"), bytes)
    assert_type(await AsyncAIAssistantClient.sign_in(email="e", password="p"), AsyncAIAssistantClient)
