//! The WebSocket gateway: sends frames to open connections, and closes connections.

use crate::{
    aws::{self, CallError},
    domain::connection::ConnectionId,
};
use aws_config::SdkConfig;
use aws_sdk_apigatewaymanagement::{
    Client,
    config::Builder,
    error::{ProvideErrorMetadata, SdkError},
    operation::{delete_connection::DeleteConnectionError, post_to_connection::PostToConnectionError},
    primitives::Blob,
};
use std::time::Duration;

/// The maximum size of a message that the gateway sends as one frame, in bytes.
pub const FRAME_MAX: usize = 32 * 1024;

/// The result of sending a frame or closing a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// The gateway accepted it.
    Delivered,
    /// The connection does not exist, or does not exist yet.
    Gone,
}

/// The deployment's WebSocket gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    client: Client,
}

impl Gateway {
    /// Calls the gateway at `endpoint`.
    pub fn new(aws: &SdkConfig, endpoint: &str) -> Self {
        // One slow connection must not delay the others for long.
        let limits = aws::time_limits(Duration::from_millis(1500), Duration::from_secs(2));
        Self { client: Client::from_conf(Builder::from(aws).endpoint_url(endpoint).timeout_config(limits).build()) }
    }

    /// Sends `frame`.
    pub async fn post(&self, connection: &ConnectionId, frame: &[u8]) -> Result<Posted, CallError> {
        let call = self.client.post_to_connection().connection_id(connection.as_str()).data(Blob::new(frame));
        posted(call.send().await.map(drop), PostToConnectionError::is_gone_exception)
    }

    /// Closes a connection.
    pub async fn close(&self, connection: &ConnectionId) -> Result<Posted, CallError> {
        let call = self.client.delete_connection().connection_id(connection.as_str());
        posted(call.send().await.map(drop), DeleteConnectionError::is_gone_exception)
    }
}

/// Treats the gateway's `410 Gone` as a result, not as an error.
fn posted<E>(sent: Result<(), SdkError<E>>, is_gone: impl Fn(&E) -> bool) -> Result<Posted, CallError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(()) => Ok(Posted::Delivered),
        Err(SdkError::ServiceError(service)) if is_gone(service.err()) || service.raw().status().as_u16() == 410 => {
            Ok(Posted::Gone)
        }
        Err(error) => Err(error.into()),
    }
}
