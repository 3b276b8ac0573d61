//! What assistants may use. This file is the route table.

pub mod openapi;
mod platform;

use axum::{Router, routing::get};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    Routes::default()
        .own("/api/v1/tools", get(platform::list).post(platform::create))
        .own("/api/v1/tools/{tool}", get(platform::show).put(platform::change).delete(platform::remove))
        .router(&services)
}
