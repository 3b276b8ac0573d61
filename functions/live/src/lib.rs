//! Tickets for WebSocket connections, and what administrators tell everybody. This file is the route table.

pub mod openapi;
mod platform;

use axum::{Router, routing::post};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    Routes::default()
        .own("/api/v1/ws/ticket", post(platform::ticket))
        .own("/api/v1/notifications", post(platform::notify))
        .router(&services)
}
