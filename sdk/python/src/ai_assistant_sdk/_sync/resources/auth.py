# Made of _async/resources/auth.py by tools/unasync.py. Change that file.
"""Accounts and sign-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._core.errors import ConfigurationError, SessionExpiredError
from ..._core.models import User
from ..._core.operations import LOGIN, LOGOUT, REGISTER
from ..._core.session import Session
from ..._core.values import UNSET, CallOptions, Unset, given
from ..resource import Resource

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Auth(Resource):
    """Accounts and sign-ins."""

    def register(
        self,
        *,
        email: str,
        password: str,
        username: str | Unset | None = UNSET,
        full_name: str | Unset | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> User:
        """Creates an account. It does not sign in."""
        body = given(email=email, password=password, username=username, full_name=full_name)
        return self._call(REGISTER, options, body=body)

    def login(self, *, email: str, password: str, adopt: bool = True, **options: Unpack[CallOptions]) -> Session:
        """Signs this client in, with an e-mail address or a username in `email`. With `adopt=False`, it only returns
        the session."""
        if adopt and self._caller.credentials.has_api_key:
            raise ConfigurationError(
                "The client has an api_key. Use another client for the user, or login(..., adopt=False)."
            )
        pair = self._call(LOGIN, options, body={"email": email, "password": password})
        session = Session.from_pair(pair)
        if adopt:
            self._caller.credentials.adopt(session)
        return session

    def refresh(self) -> Session:
        """Refreshes the session now. Calls do it by themselves when it is time."""
        self._caller.refresh_now()
        session = self._caller.credentials.session
        assert session is not None
        return session

    def logout(self, **options: Unpack[CallOptions]) -> None:
        """Ends the session. This client forgets it, even if the call fails."""
        credentials = self._caller.credentials
        session = credentials.session
        body = {"refresh_token": session.refresh_token} if session and session.refresh_token else {}
        try:
            self._call(LOGOUT, options, body=body)
        except SessionExpiredError:
            # It has ended already.
            pass
        finally:
            if credentials.session is not None:
                credentials.adopt(None)
