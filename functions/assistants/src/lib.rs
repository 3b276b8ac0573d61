//! Assistants, in two dialects. This file is the route table.

pub mod openapi;
mod platform;
mod reports;

use axum::{
    Router,
    routing::{get, put},
};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    let platform = Routes::default()
        .shared("/api/v1/assistants", get(platform::list).post(platform::create))
        .shared("/api/v1/assistants/{assistant}", get(platform::show).put(platform::change).delete(platform::remove));
    let reports = Routes::default()
        .shared("/api/v1/assistants/", get(reports::list).post(reports::create))
        .shared("/api/v1/assistants/{assistant}/", put(reports::change).fallback(reports::otherwise));
    platform.router(&services).merge(reports.router(&services))
}
