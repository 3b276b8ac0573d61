//! `/ws`: replaces API Gateway's WebSocket API. It calls the `realtime` function's handler with the same events and has
//! the same limits.

use crate::embedded_gateway::{EmbeddedGateway, Frames, MESSAGE_MAX};
use axum::{
    Extension, Router,
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, Method, Uri, header::ALLOW},
    response::{IntoResponse, Response},
    routing::any,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use realtime::{Event, HandshakeReply};
use serde_json::{Map, Value, json};
use shared::{
    clock::Clock,
    domain::Error,
    entropy::Entropy,
    http::{self, ClientAddress, Failure, Fault, Platform},
    service::Services,
};
use std::{error::Error as _, net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::tungstenite;

/// The maximum size of a frame in bytes.
const FRAME_MAX: usize = 32 * 1024;
/// How long a connection may be idle in both directions.
const IDLE_MAX: Duration = Duration::from_secs(10 * 60);
/// The maximum lifetime of a connection.
const LASTS: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a client may take to read one frame before the connection is closed.
const SLOW: Duration = Duration::from_secs(10);

/// The size of the buffer for what a client sends, in bytes.
const READ_BUFFER: usize = 4 * 1024;
/// The maximum number of pings and pongs that a client may send in a minute.
const CONTROLS_MAX: u32 = 240;
const MINUTE: Duration = Duration::from_secs(60);

const GOING_AWAY: u16 = 1001;
const UNSUPPORTED: u16 = 1003;
const POLICY: u16 = 1008;
const TOO_BIG: u16 = 1009;

/// The dependencies of connections.
#[derive(Clone)]
pub struct Sockets {
    /// The services that handle the events of connections.
    pub services: Services,
    /// The gateway that sends frames to connections.
    pub gateway: EmbeddedGateway,
    /// For the times at which connections are opened.
    pub clock: Arc<dyn Clock>,
    /// For the ids of connections.
    pub entropy: Arc<dyn Entropy>,
}

/// The route of WebSocket connections.
pub fn router(sockets: Sockets) -> Router {
    let services = sockets.services.clone();
    let routes = Router::new().route("/ws", any(open)).route("/ws/", any(open)).with_state(sockets);
    http::with_headers(routes, &services.config)
}

/// A connection, as its events describe it.
#[derive(Clone)]
struct Client {
    sockets: Sockets,
    id: String,
    address: IpAddr,
    host: String,
    connected_at: u64,
}

async fn open(
    method: Method,
    State(sockets): State<Sockets>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET {
        let refused = Failure::<Platform>::from(Fault::MethodNotAllowed(method)).into_response();
        return ([(ALLOW, "GET")], refused).into_response();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            let fault = Fault::BadRequest(format!("Only WebSocket connections are accepted here. {rejection}"));
            return Failure::<Platform>::from(fault).into_response();
        }
    };
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let id = BASE64_STANDARD.encode(sockets.entropy.bytes::<11>());
    let connected_at = sockets.clock.now().millis();
    let client = Client { id, address, host, connected_at, sockets };
    // Registered before the handshake is answered, so that no frame is lost in between.
    let frames = client.sockets.gateway.open(&client.id);
    if let Err(refusal) = client.clone().connect(request_parts(&uri, &headers)).await {
        return Failure::<Platform>::from(refusal).into_response();
    }
    let failed = client.clone();
    let upgrade = upgrade.max_message_size(MESSAGE_MAX).max_frame_size(FRAME_MAX);
    // Answers to pings are queued, too. A client that reads none of them must not fill the memory.
    // The default of the read buffer, 128 KiB, would be most of the memory of an idle connection.
    let upgrade = upgrade.read_buffer_size(READ_BUFFER).write_buffer_size(0).max_write_buffer_size(2 * MESSAGE_MAX);
    upgrade
        .on_failed_upgrade(move |_| drop(tokio::spawn(async move { failed.leave(None).await })))
        .on_upgrade(move |socket| client.converse(socket, frames))
}

/// The parts of the handshake's event that describe its request.
fn request_parts(uri: &Uri, headers: &HeaderMap) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in headers {
        let values = all.entry(name.as_str()).or_insert_with(|| json!([]));
        if let (Some(values), Ok(value)) = (values.as_array_mut(), value.to_str()) {
            values.push(value.into());
        }
    }
    let mut query: Map<String, Value> = Map::new();
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let values = query.entry(name).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(value.into());
        }
    }
    let last = |all: &Map<String, Value>| {
        let last = |(name, values): (&String, &Value)| Some((name.clone(), values.as_array()?.last()?.clone()));
        all.iter().filter_map(last).collect::<Map<_, _>>()
    };
    json!({
        "headers": last(&all),
        "multiValueHeaders": all,
        "queryStringParameters": last(&query),
        "multiValueQueryStringParameters": query,
    })
}

