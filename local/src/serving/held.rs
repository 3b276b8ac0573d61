//! Bytes that the process holds for clients: of request bodies that are still arriving, and of responses that wait for
//! their clients. They are counted, over all connections. When there are too many, the connection is closed whose client
//! has sent and read nothing for longest.

use super::connections::{Busy, Status};
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// Handlers keep at most about this many bytes of a request's body in memory. Longer bodies are files, which go to the
/// storage as they arrive.
const KEPT_MAX: usize = 1024 * 1024;
/// The connection takes a response in parts of this size. It buffers about two of them.
const PART_BYTES: usize = 64 * 1024;

/// The body of a request. It counts until it has arrived.
struct Arriving {
    body: Body,
    held: usize,
    status: Status,
    /// Waits until more may be received.
    room: Option<BoxFuture<'static, ()>>,
}

/// The same body, counted for the connection of `status`.
pub(super) fn arriving(body: Body, status: Status) -> Body {
    Body::new(Arriving { body, held: 0, status, room: None })
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.room.is_none() {
            self.room = self.status.room().map(FutureExt::boxed);
        }
        if let Some(room) = &mut self.room {
            ready!(room.poll_unpin(context));
            self.room = None;
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            let data = frame.data_ref().map_or(0, Bytes::len).min(KEPT_MAX - self.held);
            self.held += data;
            self.status.hold(data);
        }
        if frame.is_none() || self.body.is_end_stream() {
            let held = std::mem::take(&mut self.held);
            self.status.release(held);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.status.release(self.held);
    }
}

/// The body of a response, until it was handed to the connection. Its request runs until then.
struct Unsent {
    body: Body,
    /// What the body gave and the connection has not taken yet.
    waiting: Bytes,
    /// The size of what it was at first, which stays in memory until the last part was taken.
    held: usize,
    busy: Busy,
}

/// The same body, counted for the connection of `busy`.
pub(super) fn unsent(body: Body, busy: Busy) -> Body {
    Body::new(Unsent { body, waiting: Bytes::new(), held: 0, busy })
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
                        self.held = data.len();
                        self.busy.status().hold(self.held);
                        self.waiting = data;
                    }
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let size = self.waiting.len().min(PART_BYTES);
        let mut data = self.waiting.split_to(size);
        if self.held > PART_BYTES {
            // A part would keep all of it in memory.
            data = Bytes::copy_from_slice(&data);
        }
        match self.waiting.is_empty() {
            true => {
                let held = std::mem::take(&mut self.held);
                self.busy.status().release(held);
            }
            false => self.busy.status().progress(),
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
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

impl Drop for Unsent {
    fn drop(&mut self) {
        self.busy.status().release(self.held);
    }
}
