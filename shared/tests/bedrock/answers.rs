//! What becomes of the events of a model.

use super::*;

fn begin() -> (&'static str, Value) {
    ("messageStart", json!({"role": "assistant"}))
}

#[tokio::test]
async fn an_answer_comes_in_pieces_and_its_usage_after_its_end() {
    let end_of_block = ("contentBlockStop", json!({"contentBlockIndex": 0}));
    let events = [begin(), text("One "), text(""), text("two."), end_of_block, stop("end_turn"), usage(11, 17)];
    let expected = Answer::of("One two.").ending(EndReason::Complete, Some((11, 17)));
    assert_eq!(answer(Reply::events(&events)).await, expected);
}

#[tokio::test]
async fn every_reason_to_stop_has_a_meaning() {
    let reasons = [
        ("end_turn", EndReason::Complete),
        ("stop_sequence", EndReason::Complete),
        ("something_new", EndReason::Complete),
        // Without a call.
        ("tool_use", EndReason::Complete),
        ("max_tokens", EndReason::Length),
        ("model_context_window_exceeded", EndReason::Length),
        ("guardrail_intervened", EndReason::Filtered),
        ("content_filtered", EndReason::Filtered),
    ];
    for (name, reason) in reasons {
        let expected = Answer::of("Hi").ending(reason, None);
        assert_eq!(answer(Reply::events(&[text("Hi"), stop(name)])).await, expected, "{name}");
    }
    for name in ["malformed_model_output", "malformed_tool_use"] {
        let told = answer(Reply::events(&[text("Hi"), stop(name)])).await;
        assert!(matches!(told.end, Err(ModelError::Broken(_))) && told.text == "Hi", "{name}: {told:?}");
    }
}

#[tokio::test]
async fn reasoning_is_kept_apart_from_the_text() {
    let thought = |piece: Value| delta(0, &json!({"reasoningContent": piece}));
    let events = [
        thought(json!({"text": "Hm"})),
        thought(json!({"text": "."})),
        thought(json!({"signature": "c2ln"})),
        thought(json!({"redactedContent": "c2Vj"})),
        delta(1, &json!({"text": "Hi"})),
        stop("end_turn"),
    ];
    let expected = Answer { reasoning: "Hm.".to_owned(), ..Answer::of("Hi") };
    assert_eq!(answer(Reply::events(&events)).await, expected);
}

#[tokio::test]
async fn calls_are_put_together_from_their_pieces() {
    let events = [
        text("I look."),
        begin_call(1, "tooluse_1", "web_search"),
        arguments(1, "{\"query\":"),
        begin_call(2, "tooluse_2", "clock"),
        arguments(1, " \"rain\"}"),
        arguments(2, ""),
        stop("tool_use"),
        usage(5, 6),
    ];
    let calls = vec![call("tooluse_1", "web_search", r#"{"query": "rain"}"#), call("tooluse_2", "clock", "{}")];
    let expected = Answer { calls, ..Answer::of("I look.") }.ending(EndReason::ToolCalls, Some((5, 6)));
    assert_eq!(answer(Reply::events(&events)).await, expected);
}

#[tokio::test]
async fn a_call_that_was_cut_off_is_left_out() {
    let events = [text("I look."), begin_call(1, "a", "web_search"), arguments(1, "{\"qu"), stop("max_tokens")];
    assert_eq!(answer(Reply::events(&events)).await, Answer::of("I look.").ending(EndReason::Length, None));
}

#[tokio::test]
async fn calls_have_a_bounded_size() {
    let mut events = vec![text("I look."), begin_call(1, "a", "web_search")];
    events.extend((0..17).map(|_| arguments(1, &"x".repeat(64 << 10))));
    let expected = Answer::failed("I look.", ModelError::Broken("there are too many tool calls"));
    assert_eq!(answer(Reply::hanging(&events)).await, expected);
}

#[tokio::test]
async fn tokens_of_the_cache_are_part_of_the_input() {
    let tokens = json!({
        "inputTokens": 3, "outputTokens": 4, "totalTokens": 17, "cacheReadInputTokens": 8, "cacheWriteInputTokens": 2,
    });
    let events = [text("Hi"), stop("end_turn"), ("metadata", json!({"usage": tokens}))];
    let expected = Answer::of("Hi").ending(EndReason::Complete, Some((13, 4)));
    assert_eq!(answer(Reply::events(&events)).await, expected);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_its_usage_is_complete() {
    for reply in [Reply::hanging(&[text("Hi"), stop("end_turn")]), Reply::breaking_off(&[text("Hi"), stop("end_turn")])]
    {
        assert_eq!(answer(reply).await, Answer::of("Hi"));
    }
}

#[tokio::test]
async fn an_answer_that_ends_before_its_end_is_broken() {
    let ended = Answer::failed("Hi", ModelError::Broken("the events ended without a stop reason"));
    assert_eq!(answer(Reply::events(&[text("Hi")])).await, ended);
    let lost = Answer::failed("Hi", ModelError::Broken("the connection was lost"));
    assert_eq!(answer(Reply::breaking_off(&[text("Hi")])).await, lost);
    let answered = answer(Reply::raw(b"<html>This is no stream of events, but a page of a proxy.</html>")).await;
    assert!(matches!(answered.end, Err(ModelError::Broken(_))), "{answered:?}");
}

#[tokio::test(start_paused = true)]
async fn silence_is_given_up_after_a_minute() {
    for (reply, said) in [(Reply::silence(), ""), (Reply::hanging(&[text("Hi")]), "Hi")] {
        let began = tokio::time::Instant::now();
        assert_eq!(answer(reply).await, Answer::failed(said, ModelError::TimedOut));
        assert_eq!(began.elapsed().as_secs(), 60);
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_of_a_prompt_ends_its_answer() {
    for (reply, said) in [(Reply::silence(), ""), (Reply::hanging(&[text("Hi")]), "Hi")] {
        let (began, model) = (tokio::time::Instant::now(), Runtime::replying([reply]).model());
        let answered = answer_to(&model, Prompt { time_limit: MINUTE / 4, ..prompt() }).await;
        assert_eq!(answered, Answer::failed(said, ModelError::TimedOut));
        assert_eq!(began.elapsed().as_secs(), 15);
    }
}
