//! How answers end, and what providers tell of their usage.

use super::{Answer, MINUTE, Provider, Reply, answer, answer_of, answer_to, delta, ended, finish, model, prompt, text};
use futures::StreamExt;
use serde_json::json;
use shared::model::{ChatModel, Delta, End, EndReason, ModelError, Prompt, Usage};
use std::time::Duration;
use tokio::time::Instant;

const BROKEN_OFF: ModelError = ModelError::Broken("the body ended without a finish reason");

fn used(input_tokens: u64, output_tokens: u64) -> End {
    End { usage: Some(Usage { input_tokens, output_tokens }), ..ended(EndReason::Complete) }
}

#[tokio::test]
async fn a_plain_answer_comes_in_its_pieces() {
    let first = json!({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "small-2026",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": null}, "finish_reason": null}]});
    let usage = json!({"model": "small-2026", "choices": [],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}});
    let events = [&first.to_string(), &text("Hel"), &text("lo"), &finish("stop"), &usage.to_string(), "[DONE]"];
    let provider = Provider::replying([Reply::events(&events)]).await;
    let deltas: Vec<_> = model(&provider).answer(prompt()).collect().await;
    let end = End { model: Some("small-2026".to_owned()), ..used(9, 2) };
    let pieces = [Delta::Text("Hel".to_owned()), Delta::Text("lo".to_owned()), Delta::End(end)];
    assert_eq!(deltas, pieces.map(Ok));
}

#[tokio::test]
async fn usage_in_a_last_event_without_choices() {
    let usage = r#"{"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}"#;
    assert_eq!(answer_of(&[&text("Hi"), &finish("stop"), usage]).await, Answer::of("Hi").ending(used(9, 2)));
}

#[tokio::test]
async fn usage_in_every_event_counts_once() {
    let event = |completion: u64| {
        json!({"choices": [{"delta": {"content": "a"}}],
            "usage": {"prompt_tokens": 9, "completion_tokens": completion, "total_tokens": 9 + completion}})
        .to_string()
    };
    let events = [event(1), event(2), event(3), finish("stop")];
    assert_eq!(answer_of(&events.each_ref().map(String::as_str)).await, Answer::of("aaa").ending(used(9, 3)));
}

#[tokio::test]
async fn reasoning_that_only_the_total_counts() {
    let usage = r#"{"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 61}}"#;
    assert_eq!(answer_of(&[&text("Hi"), &finish("stop"), usage]).await, Answer::of("Hi").ending(used(9, 52)));
}

#[tokio::test]
async fn usage_that_says_nothing() {
    let usages = [
        r"{}",
        "null",
        "7",
        r#"{"prompt_tokens": 9}"#,
        r#"{"prompt_tokens": null, "completion_tokens": 3}"#,
        r#"{"prompt_tokens": -1, "completion_tokens": 3}"#,
        r#"{"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}"#,
    ];
    for usage in usages {
        let last = format!(r#"{{"choices": [], "usage": {usage}}}"#);
        assert_eq!(answer_of(&[&text("Hi"), &finish("stop"), &last]).await, Answer::of("Hi"), "{usage}");
    }
    assert_eq!(answer_of(&[&text("Hi"), &finish("stop")]).await, Answer::of("Hi"));
}

#[tokio::test]
async fn events_without_choices_deltas_and_content() {
    let events = [
        r#"{"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}"#,
        r#"{"choices": [{"index": 0, "finish_reason": null, "content_filter_offsets": {}}]}"#,
        r#"{"choices": [{"index": 0, "delta": null}]}"#,
        r#"{"choices": null}"#,
        r#"{"type": "ping"}"#,
        &delta(&json!({"role": "assistant", "content": null})),
        &delta(&json!({"content": ""})),
        &delta(&json!({"content": 7})),
        &text("Hi"),
        &finish("stop"),
    ];
    assert_eq!(answer_of(&events).await, Answer::of("Hi"));
}

#[tokio::test]
async fn reasons() {
    let cases = [
        ("stop", EndReason::Complete),
        ("eos", EndReason::Complete),
        ("length", EndReason::Length),
        ("model_length", EndReason::Length),
        ("content_filter", EndReason::Filtered),
        ("tool_calls", EndReason::Complete),
    ];
    for (reason, expected) in cases {
        let expected = Answer::of("Hi").ending(ended(expected));
        assert_eq!(answer_of(&[&text("Hi"), &finish(reason)]).await, expected, "{reason}");
    }
    let failed = Answer::failed("Hi", ModelError::Failed(200));
    assert_eq!(answer_of(&[&text("Hi"), &finish("error")]).await, failed);
}

#[tokio::test]
async fn an_empty_reason_in_the_middle_is_none() {
    let events = [&text("H"), &finish(""), &text("i"), &finish("length")];
    let expected = Answer::of("Hi").ending(ended(EndReason::Length));
    assert_eq!(answer_of(&events.map(String::as_str)).await, expected);
}

#[tokio::test]
async fn a_mark_of_the_end_without_a_reason() {
    assert_eq!(answer_of(&[&text("Hi")]).await, Answer::of("Hi"));
    assert_eq!(answer_of(&[&text("Hi"), &finish("")]).await, Answer::of("Hi"));
}

#[tokio::test]
async fn a_reason_without_a_mark_of_the_end() {
    assert_eq!(answer(Reply::events(&[&text("Hi"), &finish("stop")])).await, Answer::of("Hi"));
    assert_eq!(answer(Reply::breaking_off(&[&text("Hi"), &finish("stop")])).await, Answer::of("Hi"));
}

#[tokio::test]
async fn a_mark_of_the_end_without_a_blank_line() {
    for mark in ["data: [DONE]", "data: [DONE]\n", "data:[DONE]\r\n"] {
        let body = format!("data: {}\n\n{mark}", text("Hi"));
        assert_eq!(answer(Reply::body(body)).await, Answer::of("Hi"), "{mark:?}");
    }
}

#[tokio::test]
async fn neither_a_reason_nor_a_mark_is_a_failure_after_the_text() {
    assert_eq!(answer(Reply::events(&[&text("Hi")])).await, Answer::failed("Hi", BROKEN_OFF));
    assert_eq!(answer(Reply::events(&[&text("Hi"), &finish("")])).await, Answer::failed("Hi", BROKEN_OFF));
    assert_eq!(answer(Reply::body("")).await, Answer::failed("", BROKEN_OFF));
    assert_eq!(answer(Reply::body("data: {\"choi")).await.end, Err(ModelError::Broken("an event is not JSON")));
    let lost = ModelError::Broken("the connection was lost");
    assert_eq!(answer(Reply::breaking_off(&[&text("Hi")])).await, Answer::failed("Hi", lost));
}

#[tokio::test]
async fn an_empty_answer_is_given_as_it_is() {
    assert_eq!(answer_of(&[]).await, Answer::of(""));
    assert_eq!(answer_of(&[&text(" \n"), &finish("stop")]).await, Answer::of(""));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_stays_open_after_the_end_is_left() {
    for (last, seconds) in [("[DONE]", 0), (finish("stop").as_str(), 5)] {
        let began = Instant::now();
        assert_eq!(answer(Reply::hanging(&[&text("Hi"), last])).await, Answer::of("Hi"));
        assert_eq!(began.elapsed().as_secs(), seconds, "{last}");
    }
}

#[tokio::test]
async fn nothing_counts_after_the_mark_of_the_end() {
    let reply = Reply::body(format!("data: {}\n\ndata: [DONE]\n\ndata: {}\n\ndata: x\n\n\u{1}", text("Hi"), text("!")));
    assert_eq!(answer(reply).await, Answer::of("Hi"));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_falls_silent_is_waited_for_a_minute() {
    for (reply, said) in [(Reply::silence(), ""), (Reply::hanging(&[]), ""), (Reply::hanging(&[&text("Hi")]), "Hi")] {
        let began = Instant::now();
        assert_eq!(answer(reply).await, Answer::failed(said, ModelError::TimedOut));
        assert_eq!(began.elapsed().as_secs(), MINUTE.as_secs());
    }
}

#[tokio::test]
async fn an_endless_answer_ends_at_its_time_limit() {
    let reply = Reply::endless("", &format!("data: {}\n\n", text("Hi")));
    let provider = Provider::replying([reply]).await;
    let began = Instant::now();
    let answer = answer_to(&model(&provider), Prompt { time_limit: Duration::from_millis(300), ..prompt() }).await;
    assert_eq!(answer.end, Err(ModelError::TimedOut));
    assert!(answer.text.starts_with("HiHi") && began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_that_has_ended_is_one_whatever_follows() {
    let reply = Reply::endless(&format!("data: {}\n\ndata: {}\n\n", text("Hi"), finish("stop")), ": ping\n\n");
    let provider = Provider::replying([reply]).await;
    let prompt = Prompt { time_limit: Duration::from_millis(300), ..prompt() };
    assert_eq!(answer_to(&model(&provider), prompt).await, Answer::of("Hi"));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_the_time_limit() {
    let provider = Provider::replying([Reply::hanging(&[])]).await;
    let began = Instant::now();
    let answer = answer_to(&model(&provider), Prompt { time_limit: Duration::from_secs(7), ..prompt() }).await;
    assert_eq!((answer.end, began.elapsed().as_secs()), (Err(ModelError::TimedOut), 7));
}
