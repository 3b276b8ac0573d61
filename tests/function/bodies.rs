//! Routes whose responses go on, or go wrong.
use axum::{Router, body::Body, response::Response, routing::get};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use std::io::{Error, stdin};
use tokio::task::{spawn_blocking, yield_now};

/// The size of the body of `/big`, in bytes.
const BIG: usize = 20 << 20;

pub fn routes() -> Router {
    Router::new()
        .route("/big", get(big))
        .route("/broken", get(async || Response::new(pieces(|| Err(Error::other("this stays in the function"))))))
        .route("/broken-by-a-panic", get(async || Response::new(pieces(|| panic!("this stays in the function")))))
        .route("/empty", get(async || Response::new(Body::empty())))
        .route("/lines", get(async || Response::new(Body::from_stream(lines()))))
        .route("/panic", get(panics))
        .route("/pauses", get(async || Response::new(Body::from_stream(pauses()))))
}

async fn panics() {
    panic!("this stays in the function")
}

/// A body that ends with what `last` does.
fn pieces(last: impl Fn() -> Result<Bytes, Error> + Send + 'static) -> Body {
    Body::from_stream(stream::once(async { Ok("a piece".into()) }).chain(stream::once(async move { last() })))
}

async fn big() -> Body {
    let pieces = (0..=u8::MAX).map(|byte| Ok::<_, Error>(Bytes::from(vec![byte; BIG / 256])));
    Body::from_stream(stream::iter(pieces))
}

/// Two pieces, neither of which is ready at once.
fn pauses() -> impl Stream<Item = Result<&'static str, Error>> {
    stream::iter(["a piece", "a piece"]).then(async |piece| {
        yield_now().await;
        Ok(piece)
    })
}

/// The lines that the process is given.
fn lines() -> impl Stream<Item = Result<String, Error>> {
    stream::unfold((), |()| async {
        let line = spawn_blocking(|| stdin().lines().next()).await.ok().flatten()?;
        Some((line, ()))
    })
}
