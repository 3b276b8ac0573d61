//! Live updates for pages whose WebSocket has another host, where no cookie of theirs is sent.

use crate::member::{Posted, Refused};
use axum::extract::State;
use secrecy::ExposeSecret;
use serde::Serialize;
use shared::http::{App, Json, Pages};
use utoipa::ToSchema;

/// `{"url": "wss://…?ticket=…"}`.
#[derive(Serialize, ToSchema)]
pub struct TicketTold {
    /// The address for one connection within 30 seconds.
    url: String,
}

/// `POST /ws-ticket/`: returns an address that a script can connect to.
#[utoipa::path(post, path = "/ws-ticket/", responses((status = 200, body = TicketTold)))]
pub async fn create(State(app): State<App<Pages>>, posted: Posted) -> Result<Json<TicketTold>, Refused> {
    let address = app.config.websocket_url(&posted.member.visit.served_at);
    let (ticket, _) = app.realtime.ticket(posted.member.caller).await?;
    Ok(Json(TicketTold { url: format!("{address}?ticket={}", ticket.expose_secret()) }))
}
