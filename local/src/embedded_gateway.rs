//! API Gateway's management API for WebSocket connections, in this process. It replaces the connection of an SDK client
//! and sends to the connections of `websocket`.

use aws_smithy_runtime_api::{
    client::{
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use percent_encoding::percent_decode_str;
use shared::aws::Respond;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};

/// The maximum size of a message in bytes, in either direction.
pub const MESSAGE_MAX: usize = 128 * 1024;
/// The maximum number of frames queued for a slow client.
const WAITING: usize = 64;
/// How long a frame waits for space in a full queue. After that, the connection is closed. The client can reconnect and
/// name the last event that it received.
const PATIENCE: Duration = Duration::from_secs(1);

/// The gateway for the SDK's client, with the open connections. Cheap to clone.
#[derive(Clone, Default)]
pub struct EmbeddedGateway(Arc<Mutex<HashMap<String, mpsc::Sender<String>>>>);

impl EmbeddedGateway {
    /// Registers an open connection. Returns the frames to send to it; when the channel ends, the connection must be
    /// closed.
    pub fn open(&self, id: &str) -> mpsc::Receiver<String> {
        let (frames, waiting) = mpsc::channel(WAITING);
        self.connections().insert(id.to_owned(), frames);
        waiting
    }

    /// Closes a connection. Returns whether it was open.
    pub fn close(&self, id: &str) -> bool {
        self.connections().remove(id).is_some()
    }

    /// The number of open connections.
    pub fn count(&self) -> usize {
        self.connections().len()
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn post(&self, id: &str, frame: String) -> bool {
        let Some(frames) = self.connections().get(id).cloned() else {
            return false;
        };
        let sent = matches!(timeout(PATIENCE, frames.send(frame)).await, Ok(Ok(())));
        if !sent {
            self.close(id);
        }
        sent
    }
}

impl Respond for EmbeddedGateway {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let id = request.uri().rsplit_once("/@connections/").map(|(_, id)| percent_decode_str(id).decode_utf8_lossy());
        let id = id.ok_or_else(|| ConnectorError::user("not a request about a connection".into()))?.into_owned();
        let body = request.body().bytes().unwrap_or_default();
        let (status, error) = match request.method() {
            "DELETE" if self.close(&id) => (204, None),
            "POST" if body.len() > MESSAGE_MAX => (413, Some("PayloadTooLargeException")),
            "POST" => {
                let frame = String::from_utf8(body.to_vec()).map_err(|error| ConnectorError::user(error.into()))?;
                if self.post(&id, frame).await { (200, None) } else { (410, Some("GoneException")) }
            }
            "DELETE" => (410, Some("GoneException")),
            _ => (405, Some("MethodNotAllowedException")),
        };
        let status = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
        let mut response = HttpResponse::new(status, SdkBody::empty());
        if let Some(error) = error {
            response.headers_mut().insert("x-amzn-errortype", error);
        }
        Ok(response)
    }
}
