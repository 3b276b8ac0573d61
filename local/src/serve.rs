//! `quintet serve`: all routers on one port, with the embedded database and storage.

use crate::{
    admin,
    data::DataLocation,
    embedded::Embedded,
    process, router,
    serving::{asked_to_end, serve},
    uploads, websocket,
};
use anyhow::{Context, Result};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use shared::{config::Config, http::ClientAddress, log::Causes};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The username of the administrator that is created from settings.
const ROOT: &str = "root";

/// Serves on `listen` until SIGINT or SIGTERM.
pub async fn run(listen: SocketAddr, place: DataLocation, config: Config) -> Result<()> {
    let _claim = place.claim()?;
    let process = process::open(&place, config)?;
    let services = &process.services;
    if let Some(settings) = &services.config.admin {
        let made = admin::create_if_absent(services, ROOT, &settings.email, &settings.password).await;
        made.context("QUINTET_ADMIN_EMAIL and QUINTET_ADMIN_PASSWORD make no administrator")?;
    }
    let (services, backing, sockets) = process.work();
    let asked_to_end = asked_to_end()?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    println!("Quintet is ready on http://{}", listener.local_addr()?);
    let routes = router(&services)
        .merge(websocket::router(sockets))
        .merge(uploads::router(backing.storage.clone(), &services.config))
        .layer(from_fn_with_state(backing.tables.clone(), when_durable))
        .layer(from_fn(with_client_address));
    let gateway = backing.gateway.clone();
    let end = async move {
        asked_to_end.await;
        gateway.end().await;
    };
    serve(listener, routes, end).await?;
    backing.end().await;
    Ok(())
}

async fn with_client_address(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(ClientAddress(peer.ip()));
    next.run(request).await
}

/// Holds a response back until what it shows is durable. A request can read what another one has just written, for
/// example the result of the first request with its idempotency key.
async fn when_durable(State(tables): State<Embedded>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match tables.synced().await {
        Ok(()) => response,
        Err(error) => {
            tracing::error!(error = %Causes(&error), "writes do not reach the disk");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
