//! Any model behind an OpenAI-compatible chat-completions endpoint. Providers deviate from the protocol in many ways:
//! little is sent, and what they send is read leniently. Here is the stream of one answer; `ask` has the requests.

mod ask;
mod calls;
mod error;
mod events;
mod request;
mod retry;
mod stream;
mod surrogates;
mod think_tags;
mod wire;

use super::{ChatModel, Delta, ModelError, Prompt, PromptMessage};
use crate::{clock::Clock, entropy::Entropy};
use ask::{Failure, Provider};
use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{BoxStream, unfold},
};
use reqwest::Response;
use secrecy::SecretString;
use std::{collections::VecDeque, mem, sync::Arc, time::Duration};
use stream::Reader;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// How long a provider may send nothing, before an answer and in the middle of it.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long the usage may take to come after the answer.
const USAGE_LIMIT: Duration = Duration::from_secs(5);
/// How long the end of the body may take to come after the mark of the end.
const DRAIN_LIMIT: Duration = Duration::from_millis(100);
const DRAIN_CHUNKS: usize = 8;
/// No answer takes longer.
const ANSWER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

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
        let deadline = Instant::now() + prompt.time_limit.min(ANSWER_MAX);
        let (provider, state) = (Arc::clone(&self.provider), State::Asking(Box::new(prompt)));
        let answer = Answer { provider, deadline, state, ready: VecDeque::new() };
        unfold(answer, |mut answer| async { answer.next().await.map(|item| (item, answer)) }).boxed()
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
    /// What was read and not yet given.
    ready: VecDeque<Result<Delta, ModelError>>,
}

enum State {
    Asking(Box<Prompt>),
    Reading(Box<Reading>),
    Over,
}

struct Reading {
    response: Response,
    reader: Reader,
    model: String,
}

impl Answer {
    async fn next(&mut self) -> Option<Result<Delta, ModelError>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            let result = match mem::replace(&mut self.state, State::Over) {
                State::Asking(prompt) => self.ask(&prompt).await,
                State::Reading(reading) => self.read(reading).await,
                State::Over => return None,
            };
            match result {
                Ok(state) => self.state = state,
                Err(failure) => {
                    failure.log();
                    self.ready.push_back(Err(failure.error));
                }
            }
        }
    }

    async fn ask(&self, prompt: &Prompt) -> Result<State, Failure> {
        let response = self.provider.ask(prompt, self.deadline).await?;
        let calls = prompt.messages.iter().map(|message| match message {
            PromptMessage::Assistant { calls, .. } => calls.len(),
            PromptMessage::User(_) | PromptMessage::ToolResult { .. } => 0,
        });
        let (reader, model) = (Reader::new(calls.sum()), self.provider.model_of(prompt).to_owned());
        Ok(State::Reading(Box::new(Reading { response, reader, model })))
    }

    /// Reads the next bytes.
    async fn read(&mut self, mut reading: Box<Reading>) -> Result<State, Failure> {
        let Reading { response, reader, model } = &mut *reading;
        let now = Instant::now();
        let limit = if reader.has_ended() { USAGE_LIMIT } else { SILENCE_MAX };
        let bytes = match timeout_at(self.deadline.min(now + limit), response.chunk()).await {
            // A provider that sends without a pause is never waited for.
            Ok(Ok(bytes)) if now < self.deadline => bytes,
            // Only the usage is missing.
            _ if reader.has_ended() => None,
            Ok(Err(error)) => return Err(Failure::caused(ModelError::Broken("the connection was lost"), error)),
            Ok(Ok(_)) | Err(_) => return Err(ModelError::TimedOut.into()),
        };
        let mut deltas = Vec::new();
        let mut result = bytes.as_ref().map_or(Ok(()), |bytes| reader.push(bytes, &mut deltas));
        let is_over = bytes.is_none() || reader.is_done();
        if result.is_ok() && is_over {
            result = reader.finish(&mut deltas);
            if bytes.is_some() {
                drop(timeout_at(Instant::now() + DRAIN_LIMIT, drain(response)).await);
            }
        }
        if reader.sends_reasoning_content() {
            self.provider.return_reasoning(model);
        }
        self.ready.extend(deltas.into_iter().map(Ok));
        result?;
        Ok(if is_over { State::Over } else { State::Reading(reading) })
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
