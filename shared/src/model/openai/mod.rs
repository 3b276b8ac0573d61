//! Any model behind an OpenAI-compatible chat-completions endpoint. Providers deviate from the protocol in many ways:
//! little is sent, and what they send is read leniently. Here is the stream of one answer; `ask` has the requests.

mod ask;
mod embeddings;
mod endpoint;
mod error;
mod events;
mod request;
mod retry;
mod stream;
mod surrogates;
mod think_tags;
mod wire;

use super::{
    ChatModel, Delta, ModelError, Prompt,
    answer::{self, Steps},
    calls::calls_in,
    failure::Failure,
    waiting::{self, Missing, next_part},
};
use crate::{clock::Clock, entropy::Entropy};
use ask::Provider;
pub use embeddings::{Embeddings, EmbeddingsSettings};
use endpoint::lost;
use futures::{FutureExt, future::BoxFuture, stream::BoxStream};
use reqwest::Response;
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};
use stream::Reader;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// How long the end of the body may take to come after the mark of the end.
const DRAIN_LIMIT: Duration = Duration::from_millis(100);
const DRAIN_CHUNKS: usize = 8;

/// The settings of an [`OpenAi`].
#[derive(Clone)]
pub struct OpenAiSettings {
    /// The address of the API, such as `https://api.openai.com/v1`. Its query is sent with every request.
    pub base_url: Url,
    /// The key, sent as a bearer token.
    pub api_key: Option<SecretString>,
    /// The model that answers prompts that name none.
    pub default_model: String,
    /// How the maximum length of an answer is named.
    pub max_tokens_field: MaxTokensField,
    /// Whether providers are asked to tell the usage of streamed answers.
    pub asks_for_usage: bool,
}

/// The name of the parameter for the maximum length of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MaxTokensField {
    /// What the provider accepts: `max_completion_tokens` first for OpenAI, `max_tokens` first for others.
    #[default]
    Auto,
    /// `max_tokens`
    MaxTokens,
    /// `max_completion_tokens`
    MaxCompletionTokens,
}

/// Asks models over HTTP. It follows no redirects and uses no proxy.
///
/// An answer may be empty, or have only reasoning: the caller decides what to do then. A reason of
/// [`ToolCalls`](super::EndReason::ToolCalls) means that there is at least one call, and no other reason comes with
/// calls. Calls without ids get some of nine letters and digits. Every error is logged here, without the provider's
/// texts.
pub struct OpenAi {
    provider: Arc<Provider>,
}

impl OpenAi {
    /// A client for one provider.
    pub fn new(settings: OpenAiSettings, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { provider: Arc::new(Provider::new(settings, clock, entropy)) }
    }
}

impl ChatModel for OpenAi {
    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Delta, ModelError>> {
        let (provider, deadline) = (Arc::clone(&self.provider), waiting::deadline(&prompt));
        answer::stream(Answer { provider, deadline, state: State::Asking(Box::new(prompt)) })
    }

    /// Any answer of the API counts, except a server error and a wrong key.
    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        self.provider.probe().boxed()
    }
}

/// An answer that is being given.
struct Answer {
    provider: Arc<Provider>,
    deadline: Instant,
    state: State,
}

enum State {
    Asking(Box<Prompt>),
    Reading(Box<Reading>),
}

struct Reading {
    response: Response,
    reader: Reader,
    model: String,
}

impl Steps for Answer {
    async fn step(&mut self, deltas: &mut Vec<Delta>) -> Result<bool, Failure> {
        match &mut self.state {
            State::Asking(prompt) => {
                let response = self.provider.ask(prompt, self.deadline).await?;
                let (reader, model) = (Reader::new(calls_in(&prompt.messages)), self.provider.model_of(prompt));
                let model = model.to_owned();
                self.state = State::Reading(Box::new(Reading { response, reader, model }));
                Ok(false)
            }
            State::Reading(reading) => reading.read(&self.provider, self.deadline, deltas).await,
        }
    }
}

impl Reading {
    /// Reads the next bytes. Whether they were the last ones.
    async fn read(&mut self, provider: &Provider, deadline: Instant, deltas: &mut Vec<Delta>) -> Result<bool, Failure> {
        let Self { response, reader, model } = self;
        let bytes = match next_part(deadline, reader.has_ended(), response.chunk()).await {
            Ok(bytes) => bytes,
            Err(Missing::Lost(error)) => return Err(lost(ModelError::Broken("the connection was lost"), error)),
            Err(Missing::TimedOut) => return Err(ModelError::TimedOut.into()),
        };
        let mut result = bytes.as_ref().map_or(Ok(()), |bytes| reader.push(bytes, deltas));
        let is_over = bytes.is_none() || reader.is_done();
        if result.is_ok() && is_over {
            result = reader.finish(deltas);
            if bytes.is_some() {
                drop(timeout_at(Instant::now() + DRAIN_LIMIT, drain(response)).await);
            }
        }
        if reader.sends_reasoning_content() {
            provider.return_reasoning(model);
        }
        result?;
        Ok(is_over)
    }
}

/// Reads to the end if it is near, so that the connection can be used again.
async fn drain(response: &mut Response) {
    for _ in 0..DRAIN_CHUNKS {
        if !matches!(response.chunk().await, Ok(Some(_))) {
            return;
        }
    }
}
