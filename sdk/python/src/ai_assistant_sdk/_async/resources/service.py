"""Notifications and health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._core.models import Health, Notification
from ..._core.operations import HEALTH_CHECK, HEALTH_DETAILED, NOTIFICATIONS_SEND
from ..._core.values import CallOptions, KeyedOptions
from ..resource import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack


class AsyncNotifications(AsyncResource):
    """Notifications."""

    async def send(self, message: str, **options: Unpack[KeyedOptions]) -> Notification:
        """Sends a notification to everybody who is connected. For administrators."""
        return await self._call(NOTIFICATIONS_SEND, options, body={"message": message})


class AsyncHealthChecks(AsyncResource):
    """The health of the server."""

    async def check(self, **options: Unpack[CallOptions]) -> Health:
        """Whether the server answers."""
        return await self._call(HEALTH_CHECK, options)

    async def detailed(self, **options: Unpack[CallOptions]) -> Health:
        """The state of the server's parts, also if one is down. `ok` tells whether all is well."""
        return await self._call(HEALTH_DETAILED, options)
