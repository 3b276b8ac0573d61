"""Credentials: signing in, refreshing without races, signing out."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from conftest import PASSWORD, Account
from faults import Fault, FaultProxy

from ai_assistant_sdk import (
    AIAssistantClient,
    APIConnectionError,
    APITimeoutError,
    AsyncAIAssistantClient,
    AuthenticationError,
    ConfigurationError,
    Session,
    SessionExpiredError,
)

Make = Callable[..., AIAssistantClient]
REFUSED = Fault(status=401, body=b'{"detail": "no", "status_code": 401, "error_code": "UNAUTHORIZED"}')


@pytest.fixture(autouse=True)
def quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_assistant_sdk._core.retries.BACKOFF_SECONDS", 0.02)


def lasting(seconds: int) -> Fault:
    """An access token that seems to last so long."""
    return Fault(change=lambda body: {**body, "expires_in": seconds})


def shortened(session: Session | None, seconds: float) -> Session:
    assert session is not None
    return replace(session, expires_at=datetime.now(timezone.utc) + timedelta(seconds=seconds))


def refreshes(proxy: FaultProxy) -> int:
    return len(proxy.requests("POST", "/auth/refresh"))


def test_signing_in_and_out(base_url: str, account: Account) -> None:
    kept: list[Session | None] = []
    with AIAssistantClient(base_url=base_url, on_session=kept.append) as client:
        session = client.auth.login(email=account.email, password=PASSWORD)
        assert client.session is session
        assert client.users.me().email == account.email
        client.auth.logout()
        assert client.session is None
        assert kept == [session, None]
        with pytest.raises(ConfigurationError, match="sign in"):
            client.users.me()
    with AIAssistantClient(base_url=base_url, session=session) as other, pytest.raises(SessionExpiredError):
        other.users.me()


def test_wrong_password(base_url: str, account: Account) -> None:
    with AIAssistantClient(base_url=base_url) as client, pytest.raises(AuthenticationError) as raised:
        client.auth.login(email=account.email, password="wrong-password")
    assert type(raised.value) is AuthenticationError
    assert "qk_" not in str(raised.value)


def test_session_survives_as_text(base_url: str, make_client: Make) -> None:
    session = make_client().session
    assert session is not None
    again = Session.from_json(session.to_json())
    assert again == session
    with AIAssistantClient(base_url=base_url, session=again) as client:
        client.users.me()
    with pytest.raises(ValueError, match="no session"):
        Session.from_json('{"access_token": 3}')


def test_refused_session_is_refreshed_once_and_the_call_goes_on(make_client: Make, proxy: FaultProxy) -> None:
    kept: list[Session | None] = []
    client = make_client(on_session=kept.append)
    proxy.rule("GET", "/users/me", REFUSED)
    client.users.me()
    assert refreshes(proxy) == 1
    assert kept[-1] is client.session
    assert len(proxy.requests("GET", "/users/me")) == 2


def test_call_is_repeated_once_after_a_refresh(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("GET", "/users/me", REFUSED, times=9)
    with pytest.raises(AuthenticationError):
        client.users.me()
    assert len(proxy.requests("GET", "/users/me")) == 2


def test_session_is_refreshed_before_it_ends(base_url: str, make_client: Make, proxy: FaultProxy) -> None:
    session = shortened(make_client().session, 100)
    with AIAssistantClient(base_url=base_url, session=session) as client:
        # A third of the lifetime has not passed, so nothing happens.
        client.users.me()
        assert refreshes(proxy) == 0
    held = shortened(session, -1)
    with AIAssistantClient(base_url=base_url, session=held) as client:
        client.users.me()
        assert refreshes(proxy) == 1
        assert client.session is not None
        assert client.session.access_token != session.access_token


def test_early_refresh_that_fails_does_not_fail_the_call(
    make_client: Make, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client()
    # The session has 1,800 seconds, which is now within the time of the early refresh.
    held = client._caller.credentials._held
    client._caller.credentials._held = replace(held, early=3600)
    monkeypatch.setattr("ai_assistant_sdk._sync.calls.REFRESH_ATTEMPT_SECONDS", 0.3)
    proxy.rule("POST", "/auth/refresh", Fault(before=True), times=9)
    client.users.me()
    assert refreshes(proxy) == 3
    client.users.me()
    assert refreshes(proxy) == 3


def test_refresh_whose_answer_is_lost_is_asked_for_again(make_client: Make, proxy: FaultProxy, base_url: str) -> None:
    session = shortened(make_client().session, -1)
    with AIAssistantClient(base_url=base_url, session=session) as client:
        proxy.rule("POST", "/auth/refresh", Fault(drop=True))
        client.users.me()
        assert refreshes(proxy) == 2
        tokens = {seen.json["refresh_token"] for seen in proxy.requests("POST", "/auth/refresh")}
        assert tokens == {session.refresh_token}


def test_network_failure_keeps_the_session(make_client: Make, proxy: FaultProxy, base_url: str) -> None:
    session = shortened(make_client().session, -1)
    kept: list[Session | None] = []
    with AIAssistantClient(base_url=base_url, session=session, on_session=kept.append) as client:
        proxy.rule("POST", "/auth/refresh", Fault(before=True), times=3)
        with pytest.raises(APIConnectionError):
            client.users.me()
        assert client.session is session
        assert kept == []
        client.users.me()
        assert kept == [client.session]


def test_refresh_is_within_the_timeout_of_the_call(make_client: Make, proxy: FaultProxy, base_url: str) -> None:
    session = shortened(make_client().session, -1)
    proxy.rule("POST", "/auth/refresh", Fault(delay=5), times=9)
    with AIAssistantClient(base_url=base_url, session=session) as client:
        began = time.monotonic()
        with pytest.raises(APITimeoutError) as raised:
            client.users.me(timeout=0.5)
        assert time.monotonic() - began < 1.5
        assert raised.value.phase == "total"
        assert client.session is session


def test_refresh_token_that_has_ended_ends_the_session(make_client: Make, base_url: str) -> None:
    client = make_client()
    session = client.session
    client.auth.logout()
    kept: list[Session | None] = []
    with AIAssistantClient(base_url=base_url, session=session, on_session=kept.append) as other:
        with pytest.raises(SessionExpiredError):
            other.users.me()
        assert other.session is None
        assert kept == [None]


def test_session_without_a_refresh_token_ends_when_it_is_refused(
    make_client: Make, base_url: str, proxy: FaultProxy
) -> None:
    session = make_client().session
    assert session is not None
    with AIAssistantClient(base_url=base_url, session=replace(session, refresh_token=None)) as client:
        client.users.me()
        proxy.rule("GET", "/users/me", REFUSED)
        with pytest.raises(SessionExpiredError):
            client.users.me()
        assert client.session is None


def test_fifty_threads_refresh_a_session_together(make_client: Make, proxy: FaultProxy, base_url: str) -> None:
    session = shortened(make_client().session, -1)
    # Slow, so that all are there before it is done.
    proxy.rule("POST", "/auth/refresh", Fault(delay=0.3))
    with AIAssistantClient(base_url=base_url, session=session) as client, ThreadPoolExecutor(50) as threads:
        users = list(threads.map(lambda _: client.users.me(), range(50)))
    assert len(users) == 50
    assert refreshes(proxy) == 1


def test_fifty_refused_threads_refresh_once(client: AIAssistantClient, proxy: FaultProxy) -> None:
    assert client.session is not None
    barrier = threading.Barrier(50)
    proxy.rule("GET", "/users/me", replace(REFUSED, only_for=client.session.access_token), times=1000)

    def call(_: int) -> str:
        barrier.wait()
        return client.users.me().id

    with ThreadPoolExecutor(50) as threads:
        ids = list(threads.map(call, range(50)))
    assert len(set(ids)) == 1
    # A thread that was refused late sees the new token, and refreshes nothing.
    assert refreshes(proxy) == 1


def test_threads_with_tokens_of_one_second(make_client: Make, proxy: FaultProxy) -> None:
    proxy.rule("POST", "/auth/", lasting(1), times=10_000)
    client = make_client()
    ends_at = time.monotonic() + 3.5

    def work(_: int) -> int:
        calls = 0
        while time.monotonic() < ends_at:
            client.users.me()
            calls += 1
        return calls

    with ThreadPoolExecutor(50) as threads:
        calls = sum(threads.map(work, range(50)))
    assert calls > 100
    # Each token is replaced after two thirds of a second at the earliest.
    assert 2 <= refreshes(proxy) <= 7


async def test_tasks_with_tokens_of_one_second(base_url: str, account: Account, proxy: FaultProxy) -> None:
    proxy.rule("POST", "/auth/", lasting(1), times=10_000)
    async with await AsyncAIAssistantClient.sign_in(
        email=account.email, password=PASSWORD, base_url=base_url
    ) as client:
        ends_at = time.monotonic() + 3.5

        async def work() -> int:
            calls = 0
            while time.monotonic() < ends_at:
                await client.users.me()
                calls += 1
            return calls

        calls = sum(await asyncio.gather(*(work() for _ in range(50))))
    assert calls > 100
    assert 2 <= refreshes(proxy) <= 7


async def test_task_that_is_cancelled_does_not_strand_the_others(
    base_url: str, make_client: Make, proxy: FaultProxy
) -> None:
    session = shortened(make_client().session, -1)
    proxy.rule("POST", "/auth/refresh", Fault(delay=0.5))
    async with AsyncAIAssistantClient(base_url=base_url, session=session) as client:
        first = asyncio.create_task(client.users.me())
        await asyncio.sleep(0.1)
        others = [asyncio.create_task(client.users.me()) for _ in range(5)]
        await asyncio.sleep(0.1)
        first.cancel()
        assert len(await asyncio.gather(*others)) == 5
        assert refreshes(proxy) == 1


TWO_LOOPS = """
import asyncio, sys
from ai_assistant_sdk import AsyncAIAssistantClient, Session

