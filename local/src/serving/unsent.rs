//! Responses that wait for their clients. Their bytes are counted, over all connections. When there are too many, the
//! connection that has waited longest for its client is closed.

use super::connections::Busy;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// The connection takes a response in parts of this size, each when the one before has been sent.
const PART_BYTES: usize = 64 * 1024;

/// The body of a response, until it was handed to the connection. Its request runs until then.
struct Unsent {
    body: Body,
    /// What the body gave and the connection has not taken yet.
    waiting: Bytes,
    busy: Busy,
}

/// The same body, counted for the connection of `busy`.
pub(super) fn counted(body: Body, busy: Busy) -> Body {
    Body::new(Unsent { body, waiting: Bytes::new(), busy })
}

impl HttpBody for Unsent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.waiting.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        self.busy.waits(data.len());
                        self.waiting = data;
                    }
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let size = self.waiting.len().min(PART_BYTES);
        let part = self.waiting.split_to(size);
        self.busy.sent(size);
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, waiting) = (self.body.size_hint(), self.waiting.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + waiting);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + waiting);
        }
        hint
    }
}
