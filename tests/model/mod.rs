//! Chat models: `echo`, and those behind OpenAI-compatible APIs, played by a provider on this machine with the quirks of
//! real ones.

mod adjustments;
mod bodies;
mod calls;
mod connections;
mod echo;
mod embeddings;
mod endings;
mod errors;
mod provider;
mod reasoning;
mod requests;
mod retries;

use futures::StreamExt;
use provider::{Provider, Reply};
use serde_json::Value;
use shared::{
    clock::Clock,
    domain::time::Timestamp,
    entropy::Entropy,
    model::{
        ChatModel, Delta, End, EndReason, Grounding, MaxTokensField, ModelError, OpenAi, OpenAiSettings, Prompt,
        PromptMessage, ToolCall,
    },
};
use std::{sync::Arc, time::Duration};

const MODEL: &str = "small";
const MINUTE: Duration = Duration::from_secs(60);

/// It is always 1 March 2026, noon.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-03-01T12:00:00Z").unwrap()
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn settings(provider: &Provider) -> OpenAiSettings {
    OpenAiSettings {
        base_url: provider.url("/v1").parse().unwrap(),
        api_key: Some("sk-secret".into()),
        default_model: MODEL.to_owned(),
        max_tokens_field: MaxTokensField::Auto,
        asks_for_usage: true,
    }
}

fn model(provider: &Provider) -> OpenAi {
    model_with(settings(provider))
}

fn model_with(settings: OpenAiSettings) -> OpenAi {
    OpenAi::new(settings, Arc::new(Noon), Arc::new(Zeros))
}

fn user(text: &str) -> PromptMessage {
    PromptMessage::User(text.to_owned())
}

fn prompt() -> Prompt {
    prompt_of(vec![user("Hello")])
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

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() }
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
        Self { text: text.to_owned(), reasoning: String::new(), calls: Vec::new(), end: Ok(ended(EndReason::Complete)) }
    }

    /// That failed after this text.
    fn failed(text: &str, error: ModelError) -> Self {
        Self { end: Err(error), ..Self::of(text) }
    }

    fn thinking(self, reasoning: &str) -> Self {
        Self { reasoning: reasoning.to_owned(), ..self }
    }

    fn calling(self, calls: &[ToolCall]) -> Self {
        Self { calls: calls.to_vec(), end: Ok(ended(EndReason::ToolCalls)), ..self }
    }

    fn ending(self, end: End) -> Self {
        Self { end: Ok(end), ..self }
    }
}

fn ended(reason: EndReason) -> End {
    End { reason, usage: None, model: None }
}

/// The answer to `prompt`. What every answer has to keep to is checked.
async fn answer_to(model: &OpenAi, prompt: Prompt) -> Answer {
    let mut answer = Answer::of("");
    let mut stream = model.answer(prompt);
    loop {
        match stream.next().await.expect("an end") {
            Ok(Delta::Text(text)) => {
                assert!(!text.is_empty() && answer.calls.is_empty(), "{text:?}");
                answer.text += &text;
            }
            Ok(Delta::Reasoning(text)) => {
                assert!(!text.is_empty() && answer.calls.is_empty(), "{text:?}");
                answer.reasoning += &text;
            }
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

/// The answer to a greeting by a provider that sends this reply.
async fn answer(reply: Reply) -> Answer {
    answers([reply]).await.remove(0)
}

/// The answers to greetings by a provider that sends one reply for each.
async fn answers(replies: impl Into<Vec<Reply>>) -> Vec<Answer> {
    let replies = replies.into();
    let (requests, mut answers) = (replies.len(), Vec::new());
    let provider = Provider::replying(replies).await;
    let model = model(&provider);
    for _ in 0..requests {
        answers.push(answer_to(&model, prompt()).await);
    }
    assert_eq!(provider.heard().len(), requests);
    answers
}

/// An event with this text.
fn text(text: &str) -> String {
    delta(&serde_json::json!({"content": text}))
}

/// An event with this delta.
fn delta(delta: &Value) -> String {
    serde_json::json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}).to_string()
}

/// An event that ends an answer.
fn finish(reason: &str) -> String {
    serde_json::json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}).to_string()
}

/// The answer to a provider that sends these events, and `[DONE]`.
async fn answer_of(events: &[&str]) -> Answer {
    answer(Reply::events(&[events, &["[DONE]"]].concat())).await
}
