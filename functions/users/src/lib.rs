//! The users as a collection, and what belongs to one of them, in every dialect. This file is the route table.

mod chatbot;
pub mod openapi;
mod platform;
mod reports;

use axum::{
    Router,
    routing::{delete, get, post},
};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    let platform = Routes::default()
        .shared("/api/v1/users", get(platform::list))
        .own("/api/v1/users/me", get(platform::me).put(platform::change_me))
        .own("/api/v1/users/me/api-keys", get(platform::api_keys::list).post(platform::api_keys::create))
        .own("/api/v1/users/me/api-keys/{key}", delete(platform::api_keys::remove))
        .own("/api/v1/users/{user}", get(platform::show).put(platform::change).delete(platform::remove));
    let reports = Routes::default().shared("/api/v1/users/", post(reports::create));
    let chatbot = Routes::default().own("/users/", get(chatbot::list));
    platform.router(&services).merge(reports.router(&services)).merge(chatbot.router(&services))
}
