"""When calls are sent again, with which key, and how long they take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from faults import Fault, FaultProxy

from ai_assistant_sdk import (
    AIAssistantClient,
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    ConflictError,
    IdempotencyError,
    ModelError,
    NotFoundError,
    RateLimitError,
    RequestInProgressError,
    ServerError,
    ServiceUnavailableError,
)

Make = Callable[..., AIAssistantClient]


@pytest.fixture(autouse=True)
def quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_assistant_sdk._core.retries.BACKOFF_SECONDS", 0.02)


def test_lost_answer_to_a_creation_is_asked_for_again_with_the_same_key(
    client: AIAssistantClient, proxy: FaultProxy
) -> None:
    proxy.rule("POST", "/assistants", Fault(drop=True), times=2)
    client.assistants.create(name="Once")
    sent = proxy.requests("POST", "/assistants")
    assert len(sent) == 3
    assert len({seen.headers["idempotency-key"] for seen in sent}) == 1
    assert len({seen.body for seen in sent}) == 1
    assert [assistant.name for assistant in client.assistants.list()] == ["Once"]


def test_each_call_has_its_own_key(client: AIAssistantClient, proxy: FaultProxy) -> None:
    client.assistants.create(name="a")
    client.assistants.create(name="b")
    first, second = proxy.requests("POST", "/assistants")
    assert first.headers["idempotency-key"].startswith("sdk-")
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]


def test_own_key_is_sent_and_shown_on_errors(client: AIAssistantClient, proxy: FaultProxy) -> None:
    client.assistants.create(name="a", idempotency_key="mine")
    with pytest.raises(IdempotencyError) as raised:
        client.assistants.create(name="b", idempotency_key="mine")
    assert raised.value.idempotency_key == "mine"
    assert [seen.headers["idempotency-key"] for seen in proxy.requests("POST", "/assistants")] == ["mine", "mine"]


def test_lost_answer_to_a_message_is_paid_once(client: AIAssistantClient, proxy: FaultProxy) -> None:
    conversation = client.conversations.create()
    before = client.users.me().tokens
    proxy.rule("POST", "/messages", Fault(drop=True))
    exchange = client.conversations.messages.send(conversation, "Hello")
    assert exchange.text
    assert client.users.me().tokens == before - 100
    assert len(list(client.conversations.messages(conversation))) == 2


def test_a_message_that_is_still_being_answered_is_waited_for(make_client: Make, proxy: FaultProxy) -> None:
    client = make_client(model_timeout=0.5, timeout=20, max_retries=1)
    conversation = client.conversations.create()
    # The first attempt ends before the model does. The server says 409 with Retry-After until it is done.
    exchange = client.conversations.messages.send(conversation, "/echo wait=3s text=Late")
    assert exchange.text == "Late"
    assert len(proxy.requests("POST", "/messages")) > 2
    assert len(list(client.conversations.messages(conversation))) == 2


def test_a_message_in_progress_is_an_error_without_retries(client: AIAssistantClient, proxy: FaultProxy) -> None:
    conversation = client.conversations.create()
    proxy.rule("POST", "/messages", Fault(status=409, headers={"retry-after": "1"}))
    with pytest.raises(RequestInProgressError):
        client.conversations.messages.send(conversation, "Hello", max_retries=0)
    assert len(proxy.requests("POST", "/messages")) == 1


@pytest.mark.parametrize("fault", [Fault(drop=True), Fault(before=True), Fault(status=503)])
def test_no_retries_means_none(make_client: Make, proxy: FaultProxy, fault: Fault) -> None:
    client = make_client(max_retries=0)
    proxy.rule("GET", "/users/me", fault, times=5)
    with pytest.raises((APIConnectionError, ServiceUnavailableError)):
        client.users.me()
    assert len(proxy.requests("GET", "/users/me")) == 1


def test_registration_is_not_repeated_once_it_may_have_arrived(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("POST", "/auth/register", Fault(drop=True))
    with pytest.raises(APIConnectionError) as raised:
        client.auth.register(email=f"lost{time.time_ns()}@example.com", password="password123")
    assert raised.value.attempts == 1
    assert len(proxy.requests("POST", "/auth/register")) == 1


def test_without_a_connection_everything_is_repeated() -> None:
    with AIAssistantClient(base_url="http://127.0.0.1:9/api/v1") as client:
        with pytest.raises(APIConnectionError) as raised:
            client.auth.register(email="a@example.com", password="password123")
        assert raised.value.attempts == 3


def test_not_found_after_a_lost_deletion_is_success(client: AIAssistantClient, proxy: FaultProxy) -> None:
    assistant = client.assistants.create(name="Gone")
    proxy.rule("DELETE", "/assistants", Fault(drop=True))
    client.assistants.delete(assistant)
    assert [seen.status for seen in proxy.requests("DELETE", "/assistants")] == [204, 404]
    with pytest.raises(NotFoundError):
        client.assistants.delete(assistant)


def test_retry_after_is_obeyed(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("GET", "/users/me", Fault(status=503, headers={"retry-after": "1"}))
    began = time.monotonic()
    client.users.me()
    assert time.monotonic() - began >= 1
    first, second = proxy.requests("GET", "/users/me")
    assert second.at - first.at >= 1


def test_rate_limit_is_waited_for(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("POST", "/assistants", Fault(status=429, headers={"retry-after": "1"}))
    client.assistants.create(name="Later")
    assert len(proxy.requests("POST", "/assistants")) == 2


def test_rate_limit_that_is_too_long_is_an_error_at_once(client: AIAssistantClient, proxy: FaultProxy) -> None:
    limit = {"retry-after": "76", "ratelimit-policy": '"api";q=100;w=60', "ratelimit": '"api";r=0;t=76'}
    proxy.rule("GET", "/users/me", Fault(status=429, headers=limit))
    with pytest.raises(RateLimitError) as raised:
        client.users.me()
    assert (raised.value.retry_after, raised.value.limit, raised.value.remaining) == (76, 100, 0)
    assert len(proxy.requests("GET", "/users/me")) == 1


def test_wait_that_does_not_fit_into_the_timeout_is_an_error_at_once(
    client: AIAssistantClient, proxy: FaultProxy
) -> None:
    proxy.rule("GET", "/users/me", Fault(status=503, headers={"retry-after": "30"}))
    began = time.monotonic()
    with pytest.raises(ServiceUnavailableError):
        client.users.me(timeout=5)
    assert time.monotonic() - began < 1


def test_sign_in_over_the_limit_is_not_repeated(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("POST", "/auth/login", Fault(status=429, headers={"retry-after": "1"}))
    with pytest.raises(RateLimitError):
        client.auth.login(email="x", password="y")
    assert len(proxy.requests("POST", "/auth/login")) == 1


def test_conflict_is_final(client: AIAssistantClient, proxy: FaultProxy) -> None:
    client.assistants.create(name="Same")
    with pytest.raises(ConflictError) as raised:
        client.assistants.create(name="Same")
    assert type(raised.value) is ConflictError
    assert len(proxy.requests("POST", "/assistants")) == 2


@pytest.mark.parametrize(("method", "attempts"), [("keyed", 3), ("unkeyed", 1)])
def test_internal_errors_are_repeated_where_that_is_safe(
    client: AIAssistantClient, proxy: FaultProxy, admin: AIAssistantClient, method: str, attempts: int
) -> None:
    proxy.rule("POST", "/", Fault(status=500), times=9)
    with pytest.raises(ServerError) as raised:
        if method == "keyed":
            client.assistants.create(name="x")
        else:
            admin.tools.test("web_search", arguments={"query": "x"})
    assert raised.value.attempts == attempts


def test_failures_of_the_model_are_repeated_only_if_asked(client: AIAssistantClient, proxy: FaultProxy) -> None:
    conversation = client.conversations.create()
    with pytest.raises(ModelError):
        client.conversations.messages.send(conversation, "/echo fail=error")
    assert len(proxy.requests("POST", "/messages")) == 1
    with pytest.raises(ModelError):
        client.conversations.messages.send(conversation, "/echo fail=error", retry_model_errors=1)
    assert len(proxy.requests("POST", "/messages")) == 3


def test_timeout_is_the_whole_call_and_not_one_attempt(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("GET", "/users/me", Fault(delay=5), times=9)
    began = time.monotonic()
    with pytest.raises(APITimeoutError) as raised:
        client.users.me(timeout=0.7, max_retries=5)
    assert time.monotonic() - began < 1.2
    assert raised.value.phase == "total"


def test_only_calls_that_wait_for_a_model_get_its_time(make_client: Make, proxy: FaultProxy) -> None:
    client = make_client(attempt_timeout=0.3, model_timeout=20)
    assert client.conversations.create(message="/echo wait=600ms text=Late").messages[1].content == "Late"
    proxy.rule("POST", "/conversations", Fault(delay=5))
    client.conversations.create()
    assert len(proxy.requests("POST", "/conversations")) == 3


def test_attempts_that_take_too_long_are_repeated(make_client: Make, proxy: FaultProxy) -> None:
    client = make_client(attempt_timeout=0.4)
    proxy.rule("GET", "/users/me", Fault(delay=5))
    client.users.me()
    assert len(proxy.requests("GET", "/users/me")) == 2
    proxy.rule("GET", "/users/me", Fault(delay=5), times=9)
    with pytest.raises(APITimeoutError) as raised:
        client.users.me()
    assert (raised.value.phase, raised.value.attempts) == ("read", 3)


@pytest.mark.parametrize("fault", [Fault(stall_after=10), Fault(pause=0.05)], ids=["silence", "drops"])
def test_timeout_covers_the_body(client: AIAssistantClient, proxy: FaultProxy, fault: Fault) -> None:
    proxy.rule("GET", "/users/me", fault, times=9)
    began = time.monotonic()
    with pytest.raises(APITimeoutError):
        client.users.me(timeout=1.0, max_retries=0)
    assert 0.9 < time.monotonic() - began < 1.5


def test_connection_is_given_up_after_its_own_timeout() -> None:
    # Nobody answers in the network for documentation.
    with (
        AIAssistantClient(base_url="http://192.0.2.1/api/v1", connect_timeout=0.3, max_retries=0) as client,
        pytest.raises(APIConnectionError),
    ):
        client.health.check()


def test_cut_body_is_asked_for_again(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("GET", "/users/me", Fault(cut_after=20))
    assert client.users.me().tokens > 0
    assert len(proxy.requests("GET", "/users/me")) == 2


@pytest.mark.parametrize(
    "body", [b"<html>Sign in to the network</html>", b"{}", b'{"id": 3', b"null"], ids=["page", "empty", "cut", "null"]
)
def test_answer_that_is_something_else_is_an_error_of_its_own(
    client: AIAssistantClient, proxy: FaultProxy, body: bytes
) -> None:
    proxy.rule("GET", "/users/me", Fault(status=200, body=body))
    with pytest.raises(APIResponseError):
        client.users.me()


def test_redirects_are_not_followed(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("GET", "/users/me", Fault(status=302, headers={"location": "http://127.0.0.1:1/elsewhere"}))
    with pytest.raises(APIStatusError, match="base_url"):
        client.users.me()


def test_gateway_errors_without_a_code_have_a_class(client: AIAssistantClient, proxy: FaultProxy) -> None:
    proxy.rule("GET", "/users/me", Fault(status=503, body=b'{"message": "Service Unavailable"}'), times=3)
    with pytest.raises(ServiceUnavailableError) as raised:
        client.users.me()
    assert (raised.value.code, raised.value.detail) == (None, "Service Unavailable")


@pytest.mark.parametrize("options", [{"timeout": 0}, {"max_retries": -1}])
def test_limits_that_make_no_sense_are_refused(client: AIAssistantClient, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        client.users.me(**options)


def test_options_of_a_call_that_do_not_exist_are_refused(client: AIAssistantClient) -> None:
    with pytest.raises(TypeError, match="retries"):
        client.users.me(retries=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="idempotency_key"):
        client.users.me(idempotency_key="x")  # type: ignore[call-arg]


def test_with_options_shares_the_session(client: AIAssistantClient, proxy: FaultProxy) -> None:
    other = client.with_options(max_retries=0, default_headers={"X-Team": "blue"})
    proxy.rule("GET", "/users/me", Fault(status=503))
    with pytest.raises(ServiceUnavailableError):
        other.users.me()
    assert other.session is client.session
    assert proxy.requests("GET", "/users/me")[0].headers["x-team"] == "blue"
    client.users.me(extra_headers={"X-Team": "red"})
    assert proxy.requests("GET", "/users/me")[1].headers["x-team"] == "red"
