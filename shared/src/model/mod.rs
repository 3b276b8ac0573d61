//! Chat models: what answers a user's message.

mod echo;

pub use echo::Echo;
use futures::{future::BoxFuture, stream::BoxStream};

/// What a model is given.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What the user said.
    pub message: String,
    /// What the assistant's owner told the model.
    pub system_prompt: Option<String>,
    /// How the assistant talks.
    pub personality: Option<String>,
    /// Which model is wanted, if not the deployment's own.
    pub model: Option<String>,
    /// How freely to answer, 0 to 2.
    pub temperature: Option<f64>,
}

/// Why a model did not answer. Never shown, and never stored as an answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ModelError(pub String);

/// Answers messages.
pub trait ChatModel: Send + Sync {
    /// The answer, when the model needs nothing from outside this process to give it. Such a turn takes
    /// one transaction instead of two, because there is nothing to wait for in between.
    fn answer_at_once(&self, prompt: &Prompt) -> Option<String>;

    /// The answer, piece by piece. Whoever listens sets the limits of time and length, and stops the model by
    /// dropping the stream.
    fn answer(&self, prompt: Prompt) -> BoxStream<'_, Result<String, ModelError>>;

    /// Whether the model can be reached.
    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>>;
}
