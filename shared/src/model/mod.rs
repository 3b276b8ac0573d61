//! Chat models: what answers a user's message.

mod echo;

pub use echo::Echo;
use futures::future::BoxFuture;

/// What a model is given.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What the user said.
    pub message: String,
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

    /// The answer. Whoever waits for it sets the time limit.
    fn answer(&self, prompt: Prompt) -> BoxFuture<'_, Result<String, ModelError>>;

    /// Whether the model can be reached.
    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>>;
}
