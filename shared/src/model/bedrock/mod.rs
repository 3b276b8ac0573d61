//! Models of Amazon Bedrock, asked through the Converse API with the credentials of the process. Here is the stream of
//! one answer; `request` converts prompts, `stream` events and `error` errors.

mod error;
mod request;
mod stream;

use super::{
    ChatModel, Delta, ModelError, Prompt,
    answer::{self, Steps},
    calls::calls_in,
    failure::Failure,
    waiting::{self, CONNECT_LIMIT, Missing, PAUSE_MAX, PAUSE_MIN, PROBE_LIMIT, end_of_silence, next_part},
};
use crate::{aws, log::Causes};
use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_bedrockruntime::{
    Client,
    config::{Builder, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig},
    operation::converse_stream::ConverseStreamOutput,
    primitives::event_stream::EventReceiver,
    types::{ConverseStreamOutput as Event, error::ConverseStreamOutputError},
};
use futures::{FutureExt, future::BoxFuture, stream::BoxStream};
use request::request;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stream::Reader;
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout, timeout_at},
};

/// The most requests for one answer. AWS recommends five for a model that is not ready.
const TRIES: u32 = 5;

/// Asks models of Amazon Bedrock. The SDK repeats a request that was throttled, or failed without an answer, until the
/// time of the answer is over.
///
/// An answer may be empty, or have only reasoning: the caller decides what to do then. A reason of
/// [`ToolCalls`](super::EndReason::ToolCalls) means that there is at least one call, and no other reason comes with
/// calls. Every error is logged here, without the provider's texts.
pub struct Bedrock {
    provider: Arc<Provider>,
}

impl Bedrock {
    /// A client that asks `default_model` (the id or ARN of a model or of an inference profile) unless a prompt names
    /// another one. `aws` is the configuration; `None` for the one of the deployment, which is loaded when it is needed.
    pub fn new(default_model: String, aws: Option<SdkConfig>) -> Self {
        let connected = OnceCell::new_with(aws.as_ref().map(connect));
        Self { provider: Arc::new(Provider { default_model, connected, without_temperature: Mutex::default() }) }
    }
}

impl ChatModel for Bedrock {
    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Delta, ModelError>> {
        let (provider, deadline) = (Arc::clone(&self.provider), waiting::deadline(&prompt));
        answer::stream(Answer { provider, deadline, state: State::Asking(Box::new(prompt)) })
    }

    /// Checks that there are a region and credentials. Bedrock is not asked, because it has no call without a price that
    /// every role may make.
    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        async {
            let probe = timeout(PROBE_LIMIT, self.provider.probe());
            probe.await.unwrap_or(Err(ModelError::TimedOut))
        }
        .boxed()
    }
}

struct Provider {
    default_model: String,
    connected: OnceCell<Connected>,
    /// Models that refuse a temperature, as far as this process knows.
    without_temperature: Mutex<HashSet<String>>,
}

/// What a configuration provides.
struct Connected {
    client: Client,
    credentials: Option<SharedCredentialsProvider>,
}

fn connect(aws: &SdkConfig) -> Connected {
    let retries = RetryConfig::standard().with_initial_backoff(PAUSE_MIN).with_max_backoff(PAUSE_MAX);
    // `waiting` limits the time of an answer and of its parts. A model may be silent for longer than the limits of the
    // other clients, and the protection against stalled streams, allow.
    let limits = TimeoutConfig::builder()
        .connect_timeout(CONNECT_LIMIT)
        .disable_read_timeout()
        .disable_operation_attempt_timeout()
        .disable_operation_timeout()
        .build();
    let config = Builder::from(aws)
        .retry_config(retries.with_max_attempts(TRIES))
        .timeout_config(limits)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    Connected { client: Client::from_conf(config), credentials: aws.credentials_provider() }
}

impl Provider {
    async fn connected(&self) -> &Connected {
        self.connected.get_or_init(|| async { connect(&aws::load().await) }).await
    }

    /// The model that a prompt asks.
    fn model_of<'a>(&'a self, prompt: &'a Prompt) -> &'a str {
        prompt.model.as_deref().unwrap_or(&self.default_model)
    }

    async fn probe(&self) -> Result<(), ModelError> {
        let Connected { client, credentials } = self.connected().await;
        if client.config().region().is_none() {
            tracing::warn!("Bedrock cannot be asked: no region is set");
            return Err(ModelError::Unreachable);
        }
        // An API key of Bedrock in the environment takes the place of credentials.
        if client.config().auth_scheme_preference().is_some() {
            return Ok(());
        }
        let Some(credentials) = credentials else { return Err(ModelError::Unreachable) };
        credentials.provide_credentials().await.map(drop).map_err(|error| {
            tracing::warn!(error = %Causes(&error), "Bedrock cannot be asked: there are no credentials");
            ModelError::Unreachable
        })
    }

    /// Asks until an answer begins.
    async fn ask(&self, prompt: &Prompt, deadline: Instant) -> Result<ConverseStreamOutput, Failure> {
        let model = self.model_of(prompt);
        let answer = timeout_at(end_of_silence(deadline), async {
            let client = &self.connected().await.client;
            let sends_temperature = prompt.temperature.is_some() && !self.refusing().contains(model);
            match request(prompt, model, sends_temperature)?.send_with(client).await {
                Err(error) if sends_temperature && error::blames_temperature(&error) => {
                    tracing::info!("the provider refuses a temperature; the request is repeated without it");
                    self.refusing().insert(model.to_owned());
                    Ok(request(prompt, model, false)?.send_with(client).await)
                }
                answer => Ok(answer),
            }
        });
        let answer = answer.await.unwrap_or(Err(ModelError::TimedOut))?;
        answer.map_err(|error| error::failure_of_request(&error))
    }

    fn refusing(&self) -> MutexGuard<'_, HashSet<String>> {
        self.without_temperature.lock().unwrap_or_else(PoisonError::into_inner)
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
    events: EventReceiver<Event, ConverseStreamOutputError>,
    reader: Reader,
}

impl Steps for Answer {
    async fn step(&mut self, deltas: &mut Vec<Delta>) -> Result<bool, Failure> {
        match &mut self.state {
            State::Asking(prompt) => {
                let events = self.provider.ask(prompt, self.deadline).await?.stream;
                let model = self.provider.model_of(prompt).to_owned();
                let reader = Reader::new(model, calls_in(&prompt.messages));
                self.state = State::Reading(Box::new(Reading { events, reader }));
                Ok(false)
            }
            State::Reading(reading) => reading.read(self.deadline, deltas).await,
        }
    }
}

impl Reading {
    /// Reads the next event. Whether there was none.
    async fn read(&mut self, deadline: Instant, deltas: &mut Vec<Delta>) -> Result<bool, Failure> {
        let Self { events, reader } = self;
        match next_part(deadline, reader.has_ended(), events.recv()).await {
            Ok(Some(event)) => {
                reader.push(event, deltas)?;
                Ok(false)
            }
            Ok(None) => {
                reader.finish(deltas)?;
                Ok(true)
            }
            Err(Missing::Lost(error)) => Err(error::failure_of_stream(&error)),
            Err(Missing::TimedOut) => Err(ModelError::TimedOut.into()),
        }
    }
}
