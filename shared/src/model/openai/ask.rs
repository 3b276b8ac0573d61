//! Asks a provider: requests until one gets an answer, within the limits of time and number.

use super::{
    OpenAiSettings,
    error::ProviderError,
    request::{Adjustments, Request},
    retry::{Hints, REQUESTS_MAX},
};
use crate::{
    clock::Clock,
    entropy::Entropy,
    model::{
        ModelError, Prompt,
        failure::Failure,
        waiting::{CONNECT_LIMIT, PROBE_LIMIT, end_of_silence},
    },
};
use bytes::Bytes;
use reqwest::{Client, RequestBuilder, Response, header::CONTENT_TYPE, redirect::Policy};
use secrecy::ExposeSecret;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep, timeout_at},
};
use url::Url;

/// How long a connection is kept that nobody uses. Providers close theirs after 30 seconds or more.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// The time limit for the body of an error.
const ERROR_LIMIT: Duration = Duration::from_secs(5);
/// The most bytes that are read of the body of an error.
const ERROR_MAX: usize = 64 << 10;

const JSON: &str = "application/json";

/// A provider of models.
pub(super) struct Provider {
    settings: OpenAiSettings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// Created for the first request, because it loads the root certificates.
    client: OnceCell<Client>,
    /// What each model needs, as far as this process knows.
    adjustments: Mutex<HashMap<String, Adjustments>>,
}

/// Why a request got no response.
enum NoResponse {
    /// The connection ended, possibly because it was old.
    Lost(Failure),
    /// Anything else.
    Failed(Failure),
}

/// The requests for one answer.
#[derive(Default)]
struct Attempts {
    adjustments: Adjustments,
    requests: u32,
    /// How many the provider answered with an error.
    failures: u32,
    /// Whether a connection ended without a response.
    lost: bool,
}

impl Provider {
    pub fn new(settings: OpenAiSettings, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { settings, clock, entropy, client: OnceCell::new(), adjustments: Mutex::default() }
    }

    /// The model that a prompt asks.
    pub fn model_of<'a>(&'a self, prompt: &'a Prompt) -> &'a str {
        prompt.model.as_deref().unwrap_or(&self.settings.default_model)
    }

    /// Notes that a model sends reasoning that it requires back.
    pub fn return_reasoning(&self, model: &str) {
        self.remember(model, Adjustments { returns_reasoning: true, ..Adjustments::default() });
    }

    fn known(&self, model: &str) -> Adjustments {
        self.adjustments.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied().unwrap_or_default()
    }

    fn remember(&self, model: &str, adjustments: Adjustments) {
        let mut all = self.adjustments.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(model) {
            // Another answer may have found out something in the meantime.
            Some(known) => *known = known.and(adjustments),
            None => drop(all.insert(model.to_owned(), adjustments)),
        }
    }

    /// Asks until there is a response with a status of success.
    pub async fn ask(&self, prompt: &Prompt, deadline: Instant) -> Result<Response, Failure> {
        let model = self.model_of(prompt);
        let mut attempts = Attempts { adjustments: self.known(model), ..Attempts::default() };
        loop {
            let request = Request::new(prompt, &self.settings, attempts.adjustments)?;
            attempts.requests += 1;
            match self.send(request.body.clone(), deadline).await {
                Ok(response) if response.status().is_success() => {
                    self.remember(model, attempts.adjustments);
                    return Ok(response);
                }
                Ok(response) => self.prepare_next(response, &request, &mut attempts, deadline).await?,
                Err(NoResponse::Lost(_)) if !attempts.lost && attempts.requests < REQUESTS_MAX => attempts.lost = true,
                Err(NoResponse::Lost(failure) | NoResponse::Failed(failure)) => return Err(failure),
            }
        }
    }

    /// Waits after an error, or changes what is sent.
    ///
    /// # Errors
    /// When the request is not to be repeated.
    async fn prepare_next(
        &self,
        response: Response,
        request: &Request,
        attempts: &mut Attempts,
        deadline: Instant,
    ) -> Result<(), Failure> {
        let status = response.status().as_u16();
        let hints = Hints::read(response.headers(), &*self.clock);
        let refusal = ProviderError::read(status, &beginning(response, deadline).await);
        if attempts.requests == REQUESTS_MAX {
            return Err(refusal.error().into());
        }
        if let Some(adjusted) = refusal.adjusted(request, attempts.adjustments) {
            tracing::info!(status, "the provider refuses a parameter; the request is repeated without it");
            attempts.adjustments = adjusted;
            return Ok(());
        }
        attempts.failures += 1;
        let pause = hints.pause(status, attempts.failures, &*self.entropy).filter(|_| !refusal.is_final());
        let Some(pause) = pause.filter(|pause| *pause < deadline.duration_since(Instant::now())) else {
            return Err(refusal.error().into());
        };
        tracing::info!(status, pause = ?pause, "the provider failed; the request is repeated");
        sleep(pause).await;
        Ok(())
    }

    /// Sends one request, and waits for the head of the response.
    async fn send(&self, body: Bytes, deadline: Instant) -> Result<Response, NoResponse> {
        let client = self.client().await.map_err(NoResponse::Failed)?;
        let request = client.post(self.url(&["chat", "completions"])).header(CONTENT_TYPE, JSON).body(body);
        let Ok(result) = timeout_at(end_of_silence(deadline), self.signed(request).send()).await else {
            return Err(NoResponse::Failed(ModelError::TimedOut.into()));
        };
        result.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                NoResponse::Failed(lost(ModelError::Unreachable, error))
            } else {
                NoResponse::Lost(lost(ModelError::Broken("the connection closed without a response"), error))
            }
        })
    }

    /// Asks for the provider's models. A status below 500 means that it is there.
    pub async fn probe(&self) -> Result<(), ModelError> {
        let client = self.client().await.map_err(|failure| failure.error)?;
        let request = self.signed(client.get(self.url(&["models"])));
        let status = match timeout_at(Instant::now() + PROBE_LIMIT, request.send()).await {
            Err(_) => return Err(ModelError::TimedOut),
            Ok(Err(_)) => return Err(ModelError::Unreachable),
            Ok(Ok(response)) => response.status().as_u16(),
        };
        match status {
            401 | 403 => Err(ModelError::Refused(status)),
            500.. => Err(ModelError::Failed(status)),
            _ => Ok(()),
        }
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.settings.api_key {
            Some(key) => request.bearer_auth(key.expose_secret().trim()),
            None => request,
        }
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.settings.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn client(&self) -> Result<&Client, Failure> {
        let built = self.client.get_or_try_init(|| async { build() }).await;
        built.map_err(|error| lost(ModelError::Unreachable, error))
    }
}

/// A failure of the network. The address is left out: its query may hold a key.
pub(super) fn lost(error: ModelError, cause: reqwest::Error) -> Failure {
    Failure::caused(error, &cause.without_url())
}

fn build() -> reqwest::Result<Client> {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .connect_timeout(CONNECT_LIMIT)
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(IDLE_MAX)
        .build()
}

/// The beginning of the body of an error, as far as it comes in time.
async fn beginning(mut response: Response, deadline: Instant) -> Vec<u8> {
    let (until, mut start) = (deadline.min(Instant::now() + ERROR_LIMIT), Vec::new());
    while start.len() < ERROR_MAX {
        let Ok(Ok(Some(chunk))) = timeout_at(until, response.chunk()).await else { break };
        start.extend(chunk.into_iter().take(ERROR_MAX - start.len()));
    }
    start
}
