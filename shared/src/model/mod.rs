//! Chat models, which answer users' messages. A model streams; what it says becomes a reply in `service::turns`. Also
//! models for embeddings, which make vectors of texts.

mod answer;
pub mod arguments;
#[cfg(feature = "bedrock")]
mod bedrock;
mod calls;
mod echo;
mod failure;
mod fence;
mod grounding;
mod openai;
mod waiting;

pub use crate::domain::conversation::Usage;
#[cfg(feature = "bedrock")]
pub use bedrock::Bedrock;
pub(crate) use calls::is_object;
pub use echo::{Echo, EchoScripts};
pub use fence::Fence;
use futures::{future::BoxFuture, stream::BoxStream};
pub use grounding::{Grounding, Image, Passage};
pub use openai::{Embeddings, EmbeddingsSettings, MaxTokensField, OpenAi, OpenAiSettings};
use serde_json::{Map, Value};
use std::time::Duration;

/// The input of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The model to ask, as its provider names it. `None` for the provider's default.
    pub model: Option<String>,
    /// What the model is told before the conversation.
    pub instructions: Option<String>,
    /// The conversation, oldest first. It begins and ends with a message of the user, or ends with results of tools.
    pub messages: Vec<PromptMessage>,
    /// What the user's last message is answered from, besides the conversation.
    pub grounding: Grounding,
    /// The tools that the model may call.
    pub tools: Vec<ToolDefinition>,
    /// The sampling temperature, 0 to 2. `None` for the provider's default.
    pub temperature: Option<f64>,
    /// The maximum length of the answer, in the provider's tokens. `None` for the provider's default.
    pub max_output_tokens: Option<u32>,
    /// How long the whole answer may take, with all attempts.
    pub time_limit: Duration,
}

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum PromptMessage {
    /// The user's.
    User(String),
    /// The model's.
    Assistant {
        /// What it said. May be empty beside calls.
        text: String,
        /// Its reasoning, which some providers require back until its calls are answered.
        reasoning: Option<String>,
        /// The tools that it called.
        calls: Vec<ToolCall>,
    },
    /// The result of a call.
    ToolResult {
        /// The call's id.
        call: String,
        /// The tool's name.
        name: String,
        /// The result, as the model reads it. Never empty.
        text: String,
        /// Whether the call failed.
        is_error: bool,
    },
}

/// A tool that a model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolDefinition {
    /// Letters, digits, `_` and `-`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The JSON Schema of its arguments, an object.
    pub parameters: Map<String, Value>,
}

/// A model's call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The provider's id of the call, or one made here. Unique in the answer.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the model wrote them; they may not be JSON.
    pub arguments: String,
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// The next piece of the text. Never empty.
    Text(String),
    /// The next piece of the reasoning, which is never shown.
    Reasoning(String),
    /// A complete call of a tool. Calls come after the text.
    ToolCall(ToolCall),
    /// The end. Nothing follows.
    End(End),
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// What the answer used, if the provider tells.
    pub usage: Option<Usage>,
    /// The model that answered, if the provider tells.
    pub model: Option<String>,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The model was done.
    Complete,
    /// The answer reached its maximum length, or the context is full.
    Length,
    /// The model waits for the results of its calls.
    ToolCalls,
    /// The provider's filter ended the answer.
    Filtered,
}

/// Why a model did not answer. Never shown to users, and never stored as an answer. The text contains nothing of the
/// provider's messages, which may hold secrets and users' texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The provider did not answer in time, or stopped in the middle of an answer.
    #[error("the provider took too long")]
    TimedOut,
    /// The provider cannot be reached.
    #[error("the provider cannot be reached")]
    Unreachable,
    /// The provider has too much to do, or the account's quota is used up.
    #[error("the provider is busy (status {0})")]
    Busy(u16),
    /// The provider refused the request: a wrong key, an unknown model, a parameter.
    #[error("the provider refused the request (status {0})")]
    Refused(u16),
    /// The prompt is longer than the model's context.
    #[error("the prompt is longer than the model's context")]
    ContextTooLong,
    /// The provider failed.
    #[error("the provider failed (status {0})")]
    Failed(u16),
    /// The answer is not what the protocol says, or ended before its end.
    #[error("the provider's answer is broken: {0}")]
    Broken(&'static str),
}

/// Answers messages.
pub trait ChatModel: Send + Sync {
    /// The answer, in pieces, with exactly one [`Delta::End`], or an error, as the last item. Dropping the stream stops
    /// the model.
    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Delta, ModelError>>;

    /// Whether it can write a title for a conversation.
    fn writes_titles(&self) -> bool {
        true
    }

    /// Checks that the model can be reached.
    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>>;
}
