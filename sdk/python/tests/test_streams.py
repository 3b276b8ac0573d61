"""Replies as they are written: events, resuming, cancelling, failures."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest
from faults import Fault, FaultProxy

from ai_assistant_sdk import (
    AIAssistantClient,
    APIResponseError,
    APITimeoutError,
    AsyncAIAssistantClient,
    ConfigurationError,
    DeltaEvent,
    DoneEvent,
    InsufficientTokensError,
    MessageEvent,
    NotFoundError,
    StepEvent,
    StreamError,
    StreamInterruptedError,
)

Make = Callable[..., AIAssistantClient]
WORDS = "One, two, three, four, five"
SCRIPT = f'/echo text="{WORDS}" pieces=5 delay=150ms'


@pytest.fixture(autouse=True)
def quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_assistant_sdk._core.retries.BACKOFF_SECONDS", 0.02)


def resumes(proxy: FaultProxy) -> int:
    return len(proxy.requests("GET", "/stream"))


def after_words(proxy: FaultProxy, client: AIAssistantClient, conversation: str) -> int:
    """The number of bytes of a stream up to the middle of its reply."""
    with client.conversations.messages.stream(conversation, SCRIPT) as stream:
        assert stream.result.text == WORDS
    whole = proxy.requests("POST", "/stream")[-1].answer
    return whole.index(b"event: delta", whole.index(b"event: delta") + 1) + 5


def test_events_of_a_stream(client: AIAssistantClient) -> None:
    conversation = client.conversations.create()
    with client.conversations.messages.stream(conversation, SCRIPT) as stream:
        events = list(stream)
    assert isinstance(events[0], MessageEvent)
    assert stream.user_message == events[0].message
    pieces = [event.text for event in events if isinstance(event, DeltaEvent)]
    assert len(pieces) == 5
    assert "".join(pieces) == stream.text_so_far == WORDS
    assert isinstance(events[-1], DoneEvent)
    assert stream.result is events[-1].exchange
    assert stream.status == "complete"
    assert stream.response is None


def test_pieces_come_as_they_are_written(client: AIAssistantClient) -> None:
    conversation = client.conversations.create()
    times = []
    with client.conversations.messages.stream(conversation, SCRIPT) as stream:
        for _ in stream.text:
            times.append(time.monotonic())
    assert times[-1] - times[0] > 0.4


def test_calls_of_tools_are_events(client: AIAssistantClient) -> None:
    assistant = client.assistants.create(name="Searcher", tools=["web_search"])
    conversation = client.conversations.create(assistant_id=assistant)
    script = '/echo tool=web_search{"query": "tides"}\n/echo text=Found'
    with client.conversations.messages.stream(conversation, script) as stream:
        steps = [event.step for event in stream if isinstance(event, StepEvent)]
    assert steps[0].status == "running"
    assert steps[0].arguments == {"query": "tides"}
    assert stream.result.assistant_message.steps[0].tool == "web_search"


def test_result_reads_to_the_end(client: AIAssistantClient) -> None:
    with client.conversations.messages.stream(client.conversations.create(), SCRIPT) as stream:
        assert stream.result.text == WORDS


def test_cut_reply_is_an_ordinary_end(client: AIAssistantClient) -> None:
    script = '/echo text="To be" end=length'
    with client.conversations.messages.stream(client.conversations.create(), script) as stream:
        assert list(stream.text) == ["To be"]
    assert stream.status == "cut"


@pytest.mark.parametrize("cuts", [1, 2, 3])
def test_broken_stream_goes_on_where_it_ended(client: AIAssistantClient, proxy: FaultProxy, cuts: int) -> None:
    conversation = client.conversations.create()
    middle = after_words(proxy, client, conversation.id)
    before = client.users.me().tokens
    proxy.rule("POST", "/stream", Fault(cut_after=middle))
    # The later ones end in the middle of their first event, so that there is no progress.
    proxy.rule("GET", "/stream", Fault(cut_after=20), times=cuts - 1)
    with client.conversations.messages.stream(conversation, SCRIPT) as stream:
        assert "".join(stream.text) == WORDS
    assert stream.result.text == WORDS
    assert resumes(proxy) == cuts
    assert all(seen.headers.get("last-event-id") for seen in proxy.requests("GET", "/stream"))
    assert client.users.me().tokens == before - 100


def test_stream_is_given_up_after_three_attempts_without_progress(client: AIAssistantClient, proxy: FaultProxy) -> None:
    conversation = client.conversations.create()
    middle = after_words(proxy, client, conversation.id)
    proxy.rule("POST", "/stream", Fault(cut_after=middle))
    proxy.rule("GET", "/stream", Fault(before=True), times=9)
    with (
        client.conversations.messages.stream(conversation, SCRIPT) as stream,
        pytest.raises(StreamInterruptedError) as raised,
    ):
        list(stream)
    assert resumes(proxy) == 3
    assert WORDS.startswith(raised.value.partial_text)
    assert raised.value.partial_text
    assert raised.value.user_message is not None
    assert raised.value.idempotency_key == proxy.requests("POST", "/stream")[-1].headers["idempotency-key"]


def test_progress_resets_the_count(client: AIAssistantClient, proxy: FaultProxy) -> None:
    conversation = client.conversations.create()
    proxy.rule("POST", "/stream", Fault(cut_after=after_words(proxy, client, conversation.id)))
    # Each connection has one event.
    proxy.rule("GET", "/stream", Fault(cut_after=70), times=5)
    with client.conversations.messages.stream(conversation, SCRIPT) as stream:
        assert "".join(stream.text) == WORDS
    assert resumes(proxy) >= 4


def test_stream_that_may_not_resume_is_interrupted(client: AIAssistantClient, proxy: FaultProxy) -> None:
    conversation = client.conversations.create()
    proxy.rule("POST", "/stream", Fault(cut_after=after_words(proxy, client, conversation.id)))
    with (
        client.conversations.messages.stream(conversation, SCRIPT, resume=False) as stream,
        pytest.raises(StreamInterruptedError),
    ):
        list(stream)
    assert resumes(proxy) == 0


def test_answer_that_is_lost_before_the_first_event_is_asked_for_with_the_same_key(
    client: AIAssistantClient, proxy: FaultProxy
) -> None:
    conversation = client.conversations.create()
    proxy.rule("POST", "/stream", Fault(cut_after=0))
    script = '/echo text="Only once" pieces=2 delay=100ms'
    with client.conversations.messages.stream(conversation, script) as stream:
        assert "".join(stream.text) == "Only once"
    assert len({seen.headers["idempotency-key"] for seen in proxy.requests("POST", "/stream")}) == 1
    assert len(list(client.conversations.messages(conversation))) == 2


def test_silent_stream_is_resumed_once(make_client: Make, proxy: FaultProxy) -> None:
    client = make_client(stream_idle_timeout=0.6)
    conversation = client.conversations.create()
    proxy.rule("POST", "/stream", Fault(stall_after=after_words(proxy, client, conversation.id)))
    with client.conversations.messages.stream(conversation, SCRIPT) as stream:
        assert "".join(stream.text) == WORDS
    assert resumes(proxy) == 1


def test_stream_that_stays_silent_is_a_timeout(make_client: Make, proxy: FaultProxy) -> None:
    client = make_client(stream_idle_timeout=0.6)
    conversation = client.conversations.create()
    proxy.rule("POST", "/stream", Fault(stall_after=after_words(proxy, client, conversation.id)))
    proxy.rule("GET", "/stream", Fault(stall_after=0), times=9)
    began = time.monotonic()
    with (
        client.conversations.messages.stream(conversation, SCRIPT) as stream,
        pytest.raises(APITimeoutError) as raised,
    ):
        list(stream)
    assert raised.value.phase == "idle"
    assert resumes(proxy) == 1
    assert time.monotonic() - began < 4


def test_timeout_limits_the_whole_stream(client: AIAssistantClient) -> None:
    conversation = client.conversations.create()
    script = "/echo text=word repeat=100 pieces=100 delay=100ms"
    began = time.monotonic()
    with (
        client.conversations.messages.stream(conversation, script, timeout=1.0) as stream,
        pytest.raises(APITimeoutError) as raised,
    ):
        list(stream)
    assert raised.value.phase == "total"
    assert time.monotonic() - began < 1.5


def test_timeout_limits_the_beginning_of_a_stream(client: AIAssistantClient, proxy: FaultProxy) -> None:
    conversation = client.conversations.create()
    proxy.rule("POST", "/stream", Fault(delay=5), times=9)
    began = time.monotonic()
    with (
        pytest.raises(APITimeoutError) as raised,
        client.conversations.messages.stream(conversation, "Hello", timeout=0.5),
    ):
        pass
    assert raised.value.phase == "total"
    assert time.monotonic() - began < 1.2


def test_attempts_shorter_than_the_silence_do_not_end_streams(make_client: Make) -> None:
    client = make_client(attempt_timeout=0.5)
    conversation = client.conversations.create()
    with client.conversations.messages.stream(conversation, "/echo wait=1s text=Late") as stream:
        assert list(stream.text) == ["Late"]


def test_leaving_early_does_not_stop_the_turn(client: AIAssistantClient) -> None:
    conversation = client.conversations.create()
    with client.conversations.messages.stream(conversation, SCRIPT) as stream:
        next(stream)
    with pytest.raises(StreamInterruptedError):
        _ = stream.result
    assert list(stream) == []
    ends_at = time.monotonic() + 10
    while time.monotonic() < ends_at:
        messages = list(client.conversations.messages(conversation))
        if len(messages) == 2 and messages[0].status == "complete":
            break
        time.sleep(0.1)
    assert messages[1].content == WORDS


def test_cancelling_stops_the_model(client: AIAssistantClient) -> None:
    conversation = client.conversations.create()
    script = "/echo text=word repeat=200 pieces=200 delay=100ms"
    began = time.monotonic()
    with client.conversations.messages.stream(conversation, script) as stream:
        for _ in stream.text:
            stream.cancel()
            break
        assert stream.result.assistant_message.status == "cancelled"
    assert stream.status == "cancelled"
    assert time.monotonic() - began < 5
    # It has ended, so that there is nothing to stop.
    stream.cancel()


def test_cancelling_before_the_first_event(client: AIAssistantClient) -> None:
    conversation = client.conversations.create()
    with client.conversations.messages.stream(conversation, "/echo wait=20s") as stream:
        stream.cancel()
        events = list(stream)
    assert isinstance(events[0], MessageEvent)
    assert stream.status == "cancelled"


def test_failure_of_the_model(client: AIAssistantClient) -> None:
    conversation = client.conversations.create()
    script = '/echo text="Half of it" pieces=4 delay=50ms fail=broken after=2'
    with client.conversations.messages.stream(conversation, script) as stream, pytest.raises(StreamError) as raised:
        list(stream)
    assert type(raised.value) is StreamError
    assert (raised.value.code, raised.value.partial_text) == ("MODEL_ERROR", "Half ")
    assert raised.value.user_message == stream.user_message
    assert stream.response is None


def test_refusals_before_the_first_event_are_ordinary_errors(client: AIAssistantClient, proxy: FaultProxy) -> None:
    with (
        pytest.raises(NotFoundError),
        client.conversations.messages.stream("018e376b-9ce0-7000-8000-000000000001", "Hello"),
    ):
        pass
    proxy.rule("POST", "/stream", Fault(status=402, body=b'{"detail": "Insufficient tokens."}'))
    with (
        pytest.raises(InsufficientTokensError),
        client.conversations.messages.stream(client.conversations.create(), "Hello"),
    ):
        pass


def test_whole_answer_of_a_server_that_does_not_stream(client: AIAssistantClient, proxy: FaultProxy) -> None:
    conversation = client.conversations.create()
    client.conversations.messages.send(conversation, "Hello")
    whole = proxy.requests("POST", "/messages")[-1].answer
    proxy.rule("POST", "/stream", Fault(status=201, body=whole))
    with client.conversations.messages.stream(conversation, "Hello") as stream:
        kinds = [type(event) for event in stream]
    assert kinds == [MessageEvent, DeltaEvent, DoneEvent]
    assert stream.result.text


def test_page_of_a_proxy_is_no_stream(client: AIAssistantClient, proxy: FaultProxy) -> None:
    page = Fault(status=200, headers={"content-type": "text/html"}, body=b"<html>")
    proxy.rule("POST", "/stream", page)
    with (
        pytest.raises(APIResponseError, match="text/html"),
        client.conversations.messages.stream(client.conversations.create(), "Hello"),
    ):
        pass


def test_stream_is_entered_once(client: AIAssistantClient) -> None:
    stream = client.conversations.messages.stream(client.conversations.create(), "Hello")
    with stream:
        pass
    with pytest.raises(ConfigurationError), stream:
        pass


def test_stream_that_is_left_open_warns(client: AIAssistantClient) -> None:
    stream = client.conversations.messages.stream(client.conversations.create(), SCRIPT)
    stream.__enter__()
    response = stream.response
    assert response is not None
    with pytest.warns(ResourceWarning, match="with statement"):
        del stream
        gc.collect()
    response.close()


async def test_asynchronous_streams(async_client: AsyncAIAssistantClient, proxy: FaultProxy) -> None:
    client = async_client
    conversation = await client.conversations.create()
    async with client.conversations.messages.stream(conversation, SCRIPT) as stream:
        pieces = [text async for text in stream.text]
        assert "".join(pieces) == (await stream.result).text == WORDS
    whole = proxy.requests("POST", "/stream")[-1].answer
    proxy.rule("POST", "/stream", Fault(cut_after=whole.index(b"event: delta") + 5))
    async with client.conversations.messages.stream(conversation, SCRIPT) as stream:
        assert "".join([text async for text in stream.text]) == WORDS
    assert resumes(proxy) == 1
    async with client.conversations.messages.stream(conversation, "/echo wait=20s") as stream:
        await stream.cancel()
        assert (await stream.result).assistant_message.status == "cancelled"


async def test_asynchronous_stream_that_stays_silent(async_client: AsyncAIAssistantClient, proxy: FaultProxy) -> None:
    client = async_client.with_options(stream_idle_timeout=0.5)
    conversation = await client.conversations.create()
    proxy.rule("POST", "/stream", Fault(stall_after=400))
    proxy.rule("GET", "/stream", Fault(stall_after=0), times=9)
    with pytest.raises(APITimeoutError) as raised:
        async with client.conversations.messages.stream(conversation, SCRIPT) as stream:
            async for _ in stream:
                pass
    assert raised.value.phase == "idle"


def test_stream_outside_of_a_with_statement_says_what_is_missing(client: AIAssistantClient) -> None:
    stream = client.conversations.messages.stream(client.conversations.create(), "Hello")
    with pytest.raises(ConfigurationError, match="`with` statement"):
        next(iter(stream))