impl Client {
    /// Calls the function with an event.
    ///
    /// # Errors
    /// Why a handshake was refused.
    async fn call(&self, route: &str, parts: Value) -> Result<(), Error> {
        let kind = match route {
            "$connect" => "CONNECT",
            "$disconnect" => "DISCONNECT",
            _ => "MESSAGE",
        };
        let mut event = json!({
            "requestContext": {
                "routeKey": route,
                "eventType": kind,
                "messageDirection": "IN",
                "stage": "local",
                "connectedAt": self.connected_at,
                "requestTimeEpoch": self.sockets.clock.now().millis(),
                "identity": {"sourceIp": self.address.to_string()},
                "requestId": self.id,
                "extendedRequestId": self.id,
                "domainName": self.host,
                "connectionId": self.id,
                "apiId": "local",
            },
            "isBase64Encoded": false,
        });
        if let (Some(event), Value::Object(parts)) = (event.as_object_mut(), parts) {
            event.extend(parts);
        }
        let event: Event = serde_json::from_value(event).map_err(Error::internal)?;
        let handled = realtime::handle(self.sockets.services.clone(), event);
        // A separate task, so that the handler finishes even if the connection closes.
        match tokio::spawn(handled).await.map_err(Error::internal)?? {
            HandshakeReply::Connection { refusal, .. } => refusal.map_or(Ok(()), Err),
            HandshakeReply::Queue(_) => Err(Error::internal("a connection's event was taken for messages")),
        }
    }

    /// Asks whether the connection may open. If it may not, or the client is gone by then, nothing of it stays.
    async fn connect(self, parts: Value) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        // A separate task, because this future ends with the client.
        tokio::spawn(async move {
            let connected = self.call("$connect", parts).await;
            let is_refused = connected.is_err();
            if answer.send(connected).is_err() || is_refused {
                self.leave(None).await;
            }
        });
        answered.await.map_err(Error::internal)?
    }

    async fn converse(self, socket: WebSocket, frames: Frames) {
        let (mut sink, mut stream) = socket.split();
        let active = Notify::new();
        let code = tokio::select! {
            code = self.read(&mut stream, &active) => code,
            code = write(&mut sink, frames, &active) => code,
            () = idle(&active) => Some(GOING_AWAY),
            () = sleep(LASTS) => Some(GOING_AWAY),
            () = self.sockets.gateway.ended() => Some(GOING_AWAY),
        };
        if let Some(code) = code {
            let close = Message::Close(Some(CloseFrame { code, reason: "".into() }));
            // The close frame is sent without waiting longer for a client that does not read it.
            timeout(SLOW, sink.send(close)).await.ok();
        }
        self.leave(code).await;
    }

    /// Passes the client's messages to the function until the client disconnects or must be disconnected.
    async fn read(&self, stream: &mut SplitStream<WebSocket>, active: &Notify) -> Option<u16> {
        let (mut window, mut controls) = (Instant::now(), 0);
        while let Some(message) = stream.next().await {
            active.notify_one();
            if matches!(message, Ok(Message::Ping(_) | Message::Pong(_))) {
                if window.elapsed() > MINUTE {
                    (window, controls) = (Instant::now(), 0);
                }
                controls += 1;
                if controls > CONTROLS_MAX {
                    return Some(POLICY);
                }
            }
            match message {
                Ok(Message::Text(text)) => {
                    if let Err(error) = self.call("$default", json!({"body": text.as_str()})).await {
                        tracing::error!(error = %shared::log::Causes(&error), "a message was not handled");
                    }
                }
                Ok(Message::Binary(_)) => return Some(UNSUPPORTED),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(Message::Close(_)) => return None,
                Err(error) => return is_too_big(&error).then_some(TOO_BIG),
            }
        }
        None
    }

    async fn leave(&self, code: Option<u16>) {
        self.sockets.gateway.close(&self.id);
        let parts = json!({"disconnectStatusCode": code.unwrap_or(1005), "disconnectReason": ""});
        if let Err(error) = self.call("$disconnect", parts).await {
            tracing::warn!(error = %shared::log::Causes(&error), "the end of a connection was not noted");
        }
    }
}

/// Sends frames until the channel ends, which means that the connection must be closed.
async fn write(sink: &mut SplitSink<WebSocket, Message>, mut frames: Frames, active: &Notify) -> Option<u16> {
    while let Some(frame) = frames.next().await {
        match timeout(SLOW, sink.send(Message::Text(frame.into()))).await {
            Ok(Ok(())) => active.notify_one(),
            Ok(Err(_)) | Err(_) => return None,
        }
    }
    Some(POLICY)
}

async fn idle(active: &Notify) {
    while timeout(IDLE_MAX, active.notified()).await.is_ok() {}
}

fn is_too_big(error: &axum::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<tungstenite::Error>());
    matches!(cause, Some(tungstenite::Error::Capacity(_)))
}
