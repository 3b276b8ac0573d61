//! Answers as server-sent events.

use super::{App, Dialect, Failure};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt};
use serde::Serialize;
use std::{convert::Infallible, time::Duration};

/// A comment is sent when nothing else was for so long: gateways and clients give up on silence.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Whether the client wants events: its `Accept` header names `text/event-stream`.
pub struct WantsEvents(pub bool);

impl<D: Dialect> FromRequestParts<App<D>> for WantsEvents {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Failure<D>> {
        let accepted = parts.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut types = accepted.flat_map(|value| value.split(','));
        let names_it =
            |media: &str| media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream");
        Ok(Self(types.any(names_it)))
    }
}

/// An event with its name and its data, which becomes JSON.
pub struct Named<T>(pub &'static str, pub T);

/// The events as a response. Dropping it, as happens when the client goes away, drops `events`.
pub fn respond<T: Serialize>(events: impl Stream<Item = Named<T>> + Send + 'static) -> Response {
    let events = events.map(|Named(name, data)| {
        let data = serde_json::to_string(&data).unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "an event cannot be written");
            "{}".to_owned()
        });
        Ok::<_, Infallible>(Event::default().event(name).data(data))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("heartbeat")).into_response()
}
