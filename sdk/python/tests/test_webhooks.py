"""Requests to webhooks: real ones, and what must be refused."""

from __future__ import annotations

import base64
import queue
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple

import pytest

from ai_assistant_sdk import AIAssistantClient, ConfigurationError, WebhookVerificationError
from ai_assistant_sdk.webhooks import verify

EVENTS = ["conversation.created", "message.received"]


class Received(NamedTuple):
    headers: dict[str, str]
    body: bytes

    def changed(self, **headers: str) -> dict[str, str]:
        return {**self.headers, **{f"webhook-{name}": value for name, value in headers.items()}}


class Receiver:
    """Takes requests, and answers with a status."""

    def __init__(self) -> None:
        self.requests: queue.Queue[Received] = queue.Queue()
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.requests.put(Received({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self) -> Received:
        return self.requests.get(timeout=20)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def request_of_plain_secret(client: AIAssistantClient, receiver: Receiver) -> Received:
    client.webhooks.create(url=receiver.url, events=EVENTS, secret="webhook-secret")
    client.conversations.create(title="News")
    return receiver.next()


def test_events_of_a_webhook(client: AIAssistantClient, request_of_plain_secret: Received) -> None:
    headers, body = request_of_plain_secret
    event = verify(body, headers, "webhook-secret")
    assert event.event == "conversation.created"
    assert event.id == headers["webhook-id"]
    assert event.data["user_id"] == client.users.me().id
    assert event.timestamp.tzinfo is not None
    assert verify(body.decode(), {name.title(): [value] for name, value in headers.items()}, "webhook-secret") == event
    wsgi = {name: value.encode() for name, value in headers.items()}
    assert verify(body, wsgi, ["old-secret", "webhook-secret"]) == event


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": b"{}"}, "signature"),
        ({"secret": "another"}, "signature"),
        ({"headers": {"id": "another"}}, "signature"),
        ({"headers": {"signature": "v1,AAAA v2,QUJD nonsense"}}, "signature"),
        ({"headers": {"signature": ""}}, "no-signature"),
        ({"headers": {"timestamp": ""}}, "no-signature"),
        ({"headers": {"timestamp": "soon"}}, "timestamp"),
        ({"headers": {"timestamp": "٣"}}, "timestamp"),
        ({"headers": {"timestamp": "9" * 400}}, "timestamp"),
        ({"later": 301}, "timestamp"),
        ({"later": -301}, "timestamp"),
    ],
)
def test_requests_that_are_refused(request_of_plain_secret: Received, change: dict[str, Any], reason: str) -> None:
    request = request_of_plain_secret
    at = int(request.headers["webhook-timestamp"])
    with pytest.raises(WebhookVerificationError) as raised:
        verify(
            change.get("body", request.body),
            request.changed(**change.get("headers", {})),
            change.get("secret", "webhook-secret"),
            now=at + change.get("later", 0),
        )
    assert raised.value.reason == reason


def test_requests_at_the_edge_of_the_tolerance(request_of_plain_secret: Received) -> None:
    headers, body = request_of_plain_secret
    at = int(headers["webhook-timestamp"])
    for away in (-300, 300):
        verify(body, headers, "webhook-secret", now=at + away)
    with pytest.raises(WebhookVerificationError):
        verify(body, headers, "webhook-secret", now=at + 11, tolerance=10)


def test_parsed_bodies_are_refused_with_the_reason(request_of_plain_secret: Received) -> None:
    with pytest.raises(TypeError, match=r"request\.body"):
        verify({"event": "x"}, request_of_plain_secret.headers, "webhook-secret")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="base64"):
        verify(request_of_plain_secret.body, request_of_plain_secret.headers, "whsec_???")
    with pytest.raises(ValueError, match="secret"):
        verify(request_of_plain_secret.body, request_of_plain_secret.headers, [])


def test_body_that_is_no_event() -> None:
    import hashlib
    import hmac

    now = str(int(time.time()))
    mac = base64.b64encode(hmac.digest(b"s", f"m.{now}.[]".encode(), hashlib.sha256)).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": now, "webhook-signature": f"v1,{mac}"}
    with pytest.raises(WebhookVerificationError) as raised:
        verify("[]", headers, "s")
    assert raised.value.reason == "body"


def test_secrets_of_the_server_and_their_rotation(client: AIAssistantClient, receiver: Receiver) -> None:
    webhook = client.webhooks.create(url=receiver.url, events=EVENTS)
    assert webhook.secret is not None
    assert webhook.secret.startswith("whsec_")
    assert webhook.secret not in repr(webhook)
    assert client.webhooks.get(webhook).secret is None
    client.webhooks.test(webhook)
    first = receiver.next()
    assert verify(first.body, first.headers, webhook.secret).event == "webhook.test"
    rotated = client.webhooks.rotate_secret(webhook)
    client.webhooks.test(webhook)
    both = receiver.next()
    assert rotated.secret is not None
    assert verify(both.body, both.headers, webhook.secret) == verify(both.body, both.headers, rotated.secret)
    client.webhooks.rotate_secret(webhook, secret="own")
    client.webhooks.test(webhook)
    own = receiver.next()
    assert client.webhooks.verify(own.body, own.headers, secret="own")
    with pytest.raises(ConfigurationError):
        client.webhooks.verify(own.body, own.headers)


def test_deliveries_are_sent_again(client: AIAssistantClient, receiver: Receiver) -> None:
    began = datetime.now(timezone.utc) - timedelta(minutes=1)
    webhook = client.webhooks.create(url=receiver.url, events=EVENTS, secret="s")
    receiver.status = 500
    client.conversations.create(title="News")
    receiver.next()
    ends_at = time.monotonic() + 10
    while not (failed := client.webhooks.deliveries(webhook, status="failed").items):
        assert time.monotonic() < ends_at
        time.sleep(0.05)
    assert failed[0].attempts[0].status_code == 500
    assert failed[0].payload["event"] == "conversation.created"
    receiver.status = 200
    client.webhooks.retry(webhook, failed[0])
    receiver.next()
    assert client.webhooks.retry_since(webhook, began) in (0, 1)
    with pytest.raises(ValueError, match="time zone"):
        client.webhooks.retry_since(webhook, datetime.now())
    assert list(client.webhooks.deliveries(webhook, event="message.received")) == []
    changed = client.webhooks.update(webhook, events=["conversation.created"], is_active=False)
    assert (changed.events, changed.is_active) == (["conversation.created"], False)
    assert [each.id for each in client.webhooks.list()] == [webhook.id]
    client.webhooks.delete(webhook)
    assert list(client.webhooks.list()) == []
