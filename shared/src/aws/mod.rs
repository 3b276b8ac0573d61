//! Shared by all clients of AWS services: one configuration for a deployment, one for services inside this process,
//! and one error type. A client adds only its own settings.

mod error;
mod respond;

pub use error::CallError;
use respond::Connected;
pub use respond::Respond;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::checksum_config::RequestChecksumCalculation;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio::sync::OnceCell;

/// The most attempts of a call. Every call may be repeated. Reads and deletions are idempotent. Transactions carry a
/// token by which DynamoDB recognises a repeat. Single writes are conditional, or counters whose numbers may have
/// gaps. Objects are written completely or not at all. Messages and frames may arrive twice.
const TRIES: u32 = 3;

/// The placeholder endpoint of services inside this process. It is an IP address instead of a name, so that the S3
/// client puts the bucket into the path.
pub const EMBEDDED_ENDPOINT: &str = "http://127.0.0.1";

/// The default time limits of a call.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(3);
const CALL_LIMIT: Duration = Duration::from_secs(8);

/// The configuration of a deployment: region, credentials and endpoints from the environment. It is loaded once for
/// all clients of the process, so that they share connections and the root certificates are parsed only once.
pub async fn load() -> SdkConfig {
    static LOADED: OnceCell<SdkConfig> = OnceCell::const_new();
    LOADED.get_or_init(from_environment).await.clone()
}

async fn from_environment() -> SdkConfig {
    let connections = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    let environment =
        aws_config::defaults(BehaviorVersion::latest()).http_client(Connections(connections)).load().await;
    with_limits(environment, RetryConfig::standard())
}

/// The configuration for clients of `service`, inside this process. `backoff` is the pause before the first retry.
pub fn embedded(service: impl Respond, backoff: Duration) -> SdkConfig {
    let here = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(own_region())
        .endpoint_url(EMBEDDED_ENDPOINT)
        .credentials_provider(SharedCredentialsProvider::new(embedded_credentials()))
        .http_client(Connected(service))
        .build();
    with_limits(here, RetryConfig::standard().with_initial_backoff(backoff))
}

/// The credentials that an embedded S3 accepts.
pub fn embedded_credentials() -> Credentials {
    Credentials::new("embedded", "embedded", None, None, "embedded")
}

/// The time limits of a call: for one attempt, and for all attempts with the pauses between them. The SDK's only
/// default is a limit for connecting.
pub fn time_limits(attempt: Duration, call: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(attempt)
        .operation_timeout(call)
        .build()
}

/// The settings of every client, on AWS and in this process.
fn with_limits(config: SdkConfig, retries: RetryConfig) -> SdkConfig {
    config
        .into_builder()
        .retry_config(retries.with_max_attempts(TRIES))
        .timeout_config(time_limits(ATTEMPT_LIMIT, CALL_LIMIT))
        // The signature already covers a hash of the body.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .build()
}

/// A new region for each configuration. The SDK has one retry quota for each service and region of a process, and
/// embedded services must not share it.
fn own_region() -> Region {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    Region::new(format!("embedded-{}", MADE.fetch_add(1, Ordering::Relaxed)))
}

/// The connections of all clients. For each new client the SDK would build a connector only to validate it, which
/// parses all root certificates. This type skips the validation; the first call builds the connector.
#[derive(Debug)]
struct Connections(SharedHttpClient);

impl HttpClient for Connections {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
