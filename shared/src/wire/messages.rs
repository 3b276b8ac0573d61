//! Messages that clients send over live connections. Source: spec 001, "Message Types".

use crate::{domain::ids::EventId, service::realtime::ClientMessage};
use serde::Deserialize;

/// `{"type": "authenticate", "token": "…", "last_event_id": "…"}`, `{"type": "resume", "last_event_id": "…"}` or
/// `{"type": "ping"}`.
#[derive(Deserialize)]
struct WireMessage {
    r#type: String,
    token: Option<String>,
    last_event_id: Option<String>,
}

/// Parses a client's message. Returns `None` for anything else, because clients get no error messages.
pub fn parse_message(text: &str) -> Option<ClientMessage> {
    let WireMessage { r#type, token, last_event_id } = serde_json::from_str(text).ok()?;
    let last_event = last_event_id.as_deref().and_then(EventId::parse);
    match r#type.as_str() {
        "authenticate" => Some(ClientMessage::Authenticate { token: token.map(Into::into), last_event }),
        "resume" => Some(ClientMessage::Resume { last_event: last_event? }),
        "ping" => Some(ClientMessage::Ping),
        _ => None,
    }
}
