"""Webhooks and their deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ..._core.errors import ConfigurationError
from ..._core.models import Delivery, DeliveryStatus, EventKind, SubscribableEvent, Webhook, WebhookEvent
from ..._core.operations import (
    WEBHOOKS_CREATE,
    WEBHOOKS_DELETE,
    WEBHOOKS_DELIVERIES,
    WEBHOOKS_GET,
    WEBHOOKS_LIST,
    WEBHOOKS_RETRY,
    WEBHOOKS_RETRY_SINCE,
    WEBHOOKS_ROTATE_SECRET,
    WEBHOOKS_TEST,
    WEBHOOKS_UPDATE,
    Repeat,
)
from ..._core.options import from_environment
from ..._core.values import UNSET, CallOptions, Id, KeyedOptions, Unset, given, is_given
from ...webhooks import TOLERANCE_SECONDS, verify
from ..listing import AsyncPager
from ..resource import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack


class AsyncWebhooks(AsyncResource):
    """Webhooks."""

    async def create(
        self,
        *,
        url: str,
        events: Sequence[SubscribableEvent],
        secret: str | Unset | None = UNSET,
        **options: Unpack[KeyedOptions],
    ) -> Webhook:
        """Creates a webhook. Without a `secret` the server makes one and shows it this once."""
        body = given(url=url, events=list(events), secret=secret)
        return await self._call(WEBHOOKS_CREATE, options, body=body)

    def list(
        self, *, sort: str | Unset = UNSET, size: int | Unset = UNSET, **options: Unpack[CallOptions]
    ) -> AsyncPager[Webhook]:
        """The webhooks of the caller."""
        return self._list(WEBHOOKS_LIST, options, given(sort=sort, size=size))

    async def get(self, webhook_id: Id, **options: Unpack[CallOptions]) -> Webhook:
        """A webhook."""
        return await self._call(WEBHOOKS_GET, options, path={"webhook_id": webhook_id})

    async def update(
        self,
        webhook_id: Id,
        *,
        url: str | Unset = UNSET,
        events: Sequence[SubscribableEvent] | Unset = UNSET,
        is_active: bool | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> Webhook:
        """Changes the fields that are given."""
        body = given(url=url, events=events, is_active=is_active)
        return await self._call(WEBHOOKS_UPDATE, options, path={"webhook_id": webhook_id}, body=body)

    async def delete(self, webhook_id: Id, **options: Unpack[CallOptions]) -> None:
        """Deletes a webhook."""
        await self._call(WEBHOOKS_DELETE, options, path={"webhook_id": webhook_id})

    async def test(self, webhook_id: Id, **options: Unpack[CallOptions]) -> Delivery:
        """Sends an event `webhook.test`."""
        return await self._call(WEBHOOKS_TEST, options, path={"webhook_id": webhook_id}, body={})

    async def rotate_secret(
        self, webhook_id: Id, *, secret: str | Unset | None = UNSET, **options: Unpack[CallOptions]
    ) -> Webhook:
        """Sets another secret, or has the server make one and show it this once. Both sign for a day."""
        has_secret = is_given(secret) and secret is not None
        return await self._call(
            WEBHOOKS_ROTATE_SECRET,
            options,
            path={"webhook_id": webhook_id},
            body=given(secret=secret),
            repeat=Repeat.ALWAYS if has_secret else None,
        )

    def deliveries(
        self,
        webhook_id: Id,
        *,
        status: DeliveryStatus | Unset = UNSET,
        event: EventKind | Unset = UNSET,
        sort: str | Unset = UNSET,
        size: int | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[Delivery]:
        """The deliveries of a webhook."""
        query = given(status=status, event=event, sort=sort, size=size)
        return self._list(WEBHOOKS_DELIVERIES, options, query, path={"webhook_id": webhook_id})

    async def retry(self, webhook_id: Id, delivery_id: Id, **options: Unpack[CallOptions]) -> Delivery:
        """Sends a delivery again."""
        path: dict[str, Id] = {"webhook_id": webhook_id, "delivery_id": delivery_id}
        return await self._call(WEBHOOKS_RETRY, options, path=path, body={})

    async def retry_since(
        self, webhook_id: Id, since: datetime, *, all: bool = True, **options: Unpack[CallOptions]
    ) -> int:
        """Sends again all deliveries that failed since a time, and returns how many. The server takes 500 at once;
        with `all=False` there is one request."""
        total = 0
        while True:
            retried = await self._call(
                WEBHOOKS_RETRY_SINCE, options, path={"webhook_id": webhook_id}, body={"since": since}
            )
            total += retried.retried
            if not all or not retried.has_more or retried.retried == 0:
                return total

    def verify(
        self,
        payload: bytes | str,
        headers: Mapping[str, object],
        *,
        secret: str | Sequence[str] | None = None,
        tolerance: float = TOLERANCE_SECONDS,
    ) -> WebhookEvent:
        """Checks a request to a webhook, with the client's `webhook_secret` if none is given."""
        known = secret or self._caller.options.webhook_secret or from_environment("AI_ASSISTANT_WEBHOOK_SECRET")
        if not known:
            raise ConfigurationError("A secret is needed: verify(..., secret=...) or webhook_secret of the client.")
        return verify(payload, headers, known, tolerance=tolerance)
