//! Reads server-sent events as they arrive.

use super::documents::judge_event;
use axum::{body::Body, http::HeaderMap};
use http_body_util::BodyExt;
use serde_json::Value;

/// A response that is a stream of events. Dropping it disconnects.
pub struct Events {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    body: Body,
    text: String,
}

impl Events {
    pub fn new(status: u16, headers: HeaderMap, body: Body) -> Self {
        Self { status, headers, body, text: String::new() }
    }

    /// The next event: its name and its data. A comment has the name `:`. `None` at the end.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (read(event), rest.to_owned());
                self.text = rest;
                return Some(event);
            }
            let Some(frame) = self.body.frame().await else {
                assert_eq!(self.text, "", "an event that is not whole");
                return None;
            };
            self.text.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        }
    }

    /// The next event, which must have this name.
    pub async fn data_of(&mut self, name: &str) -> Value {
        let (found, data) = self.next().await.unwrap();
        assert_eq!(found, name, "{data}");
        data
    }

    /// All events until the end of the stream.
    pub async fn rest(mut self) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn read(event: &str) -> (String, Value) {
    if let Some(comment) = event.strip_prefix(": ") {
        return (":".to_owned(), comment.into());
    }
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    assert!(field("id: ").contains('.'), "{event}");
    let (name, data) = (field("event: ").to_owned(), serde_json::from_str(field("data: ")).unwrap());
    judge_event(&name, &data);
    (name, data)
}
