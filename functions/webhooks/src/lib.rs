//! Whom we tell what happens. This file is the route table.

pub mod openapi;
mod platform;

use axum::{
    Router,
    routing::{get, post},
};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    Routes::default()
        .own("/api/v1/webhooks", get(platform::list).post(platform::create))
        .own("/api/v1/webhooks/{webhook}", get(platform::show).put(platform::change).delete(platform::remove))
        .own("/api/v1/webhooks/{webhook}/test", post(platform::test))
        .own("/api/v1/webhooks/{webhook}/rotate-secret", post(platform::rotate_secret))
        .own("/api/v1/webhooks/{webhook}/deliveries", get(platform::deliveries::list))
        .own("/api/v1/webhooks/{webhook}/deliveries/retry", post(platform::deliveries::retry_since))
        .own("/api/v1/webhooks/{webhook}/deliveries/{delivery}/retry", post(platform::deliveries::retry))
        .router(&services)
}
