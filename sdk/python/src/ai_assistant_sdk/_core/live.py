"""Live updates: their events, and when a connection is opened again."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from .models import AssistantStatus, EventKind, MessageStatus, Model, Speaker, UnexpectedAnswerError

READY_SECONDS = 10.0
PING_SECONDS = 240.0
PONG_SECONDS = 10.0
# The server keeps changes for an hour.
GAP_SECONDS = 55 * 60.0
STABLE_SECONDS = 30.0
RECONNECT_SECONDS_MAX = 30.0
FIRST_ATTEMPTS = 3
REMEMBERED_EVENTS = 4096
POLICY_VIOLATION = 1008


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LiveMessage(Model):
    """A message as a live update shows it."""

    id: str
    role: Speaker
    content: str
    status: MessageStatus
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ConversationUpdate(Model):
    """A conversation was created, a message was stored, or the model failed (`event` is `message.failed`). `message` is
    `None` if it was too large: `connection.load(update)` reads it."""

    event: EventKind
    conversation_id: str
    user_id: str | None = None
    event_id: str | None = None
    assistant_id: str | None = None
    message_id: str | None = None
    message: LiveMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class MessageDelta(Model):
    """A piece of a reply that is being written."""

    conversation_id: str
    message_id: str
    delta: str
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class AssistantUpdate(Model):
    """The status of an assistant changed."""

    assistant_id: str
    status: AssistantStatus
    event_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SystemNotification(Model):
    """An administrator sent a notification, or a webhook was switched off."""

    message: str
    event_id: str | None = None
    webhook_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Gap(Model):
    """The connection was away for so long that changes may be missing. Read the lists."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class UnknownUpdate(Model):
    """An update that this version of the library does not know."""

    type: str
    data: Mapping[str, Any]


Update = ConversationUpdate | MessageDelta | AssistantUpdate | SystemNotification | Gap | UnknownUpdate


def read_frame(text: str | bytes) -> tuple[str, dict[str, Any]]:
    """The type and the data of a frame."""
    try:
        frame = json.loads(text)
        kind, data = frame["type"], frame.get("data")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", {}
    return str(kind), data if isinstance(data, dict) else {}


def read_update(kind: str, data: dict[str, Any]) -> Update:
    """The update of a frame. One of an unexpected form is unknown, so that it does not end the connection."""
    model: type[ConversationUpdate | MessageDelta | AssistantUpdate | SystemNotification] | None = {
        "conversation_update": MessageDelta if data.get("event") == "message.delta" else ConversationUpdate,
        "assistant_status": AssistantUpdate,
        "system_notification": SystemNotification,
    }.get(kind)
    if model is not None:
        try:
            return model.from_wire(data)
        except UnexpectedAnswerError:
            pass
    return UnknownUpdate(type=kind, data=data)


def socket_url(base_url: str, named: str | None, ticket: str, last_event_id: str | None) -> str:
    """The address of the WebSocket."""
    parts = urlsplit(named or base_url)
    path = parts.path if named else "/ws"
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    query = {"ticket": ticket} | ({"last_event_id": last_event_id} if last_event_id else {})
    text = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return urlunsplit((scheme, parts.netloc, path or "/ws", text, ""))


class Memory:
    """The ids of events that were delivered, because the server may send an event again."""

    def __init__(self, last_event_id: str | None) -> None:
        self.last = last_event_id
        self._known: OrderedDict[str, None] = OrderedDict()

    def is_new(self, event_id: str | None) -> bool:
        """Whether an event was not delivered yet. It counts as delivered from now on."""
        if event_id is None:
            return True
        if event_id in self._known:
            return False
        self._known[event_id] = None
        if len(self._known) > REMEMBERED_EVENTS:
            self._known.popitem(last=False)
        self.last = event_id
        return True


class Life:
    """The times of a connection."""

    def __init__(self) -> None:
        self.failures = 0
        self.opened_at = 0.0
        self.heard_at = time.monotonic()
        self.lost_at: float | None = None
        self.pinged_at: float | None = None
        self.was_refused = False

    def opened(self) -> float:
        """Notes that a connection is ready. Returns the seconds without one before."""
        now = time.monotonic()
        away = 0.0 if self.lost_at is None else now - self.lost_at
        self.opened_at, self.heard_at, self.lost_at, self.pinged_at = now, now, None, None
        return away

    def heard(self) -> None:
        now = time.monotonic()
        self.heard_at, self.pinged_at = now, None
        if now - self.opened_at > STABLE_SECONDS:
            self.failures, self.was_refused = 0, False

    def lost(self) -> None:
        now = time.monotonic()
        if self.lost_at is None:
            # What happened since the last frame may be missing.
            self.lost_at = self.heard_at
        if now - self.opened_at > STABLE_SECONDS:
            self.failures, self.was_refused = 0, False

    def seconds_to_wait(self) -> float:
        """The seconds until the next ping, or until the answer to the last one is overdue."""
        since = self.heard_at + PING_SECONDS if self.pinged_at is None else self.pinged_at + PONG_SECONDS
        return max(since - time.monotonic(), 0.0)
