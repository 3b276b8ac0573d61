//! Quintet in one process: the embedded database, the gateway, and the operator's commands. Also what the
//! tests build their worlds from.

mod admin;
mod backing;
pub mod command;
pub mod durability;
pub mod embedded;
pub mod embedded_gateway;
pub mod embedded_queue;
pub mod embedded_s3;
mod in_process;
pub mod process;
pub mod pump;
mod secrets;
mod serve;
mod serving;
mod stack;
pub mod tables;
pub mod websocket;
pub mod worker;

use axum::Router;
use shared::{http, service::Services};

/// Every endpoint group on one router.
pub fn router(services: &Services) -> Router {
    let groups = docs::groups().into_iter().map(|group| group.router(services));
    let routes = groups.fold(docs::router(), Router::merge);
    http::finish(routes, &services.config)
}
