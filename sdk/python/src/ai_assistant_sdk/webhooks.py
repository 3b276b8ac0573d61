"""Checks requests to webhooks. This works without a client."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence

from ._core.errors import WebhookVerificationError
from ._core.models import UnexpectedAnswerError, WebhookEvent
from ._core.requests import decoded

__all__ = ["TOLERANCE_SECONDS", "WebhookEvent", "WebhookVerificationError", "verify"]

TOLERANCE_SECONDS = 300.0
_PREFIX = "whsec_"


def verify(
    payload: bytes | str,
    headers: Mapping[str, object],
    secret: str | Sequence[str],
    *,
    tolerance: float = TOLERANCE_SECONDS,
    now: float | None = None,
) -> WebhookEvent:
    """Checks that a request is from the server and not older than `tolerance` seconds, and returns its event.

    `payload` is the body as it came. While a secret is being replaced, give both. Remember the `id` of the event, which
    may come more than once. Raises `WebhookVerificationError`."""
    if isinstance(payload, str):
        payload = payload.encode()
    if not isinstance(payload, (bytes, bytearray, memoryview)):
        raise TypeError("pass the raw body (request.body in Django, await request.body() in FastAPI), not parsed JSON")
    body = bytes(payload)
    event_id, timestamp, signatures = (
        _header(headers, name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    )
    if not event_id or not timestamp or not signatures:
        raise WebhookVerificationError("The request is not signed.", reason="no-signature")
    _check_time(timestamp, tolerance, time.time() if now is None else now)
    signed = f"{event_id}.{timestamp}.".encode() + body
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not secrets:
        raise ValueError("verify() needs a secret")
    expected = [b"v1," + base64.b64encode(hmac.digest(_key(each), signed, hashlib.sha256)) for each in secrets]
    # All are compared, so that the time does not tell which one fits.
    matches = [
        hmac.compare_digest(good, given.encode("utf-8", "replace")) for given in signatures.split() for good in expected
    ]
    if not any(matches):
        raise WebhookVerificationError("No signature fits the body and the secret.", reason="signature")
    try:
        content = decoded(body)
        return WebhookEvent.from_wire({**content, "id": event_id})
    except (UnexpectedAnswerError, TypeError) as error:
        raise WebhookVerificationError(f"The body is no event: {error}", reason="body") from error


def _check_time(timestamp: str, tolerance: float, now: float) -> None:
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 15:
        raise WebhookVerificationError("The timestamp is no number.", reason="timestamp")
    if abs(now - int(timestamp)) > tolerance:
        raise WebhookVerificationError("The request is too old, or from the future.", reason="timestamp")


def _key(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret[len(_PREFIX) :], validate=True)
    except binascii.Error:
        raise ValueError("a secret that begins with whsec_ must go on in base64") from None


def _header(headers: Mapping[str, object], name: str) -> str:
    """A header by its name in lower case. Frameworks differ in case, and in how they show repetition."""
    for key, value in headers.items():
        if key.lower() == name:
            first = value[0] if isinstance(value, (list, tuple)) and value else value
            return first.decode("latin-1") if isinstance(first, bytes) else str(first)
    return ""
