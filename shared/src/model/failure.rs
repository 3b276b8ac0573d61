//! Why a provider did not answer, for the log. The log has nothing of the provider's messages.

use super::ModelError;
use crate::log::Causes;
use std::error::Error;

/// The names that providers give to a prompt that is too long, in lower case.
const TOO_LONG: [&str; 10] = [
    "context_length_exceeded",
    "exceed_context_size",
    "context length",
    "context limit",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "input token count",
    "too many total text bytes",
];

/// Why there is no answer.
pub(super) struct Failure {
    pub error: ModelError,
    /// The chain of causes, if it is one of the network, or the name of the provider's error.
    cause: Option<String>,
}

impl Failure {
    /// A failure with a cause that contains nothing of the provider's messages.
    pub fn caused(error: ModelError, cause: &dyn Error) -> Self {
        Self { error, cause: Some(Causes(cause).to_string()) }
    }

    /// An error that the provider calls `name`. Anything but a name is left out.
    #[cfg(feature = "bedrock")]
    pub fn named(error: ModelError, name: &str) -> Self {
        let is_name = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Self { error, cause: is_name.then(|| name.to_owned()) }
    }

    /// Writes one line to the log, which begins with `what` did not happen.
    pub fn log(&self, what: &str) {
        let (kind, status) = match self.error {
            ModelError::TimedOut => ("timed_out", None),
            ModelError::Unreachable => ("unreachable", None),
            ModelError::Busy(status) => ("busy", Some(status)),
            ModelError::Refused(status) => ("refused", Some(status)),
            ModelError::ContextTooLong => ("context_too_long", None),
            ModelError::Failed(status) => ("failed", Some(status)),
            ModelError::Broken(_) => ("broken", None),
        };
        tracing::warn!(kind, status, cause = self.cause, "{what}: {}", self.error);
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self { error, cause: None }
    }
}

impl ModelError {
    /// What a status of HTTP means that is no success.
    pub(super) const fn of_status(status: u16) -> Self {
        match status {
            408 => Self::TimedOut,
            402 | 429 | 498 | 503 | 529 => Self::Busy(status),
            // Bedrock uses it for an error of the model.
            424 => Self::Failed(status),
            300..=499 => Self::Refused(status),
            _ => Self::Failed(status),
        }
    }
}

/// Whether the text of an error, in lower case, says that the prompt is too long.
pub(super) fn tells_too_long(text: &str) -> bool {
    TOO_LONG.iter().any(|name| text.contains(name))
}
