//! `quintet serve`: all routers on one port, with the embedded database and storage.

use crate::{
    admin, clients,
    data::DataLocation,
    embedded::Embedded,
    process, ready, router,
    serving::{asked_to_end, bind, serve},
    uploads, websocket,
};
use anyhow::{Context, Result};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use shared::{config::Config, log::Causes};
use std::net::SocketAddr;

/// The username of the administrator that is created from settings.
const ROOT: &str = "root";

/// Serves on `listen` until SIGINT or SIGTERM.
pub async fn run(listen: SocketAddr, place: DataLocation, config: Config) -> Result<()> {
    let claim = place.claim()?;
    let process = process::open(&place, config, Some(&claim))?;
    let services = &process.services;
    if let Some(settings) = &services.config.admin {
        let made = admin::create_if_absent(services, ROOT, &settings.email, &settings.password).await;
        made.context("QUINTET_ADMIN_EMAIL and QUINTET_ADMIN_PASSWORD make no administrator")?;
    }
    let (services, backing, sockets) = process.work();
    let asked_to_end = asked_to_end()?;
    let listener = bind(listen).await?;
    let routes = router(&services)
        .merge(websocket::router(sockets))
        .merge(uploads::router(backing.storage.clone(), &services.config))
        .layer(from_fn_with_state(backing.tables.clone(), when_durable));
    let routes = clients::noted(routes, &services.config.trusted_proxies);
    ready::announce(&services, listener.local_addr()?, &place).await?;
    let gateway = backing.gateway.clone();
    let end = async move {
        asked_to_end.await;
        gateway.end().await;
    };
    serve(listener, routes, end).await?;
    backing.end().await;
    Ok(())
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
