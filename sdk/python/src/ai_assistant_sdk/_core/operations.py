"""The operations of the API: one for each method and path, with the fields that it takes, what it returns, and when it
may be repeated."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from . import models
from .models import Model
from .values import T

M = TypeVar("M", bound=Model)


class Repeat(enum.Enum):
    """When a request may be sent again."""

    ALWAYS = "always"
    """Sending it twice does what sending it once does."""

    KEYED = "keyed"
    """It has an `Idempotency-Key`, so the server does it once."""

    NOT_SENT = "not sent"
    """Only if the server cannot have received it."""


@dataclass(frozen=True)
class Operation(Generic[T]):
    """An operation. `read` makes the result of the decoded JSON body. `name` is that of the method in the client."""

    name: str
    method: str
    path: str
    read: Callable[[Any], T]
    query: tuple[str, ...] = ()
    body: tuple[str, ...] | None = None
    repeat: Repeat = Repeat.ALWAYS
    is_anonymous: bool = False
    waits_for_model: bool = False
    also_accepts: tuple[int, ...] = ()

    @property
    def is_keyed(self) -> bool:
        return self.repeat is Repeat.KEYED

    @property
    def is_sign_in(self) -> bool:
        """Whether the stricter limit of sign-ins counts it."""
        return self.name in ("auth.login", "auth.register")


@dataclass(frozen=True)
class Listing(Generic[M]):
    """One page of a list as it is on the wire."""

    items: list[M]
    total: int
    page: int
    size: int
    pages: int
    has_next: bool
    has_prev: bool
    next_cursor: str | None


PAGE_QUERY = ("page", "size", "sort", "after")


def nothing(_: Any) -> None:
    """The result of operations that return nothing."""


def listing_of(model: type[M]) -> Callable[[Any], Listing[M]]:
    """Reads a page."""

    def read(data: Any) -> Listing[M]:
        if not isinstance(data, dict):
            raise models.UnexpectedAnswerError("the list is no object")
        try:
            items = models.decode(list[model], data["items"], "items")  # type: ignore[valid-type]
            total, page, size, pages = (
                models.decode(int, data[name], name) for name in ("total", "page", "size", "pages")
            )
            has_next, has_prev = (models.decode(bool, data[name], name) for name in ("has_next", "has_prev"))
        except KeyError as error:
            raise models.UnexpectedAnswerError(f"the list has no {error.args[0]}") from None
        next_cursor = models.decode(str | None, data.get("next_cursor"), "next_cursor")
        return Listing(items, total, page, size, pages, has_next, has_prev, next_cursor)

    return read


def items_of(model: type[M]) -> Callable[[Any], list[M]]:
    """Reads a list without pages."""

    def read(data: Any) -> list[M]:
        items = data.get("items") if isinstance(data, dict) else None
        result: list[M] = models.decode(list[model], items, "items")  # type: ignore[valid-type]
        return result

    return read


def _list(name: str, path: str, model: type[M], *filters: str) -> Operation[Listing[M]]:
    return Operation(name, "GET", path, listing_of(model), query=(*PAGE_QUERY, *filters))


def _delete(name: str, path: str) -> Operation[None]:
    return Operation(name, "DELETE", path, nothing)


_ASSISTANT = (
    "name",
    "description",
    "personality",
    "system_prompt",
    "tools",
    "model",
    "temperature",
    "category",
    "company_name",
    "status",
    "files",
)
_TOOL = (
    "name",
    "endpoint",
    "description",
    "category",
    "parameters",
    "secret_header",
    "timeout_seconds",
    "max_result_bytes",
)
_USER, _ASSISTANT_PATH = "/users/{user_id}", "/assistants/{assistant_id}"
_CONVERSATION, _TOOL_PATH = "/conversations/{conversation_id}", "/tools/{tool_id}"
_FILE, _WEBHOOK = "/files/{file_id}", "/webhooks/{webhook_id}"
_KEYS = "/users/me/api-keys"
_MESSAGE = ("content", "attachments")

REGISTER = Operation(
    "auth.register",
    "POST",
    "/auth/register",
    models.User.from_wire,
    body=("email", "password", "username", "full_name"),
    repeat=Repeat.NOT_SENT,
    is_anonymous=True,
)
LOGIN = Operation(
    "auth.login", "POST", "/auth/login", models.TokenPair.from_wire, body=("email", "password"), is_anonymous=True
)
REFRESH = Operation(
    "auth.refresh", "POST", "/auth/refresh", models.TokenPair.from_wire, body=("refresh_token",), is_anonymous=True
)
LOGOUT = Operation("auth.logout", "POST", "/auth/logout", nothing, body=("refresh_token",))

USERS_ME = Operation("users.me", "GET", "/users/me", models.User.from_wire)
USERS_UPDATE_ME = Operation(
    "users.update_me",
    "PUT",
    "/users/me",
    models.User.from_wire,
    body=("full_name", "email", "username", "password", "current_password"),
)
USERS_LIST = _list("users.list", "/users", models.User, "username", "email")
USERS_GET = Operation("users.get", "GET", _USER, models.User.from_wire)
USERS_UPDATE = Operation(
    "users.update",
    "PUT",
    _USER,
    models.User.from_wire,
    body=("username", "email", "full_name", "password", "role", "is_active", "tokens_granted"),
    repeat=Repeat.KEYED,
)
USERS_DELETE = _delete("users.delete", _USER)
API_KEYS_CREATE = Operation(
    "users.api_keys.create",
    "POST",
    _KEYS,
    models.CreatedApiKey.from_wire,
    body=("name", "expires_in_days"),
    repeat=Repeat.KEYED,
)
API_KEYS_LIST = _list("users.api_keys.list", _KEYS, models.ApiKey)
API_KEYS_DELETE = _delete("users.api_keys.delete", f"{_KEYS}/{{key_id}}")

ASSISTANTS_CREATE = Operation(
    "assistants.create", "POST", "/assistants", models.Assistant.from_wire, body=_ASSISTANT, repeat=Repeat.KEYED
)
ASSISTANTS_LIST = _list("assistants.list", "/assistants", models.Assistant, "status", "category")
ASSISTANTS_GET = Operation("assistants.get", "GET", _ASSISTANT_PATH, models.Assistant.from_wire)
ASSISTANTS_UPDATE = Operation("assistants.update", "PUT", _ASSISTANT_PATH, models.Assistant.from_wire, body=_ASSISTANT)
ASSISTANTS_DELETE = _delete("assistants.delete", _ASSISTANT_PATH)

CONVERSATIONS_CREATE = Operation(
    "conversations.create",
    "POST",
    "/conversations",
    models.Conversation.from_wire,
    body=("assistant_id", "title", "initial_message"),
    repeat=Repeat.KEYED,
    waits_for_model=True,
)
CONVERSATIONS_LIST = _list("conversations.list", "/conversations", models.Conversation, "assistant_id")
CONVERSATIONS_GET = Operation(
    "conversations.get", "GET", _CONVERSATION, models.Conversation.from_wire, query=("before",)
)
CONVERSATIONS_UPDATE = Operation(
    "conversations.update", "PUT", _CONVERSATION, models.Conversation.from_wire, body=("title",)
)
CONVERSATIONS_DELETE = _delete("conversations.delete", _CONVERSATION)
MESSAGES_SEND = Operation(
    "conversations.messages.send",
    "POST",
    f"{_CONVERSATION}/messages",
    models.Exchange.from_wire,
    body=_MESSAGE,
    repeat=Repeat.KEYED,
    waits_for_model=True,
)
MESSAGES_STREAM = Operation(
    "conversations.messages.stream",
    "POST",
    f"{_CONVERSATION}/messages/stream",
    nothing,
    body=_MESSAGE,
    repeat=Repeat.KEYED,
)
MESSAGES_RESUME = Operation(
    "conversations.messages.resume", "GET", f"{_CONVERSATION}/messages/{{message_id}}/stream", nothing, query=("after",)
)
MESSAGES_CANCEL = Operation(
    "conversations.messages.cancel",
    "POST",
    f"{_CONVERSATION}/messages/{{message_id}}/cancel",
    models.Message.from_wire,
)

TOOLS_LIST = _list("tools.list", "/tools", models.Tool)
TOOLS_GET = Operation("tools.get", "GET", _TOOL_PATH, models.Tool.from_wire)
TOOLS_CREATE = Operation("tools.create", "POST", "/tools", models.Tool.from_wire, body=_TOOL, repeat=Repeat.KEYED)
TOOLS_UPDATE = Operation("tools.update", "PUT", _TOOL_PATH, models.Tool.from_wire, body=_TOOL)
TOOLS_DELETE = _delete("tools.delete", _TOOL_PATH)
TOOLS_TEST = Operation(
    "tools.test", "POST", f"{_TOOL_PATH}/test", models.ToolTrial.from_wire, body=("arguments",), repeat=Repeat.NOT_SENT
)
MODELS_LIST = Operation("models.list", "GET", "/models", items_of(models.ChatModel))

FILES_UPLOAD = Operation(
    "files.upload", "POST", "/files/upload", models.File.from_wire, body=("file",), repeat=Repeat.KEYED
)
FILES_ANNOUNCE = Operation(
    "files.announce",
    "POST",
    "/files/uploads",
    models.Upload.from_wire,
    body=("filename", "size", "content_type"),
    repeat=Repeat.KEYED,
)
FILES_COMPLETE = Operation("files.complete", "POST", "/files/uploads/{file_id}/complete", models.File.from_wire)
FILES_LIST = _list("files.list", "/files", models.File, "status")
FILES_GET = Operation("files.get", "GET", _FILE, models.File.from_wire)
FILES_CONTENT = Operation("files.download", "GET", f"{_FILE}/content", nothing)
FILES_DELETE = _delete("files.delete", _FILE)

WEBHOOKS_CREATE = Operation(
    "webhooks.create",
    "POST",
    "/webhooks",
    models.Webhook.from_wire,
    body=("url", "events", "secret"),
    repeat=Repeat.KEYED,
)
WEBHOOKS_LIST = _list("webhooks.list", "/webhooks", models.Webhook)
WEBHOOKS_GET = Operation("webhooks.get", "GET", _WEBHOOK, models.Webhook.from_wire)
WEBHOOKS_UPDATE = Operation(
    "webhooks.update", "PUT", _WEBHOOK, models.Webhook.from_wire, body=("url", "events", "is_active")
)
WEBHOOKS_DELETE = _delete("webhooks.delete", _WEBHOOK)
WEBHOOKS_TEST = Operation(
    "webhooks.test", "POST", f"{_WEBHOOK}/test", models.Delivery.from_wire, repeat=Repeat.NOT_SENT
)
WEBHOOKS_ROTATE_SECRET = Operation(
    "webhooks.rotate_secret",
    "POST",
    f"{_WEBHOOK}/rotate-secret",
    models.Webhook.from_wire,
    body=("secret",),
    repeat=Repeat.NOT_SENT,
)
WEBHOOKS_DELIVERIES = _list("webhooks.deliveries", f"{_WEBHOOK}/deliveries", models.Delivery, "status", "event")
WEBHOOKS_RETRY = Operation(
    "webhooks.retry",
    "POST",
    f"{_WEBHOOK}/deliveries/{{delivery_id}}/retry",
    models.Delivery.from_wire,
    repeat=Repeat.NOT_SENT,
)
WEBHOOKS_RETRY_SINCE = Operation(
    "webhooks.retry_since",
    "POST",
    f"{_WEBHOOK}/deliveries/retry",
    models.Retried.from_wire,
    body=("since",),
    repeat=Repeat.NOT_SENT,
)

NOTIFICATIONS_SEND = Operation(
    "notifications.send",
    "POST",
    "/notifications",
    models.Notification.from_wire,
    body=("message",),
    repeat=Repeat.KEYED,
)
REALTIME_TICKET = Operation("realtime.ticket", "POST", "/ws/ticket", models.Ticket.from_wire)
HEALTH_CHECK = Operation("health.check", "GET", "/health", models.Health.from_wire, is_anonymous=True)
HEALTH_DETAILED = Operation(
    "health.detailed",
    "GET",
    "/health/detailed",
    models.Health.from_wire,
    is_anonymous=True,
    also_accepts=(503,),
)

ALL: tuple[Operation[Any], ...] = tuple(value for value in list(globals().values()) if isinstance(value, Operation))
