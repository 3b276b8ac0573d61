"""The client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import httpx2

from .._core import log
from .._core.errors import ConfigurationError
from .._core.operations import Operation, Repeat
from .._core.options import KeySource, Options, from_environment, read_base_url, warn_about_plain_http
from .._core.requests import decoded
from .._core.session import Session
from .._core.values import UNSET, CallOptions, KeyedOptions, Unset, is_given
from . import io
from .calls import AsyncCaller
from .credentials import AsyncCredentials, OnSession
from .raw import AsyncRawView
from .resources.assistants import AsyncAssistants
from .resources.auth import AsyncAuth
from .resources.conversations import AsyncConversations
from .resources.files import AsyncFiles
from .resources.service import AsyncHealthChecks, AsyncNotifications
from .resources.tools import AsyncModels, AsyncTools
from .resources.users import AsyncUsers
from .resources.webhooks import AsyncWebhooks

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .realtime import AsyncRealtime


class AsyncAIAssistantClient:
    """A client of the AI Assistant Platform.

    All times are in seconds. `timeout` is for a whole call with its retries; by default it is 90, and `model_timeout`
    plus 40 for calls that wait for a reply. `attempt_timeout` is for one attempt, and `model_timeout` for one that
    waits for a reply."""

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: KeySource | None = None,
        session: Session | None = None,
        on_session: OnSession | None = None,
        timeout: float | Unset | None = UNSET,
        attempt_timeout: float = 35.0,
        model_timeout: float = 260.0,
        connect_timeout: float = 5.0,
        stream_idle_timeout: float = 30.0,
        max_retries: int = 2,
        max_retry_after: float = 75.0,
        default_headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        http_client: httpx2.AsyncClient | None = None,
        webhook_secret: str | Sequence[str] | None = None,
        realtime_url: str | None = None,
    ) -> None:
        if api_key is not None and session is not None:
            raise ConfigurationError("Give an api_key or a session, not both.")
        if proxy is not None and http_client is not None:
            raise ConfigurationError("Give the proxy to your http_client.")
        log.set_up()
        options = Options(
            base_url=read_base_url(base_url),
            timeout=timeout,
            attempt_timeout=attempt_timeout,
            model_timeout=model_timeout,
            connect_timeout=connect_timeout,
            stream_idle_timeout=stream_idle_timeout,
            max_retries=max_retries,
            max_retry_after=max_retry_after,
            default_headers=dict(default_headers or {}),
            proxy=proxy,
            webhook_secret=webhook_secret,
            realtime_url=realtime_url or from_environment("AI_ASSISTANT_REALTIME_URL"),
        )
        if session is None and api_key is None:
            api_key = from_environment("AI_ASSISTANT_API_KEY")
        if session is not None or api_key is not None:
            warn_about_plain_http(options.base_url)
        self._caller = AsyncCaller(
            options,
            io.AsyncPool(proxy, http_client),
            io.AsyncPool(proxy),
            AsyncCredentials(api_key, session, on_session),
        )

    @classmethod
    async def sign_in(cls, *, email: str, password: str, **options: Any) -> Self:
        """A client that is signed in, with an e-mail address or a username in `email`. `options` are those of the
        client."""
        client = cls(**options)
        try:
            await client.auth.login(email=email, password=password)
        except BaseException:
            await client.aclose()
            raise
        return client

    @cached_property
    def auth(self) -> AsyncAuth:
        """Accounts and sign-ins."""
        return AsyncAuth(self._caller)

    @cached_property
    def users(self) -> AsyncUsers:
        """Users and API keys."""
        return AsyncUsers(self._caller)

    @cached_property
    def assistants(self) -> AsyncAssistants:
        """Assistants."""
        return AsyncAssistants(self._caller)

    @cached_property
    def conversations(self) -> AsyncConversations:
        """Conversations and messages."""
        return AsyncConversations(self._caller)

    @cached_property
    def tools(self) -> AsyncTools:
        """Tools."""
        return AsyncTools(self._caller)

    @cached_property
    def models(self) -> AsyncModels:
        """Models."""
        return AsyncModels(self._caller)

    @cached_property
    def files(self) -> AsyncFiles:
        """Files."""
        return AsyncFiles(self._caller)

    @cached_property
    def webhooks(self) -> AsyncWebhooks:
        """Webhooks."""
        return AsyncWebhooks(self._caller)

    @cached_property
    def notifications(self) -> AsyncNotifications:
        """Notifications."""
        return AsyncNotifications(self._caller)

    @cached_property
    def health(self) -> AsyncHealthChecks:
        """The health of the server."""
        return AsyncHealthChecks(self._caller)

    @cached_property
    def realtime(self) -> AsyncRealtime:
        """Live updates. They need the extra `realtime`."""
        from .realtime import AsyncRealtime

        return AsyncRealtime(self._caller)

    @property
    def session(self) -> Session | None:
        """The session of the client, or `None` if it has an API key or is not signed in."""
        return self._caller.credentials.session

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return self._caller.options.base_url

    @property
    def with_raw_response(self) -> AsyncRawView:
        """The same methods. Each returns a `RawResponse` with the status and the headers."""
        return AsyncRawView(self)

    def with_options(
        self,
        *,
        timeout: float | Unset | None = UNSET,
        attempt_timeout: float | Unset = UNSET,
        model_timeout: float | Unset = UNSET,
        connect_timeout: float | Unset = UNSET,
        stream_idle_timeout: float | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        max_retry_after: float | Unset = UNSET,
        default_headers: Mapping[str, str] | Unset = UNSET,
    ) -> Self:
        """A client with other options. It shares the connections and the session of this one."""
        named = {
            "timeout": timeout,
            "attempt_timeout": attempt_timeout,
            "model_timeout": model_timeout,
            "connect_timeout": connect_timeout,
            "stream_idle_timeout": stream_idle_timeout,
            "max_retries": max_retries,
            "max_retry_after": max_retry_after,
            "default_headers": default_headers,
        }
        changes: dict[str, Any] = {name: value for name, value in named.items() if is_given(value)}
        other = type(self).__new__(type(self))
        other._caller = self._caller.with_options(replace(self._caller.options, **changes))
        return other

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Sends a request that this version has no method for, and returns the decoded JSON. `path` is below the base
        URL and begins with a slash."""
        if not path.startswith("/") or "{" in path:
            raise ValueError("path must begin with a slash, and have its ids in it")
        method = method.upper()
        repeat = Repeat.ALWAYS if method in ("GET", "HEAD", "PUT", "DELETE") else Repeat.NOT_SENT
        operation: Operation[Any] = Operation(
            "request", method, path, lambda data: data, repeat=Repeat.KEYED if idempotency_key else repeat
        )
        keyed = cast("KeyedOptions", {**options})
        if idempotency_key:
            keyed["idempotency_key"] = idempotency_key
        keyed["extra_headers"] = {**options.get("extra_headers", {}), **(headers or {})}
        request, attempts = self._caller.prepare(operation, keyed, query=query, body=json)
        answer = await self._caller.perform(request, attempts)
        return decoded(answer.content) if answer.content else None

    async def aclose(self) -> None:
        """Closes the connections. An `http_client` of your own stays open."""
        await self._caller.pool.aclose()
        await self._caller.storage.aclose()

    close = aclose

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed."""
        return self._caller.pool.is_closed

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"
