# Made of _async/client.py by tools/unasync.py. Change that file.
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
from .calls import Caller
from .credentials import Credentials, OnSession
from .raw import RawView
from .resources.assistants import Assistants
from .resources.auth import Auth
from .resources.conversations import Conversations
from .resources.files import Files
from .resources.service import HealthChecks, Notifications
from .resources.tools import Models, Tools
from .resources.users import Users
from .resources.webhooks import Webhooks

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .realtime import Realtime


class AIAssistantClient:
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
        http_client: httpx2.Client | None = None,
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
        self._caller = Caller(
            options,
            io.Pool(proxy, http_client),
            io.Pool(proxy),
            Credentials(api_key, session, on_session),
        )

    @classmethod
    def sign_in(cls, *, email: str, password: str, **options: Any) -> Self:
        """A client that is signed in, with an e-mail address or a username in `email`. `options` are those of the
        client."""
        client = cls(**options)
        try:
            client.auth.login(email=email, password=password)
        except BaseException:
            client.close()
            raise
        return client

    @cached_property
    def auth(self) -> Auth:
        """Accounts and sign-ins."""
        return Auth(self._caller)

    @cached_property
    def users(self) -> Users:
        """Users and API keys."""
        return Users(self._caller)

    @cached_property
    def assistants(self) -> Assistants:
        """Assistants."""
        return Assistants(self._caller)

    @cached_property
    def conversations(self) -> Conversations:
        """Conversations and messages."""
        return Conversations(self._caller)

    @cached_property
    def tools(self) -> Tools:
        """Tools."""
        return Tools(self._caller)

    @cached_property
    def models(self) -> Models:
        """Models."""
        return Models(self._caller)

    @cached_property
    def files(self) -> Files:
        """Files."""
        return Files(self._caller)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Webhooks."""
        return Webhooks(self._caller)

    @cached_property
    def notifications(self) -> Notifications:
        """Notifications."""
        return Notifications(self._caller)

    @cached_property
    def health(self) -> HealthChecks:
        """The health of the server."""
        return HealthChecks(self._caller)

    @cached_property
    def realtime(self) -> Realtime:
        """Live updates. They need the extra `realtime`."""
        from .realtime import Realtime

        return Realtime(self._caller)

    @property
    def session(self) -> Session | None:
        """The session of the client, or `None` if it has an API key or is not signed in."""
        return self._caller.credentials.session

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return self._caller.options.base_url

    @property
    def with_raw_response(self) -> RawView:
        """The same methods. Each returns a `RawResponse` with the status and the headers."""
        return RawView(self)

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

    def request(
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
        answer = self._caller.perform(request, attempts)
        return decoded(answer.content) if answer.content else None

    def close(self) -> None:
        """Closes the connections. An `http_client` of your own stays open."""
        self._caller.pool.close()
        self._caller.storage.close()
    @property
    def is_closed(self) -> bool:
        """Whether the client was closed."""
        return self._caller.pool.is_closed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"
