//! What all clients of AWS's services have in common: one configuration for a deployment, one for services inside
//! this process, and one error. A client adds to that only what is its own.

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

/// How often a call is made at most. Every call may be made again: reads and the removal of things change nothing more,
/// transactions carry a token by which DynamoDB recognises a repeat, single writes are conditional or counters
/// whose numbers may skip, objects are written whole or not at all, and a message or a frame may arrive twice.
const TRIES: u32 = 3;

/// Where services inside this process seem to be. An address instead of a name, so that the client of S3 puts the
/// bucket into the path.
pub const EMBEDDED_ENDPOINT: &str = "http://127.0.0.1";

/// The time limits of a call whose client sets no others.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(3);
const CALL_LIMIT: Duration = Duration::from_secs(8);

/// The configuration of a deployment: region, credentials and endpoints, as the environment has them. Loaded once for
/// all clients, which share their connections: root certificates are read once, too.
pub async fn load() -> SdkConfig {
    let connections = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    let environment =
        aws_config::defaults(BehaviorVersion::latest()).http_client(Connections(connections)).load().await;
    with_limits(environment, RetryConfig::standard())
}

/// The configuration of clients whose service is `service`, inside this process. `backoff` is the first pause before a
/// retry.
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

/// The key that an embedded S3 expects.
pub fn embedded_credentials() -> Credentials {
    Credentials::new("embedded", "embedded", None, None, "embedded")
}

/// The time limits of a call: for one attempt, and for all of them with the pauses between. The SDK has none of its own
/// beyond the one for connecting.
pub fn time_limits(attempt: Duration, call: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(attempt)
        .operation_timeout(call)
        .build()
}

/// What holds for every client, wherever its service is.
fn with_limits(config: SdkConfig, retries: RetryConfig) -> SdkConfig {
    config
        .into_builder()
        .retry_config(retries.with_max_attempts(TRIES))
        .timeout_config(time_limits(ATTEMPT_LIMIT, CALL_LIMIT))
        // The signature covers a hash of the body already.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .build()
}

/// The SDK has one allowance of retries for each service and region of a process. Embedded services have nothing in
/// common, so each configuration has a region of its own.
fn own_region() -> Region {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    Region::new(format!("embedded-{}", MADE.fetch_add(1, Ordering::Relaxed)))
}

/// Makes connections for all clients. For each new client the SDK would have everything made that a connection
/// takes, the parsing of all root certificates among it, only to see whether that works; here the first call does.
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
