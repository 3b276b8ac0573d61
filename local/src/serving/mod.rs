//! Serves routes over HTTP/1.1 on a socket until the process receives a signal to stop. Clients that are slow, silent or
//! too many lose their connections, so that others are served.

mod connections;
mod held;
mod requests;
mod stream;

use anyhow::{Context as _, Result, bail};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use connections::{Connections, Place};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{io, net::SocketAddr, pin::pin, time::Duration};
use stream::Stream;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};
use tower::{ServiceExt, service_fn};

/// How long running requests may continue after the process received a signal to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// How long a new connection may take for the head of its first request.
const FIRST_HEAD: Duration = Duration::from_secs(15);
/// How long a connection may be idle, including the time for the head of the next request. Proxies keep idle
/// connections for a minute.
const IDLE: Duration = Duration::from_secs(75);
/// The maximum size of a request's head, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The pause after a connection could not be accepted, for example because too many files are open.
const PAUSE: Duration = Duration::from_millis(50);

/// Completes at the first SIGINT or SIGTERM. The handlers are installed by this call, not when the future is first
/// polled.
#[cfg(unix)]
pub fn asked_to_end() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes at the first Ctrl-C.
#[cfg(not(unix))]
pub fn asked_to_end() -> Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Listens on `address`.
///
/// # Errors
/// In one line, with advice if another process has the port.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!("cannot listen on {address}: another process uses the port; --listen chooses another one")
        }
        bound => bound.with_context(|| format!("cannot listen on {address}")),
    }
}

/// Serves `routes` until `end` completes. Requests that are running then get a limited time to finish; connections that
/// are still open after that time are dropped.
pub async fn serve(listener: TcpListener, routes: Router, end: impl Future<Output = ()>) -> Result<()> {
    let connections = Connections::new(connections::limit().context("the number of open files cannot be read")?);
    let routes = requests::checked(routes);
    let (ending, ended) = watch::channel(false);
    let mut end = pin!(end);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut end => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let place = connections.enter(peer.ip());
                tokio::spawn(converse(stream, peer, place, routes.clone(), ended.clone()));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    drop(ended);
    ending.send(true).ok();
    // Completes when every connection has dropped its receiver.
    timeout(FAREWELL, ending.closed()).await.ok();
    Ok(())
}

/// Whether `error` is about a connection that ended before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Serves the requests of one connection.
async fn converse(stream: TcpStream, peer: SocketAddr, place: Place, routes: Router, mut ended: watch::Receiver<bool>) {
    // Sends small frames at once instead of collecting them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let status = place.status();
    let of_request = status.clone();
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let mut request = request.map(|body| held::arriving(Body::new(body), of_request.clone()));
        request.extensions_mut().insert(ConnectInfo(peer));
        let (routes, busy) = (routes.clone(), of_request.begin());
        async move {
            let response = routes.oneshot(request).await?;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                busy.status().upgrade();
            }
            // The request has ended when its response was sent or dropped.
            Ok::<_, std::convert::Infallible>(response.map(|body| held::unsent(body, busy)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Stream::new(stream, place)), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let first_head = async {
        sleep(FIRST_HEAD).await;
        if status.has_begun() {
            std::future::pending::<()>().await;
        }
    };
    let mut first_head = pin!(first_head);
    let mut evicted = pin!(status.clone().evicted());
    loop {
        // Errors are those of the client or of the network: a broken connection, a head that is no HTTP.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = first_head.as_mut() => return,
            () = evicted.as_mut() => return,
            changed = ended.changed() => {
                connection.as_mut().graceful_shutdown();
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}
