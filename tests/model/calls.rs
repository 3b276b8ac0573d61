//! Calls of tools, in all the ways in which providers write them.

use super::{
    Answer, Provider, Reply, answer, answer_of, answer_to, call, delta, ended, finish, model, prompt_of, text, user,
};
use serde_json::{Value, json};
use shared::model::{EndReason, ModelError, PromptMessage, ToolCall};

/// An event with these pieces of calls.
fn pieces(calls: &Value) -> String {
    delta(&json!({"tool_calls": calls}))
}

/// The calls of an answer whose events have these pieces.
async fn calls_of(events: &[Value], reason: &str) -> Vec<ToolCall> {
    let mut events: Vec<_> = events.iter().map(pieces).collect();
    events.push(finish(reason));
    let answer = answer_of(&events.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(answer, Answer::of("").calling(&answer.calls));
    answer.calls
}

fn two() -> [ToolCall; 2] {
    [call("call_a", "search", r#"{"q":"x"}"#), call("call_b", "read", r#"{"id":1}"#)]
}

#[tokio::test]
async fn calls_in_pieces() {
    let events = [
        json!([{"index": 0, "id": "call_a", "type": "function", "function": {"name": "search", "arguments": ""}}]),
        json!([{"index": 0, "function": {"arguments": "{\"q\""}}]),
        json!([{"index": 1, "id": "call_b", "type": "function", "function": {"name": "read", "arguments": "{\"id\""}}]),
        json!([{"index": 0, "function": {"arguments": ":\"x\"}"}}, {"index": 1, "function": {"arguments": ":1}"}}]),
    ];
    assert_eq!(calls_of(&events, "tool_calls").await, two());
}

#[tokio::test]
async fn text_before_calls_comes_first() {
    let piece =
        pieces(&json!([{"index": 0, "id": "call_a", "function": {"name": "search", "arguments": "{\"q\":\"x\"}"}}]));
    let events = [&piece, &text("Let me "), &text("look."), &finish("tool_calls")];
    let expected = Answer::of("Let me look.").calling(&two()[..1]);
    assert_eq!(answer_of(&events.map(String::as_str)).await, expected);
}

#[tokio::test]
async fn all_with_index_0_and_different_ids() {
    let events = [
        json!([{"index": 0, "id": "call_a", "function": {"name": "search", "arguments": "{\"q\":\"x\"}"}}]),
        json!([{"index": 0, "id": "call_b", "function": {"name": "read", "arguments": "{\"id\":1}"}}]),
    ];
    assert_eq!(calls_of(&events, "tool_calls").await, two());
    let in_one = json!([events[0][0], events[1][0]]);
    assert_eq!(calls_of(&[in_one], "tool_calls").await, two());
}

#[tokio::test]
async fn all_with_index_0_and_in_pieces() {
    let events = [
        json!([{"index": 0, "id": "call_a", "function": {"name": "search", "arguments": ""}}]),
        json!([{"index": 0, "function": {"arguments": "{\"q\":\"x\"}"}}]),
        json!([{"index": 0, "id": "call_b", "function": {"name": "read", "arguments": ""}}]),
        json!([{"index": 0, "function": {"arguments": "{\"id\":1}"}}]),
    ];
    assert_eq!(calls_of(&events, "tool_calls").await, two());
}

#[tokio::test]
async fn all_with_index_0_and_no_ids() {
    let events = [
        json!([{"index": 0, "function": {"name": "search", "arguments": "{\"q\":\"x\"}"}}]),
        json!([{"index": 0, "id": "", "function": {"name": "read", "arguments": "{\"id\":1}"}}]),
    ];
    let [first, second] = two();
    let expected =
        [call("call00000", &first.name, &first.arguments), call("call00001", &second.name, &second.arguments)];
    assert_eq!(calls_of(&events, "tool_calls").await, expected);
}

#[tokio::test]
async fn without_an_index() {
    let events = [
        json!([{"id": "call_a", "function": {"name": "search", "arguments": "{\"q\":"}}]),
        json!([{"function": {"arguments": "\"x\"}"}}]),
        json!([{"id": "call_b", "function": {"name": "read", "arguments": "{\"id\":1}"}}]),
    ];
    assert_eq!(calls_of(&events, "tool_calls").await, two());
    for index in [json!(null), json!("0"), json!(-1), json!(1.5)] {
        let events =
            [json!([{"index": index, "id": "call_a", "function": {"name": "search", "arguments": "{\"q\":\"x\"}"}},
                {"index": index, "id": "call_b", "function": {"name": "read", "arguments": "{\"id\":1}"}}])];
        assert_eq!(calls_of(&events, "tool_calls").await, two(), "{index}");
    }
}

#[tokio::test]
async fn with_a_giant_index() {
    for index in [4_294_967_295_u64, u64::MAX] {
        let events = [
            json!([{"index": index, "id": "call_a", "function": {"name": "search", "arguments": "{\"q\":"}}]),
            json!([{"index": index, "function": {"arguments": "\"x\"}"}}]),
            json!([{"index": 0, "id": "call_b", "function": {"name": "read", "arguments": "{\"id\":1}"}}]),
        ];
        assert_eq!(calls_of(&events, "tool_calls").await, two());
    }
}

#[tokio::test]
async fn with_the_name_in_every_piece() {
    for id in [json!("call_a"), json!(null), json!("")] {
        let events = [
            json!([{"index": 0, "id": "call_a", "function": {"name": "search", "arguments": ""}}]),
            json!([{"index": 0, "id": id, "function": {"name": "search", "arguments": "{\"q\":"}}]),
            json!([{"index": 0, "id": id, "function": {"name": "search", "arguments": "\"x\"}"}}]),
            json!([{"index": 0, "id": id, "function": {"name": "search", "arguments": ""}}]),
        ];
        assert_eq!(calls_of(&events, "tool_calls").await, two()[..1], "{id}");
    }
}

#[tokio::test]
async fn with_arguments_as_an_object() {
    let events = [
        json!([{"index": 0, "id": "call_a", "function": {"name": "search", "arguments": {"q": "x"}}}]),
        json!([{"index": 1, "id": "call_b", "function": {"name": "read", "arguments": {"id": 1}}}]),
    ];
    assert_eq!(calls_of(&events, "stop").await, two());
}

#[tokio::test]
async fn with_another_reason() {
    let events = [json!([{"index": 0, "id": "call_a", "function": {"name": "search", "arguments": "{\"q\":\"x\"}"}}])];
    for reason in ["stop", "", "function_call", "length"] {
        assert_eq!(calls_of(&events, reason).await, two()[..1], "{reason}");
    }
}

#[tokio::test]
async fn without_arguments() {
    for function in
        [json!({"name": "now"}), json!({"name": "now", "arguments": ""}), json!({"name": "now", "arguments": null})]
    {
        let events = [json!([{"index": 0, "id": "call_a", "function": function}])];
        assert_eq!(calls_of(&events, "tool_calls").await, [call("call_a", "now", "{}")]);
    }
}

#[tokio::test]
async fn arguments_that_are_not_json_are_left_to_the_caller() {
    let events = [json!([{"index": 0, "id": "call_a", "function": {"name": "now", "arguments": "{oops"}}])];
    assert_eq!(calls_of(&events, "tool_calls").await, [call("call_a", "now", "{oops")]);
}

#[tokio::test]
async fn a_call_that_was_cut_is_none() {
    let piece = pieces(&json!([{"index": 0, "id": "call_a", "function": {"name": "search", "arguments": "{\"q\":"}}]));
    let expected = Answer::of("").ending(ended(EndReason::Length));
    assert_eq!(answer_of(&[&piece, &finish("length")]).await, expected);
    let filtered = Answer::of("").ending(ended(EndReason::Filtered));
    assert_eq!(answer_of(&[&piece, &finish("content_filter")]).await, filtered);
    let broken = answer(Reply::events(&[&piece])).await;
    assert_eq!(broken, Answer::failed("", ModelError::Broken("the body ended without a finish reason")));
}

#[tokio::test]
async fn ids_are_made_where_they_are_missing_or_the_same() {
    let function = json!({"name": "now", "arguments": "{}"});
    let events = [json!([
        {"index": 0, "function": function},
        {"index": 1, "id": "same", "function": function},
        {"index": 2, "id": "same", "function": function},
        {"index": 3, "id": 7, "function": function},
        {"index": 4, "id": "call00001", "function": function},
    ])];
    let calls = calls_of(&events, "tool_calls").await;
    let ids: Vec<_> = calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, ["call00000", "same", "call00002", "call00003", "call00001"]);
}

#[tokio::test]
async fn made_ids_do_not_repeat_in_a_conversation() {
    let piece = pieces(&json!([{"index": 0, "function": {"name": "now"}}]));
    let provider = Provider::replying([Reply::events(&[&piece, "[DONE]"])]).await;
    let earlier = vec![call("call00000", "now", "{}"), call("x", "now", "{}")];
    let result = |id: &str| PromptMessage::ToolResult {
        call: id.to_owned(),
        name: "now".to_owned(),
        text: "noon".to_owned(),
        is_error: false,
    };
    let calling = PromptMessage::Assistant { text: String::new(), reasoning: None, calls: earlier };
    let prompt = prompt_of(vec![user("When?"), calling, result("call00000"), result("x")]);
    let expected = Answer::of("").calling(&[call("call00002", "now", "{}")]);
    assert_eq!(answer_to(&model(&provider), prompt).await, expected);
}

#[tokio::test]
async fn a_call_without_a_name_is_broken() {
    let piece = pieces(&json!([{"index": 0, "id": "call_a", "function": {"arguments": "{}"}}]));
    let broken = ModelError::Broken("a tool call has no name");
    assert_eq!(answer_of(&[&piece, &finish("tool_calls")]).await, Answer::failed("", broken));
}

#[tokio::test]
async fn too_many_calls_are_broken() {
    let broken = Answer::failed("", ModelError::Broken("there are too many tool calls"));
    let many: Vec<_> = (0..129).map(|index| json!({"index": index, "function": {"name": "now"}})).collect();
    assert_eq!(answer_of(&[&pieces(&json!(many))]).await, broken);
    let long = pieces(&json!([{"index": 0, "function": {"name": "now", "arguments": "x".repeat(400_000)}}]));
    assert_eq!(answer_of(&[&long, &long, &long]).await, broken);
}

#[tokio::test]
async fn calls_in_a_whole_completion() {
    let message = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "call_a", "type": "function", "function": {"name": "search", "arguments": "{\"q\":\"x\"}"}},
        {"id": "call_b", "type": "function", "function": {"name": "read", "arguments": {"id": 1}}}]});
    let body = json!({"choices": [{"message": message, "finish_reason": "stop"}]}).to_string();
    assert_eq!(answer(Reply::body(body)).await, Answer::of("").calling(&two()));
}
