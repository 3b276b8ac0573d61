//! Responses as server-sent events.

use super::{App, Dialect, Failure, pages::Query};
use crate::domain::{Error, Problem, conversation::StreamPosition};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{borrow::Cow, time::Duration};
use utoipa::openapi::{ObjectBuilder, Ref, schema::Type};

/// A comment is sent after a pause of this length, because gateways and clients close silent connections.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The line ends of Unicode that JSON may contain unescaped.
const LINE_ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Whether the client wants events. Its `Accept` header then names `text/event-stream`, with any weight above zero.
pub struct WantsEvents(pub bool);

impl<D: Dialect> FromRequestParts<App<D>> for WantsEvents {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Failure<D>> {
        let accepted = parts.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut types = accepted.flat_map(|value| value.split(','));
        let names_it = |range: &str| {
            let mut parts = range.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("text/event-stream"));
            is_named && !parts.any(refuses)
        };
        Ok(Self(types.any(names_it)))
    }
}

/// Whether the parameter of a media range makes it unacceptable: `q=0` (RFC 9110, section 12.4.2).
pub(super) fn refuses(parameter: &str) -> bool {
    let weight = parameter.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("q")).map(|(_, weight)| weight);
    weight.and_then(|weight| weight.parse::<f32>().ok()).is_some_and(|weight| weight <= 0.0)
}

/// An event of a stream.
pub struct Event<T> {
    /// Where a client that received it can go on.
    pub id: String,
    /// Its name and its data, which become JSON: `{"event", "data"}`.
    pub fields: T,
}

/// The fields of an event. The data is JSON.
#[derive(Deserialize)]
struct Fields<'a> {
    event: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// The position after which a client wants the events of a turn: the query's `after`, or the header `Last-Event-ID`.
/// `None` for all events.
pub struct LastEventId(pub Option<StreamPosition>);

impl<D: Dialect> FromRequestParts<App<D>> for LastEventId {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let query = Query::from_request_parts(parts, app).await?;
        let header = parts.headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        let given = query.parameter("after").or(header).filter(|id| !id.is_empty());
        match given.map(|id| StreamPosition::parse(&id)) {
            None => Ok(Self(None)),
            Some(Some(position)) => Ok(Self(Some(position))),
            Some(None) => Err(Error::invalid("after", Problem::Cursor).into()),
        }
    }
}

/// Adds `id` and `data` to the schema of an event, as of OpenAPI 3.2: the fields are texts, and that of `data` is JSON
/// with the schema of this name.
pub fn with_data(event: ObjectBuilder, schema: &str) -> ObjectBuilder {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let data = text().content_media_type("application/json").content_schema(Some(Ref::from_schema_name(schema)));
    let data = data.description(Some(format!("A `{schema}`, as JSON.")));
    let id = text().description(Some("The position after the event: bytes of the reply, and steps."));
    event.property("id", id).required("id").property("data", data).required("data")
}

/// Escapes the line ends of Unicode in JSON. Many clients end a line of an event there, although the standard does not.
fn escape_line_ends(json: &str) -> Cow<'_, str> {
    match json.contains(LINE_ENDS) {
        true => json.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029").into(),
        false => json.into(),
    }
}

/// The events as a response. If the client disconnects, the response is dropped, and `events` with it.
pub fn respond<T: Serialize>(events: impl Stream<Item = Event<T>> + Send + 'static) -> Response {
    let events = events.map(|Event { id, fields }| {
        let fields = serde_json::to_string(&fields)?;
        let Fields { event, data } = serde_json::from_str(&fields)?;
        Ok::<_, serde_json::Error>(sse::Event::default().event(event).id(id).data(escape_line_ends(data.get())))
    });
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("heartbeat"));
    // `Sse` sets `no-cache`, which allows caches to store the response.
    ([(header::CACHE_CONTROL, "no-store")], events).into_response()
}
