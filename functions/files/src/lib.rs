//! Uploaded files. This file is the route table.

pub mod openapi;
mod platform;

use axum::{Router, routing::get};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    Routes::default().own("/api/v1/files/{file}/content", get(platform::content)).router(&services)
}
