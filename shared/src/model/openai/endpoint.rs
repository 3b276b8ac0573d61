//! The HTTP of a provider: a client, its requests, and the beginning of the body of an error.

use crate::model::{
    ModelError,
    failure::Failure,
    waiting::{CONNECT_LIMIT, PROBE_LIMIT, end_of_silence},
};
use bytes::Bytes;
use reqwest::{Client, RequestBuilder, Response, header::CONTENT_TYPE, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout_at},
};
use url::Url;

/// How long a connection is kept that nobody uses. Providers close theirs after 30 seconds or more.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// The time limit for the body of an error.
const ERROR_LIMIT: Duration = Duration::from_secs(5);
/// The most bytes that are read of the body of an error.
const ERROR_MAX: usize = 64 << 10;

const JSON: &str = "application/json";

/// A provider's API.
pub(super) struct Endpoint {
    base_url: Url,
    api_key: Option<SecretString>,
    /// Created for the first request, because it loads the root certificates.
    client: OnceCell<Client>,
}

/// Why a request got no response.
pub(super) enum NoResponse {
    /// The connection ended, possibly because it was old.
    Lost(Failure),
    /// Anything else.
    Failed(Failure),
}

impl Endpoint {
    /// The API at `base_url`. The key is sent as a bearer token.
    pub fn new(base_url: Url, api_key: Option<SecretString>) -> Self {
        Self { base_url, api_key, client: OnceCell::new() }
    }

    /// Sends one request, and waits for the head of the response.
    pub async fn post(&self, path: &[&str], body: Bytes, deadline: Instant) -> Result<Response, NoResponse> {
        let client = self.client().await.map_err(NoResponse::Failed)?;
        let request = client.post(self.url(path)).header(CONTENT_TYPE, JSON).body(body);
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
        match &self.api_key {
            Some(key) => request.bearer_auth(key.expose_secret().trim()),
            None => request,
        }
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
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
pub(super) async fn beginning(mut response: Response, deadline: Instant) -> Vec<u8> {
    let (until, mut start) = (deadline.min(Instant::now() + ERROR_LIMIT), Vec::new());
    while start.len() < ERROR_MAX {
        let Ok(Ok(Some(chunk))) = timeout_at(until, response.chunk()).await else { break };
        start.extend(chunk.into_iter().take(ERROR_MAX - start.len()));
    }
    start
}
