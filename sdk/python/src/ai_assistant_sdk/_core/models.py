"""The objects of the API, and how they are read from JSON.

Fields that this version does not know are in `extra`, and values that an enumeration does not list are kept as text, so
that a newer server does not break an older client."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union

if TYPE_CHECKING:
    from typing_extensions import Self

AssistantStatus = Literal["active", "inactive", "draft"] | str
MessageStatus = Literal["pending", "complete", "cut", "cancelled", "failed"] | str
FileStatus = Literal["processing", "ready", "failed", "stored"] | str
DeliveryStatus = Literal["pending", "delivered", "failed"] | str
StepStatus = Literal["running", "complete", "failed"] | str
DisabledReason = Literal["gone", "failing"] | str
Role = Literal["user", "admin"] | str
Speaker = Literal["user", "assistant"] | str
AttachmentType = Literal["file", "image"] | str
ParameterType = Literal["string", "number", "integer", "boolean", "array", "object"] | str
HealthStatus = Literal["healthy", "unhealthy"] | str
TokenType = Literal["bearer"] | str
SubscribableEvent = (
    Literal[
        "conversation.created",
        "conversation.updated",
        "message.received",
        "assistant.status_changed",
        "user.created",
        "user.updated",
        "webhook.disabled",
    ]
    | str
)
EventKind = (
    Literal[
        "conversation.created",
        "conversation.updated",
        "message.received",
        "assistant.status_changed",
        "user.created",
        "user.updated",
        "webhook.disabled",
        "webhook.test",
    ]
    | str
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Model:
    """The base of the API's objects."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Fields that this version of the library does not know."""

    @classmethod
    def from_wire(cls, data: Any) -> Self:
        """Reads the object from decoded JSON."""
        return typing.cast("Self", decode(cls, data, cls.__name__))

    # Written once here, because to generate them for each class takes most of the time of the import.
    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, f.name) == getattr(other, f.name) for f in dataclasses.fields(self))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
        return f"{type(self).__name__}({', '.join(shown)})"

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON has it."""
        own = {f.name: encode(getattr(self, f.name)) for f in dataclasses.fields(self) if f.name != "extra"}
        return {**own, **self.extra}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class FieldError(Model):
    """What is wrong with one field of a request."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class User(Model):
    """An account. `tokens` is its balance."""

    id: str
    username: str
    email: str | None
    full_name: str | None
    role: Role
    is_active: bool
    tokens: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ApiKey(Model):
    """An API key, without the key itself."""

    id: str
    name: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class CreatedApiKey(ApiKey):
    """A new API key. `key` is shown this once."""

    key: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Assistant(Model):
    """An assistant. `tools` and `files` have ids."""

    id: str
    name: str
    description: str | None
    personality: str | None
    system_prompt: str | None
    status: AssistantStatus
    category: str | None
    company_name: str | None
    model: str | None
    temperature: float | None
    tools: list[str]
    files: list[str]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Attachment(Model):
    """A file or image that belongs to a message. `url` of a new one is an address, or the id or url of a file."""

    type: AttachmentType
    url: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Usage(Model):
    """What a reply used, in the model's tokens, and what it cost. `estimated` is true if the provider told nothing."""

    input_tokens: int | None
    output_tokens: int | None
    tokens_charged: int
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Source(Model):
    """A passage of a file that a reply is based on. `page` counts from 1."""

    file_id: str | None
    filename: str
    page: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Step(Model):
    """A call of a tool. `result` is `None` while it runs."""

    tool: str
    arguments: Mapping[str, Any]
    result: str | None
    status: StepStatus


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Message(Model):
    """A message of the user, or a reply. `usage` and `model` are for replies."""

    id: str
    conversation_id: str
    role: Speaker
    content: str
    attachments: list[Attachment]
    status: MessageStatus
    usage: Usage | None
    model: str | None
    sources: list[Source]
    steps: list[Step]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Conversation(Model):
    """A conversation. `messages` has the latest 100 where the server shows them, else it is empty."""

    id: str
    assistant_id: str | None
    title: str
    message_count: int
    created_at: datetime
    updated_at: datetime
    messages: list[Message] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Exchange(Model):
    """A message and its reply."""

    user_message: Message
    assistant_message: Message
    tokens_charged: int
    tokens_left: int

    @property
    def text(self) -> str:
        """The text of the reply."""
        return self.assistant_message.content


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Parameter(Model):
    """A parameter of a tool."""

    type: ParameterType
    required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SecretHeader(Model):
    """The header with a secret value that each call of a tool sends. Answers do not show the value."""

    name: str
    value: str | None = dataclasses.field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Tool(Model):
    """A tool. `endpoint` and `secret_header` are for administrators."""

    id: str
    name: str
    description: str | None
    category: str | None
    parameters: Mapping[str, Parameter]
    endpoint: str | None
    secret_header: SecretHeader | None
    timeout_seconds: int | None
    max_result_bytes: int | None
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ToolRequest(Model):
    """What a trial of a tool sent. Secrets are `***`. Tools that are built in send nothing."""

    url: str | None
    headers: Mapping[str, str] | None
    body: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ToolResponse(Model):
    """What came back in a trial of a tool."""

    status: int | None
    text: str
    has_failed: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ToolTrial(Model):
    """A trial of a tool."""

    request: ToolRequest
    response: ToolResponse


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ChatModel(Model):
    """A model that assistants may use."""

    id: str
    name: str
    is_default: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class File(Model):
    """A file. `size` is in bytes. `status_detail` says why a file is not ready."""

    id: str
    filename: str
    content_type: str
    size: int
    url: str
    status: FileStatus
    status_detail: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Upload(Model):
    """A file that was announced: where its content is to be sent, and with which headers."""

    id: str
    upload_url: str = dataclasses.field(repr=False)
    headers: Mapping[str, str] = dataclasses.field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Webhook(Model):
    """A webhook. `secret` is there once, after it was made."""

    id: str
    url: str
    events: list[SubscribableEvent]
    is_active: bool
    created_at: datetime
    secret: str | None = dataclasses.field(default=None, repr=False)
    disabled_reason: DisabledReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class DeliveryAttempt(Model):
    """One attempt to deliver an event, with the first 512 bytes of the answer."""

    at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None
    response: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Delivery(Model):
    """The delivery of an event to a webhook."""

    id: str
    webhook_id: str
    event: EventKind
    payload: Mapping[str, Any]
    status: DeliveryStatus
    attempts: list[DeliveryAttempt]
    created_at: datetime
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Retried(Model):
    """How many deliveries are sent again, and whether more have failed."""

    retried: int
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Notification(Model):
    """A notification for everybody who is connected."""

    id: str
    message: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Ticket(Model):
    """A ticket for one WebSocket connection. `url` is the address to connect to."""

    ticket: str = dataclasses.field(repr=False)
    expires_in: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Component(Model):
    """A part of the server."""

    status: HealthStatus
    latency_ms: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Health(Model):
    """Whether the server is healthy. `components` are there after `detailed()`."""

    status: HealthStatus
    components: Mapping[str, Component] = dataclasses.field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return self.status == "healthy"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class TokenPair(Model):
    """The credentials of a sign-in, as the API sends them."""

    access_token: str = dataclasses.field(repr=False)
    refresh_token: str = dataclasses.field(repr=False)
    token_type: TokenType
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class MessageEvent(Model):
    """The user's message was stored."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class DeltaEvent(Model):
    """The next piece of the reply."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class StepEvent(Model):
    """A call of a tool began or ended."""

    step: Step


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class DoneEvent(Model):
    """The reply was stored."""

    exchange: Exchange


