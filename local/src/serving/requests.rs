//! What holds for every request, whatever its route: its head is short and names one host, its body keeps arriving, and
//! its response can be read although its body was not.

use super::HEAD_BYTES_MAX;
use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{
        HeaderMap, HeaderValue,
        header::{CONNECTION, EXPECT, HOST},
    },
    middleware::{Next, from_fn},
    response::Response,
};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use shared::http::{BodyTimedOut, Malformed, is_host};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep, timeout};

/// How long a body may pause.
const STALLED: Duration = Duration::from_secs(20);
/// The rate at which a body must arrive on average, after a pause, in bytes per second.
const RATE_MIN: u64 = 4 * 1024;
/// The maximum number of bytes of an unread body that are still received. Many clients read no response before they
/// have sent the whole body.
const DRAINED_MAX: u64 = 64 * 1024 * 1024;
/// How long that may take.
const DRAINED_WITHIN: Duration = Duration::from_secs(30);

/// Adds these rules to all routes.
pub(super) fn checked(routes: Router) -> Router {
    routes.layer(from_fn(with_whole_body)).layer(from_fn(with_good_head))
}

async fn with_good_head(mut request: Request, next: Next) -> Response {
    let head = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    let head = request.uri().to_string().len() + head.sum::<usize>();
    if head > HEAD_BYTES_MAX {
        request.extensions_mut().insert(Malformed::HeadTooLarge);
    } else if !has_one_host(request.headers()) {
        request.extensions_mut().insert(Malformed::Host);
    }
    next.run(request).await
}

fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let is_host = hosts.next().and_then(|host| host.to_str().ok()).is_some_and(is_host);
    is_host && hosts.next().is_none()
}

async fn with_whole_body(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(head, body)).await;
    }
    // Such a client sends the body only when somebody begins to read it.
    let is_asked_for = head.headers.contains_key(EXPECT);
    let shared = Shared::new(body);
    let mut response = next.run(Request::from_parts(head, Body::new(shared.clone()))).await;
    if (is_asked_for && !shared.reading().is_begun) || !shared.drain().await {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A request's body, for the handler and afterwards for [`Shared::drain`].
#[derive(Clone)]
struct Shared(Arc<Mutex<Reading>>);

/// A body that fails if it arrives too slowly.
struct Reading {
    body: Body,
    is_begun: bool,
    began: Instant,
    taken: u64,
    patience: Pin<Box<Sleep>>,
}

impl Shared {
    fn new(body: Body) -> Self {
        let patience = Box::pin(sleep(STALLED));
        Self(Arc::new(Mutex::new(Reading { body, is_begun: false, began: Instant::now(), taken: 0, patience })))
    }

    /// Receives the rest of the body. Returns whether it ended well.
    async fn drain(mut self) -> bool {
        if self.size_hint().lower() > DRAINED_MAX {
            return false;
        }
        let all = async {
            let mut drained = 0;
            while let Some(frame) = self.frame().await {
                let Ok(frame) = frame else { return false };
                drained += frame.data_ref().map_or(0, |data| data.len() as u64);
                if drained > DRAINED_MAX {
                    return false;
                }
            }
            true
        };
        timeout(DRAINED_WITHIN, all).await.unwrap_or(false)
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.reading().poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.reading().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.reading().body.size_hint()
    }
}

impl Reading {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !std::mem::replace(&mut self.is_begun, true) {
            self.began = Instant::now();
            self.wait();
        }
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.taken += frame.data_ref().map_or(0, |data| data.len() as u64);
                self.wait();
            }
            Poll::Pending if self.patience.as_mut().poll(context).is_ready() => {
                return Poll::Ready(Some(Err(axum::Error::new(BodyTimedOut))));
            }
            _ => {}
        }
        polled
    }

    /// Starts to wait for the next bytes.
    fn wait(&mut self) {
        let on_average = self.began + STALLED + Duration::from_secs(self.taken / RATE_MIN);
        self.patience.as_mut().reset(on_average.min(Instant::now() + STALLED));
    }
}
