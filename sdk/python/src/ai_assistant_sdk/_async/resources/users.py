"""Users and their API keys."""

from __future__ import annotations

import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING

from ..._core.models import ApiKey, CreatedApiKey, Role, User
from ..._core.operations import (
    API_KEYS_CREATE,
    API_KEYS_DELETE,
    API_KEYS_LIST,
    LOGIN,
    USERS_DELETE,
    USERS_GET,
    USERS_LIST,
    USERS_ME,
    USERS_UPDATE,
    USERS_UPDATE_ME,
    Repeat,
)
from ..._core.session import Session
from ..._core.values import UNSET, CallOptions, Id, KeyedOptions, Unset, given, is_given
from ..listing import AsyncPager
from ..resource import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack


def _folded(text: str | None) -> str | None:
    """A name or address as the server compares it."""
    return None if text is None else unicodedata.normalize("NFKC", text).strip().casefold()


class AsyncApiKeys(AsyncResource):
    """API keys of the caller."""

    async def create(
        self, *, name: str, expires_in_days: int | Unset | None = UNSET, **options: Unpack[KeyedOptions]
    ) -> CreatedApiKey:
        """Creates an API key. Its `key` is shown this once. A key cannot create keys."""
        return await self._call(API_KEYS_CREATE, options, body=given(name=name, expires_in_days=expires_in_days))

    def list(
        self, *, sort: str | Unset = UNSET, size: int | Unset = UNSET, **options: Unpack[CallOptions]
    ) -> AsyncPager[ApiKey]:
        """The API keys, without the keys themselves."""
        return self._list(API_KEYS_LIST, options, given(sort=sort, size=size))

    async def delete(self, key_id: Id, **options: Unpack[CallOptions]) -> None:
        """Deletes an API key."""
        await self._call(API_KEYS_DELETE, options, path={"key_id": key_id})


class AsyncUsers(AsyncResource):
    """Users."""

    @cached_property
    def api_keys(self) -> AsyncApiKeys:
        """API keys of the caller."""
        return AsyncApiKeys(self._caller)

    async def me(self, **options: Unpack[CallOptions]) -> User:
        """The caller."""
        return await self._call(USERS_ME, options)

    async def update_me(
        self,
        *,
        full_name: str | Unset | None = UNSET,
        email: str | Unset | None = UNSET,
        username: str | Unset = UNSET,
        password: str | Unset = UNSET,
        current_password: str | Unset | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> User:
        """Changes the caller. A new username, address or password needs `current_password`. A new password ends all
        sessions; a client that has one signs in again with the new password."""
        body = given(
            full_name=full_name,
            email=email,
            username=username,
            password=password,
            current_password=current_password,
        )
        if not is_given(password):
            return await self._call(USERS_UPDATE_ME, options, body=body)
        # A repetition would be refused, because the current password is another one then.
        user = await self._call(USERS_UPDATE_ME, options, body=body, repeat=Repeat.NOT_SENT)
        credentials = self._caller.credentials
        if credentials.session is not None:
            await credentials.adopt(None)
            pair = await self._call(LOGIN, options, body={"email": user.username, "password": password})
            await credentials.adopt(Session.from_pair(pair))
        return user

    def list(
        self, *, sort: str | Unset = UNSET, size: int | Unset = UNSET, **options: Unpack[CallOptions]
    ) -> AsyncPager[User]:
        """All users. For administrators."""
        return self._list(USERS_LIST, options, given(sort=sort, size=size))

    async def find(
        self, *, username: str | Unset = UNSET, email: str | Unset = UNSET, **options: Unpack[CallOptions]
    ) -> User | None:
        """The user with a username or an address. For administrators."""
        if not is_given(username) and not is_given(email):
            raise TypeError("find() needs a username or an email")
        # A server that does not know these filters answers with all users.
        async for user in self._list(USERS_LIST, options, given(username=username, email=email)):
            has_name = not is_given(username) or _folded(user.username) == _folded(username)
            has_email = not is_given(email) or _folded(user.email) == _folded(email)
            if has_name and has_email:
                return user
        return None

    async def get(self, user_id: Id, **options: Unpack[CallOptions]) -> User:
        """A user. For administrators, and for the user."""
        return await self._call(USERS_GET, options, path={"user_id": user_id})

    async def update(
        self,
        user_id: Id,
        *,
        username: str | Unset = UNSET,
        email: str | Unset | None = UNSET,
        full_name: str | Unset | None = UNSET,
        password: str | Unset = UNSET,
        role: Role | Unset = UNSET,
        is_active: bool | Unset = UNSET,
        tokens_granted: int | Unset = UNSET,
        **options: Unpack[KeyedOptions],
    ) -> User:
        """Changes a user. `tokens_granted` is added to the balance. For administrators."""
        body = given(
            username=username,
            email=email,
            full_name=full_name,
            password=password,
            role=role,
            is_active=is_active,
            tokens_granted=tokens_granted,
        )
        return await self._call(USERS_UPDATE, options, path={"user_id": user_id}, body=body)

    async def delete(self, user_id: Id, **options: Unpack[CallOptions]) -> None:
        """Deletes a user with everything that is theirs. For administrators."""
        await self._call(USERS_DELETE, options, path={"user_id": user_id})