StreamEvent = MessageEvent | DeltaEvent | StepEvent | DoneEvent


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class WebhookEvent(Model):
    """What a webhook was told. `id` is the same each time the event is delivered."""

    id: str
    event: EventKind
    timestamp: datetime
    data: Mapping[str, Any]


Decoder = Callable[[Any, str], Any]
M = TypeVar("M", bound=Model)


class UnexpectedAnswerError(ValueError):
    """JSON that is not of the expected form. The message says where."""


def decode(kind: Any, value: Any, where: str) -> Any:
    """Reads a value of a kind from decoded JSON. `where` names its place in error messages."""
    return _decoder(kind)(value, where)


def encode(value: Any) -> Any:
    """A value of a model as JSON has it."""
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, Mapping):
        return {key: encode(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(entry) for entry in value]
    return value


def time_text(time: datetime) -> str:
    """A time in RFC 3339, in UTC. A time without a zone is refused, because its meaning is unknown."""
    if time.tzinfo is None:
        raise ValueError("a time needs a time zone, for example datetime.now(timezone.utc)")
    return time.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


@cache
def _decoder(kind: Any) -> Decoder:
    if isinstance(kind, type) and issubclass(kind, Model):
        return _model(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if origin is list:
        entry = _decoder(arguments[0])
        return lambda value, where: [
            entry(each, f"{where}[{index}]") for index, each in enumerate(_of(list, value, where))
        ]
    if origin is Mapping or (isinstance(origin, type) and issubclass(origin, Mapping)):
        content = _decoder(arguments[1])
        return lambda value, where: {
            name: content(each, f"{where}.{name}") for name, each in _of(dict, value, where).items()
        }
    return {Any: lambda value, _: value, datetime: _time, int: _integer, float: _number}.get(
        kind, lambda value, where: _of(kind, value, where)
    )


def _union(arguments: tuple[Any, ...]) -> Decoder:
    # `Literal[...] | str` is text.
    kinds = [kind for kind in arguments if kind is not type(None) and typing.get_origin(kind) is not Literal]
    inner = _decoder(kinds[0])
    if type(None) not in arguments:
        return inner
    return lambda value, where: None if value is None else inner(value, where)


def _model(kind: type[M]) -> Decoder:
    hints = typing.get_type_hints(kind)
    decoders = {f.name: _decoder(hints[f.name]) for f in dataclasses.fields(kind) if f.name != "extra"}
    optional = {
        f.name
        for f in dataclasses.fields(kind)
        if f.default is not dataclasses.MISSING or f.default_factory is not dataclasses.MISSING
    }

    def read(value: Any, where: str) -> M:
        data = _of(dict, value, where)
        known: dict[str, Any] = {}
        for name, decoder in decoders.items():
            if name in data:
                known[name] = decoder(data[name], f"{where}.{name}")
            elif name not in optional:
                raise UnexpectedAnswerError(f"{where} has no {name}")
        return kind(**known, extra={name: each for name, each in data.items() if name not in decoders})

    return read


def _of(kind: type[Any], value: Any, where: str) -> Any:
    if not isinstance(value, kind):
        raise UnexpectedAnswerError(f"{where} is {_name(value)} instead of {kind.__name__}")
    return value


def _integer(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnexpectedAnswerError(f"{where} is {_name(value)} instead of int")
    return value


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnexpectedAnswerError(f"{where} is {_name(value)} instead of float")
    return float(value)


def _time(value: Any, where: str) -> datetime:
    text = _of(str, value, where)
    try:
        # Before Python 3.11, `fromisoformat` does not know `Z`.
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise UnexpectedAnswerError(f"{where} is no time: {text!r}") from None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__
