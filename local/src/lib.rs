//! Quintet in one process: the embedded services, the gateway, and the operator's commands. Tests build their
//! environments from the same parts.

mod admin;
mod backing;
pub mod clients;
pub mod command;
pub mod data;
pub mod durability;
pub mod embedded;
pub mod embedded_gateway;
pub mod embedded_queue;
pub mod embedded_s3;
mod in_process;
pub mod process;
pub mod pump;
mod ready;
mod secrets;
mod serve;
pub mod serving;
mod stack;
pub mod tables;
pub mod uploads;
pub mod websocket;
pub mod worker;

use axum::{Router, routing::any};
use shared::{http, service::Services};

/// The routes of all endpoint groups in one router.
pub fn router(services: &Services) -> Router {
    let routes = docs::groups().into_iter().fold(docs::router(), |router, group| group.add_to(router, services));
    let unknown = any(web::unknown).with_state(services.clone());
    http::with_headers(routes.merge(web::router(services)).fallback_service(unknown), &services.config)
}