client = AsyncAIAssistantClient(base_url=sys.argv[1], session=Session.from_json(sys.argv[2]))

async def call():
    users = await asyncio.gather(client.users.me(), client.users.me())
    print(users[0].id)

asyncio.run(call())
asyncio.run(call())
asyncio.run(client.aclose())
"""


def test_client_is_used_in_two_event_loops(base_url: str, client: AIAssistantClient) -> None:
    assert client.session is not None
    command = [sys.executable, "-c", TWO_LOOPS, base_url, client.session.to_json()]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.stderr == ""
    assert ran.stdout.split() == [client.users.me().id] * 2


async def test_on_session_may_be_a_coroutine_function(base_url: str, make_client: Make, account: Account) -> None:
    kept: list[Session | None] = []

    async def keep(session: Session | None) -> None:
        await asyncio.sleep(0.01)
        kept.append(session)

    session = shortened(make_client().session, -1)
    async with AsyncAIAssistantClient(base_url=base_url, session=session, on_session=keep) as client:
        await client.users.me()
        assert kept == [client.session]


def test_new_password_keeps_the_client_signed_in(client: AIAssistantClient, account: Account) -> None:
    before = client.session
    client.users.update_me(password="another-password", current_password=PASSWORD)
    assert client.session is not before
    assert client.users.me().email == account.email


def test_change_of_the_password_is_not_repeated(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("PUT", "/users/me", Fault(drop=True))
    with pytest.raises(APIConnectionError):
        client.users.update_me(password="another-password", current_password=PASSWORD)
    assert len(proxy.requests("PUT", "/users/me")) == 1


def test_api_keys(client: AIAssistantClient, base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = client.users.api_keys.create(name="bot", expires_in_days=1)
    assert key.key not in repr(key)
    assert [each.name for each in client.users.api_keys.list()] == ["bot"]
    with AIAssistantClient(base_url=base_url, api_key=key.key) as bot:
        assert bot.users.me().id == client.users.me().id
        with pytest.raises(ConfigurationError):
            bot.auth.login(email="x", password="y")
        assert bot.auth.login(email=client.users.me().email or "", password=PASSWORD, adopt=False).access_token
        assert bot.session is None
    with AIAssistantClient(base_url=base_url, api_key=lambda: key.key) as bot:
        bot.users.me()
    monkeypatch.setenv("AI_ASSISTANT_API_KEY", key.key)
    with AIAssistantClient(base_url=base_url) as bot:
        bot.users.me()
    client.users.api_keys.delete(key)
    with AIAssistantClient(base_url=base_url) as bot, pytest.raises(AuthenticationError, match="qk_"):
        bot.users.me()


async def test_api_key_may_come_from_a_coroutine_function(client: AIAssistantClient, base_url: str) -> None:
    key = client.users.api_keys.create(name="bot").key

    async def read_key() -> str:
        return key

    async with AsyncAIAssistantClient(base_url=base_url, api_key=read_key) as bot:
        await bot.users.me()


@pytest.mark.parametrize(
    "options",
    [
        {
            "api_key": "k",
            "session": Session(access_token="a", refresh_token="r", expires_at=datetime.now(timezone.utc)),
        },
        {"base_url": "ftp://localhost/api/v1"},
        {"attempt_timeout": 0},
        {"max_retries": -1},
    ],
)
def test_options_that_contradict_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        AIAssistantClient(**options)


@pytest.mark.parametrize("key", ["two words", "", "line\nbreak", "ünicode"])
def test_api_key_that_no_header_can_carry_is_refused(base_url: str, key: str) -> None:
    with AIAssistantClient(base_url=base_url, api_key=lambda: key) as client, pytest.raises(ConfigurationError):
        client.users.me()
