//! Serves routes on a socket until the process receives a signal to stop.

use anyhow::Result;
use axum::{Router, serve::ListenerExt};
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpListener;

/// How long running requests may continue after the process received a signal to stop.
const FAREWELL: Duration = Duration::from_secs(10);

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

/// Serves `routes` until `end` completes. Requests that are running then get a limited time to finish.
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
    // Sends small frames at once instead of collecting them.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
    });
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(graceful).into_future();
    let impatient = async {
        ended.await.ok();
        tokio::time::sleep(FAREWELL).await;
    };
    // Connections that are still open after that time are dropped.
    tokio::select! {
        served = serving => Ok(served?),
        () = impatient => Ok(()),
    }
}
