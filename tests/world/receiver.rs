//! A receiver of webhooks: an HTTP server of the test that keeps its requests and gives the configured responses.

use super::{Progress, documents::judge_webhook};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

/// A received request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The headers.
    pub headers: HeaderMap,
    /// The body as received.
    pub bytes: Bytes,
    /// The body as JSON.
    pub body: Value,
}

impl Request {
    /// A header's value; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

#[derive(Default)]
struct Inner {
    requests: Vec<Request>,
    answers: VecDeque<Option<(StatusCode, HeaderMap, Vec<u8>)>>,
}

/// A receiver. It responds with 200 `ok` by default.
#[derive(Clone)]
pub struct Receiver {
    /// Its URL.
    pub url: String,
    inner: Arc<Mutex<Inner>>,
    progress: Progress,
}

impl Receiver {
    /// Starts a receiver on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        let receiver = Self { url, inner: Arc::default(), progress: Progress::default() };
        let app = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        receiver
    }

    /// Sets the statuses of the next responses.
    pub fn answers(&self, statuses: impl IntoIterator<Item = u16>) {
        for status in statuses {
            self.answers_with(status, &[], "ok");
        }
    }

    /// Sets the next response.
    pub fn answers_with(&self, status: u16, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let answer = (StatusCode::from_u16(status).unwrap(), headers, body.into());
        self.inner.lock().unwrap().answers.push_back(Some(answer));
    }

    /// The next request gets no response.
    pub fn hangs(&self) {
        self.inner.lock().unwrap().answers.push_back(None);
    }

    /// The requests since the last call of this method.
    pub fn received(&self) -> Vec<Request> {
        let received = std::mem::take(&mut self.inner.lock().unwrap().requests);
        let events = received.iter().filter(|request| request.headers.contains_key("webhook-id"));
        events.for_each(|event| judge_webhook(&event.body));
        received
    }

    /// Like `received`, but waits for at least one request.
    pub async fn until_received(&self) -> Vec<Request> {
        let received = || Some(self.received()).filter(|received| !received.is_empty());
        self.progress.until("a webhook is called", received).await
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, bytes: Bytes) -> Response {
    let answer = {
        let mut inner = receiver.inner.lock().unwrap();
        // A GET has none.
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        inner.requests.push(Request { headers, bytes, body });
        inner.answers.pop_front()
    };
    receiver.progress.note();
    match answer {
        Some(Some((status, headers, body))) => (status, headers, body).into_response(),
        Some(None) => pending().await,
        None => "ok".into_response(),
    }
}
