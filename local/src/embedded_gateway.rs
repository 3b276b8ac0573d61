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
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

/// The maximum size of a message in bytes, in either direction.
pub const MESSAGE_MAX: usize = 128 * 1024;
/// How long connections may take to close when the process ends.
const FAREWELL: Duration = Duration::from_secs(2);
/// The maximum size of the frames queued for a slow client, in bytes. A frame that finds the queue full closes the
/// connection. The sender does not wait: the client can reconnect and name the last event that it received.
const QUEUED_MAX: usize = 256 * 1024;

/// The gateway for the SDK's client, with the open connections. Cheap to clone.
#[derive(Clone)]
pub struct EmbeddedGateway {
    connections: Arc<Mutex<HashMap<String, Queue>>>,
    ending: watch::Sender<bool>,
}

/// The frames that wait for a client to read them.
#[derive(Clone)]
struct Queue {
    frames: mpsc::UnboundedSender<String>,
    bytes: Arc<AtomicUsize>,
}

/// The frames to send to a client.
pub struct Frames {
    frames: mpsc::UnboundedReceiver<String>,
    bytes: Arc<AtomicUsize>,
}

impl Default for EmbeddedGateway {
    fn default() -> Self {
        Self { connections: Arc::default(), ending: watch::Sender::new(false) }
    }
}

impl Frames {
    /// The next frame. `None` when the connection must be closed.
    pub async fn next(&mut self) -> Option<String> {
        let frame = self.frames.recv().await?;
        self.bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }
}

impl EmbeddedGateway {
    /// Registers an open connection. Returns the frames to send to it; when the channel ends, the connection must be
    /// closed.
    pub fn open(&self, id: &str) -> Frames {
        let (sender, frames) = mpsc::unbounded_channel();
        let bytes = Arc::new(AtomicUsize::new(0));
        self.connections().insert(id.to_owned(), Queue { frames: sender, bytes: bytes.clone() });
        Frames { frames, bytes }
    }

    /// Asks all connections to close, because the process ends. Completes when they have, or after a while.
    pub async fn end(&self) {
        self.ending.send_replace(true);
        let closed = async {
            while self.count() > 0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(FAREWELL, closed).await.ok();
    }

    /// Completes when the process ends.
    pub async fn ended(&self) {
        self.ending.subscribe().wait_for(|is_ending| *is_ending).await.ok();
    }

    /// Closes a connection. Returns whether it was open.
    pub fn close(&self, id: &str) -> bool {
        self.connections().remove(id).is_some()
    }

    /// The number of open connections.
    pub fn count(&self) -> usize {
        self.connections().len()
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, id: &str, frame: String) -> bool {
        let Some(Queue { frames, bytes }) = self.connections().get(id).cloned() else {
            return false;
        };
        let length = frame.len();
        let fits = bytes.fetch_add(length, Ordering::Relaxed) + length <= QUEUED_MAX;
        let is_sent = fits && frames.send(frame).is_ok();
        if !is_sent {
            self.close(id);
        }
        is_sent
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
                if self.post(&id, frame) { (200, None) } else { (410, Some("GoneException")) }
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
