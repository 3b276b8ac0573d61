//! Serving routes on a socket until the process is asked to end.

use anyhow::Result;
use axum::Router;
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

/// How long requests may still run after the process was asked to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Ends with the first SIGINT or SIGTERM. Listens from now on, not only once it is waited for.
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

/// Ends with the first Ctrl-C.
#[cfg(not(unix))]
pub fn asked_to_end() -> Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Serves `routes` until `end`, and the requests that run then for a while longer.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    end: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let (ending, ended) = tokio::sync::oneshot::channel::<()>();
    let graceful = async move {
        end.await;
        drop(ending);
    };
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(graceful).into_future();
    let impatient = async {
        ended.await.ok();
        tokio::time::sleep(FAREWELL).await;
    };
    // Whoever keeps a connection open after that is not waited for.
    tokio::select! {
        served = serving => Ok(served?),
        () = impatient => Ok(()),
    }
}
