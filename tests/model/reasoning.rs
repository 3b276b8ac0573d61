//! Reasoning, which never becomes text.

use super::{
    Answer, Provider, Reply, answer, answer_of, answer_to, answers, call, delta, finish, model, prompt, prompt_of,
    text, user,
};
use serde_json::{Value, json};
use shared::model::{ModelError, PromptMessage};

#[tokio::test]
async fn in_a_field() {
    for field in ["reasoning_content", "reasoning"] {
        let events = [
            delta(&json!({"role": "assistant", "content": "", field: "The user "})),
            delta(&json!({"content": null, field: "greets."})),
            delta(&json!({"content": "\n\nHi", field: null})),
            delta(&json!({"content": " there", field: ""})),
            finish("stop"),
        ];
        let expected = Answer::of("Hi there").thinking("The user greets.");
        assert_eq!(answer_of(&events.each_ref().map(String::as_str)).await, expected, "{field}");
    }
}

#[tokio::test]
async fn in_both_fields_it_counts_once() {
    let events = [delta(&json!({"reasoning": "Hm.", "reasoning_content": "Hm."})), text("Hi")];
    let expected = Answer::of("Hi").thinking("Hm.");
    assert_eq!(answer_of(&events.each_ref().map(String::as_str)).await, expected);
    let events = [delta(&json!({"reasoning": "Hm.", "reasoning_content": ""})), text("Hi")];
    assert_eq!(answer_of(&events.each_ref().map(String::as_str)).await, expected);
}

#[tokio::test]
async fn in_parts_of_the_content() {
    let events = [
        json!([{"type": "thinking", "thinking": [{"type": "text", "text": "The user "}]}]),
        json!([{"type": "thinking", "thinking": "greets."}, {"type": "text", "text": "\nHi"}]),
        json!([{"type": "reference", "reference_ids": [1]}, {"type": "text"}, {}, 7, null]),
        json!([{"type": "text", "text": " there"}]),
        json!(" you"),
    ];
    let events = events.map(|content| delta(&json!({"content": content})));
    let expected = Answer::of("Hi there you").thinking("The user greets.");
    assert_eq!(answer_of(&events.each_ref().map(String::as_str)).await, expected);
}

#[tokio::test]
async fn alone_it_is_an_answer_without_text() {
    let expected = Answer::of("").thinking("Hm.");
    assert_eq!(answer_of(&[&delta(&json!({"reasoning_content": "Hm."})), &finish("stop")]).await, expected);
    assert_eq!(answer_of(&[&text("<think>Hm.</think>\n\n"), &finish("stop")]).await, expected);
}

/// An answer whose content is this, however it is cut.
async fn content(content: &str) -> Answer {
    let mut letters: Vec<_> = content.chars().map(|letter| text(&letter.to_string())).collect();
    letters.push(finish("stop"));
    let letters: Vec<_> = letters.iter().map(String::as_str).collect();
    let mut answers = answers([Reply::events(&[&text(content), &finish("stop")]), Reply::events(&letters)]).await;
    assert_eq!(answers[0], answers[1]);
    answers.remove(0)
}

#[tokio::test]
async fn between_tags() {
    let cases = [
        ("<think>Hm.</think>Hi", "Hm.", "Hi"),
        ("\n <think>\nHm.\n</think>\n\n Hi\n", "\nHm.\n", "Hi\n"),
        ("<think></think>Hi", "", "Hi"),
        ("<think>a < b </thin </think>Hi", "a < b </thin ", "Hi"),
        ("<think>a<think>b</think>Hi", "a<think>b", "Hi"),
        ("<think>a</think> <think>b</think> Hi", "ab", "Hi"),
        ("Well <think>Hm.</think> hi", "Hm.", "Well hi"),
        ("Well<think>Hm.</think> hi", "Hm.", "Well hi"),
        ("<think>世界</think>Grüße", "世界", "Grüße"),
    ];
    for (written, reasoning, text) in cases {
        assert_eq!(content(written).await, Answer::of(text).thinking(reasoning), "{written:?}");
    }
}

#[tokio::test]
async fn behind_an_unclosed_tag() {
    assert_eq!(content("<think>Hm. Hi").await, Answer::of("").thinking("Hm. Hi"));
    assert_eq!(content("<think>Hm. </thi").await, Answer::of("").thinking("Hm. </thi"));
    assert_eq!(content("Hi<think>").await, Answer::of("Hi"));
}

#[tokio::test]
async fn what_only_looks_like_a_tag_is_text() {
    for written in [
        "a < b",
        "<thin",
        "a <",
        "<thinking about it",
        "The tag `<think>` opens, `</think>` closes.",
        " Hi ",
        "<",
        "<<",
    ] {
        assert_eq!(content(written).await, Answer::of(written), "{written:?}");
    }
}

#[tokio::test]
async fn an_error_after_reasoning() {
    let broken = Answer::failed("", ModelError::Broken("the body ended without a finish reason")).thinking("Hm.");
    assert_eq!(answer(Reply::events(&[&text("<think>Hm.")])).await, broken);
}

/// A conversation in a tool loop, after an earlier loop.
fn loops() -> Vec<PromptMessage> {
    let calling = |id: &str, reasoning: &str| PromptMessage::Assistant {
        text: String::new(),
        reasoning: Some(reasoning.to_owned()),
        calls: vec![call(id, "now", "{}")],
    };
    let result = |id: &str| PromptMessage::ToolResult {
        call: id.to_owned(),
        name: "now".to_owned(),
        text: "noon".to_owned(),
        is_error: false,
    };
    let said = PromptMessage::Assistant { text: "Noon".to_owned(), reasoning: Some("B".to_owned()), calls: Vec::new() };
    vec![user("When?"), calling("a", "A"), result("a"), said, user("Again?"), calling("c", "C"), result("c")]
}

/// The reasoning in each of the messages that a provider got.
fn returned(body: &Value) -> Vec<Option<&str>> {
    body["messages"].as_array().unwrap().iter().map(|message| message["reasoning_content"].as_str()).collect()
}

#[tokio::test]
async fn it_goes_back_in_the_loop_to_those_who_send_it_so() {
    for (field, expected) in [("reasoning_content", Some("C")), ("reasoning", None)] {
        let thinking = Reply::events(&[&delta(&json!({field: "Hm."})), &text("Hi"), "[DONE]"]);
        let provider = Provider::replying([thinking]).await;
        let model = model(&provider);
        let expected_answer = Answer::of("Hi").thinking("Hm.");
        assert_eq!(answer_to(&model, prompt()).await, expected_answer);
        assert_eq!(answer_to(&model, prompt_of(loops())).await, expected_answer);
        let mut other = prompt_of(loops());
        other.model = Some("other".to_owned());
        assert_eq!(answer_to(&model, other).await, expected_answer);
        let bodies = provider.bodies();
        assert_eq!(returned(&bodies[1]), [None, None, None, None, None, expected, None], "{field}");
        assert_eq!(returned(&bodies[2]), [None; 7], "another model");
    }
}
