//! Whether the service works. This file is the route table.

pub mod openapi;
mod platform;

use axum::{Router, routing::get};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    Routes::default()
        .own("/health", get(platform::basic))
        .own("/health/detailed", get(platform::detailed))
        .own("/api/v1/health", get(platform::basic))
        .own("/api/v1/health/detailed", get(platform::detailed))
        .router(&services)
}
