# Made of _async/resources/conversations.py by tools/unasync.py. Change that file.
"""Conversations and their messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..._core.errors import APIResponseError
from ..._core.models import Attachment, Conversation, Exchange, File, Message, encode
from ..._core.operations import (
    CONVERSATIONS_CREATE,
    CONVERSATIONS_DELETE,
    CONVERSATIONS_GET,
    CONVERSATIONS_LIST,
    CONVERSATIONS_UPDATE,
    MESSAGES_CANCEL,
    MESSAGES_SEND,
)
from ..._core.values import UNSET, CallOptions, Id, KeyedOptions, Unset, given, id_text, is_given
from ..pages import Page
from ..resource import Resource
from ..streams import MessageStream

if TYPE_CHECKING:
    from typing_extensions import Unpack

NewAttachment = Attachment | File | Mapping[str, str]


def _attachment(attachment: NewAttachment) -> Any:
    if isinstance(attachment, File):
        kind = "image" if attachment.content_type.startswith("image/") else "file"
        return {"type": kind, "url": attachment.id}
    return encode(attachment)


def _message(content: str, attachments: Sequence[NewAttachment] | Unset | None) -> dict[str, Any]:
    body: dict[str, Any] = {"content": content}
    if is_given(attachments) and attachments is not None:
        body["attachments"] = [_attachment(each) for each in attachments]
    return body


class Messages(Resource):
    """Messages of a conversation."""

    def __call__(
        self, conversation_id: Id, *, newest_first: bool = False, **options: Unpack[CallOptions]
    ) -> Iterator[Message]:
        """Iterates all messages of a conversation."""
        return self.list(conversation_id, newest_first=newest_first, **options)

    def list(
        self, conversation_id: Id, *, newest_first: bool = False, **options: Unpack[CallOptions]
    ) -> Iterator[Message]:
        """Iterates all messages of a conversation. The server gives them from the newest on, so that the oldest one
        first means to read all of them before."""
        pages: list[Sequence[Message]] = []
        before: str | None = None
        while True:
            conversation = self._call(
                CONVERSATIONS_GET, options, path={"conversation_id": conversation_id}, query={"before": before}
            )
            if not conversation.messages:
                break
            if conversation.messages[0].id == before:
                raise APIResponseError("The list of messages does not advance.")
            if newest_first:
                for message in reversed(conversation.messages):
                    yield message
            else:
                pages.append(conversation.messages)
            before = conversation.messages[0].id
        for page in reversed(pages):
            for message in page:
                yield message

    def send(
        self,
        conversation_id: Id,
        content: str,
        *,
        attachments: Sequence[NewAttachment] | Unset | None = UNSET,
        retry_model_errors: int = 0,
        **options: Unpack[KeyedOptions],
    ) -> Exchange:
        """Sends a message and returns it with its reply. This takes as long as the model does.

        A failure of the model is not retried, because each one stays in the conversation. `retry_model_errors` asks for
        that."""
        return self._call(
            MESSAGES_SEND,
            options,
            path={"conversation_id": conversation_id},
            body=_message(content, attachments),
            retry_model_errors=retry_model_errors,
        )

    def stream(
        self,
        conversation_id: Id,
        content: str,
        *,
        attachments: Sequence[NewAttachment] | Unset | None = UNSET,
        resume: bool = True,
        **options: Unpack[KeyedOptions],
    ) -> MessageStream:
        """Sends a message and streams its reply. Use it in a `with` statement.

        A connection that is lost is resumed where it ended. Leaving the statement early does not stop the turn:
        `stream.cancel()` does. `timeout` limits the whole stream; without one, only silence ends it."""
        body = _message(content, attachments)
        return MessageStream(self._caller, conversation_id, body, resume, options)

    def cancel(self, conversation_id: Id, message_id: Id, **options: Unpack[CallOptions]) -> Message:
        """Stops a reply, by the id of the user's message or of the reply. Returns the user's message."""
        path: dict[str, Id] = {"conversation_id": conversation_id, "message_id": message_id}
        return self._call(MESSAGES_CANCEL, options, path=path)


class Conversations(Resource):
    """Conversations."""

    @cached_property
    def messages(self) -> Messages:
        """Messages of a conversation."""
        return Messages(self._caller)

    def create(
        self,
        *,
        assistant_id: Id | Unset | None = UNSET,
        title: str | Unset | None = UNSET,
        initial_message: str | Unset | None = UNSET,
        message: str | Unset | None = UNSET,
        **options: Unpack[KeyedOptions],
    ) -> Conversation:
        """Creates a conversation. With `initial_message`, or `message` for short, it also sends the first message, and
        the conversation has the reply in its `messages`."""
        if is_given(message):
            if is_given(initial_message):
                raise TypeError("create() takes initial_message or message, which are the same")
            initial_message = message
        body = given(assistant_id=assistant_id, title=title, initial_message=initial_message)
        if body.get("assistant_id") is not None:
            body["assistant_id"] = id_text(body["assistant_id"])
        # Without a message there is no model to wait for.
        waits = body.get("initial_message") is not None
        operation = replace(CONVERSATIONS_CREATE, waits_for_model=waits)
        return self._call(operation, options, body=body)

    def list(
        self,
        *,
        assistant_id: Id | Unset = UNSET,
        sort: str | Unset = UNSET,
        size: int | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> Page[Conversation]:
        """The conversations of the caller, without their messages. `sort` is like `updated_at:desc`."""
        query = given(sort=sort, size=size)
        if assistant_id is not UNSET:
            query["assistant_id"] = id_text(assistant_id)
        return self._list(CONVERSATIONS_LIST, options, query)

    def get(
        self, conversation_id: Id, *, before: Id | Unset = UNSET, **options: Unpack[CallOptions]
    ) -> Conversation:
        """A conversation with its latest 100 messages, or with those before a message. `messages(id)` has all."""
        query = {"before": id_text(before)} if before is not UNSET else {}
        return self._call(CONVERSATIONS_GET, options, path={"conversation_id": conversation_id}, query=query)

    def update(self, conversation_id: Id, *, title: str, **options: Unpack[CallOptions]) -> Conversation:
        """Renames a conversation."""
        path = {"conversation_id": conversation_id}
        return self._call(CONVERSATIONS_UPDATE, options, path=path, body={"title": title})

    def delete(self, conversation_id: Id, **options: Unpack[CallOptions]) -> None:
        """Deletes a conversation."""
        self._call(CONVERSATIONS_DELETE, options, path={"conversation_id": conversation_id})
