"""The options of a client, and where they come from."""

from __future__ import annotations

import ipaddress
import os
import platform
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .._version import __version__
from .errors import ConfigurationError
from .values import UNSET, Unset

DEFAULT_BASE_URL = "http://localhost:8000/api/v1"
API_PATH = "/api/v1"
# A reply may take as long as MODEL_TIMEOUT_SECONDS of the server, 240 by default. Other calls are answered in seconds,
# or cut off by a gateway after 29.
DEFAULT_TIMEOUT_SECONDS = 90.0
DEFAULT_MODEL_TIMEOUT_SECONDS = 260.0
WAIT_FOR_RETRIES_SECONDS = 40.0
USER_AGENT = (
    f"ai-assistant-sdk-python/{__version__} "
    f"({platform.python_implementation()} {platform.python_version()}; {platform.system()} {platform.machine()})"
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a client that calls read. Times are in seconds."""

    base_url: str
    timeout: float | Unset | None
    attempt_timeout: float
    model_timeout: float
    connect_timeout: float
    stream_idle_timeout: float
    max_retries: int
    max_retry_after: float
    default_headers: Mapping[str, str]
    proxy: str | None
    webhook_secret: str | Sequence[str] | None
    realtime_url: str | None

    def __post_init__(self) -> None:
        for name in ("attempt_timeout", "model_timeout", "connect_timeout", "stream_idle_timeout"):
            if getattr(self, name) <= 0:
                raise ConfigurationError(f"{name} must be above 0")
        check_limits(self.timeout, self.max_retries)

    def total(self, waits_for_model: bool, timeout: float | Unset | None) -> float | None:
        """The seconds that a whole call may take."""
        for choice in (timeout, self.timeout):
            if choice is not UNSET:
                return choice
        return self.model_timeout + WAIT_FOR_RETRIES_SECONDS if waits_for_model else DEFAULT_TIMEOUT_SECONDS

    def attempt(self, waits_for_model: bool) -> float:
        """The seconds that one attempt may take."""
        return self.model_timeout if waits_for_model else self.attempt_timeout


def check_limits(timeout: float | Unset | None, max_retries: int) -> None:
    """Refuses limits that make no sense."""
    if timeout is not UNSET and timeout is not None and timeout <= 0:
        raise ConfigurationError("timeout must be above 0, or None for no limit")
    if max_retries < 0:
        raise ConfigurationError("max_retries must be 0 or more")


def from_environment(name: str) -> str | None:
    """A setting from the environment. An empty one counts as absent."""
    return os.environ.get(name) or None


def read_base_url(given: str | None) -> str:
    """The base URL, without a final slash."""
    url = (given or from_environment("AI_ASSISTANT_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"base_url must be an http or https URL, not {url!r}")
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("base_url must not contain a name or a password. Use api_key, or sign in.")
    if not parts.path.endswith(API_PATH):
        warnings.warn(f"The API is below {API_PATH}, but base_url is {url!r}.", stacklevel=4)
    return url


def warn_about_plain_http(base_url: str) -> None:
    """Warns if a credential would travel in plain text."""
    parts = urlsplit(base_url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        warnings.warn(f"Credentials are sent to {parts.hostname} without encryption. Use https.", stacklevel=4)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def authorization(key: Any) -> str:
    """The header for a credential."""
    if not isinstance(key, str) or not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError("api_key must be visible ASCII characters without spaces")
    return f"Bearer {key}"


KeySource = str | Callable[[], Any]
