//! Bedrock, inside this process. It sends one reply for each request, the last one again and again.

use aws_config::SdkConfig;
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{
    body::SdkBody,
    event_stream::{Header, HeaderValue, Message},
};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use shared::{
    aws::{self, Respond},
    model::Bedrock,
};
use std::{
    collections::VecDeque,
    future::pending,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What is sent back.
#[derive(Clone)]
pub struct Reply {
    status: u16,
    /// The name of an error.
    error: Option<&'static str>,
    body: Vec<u8>,
    then: Then,
}

/// What follows the body.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    End,
    Hang,
    Break,
    /// Instead of the body: nothing.
    Refuse,
}

impl Reply {
    /// These events.
    pub fn events(events: &[(&'static str, Value)]) -> Self {
        let events = events.iter().map(|(name, body)| frame("event", name, body));
        Self { status: 200, error: None, body: events.flatten().collect(), then: Then::End }
    }

    /// These events, then an error.
    pub fn failing(events: &[(&'static str, Value)], error: &'static str, body: &Value) -> Self {
        let mut reply = Self::events(events);
        reply.body.extend(frame("exception", error, body));
        reply
    }

    /// These events, then nothing.
    pub fn hanging(events: &[(&'static str, Value)]) -> Self {
        Self { then: Then::Hang, ..Self::events(events) }
    }

    /// These events, then the connection is lost.
    pub fn breaking_off(events: &[(&'static str, Value)]) -> Self {
        Self { then: Then::Break, ..Self::events(events) }
    }

    /// These bytes.
    pub fn raw(body: &[u8]) -> Self {
        Self { body: body.to_vec(), ..Self::events(&[]) }
    }

    /// An error in place of an answer.
    pub fn error(status: u16, error: &'static str, message: &str) -> Self {
        let body = serde_json::json!({"message": message}).to_string().into_bytes();
        Self { status, error: Some(error), body, then: Then::End }
    }

    /// No connection.
    pub fn refusal() -> Self {
        Self { then: Then::Refuse, ..Self::events(&[]) }
    }

    /// No answer.
    pub fn silence() -> Self {
        Self { status: 0, then: Then::Hang, ..Self::events(&[]) }
    }

    fn response(self) -> HttpResponse {
        let Self { status, error, body, then } = self;
        let body = Full::from(body).map_err(|never| match never {});
        let body = match then {
            Then::Hang => SdkBody::from_body_1_x(body.with_trailers(pending())),
            Then::Break => {
                let lost = async { Some(Err(io::Error::from(io::ErrorKind::ConnectionReset))) };
                SdkBody::from_body_1_x(body.map_err(io::Error::other).with_trailers(lost))
            }
            Then::End | Then::Refuse => SdkBody::from_body_1_x(body),
        };
        let mut response = HttpResponse::new(status.try_into().unwrap(), body);
        if let Some(error) = error {
            response.headers_mut().insert("x-amzn-errortype", error);
        }
        response
    }
}

/// An event, as it is on the wire.
fn frame(kind: &'static str, name: &'static str, body: &Value) -> Vec<u8> {
    let (mut bytes, text) = (Vec::new(), |text: &'static str| HeaderValue::String(text.into()));
    let message = Message::new(body.to_string())
        .add_header(Header::new(":message-type", text(kind)))
        .add_header(Header::new(if kind == "event" { ":event-type" } else { ":exception-type" }, text(name)))
        .add_header(Header::new(":content-type", text("application/json")));
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

/// A request.
#[derive(Clone)]
pub struct Heard {
    pub path: String,
    pub body: Value,
}

/// The service.
#[derive(Clone)]
pub struct Runtime {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Runtime {
    pub fn replying(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { replies: Arc::new(Mutex::new(replies.into_iter().collect())), heard: Arc::default() }
    }

    /// The configuration of its clients.
    pub fn configuration(&self) -> SdkConfig {
        aws::embedded(self.clone(), Duration::from_millis(1))
    }

    pub fn model(&self) -> Bedrock {
        Bedrock::new(super::MODEL.to_owned(), Some(self.configuration()))
    }

    /// The requests so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

impl Respond for Runtime {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let (path, body) = (request.uri().to_owned(), serde_json::from_slice(request.body().bytes().unwrap()).unwrap());
        self.heard.lock().unwrap().push(Heard { path, body });
        let reply = {
            let mut replies = self.replies.lock().unwrap();
            if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() }
        };
        match (reply.status, reply.then) {
            (0, _) => pending().await,
            (_, Then::Refuse) => Err(ConnectorError::io("refused".into())),
            _ => Ok(reply.response()),
        }
    }
}
