//! Chat models, which answer users' messages.

mod echo;

pub use echo::Echo;
use futures::{future::BoxFuture, stream::BoxStream};

/// The input of a model.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The user's message.
    pub message: String,
    /// The instructions of the assistant's owner.
    pub system_prompt: Option<String>,
    /// The tone of the assistant.
    pub personality: Option<String>,
    /// The requested model; `None` for the deployment's default.
    pub model: Option<String>,
    /// The sampling temperature, 0 to 2.
    pub temperature: Option<f64>,
}

/// Why a model did not answer. Never shown to users, and never stored as an answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ModelError(pub String);

/// Answers messages.
pub trait ChatModel: Send + Sync {
    /// The answer, in pieces. The caller enforces the limits of time and length, and stops the model by dropping the
    /// stream.
    fn answer(&self, prompt: Prompt) -> BoxStream<'_, Result<String, ModelError>>;

    /// Checks that the model can be reached.
    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>>;
}
