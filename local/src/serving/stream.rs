//! A client's connection. It ends if the client does not read what is sent to it, and when it must make room for another.

use super::connections::Place;
use futures::{
    FutureExt,
    future::{BoxFuture, Fuse},
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

/// How long a client may read nothing of what is sent.
const STALLED: Duration = Duration::from_secs(20);
/// The rate at which a client must read on average, in bytes per second.
const RATE_MIN: u64 = 4 * 1024;

/// A connection with its place among the others.
pub(super) struct Stream {
    tcp: TcpStream,
    /// How long the next writes may wait for the client in all. What the client reads adds to it.
    credit: Duration,
    waiting_since: Option<Instant>,
    /// Ends the wait.
    patience: Pin<Box<Sleep>>,
    evicted: Fuse<BoxFuture<'static, ()>>,
    is_evicted: bool,
    _place: Place,
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, place: Place) -> Self {
        let evicted = place.status().evicted().boxed().fuse();
        let patience = Box::pin(sleep(STALLED));
        Self { tcp, credit: STALLED, waiting_since: None, patience, evicted, is_evicted: false, _place: place }
    }

    /// Fails if the connection must make room for another. Registers the task that reads or writes to be woken then.
    fn still_there(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        self.is_evicted = self.is_evicted || self.evicted.poll_unpin(context).is_ready();
        if self.is_evicted { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    /// Limits the time for which writes are pending.
    fn limited(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(written) => {
                if let Some(since) = self.waiting_since.take() {
                    self.credit = self.credit.saturating_sub(since.elapsed());
                }
                let read = written.as_ref().map_or(0, |bytes| *bytes as u64);
                self.credit = (self.credit + Duration::from_millis(read * 1000 / RATE_MIN)).min(STALLED);
                Poll::Ready(written)
            }
            Poll::Pending => {
                if self.waiting_since.is_none() {
                    let now = Instant::now();
                    self.waiting_since = Some(now);
                    self.patience.as_mut().reset(now + self.credit);
                }
                ready!(self.patience.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.still_there(context)?;
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.still_there(context)?;
        let written = Pin::new(&mut self.tcp).poll_write(context, bytes);
        self.limited(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.still_there(context)?;
        let written = Pin::new(&mut self.tcp).poll_write_vectored(context, bytes);
        self.limited(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
