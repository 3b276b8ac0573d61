"""Sessions: the credentials of a sign-in, and when they must be refreshed."""

from __future__ import annotations

import enum
import json
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from .models import TokenPair, UnexpectedAnswerError, decode, time_text

# A session is refreshed this long before its end, or after two thirds of a shorter lifetime.
EARLY_SECONDS = 60.0
# The server accepts a replaced refresh token for ten seconds, so that a lost answer can be asked for again. Later use
# ends the sign-in.
REFRESH_WINDOW_SECONDS = 8.0
REFRESH_ATTEMPTS = 3
REFRESH_ATTEMPT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The credentials of a sign-in. Keep it as a secret: `to_json()` contains both tokens."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime
    token_type: str = "bearer"

    @classmethod
    def from_pair(cls, pair: TokenPair) -> Session:
        expires_at = datetime.now(timezone.utc) + timedelta(seconds=pair.expires_in)
        return cls(
            access_token=pair.access_token,
            refresh_token=pair.refresh_token,
            expires_at=expires_at,
            token_type=pair.token_type,
        )

    def to_json(self) -> str:
        """The session as text, to be kept and read with `from_json`."""
        return json.dumps(
            {
                "access_token": self.access_token,
                "refresh_token": self.refresh_token,
                "expires_at": time_text(self.expires_at),
                "token_type": self.token_type,
            }
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Session:
        """Reads what `to_json` wrote."""
        data: Any = json.loads(text)
        try:
            return cls(
                access_token=decode(str, data["access_token"], "access_token"),
                refresh_token=decode(str | None, data["refresh_token"], "refresh_token"),
                expires_at=decode(datetime, data["expires_at"], "expires_at"),
                token_type=decode(str, data.get("token_type", "bearer"), "token_type"),
            )
        except (KeyError, TypeError, UnexpectedAnswerError) as error:
            raise ValueError("this is no session") from error


class Need(enum.Enum):
    """Whether a session must be refreshed before it is used."""

    NO = "no"
    SOON = "soon"
    NOW = "now"


@dataclass(frozen=True)
class Held:
    """A session as a client holds it. Its age is measured with the monotonic clock, which nobody sets."""

    session: Session | None
    generation: int
    ends_at: float = 0.0
    early: float = EARLY_SECONDS
    early_refresh_failed: bool = False

    @classmethod
    def of(cls, session: Session | None, generation: int) -> Held:
        if session is None:
            return cls(None, generation)
        lifetime = (session.expires_at - datetime.now(timezone.utc)).total_seconds()
        early = min(EARLY_SECONDS, max(lifetime, 0.0) / 3)
        return cls(session, generation, time.monotonic() + lifetime, early)

    def need(self) -> Need:
        left = self.ends_at - time.monotonic()
        if self.session is None or self.session.refresh_token is None or left > self.early:
            return Need.NO
        if left <= 0:
            return Need.NOW
        # After a failure the rest of the lifetime is used first: if the server did refresh the session and only its
        # answer was lost, another refresh ends the sign-in.
        return Need.NO if self.early_refresh_failed else Need.SOON

    def after_failed_refresh(self) -> Held:
        return replace(self, early_refresh_failed=True)
