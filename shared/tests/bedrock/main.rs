//! Models of Amazon Bedrock, played by a service inside this process that the SDK's client calls: what it is sent, and
//! what becomes of its events and errors.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod answers;
mod errors;
mod requests;
mod runtime;
mod settings;

use futures::StreamExt;
use runtime::{Reply, Runtime};
use serde_json::{Value, json};
use shared::model::{
    Bedrock, ChatModel, Delta, End, EndReason, Grounding, ModelError, Prompt, PromptMessage, ToolCall, ToolDefinition,
    Usage,
};
use std::time::Duration;

const MODEL: &str = "anthropic.claude-small";
const MINUTE: Duration = Duration::from_secs(60);

fn user(text: &str) -> PromptMessage {
    PromptMessage::User(text.to_owned())
}

fn assistant(text: &str, calls: &[ToolCall]) -> PromptMessage {
    PromptMessage::Assistant { text: text.to_owned(), reasoning: Some("Hm.".to_owned()), calls: calls.to_vec() }
}

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() }
}

fn result(call: &str, text: &str) -> PromptMessage {
    PromptMessage::ToolResult {
        call: call.to_owned(),
        name: "web_search".to_owned(),
        text: text.to_owned(),
        is_error: false,
    }
}

fn failed(call: &str, text: &str) -> PromptMessage {
    PromptMessage::ToolResult {
        call: call.to_owned(),
        name: "web_search".to_owned(),
        text: text.to_owned(),
        is_error: true,
    }
}

fn prompt_of(messages: Vec<PromptMessage>) -> Prompt {
    Prompt {
        model: None,
        instructions: None,
        messages,
        grounding: Grounding::default(),
        tools: Vec::new(),
        temperature: None,
        max_output_tokens: None,
        time_limit: 4 * MINUTE,
    }
}

fn prompt() -> Prompt {
    prompt_of(vec![user("Hello")])
}

/// An answer.
#[derive(Debug, PartialEq)]
struct Answer {
    text: String,
    reasoning: String,
    calls: Vec<ToolCall>,
    end: Result<End, ModelError>,
}

impl Answer {
    /// Of this text, and otherwise plain.
    fn of(text: &str) -> Self {
        let end = End { reason: EndReason::Complete, usage: None, model: Some(MODEL.to_owned()) };
        Self { text: text.to_owned(), reasoning: String::new(), calls: Vec::new(), end: Ok(end) }
    }

    /// That failed after this text.
    fn failed(text: &str, error: ModelError) -> Self {
        Self { end: Err(error), ..Self::of(text) }
    }

    /// With this reason and usage at its end.
    fn ending(self, reason: EndReason, usage: Option<(u64, u64)>) -> Self {
        let usage = usage.map(|(input_tokens, output_tokens)| Usage { input_tokens, output_tokens });
        Self { end: Ok(End { reason, usage, model: Some(MODEL.to_owned()) }), ..self }
    }
}

/// The answer to `prompt`. What every answer has to keep to is checked.
async fn answer_to(model: &Bedrock, prompt: Prompt) -> Answer {
    let (mut answer, mut stream) = (Answer::of(""), model.answer(prompt));
    loop {
        match stream.next().await.expect("an end") {
            Ok(Delta::Text(text)) => {
                assert!(!text.is_empty() && answer.calls.is_empty(), "{text:?}");
                answer.text += &text;
            }
            Ok(Delta::Reasoning(text)) => answer.reasoning += &text,
            Ok(Delta::ToolCall(call)) => answer.calls.push(call),
            Ok(Delta::End(end)) => {
                assert_eq!(end.reason == EndReason::ToolCalls, !answer.calls.is_empty());
                answer.end = Ok(end);
                break;
            }
            Err(error) => {
                answer.end = Err(error);
                break;
            }
        }
    }
    assert_eq!(stream.next().await, None, "nothing follows");
    answer
}

/// The answer to a greeting, from a service that sends this reply.
async fn answer(reply: Reply) -> Answer {
    answer_to(&Runtime::replying([reply]).model(), prompt()).await
}

/// The body that is sent for `prompt` to `model`.
async fn body_for(model: &str, prompt: Prompt) -> Value {
    let runtime = Runtime::replying([Reply::events(&[stop("end_turn")])]);
    answer_to(&Bedrock::new(model.to_owned(), Some(runtime.configuration())), prompt).await;
    runtime.heard().remove(0).body
}

/// The body that is sent for `messages`.
async fn messages_for(messages: Vec<PromptMessage>) -> Value {
    body_for(MODEL, prompt_of(messages)).await["messages"].take()
}

/// An event with a piece of the text.
fn text(text: &str) -> (&'static str, Value) {
    delta(0, &json!({"text": text}))
}

/// An event with a piece of a part of the answer.
fn delta(index: u32, delta: &Value) -> (&'static str, Value) {
    ("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta}))
}

/// An event that begins a call.
fn begin_call(index: u32, id: &str, name: &str) -> (&'static str, Value) {
    let start = json!({"toolUse": {"toolUseId": id, "name": name}});
    ("contentBlockStart", json!({"contentBlockIndex": index, "start": start}))
}

/// An event with a piece of a call's arguments.
fn arguments(index: u32, piece: &str) -> (&'static str, Value) {
    delta(index, &json!({"toolUse": {"input": piece}}))
}

/// An event that ends an answer.
fn stop(reason: &str) -> (&'static str, Value) {
    ("messageStop", json!({"stopReason": reason}))
}

/// An event with the usage.
fn usage(input: u32, output: u32) -> (&'static str, Value) {
    let tokens = json!({"inputTokens": input, "outputTokens": output, "totalTokens": input + output});
    ("metadata", json!({"usage": tokens, "metrics": {"latencyMs": 1}}))
}
