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
    let routes = auth::router(services.clone())
        .merge(users::router(services.clone()))
        .merge(assistants::router(services.clone()))
        .merge(tools::router(services.clone()))
        .merge(chat::router(services.clone()))
        .merge(balances::router(services.clone()))
        .merge(files::router(services.clone()))
        .merge(live::router(services.clone()))
        .merge(health::router(services.clone()))
        .merge(webhooks::router(services.clone()))
        .merge(docs::router());
    http::finish(routes, &services.config)
}
