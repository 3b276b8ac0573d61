//! The WebSocket gateway, and nothing else: what is sent into open connections, and closing them.

use crate::domain::{connection::ConnectionId, error::Cause};
use aws_config::SdkConfig;
use aws_sdk_apigatewaymanagement::{
    Client,
    config::{
        BehaviorVersion, Builder, Credentials, HttpClient, Region,
        retry::{RetryConfig, RetryPartition},
        timeout::TimeoutConfig,
    },
    error::{ProvideErrorMetadata, SdkError},
    operation::{delete_connection::DeleteConnectionError, post_to_connection::PostToConnectionError},
    primitives::Blob,
};
use std::time::Duration;

/// A frame that was sent twice does no harm: its event has an id.
const TRIES: u32 = 2;
/// The most bytes of a message that the gateway sends as one frame.
pub const FRAME_MAX: usize = 32 * 1024;

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// The gateway took it.
    Delivered,
    /// There is no such connection, or not yet.
    Gone,
}

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
#[error("the gateway did not take a frame")]
pub struct GatewayError(#[source] Cause);

/// The deployment's WebSocket gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    client: Client,
}

/// One connection must not hold up the others for long.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_millis(1500))
        .operation_timeout(Duration::from_secs(2))
        .build()
}

impl Gateway {
    /// The deployment's gateway at `endpoint`.
    pub fn on_aws(aws: &SdkConfig, endpoint: &str) -> Self {
        let retries = RetryConfig::standard().with_max_attempts(TRIES);
        Self::new(Builder::from(aws).retry_config(retries).endpoint_url(endpoint))
    }

    /// A gateway inside this process, behind `http`. `backoff` is the first pause before a retry.
    pub fn embedded(http: impl HttpClient + 'static, backoff: Duration) -> Self {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .endpoint_url("http://embedded.invalid")
            .credentials_provider(Credentials::for_tests())
            .http_client(http)
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(backoff))
            // Its own allowance of retries: several embedded gateways share nothing.
            .retry_partition(RetryPartition::custom("embedded gateway").build());
        Self::new(config)
    }

    fn new(config: Builder) -> Self {
        Self { client: Client::from_conf(config.timeout_config(timeouts()).build()) }
    }

    /// Sends `frame`.
    pub async fn post(&self, connection: &ConnectionId, frame: &[u8]) -> Result<Posted, GatewayError> {
        let call = self.client.post_to_connection().connection_id(connection.as_str()).data(Blob::new(frame));
        posted(call.send().await.map(drop), PostToConnectionError::is_gone_exception)
    }

    /// Closes a connection.
    pub async fn close(&self, connection: &ConnectionId) -> Result<Posted, GatewayError> {
        let call = self.client.delete_connection().connection_id(connection.as_str());
        posted(call.send().await.map(drop), DeleteConnectionError::is_gone_exception)
    }
}

/// The gateway's `410 Gone` is an answer.
fn posted<E>(sent: Result<(), SdkError<E>>, is_gone: impl Fn(&E) -> bool) -> Result<Posted, GatewayError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(()) => Ok(Posted::Delivered),
        Err(SdkError::ServiceError(service)) if is_gone(service.err()) || service.raw().status().as_u16() == 410 => {
            Ok(Posted::Gone)
        }
        Err(error) => Err(GatewayError(error.into())),
    }
}
