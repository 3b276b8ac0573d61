//! Who sent a request: the address of the socket, or what a trusted proxy tells.

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use shared::{http::note_client, outbound::Block};
use std::{net::SocketAddr, sync::Arc};

/// Notes the client's address in each request to `routes`. `trusted` are the proxies that may tell another one than the
/// socket's.
pub fn noted(routes: Router, trusted: &[Block]) -> Router {
    routes.layer(from_fn_with_state(Arc::from(trusted), note))
}

async fn note(
    State(trusted): State<Arc<[Block]>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    note_client(&mut request, peer.ip(), &trusted);
    next.run(request).await
}
