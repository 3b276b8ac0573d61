//! API Gateway's management of WebSocket connections inside this process, in place of an SDK client's connection: a
//! look at the connections of `websocket`.

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

/// The most bytes of one message, in either direction.
pub const MESSAGE_MAX: usize = 128 * 1024;
/// Frames that wait for a client that reads slowly.
const WAITING: usize = 64;
/// How long a frame waits until one of those was read. Then the connection is closed: its client may come again
/// and say what it heard last.
const PATIENCE: Duration = Duration::from_secs(1);

/// The gateway for the SDK's client, in this process, and the open connections. Cheap to clone.
#[derive(Clone, Default)]
pub struct EmbeddedGateway(Arc<Mutex<HashMap<String, mpsc::Sender<String>>>>);

impl EmbeddedGateway {
    /// A connection opens. What is to be sent into it comes out here; the end of that closes it.
    pub fn open(&self, id: &str) -> mpsc::Receiver<String> {
        let (frames, waiting) = mpsc::channel(WAITING);
        self.connections().insert(id.to_owned(), frames);
        waiting
    }

    /// A connection is closed. Whether it was open.
    pub fn close(&self, id: &str) -> bool {
        self.connections().remove(id).is_some()
    }

    /// How many connections are open.
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
