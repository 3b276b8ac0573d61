"""The credential of a client: an API key, or a session that is refreshed before it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from .._core.errors import APIConnectionError, APIStatusError, APITimeoutError, ConfigurationError, SessionExpiredError
from .._core.models import TokenPair
from .._core.options import KeySource, authorization
from .._core.retries import Deadline
from .._core.session import Held, Need, Session
from . import io

Refresh = Callable[[str, float | None], Awaitable[TokenPair]]
OnSession = Callable[[Session | None], Any]
EXPIRED_STATUSES = (401, 422)


class AsyncCredentials:
    """The credential. Its state is replaced as a whole, and each session has a number, its generation: whoever is
    refused says which one was refused, and if there is a newer one nothing has to be refreshed."""

    def __init__(self, api_key: KeySource | None, session: Session | None, on_session: OnSession | None) -> None:
        self._api_key = api_key
        self._on_session = on_session
        self._held = Held.of(session, 0)
        self._flight = io.AsyncFlight()

    @property
    def has_api_key(self) -> bool:
        return self._api_key is not None

    @property
    def session(self) -> Session | None:
        return self._held.session

    @property
    def generation(self) -> int:
        return self._held.generation

    async def current(self, refresh: Refresh, deadline: Deadline) -> tuple[str, int]:
        """The header `Authorization`, and the generation of the session in it."""
        if self._api_key is not None:
            key = self._api_key if isinstance(self._api_key, str) else await io.settled(self._api_key())
            return authorization(key), self._held.generation
        held = self._held
        need = held.need()
        if need is Need.NOW:
            await self.renew(held.generation, refresh, deadline)
        elif need is Need.SOON and not self._flight.is_running():
            # The old token is still good, so only a session that has ended is a failure.
            try:
                await self.renew(held.generation, refresh, deadline)
            except SessionExpiredError:
                raise
            except (APIConnectionError, APIStatusError):
                pass
        held = self._held
        if held.session is None:
            raise ConfigurationError("The call needs a credential: give the client an api_key, or sign in.")
        return authorization(held.session.access_token), held.generation

    async def renew(self, generation: int, refresh: Refresh, deadline: Deadline) -> None:
        """Makes sure that there is a newer session than that of a generation. Whoever else asks meanwhile waits for the
        same refresh."""
        if self._held.generation != generation:
            return
        try:
            await self._flight.run(lambda seconds: self._renew(generation, refresh, seconds), deadline.left())
        except TimeoutError:
            raise APITimeoutError(
                "The session was not refreshed within the timeout of the call.", phase="total"
            ) from None

    async def _renew(self, generation: int, refresh: Refresh, seconds: float | None) -> None:
        held = self._held
        # Another refresh may have ended since the caller looked.
        if held.generation != generation or held.session is None:
            return
        if held.session.refresh_token is None:
            return
        try:
            pair = await refresh(held.session.refresh_token, seconds)
        except APIStatusError as error:
            if error.status_code not in EXPIRED_STATUSES:
                self._note_failure(held)
                raise
            if self._held is held:
                await self.adopt(None)
            raise expired(error) from error
        except APIConnectionError:
            self._note_failure(held)
            raise
        # Whoever signed in or out meanwhile decided.
        if self._held is held:
            await self.adopt(Session.from_pair(pair))

    def _note_failure(self, held: Held) -> None:
        if self._held is held:
            self._held = held.after_failed_refresh()

    async def adopt(self, session: Session | None) -> None:
        """Uses another session, or none, from now on."""
        self._held = Held.of(session, self._held.generation + 1)
        if self._on_session is not None:
            await io.settled(self._on_session(session))

    async def drop(self, generation: int) -> None:
        """Forgets a session that cannot be refreshed, unless there is another one."""
        if self._held.generation == generation and self._held.session is not None:
            await self.adopt(None)

    def can_renew(self) -> bool:
        """Whether the session has a refresh token, or had one that another call has just replaced."""
        session = self._held.session
        return session is not None and session.refresh_token is not None


def expired(error: APIStatusError) -> SessionExpiredError:
    """The error of a session that has ended."""
    return SessionExpiredError(
        status_code=error.status_code,
        body=error.body,
        headers=error.headers,
        method=error.method,
        path=error.path,
        attempts=error.attempts,
        hint="The session has ended. Sign in again.",
    )
