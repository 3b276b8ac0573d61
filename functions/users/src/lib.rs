//! The users as a collection, in every dialect. This file is the route table.

mod chatbot;
pub mod openapi;
mod reports;

use axum::{
    Router,
    routing::{get, post},
};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    let reports = Routes::default().shared("/api/v1/users/", post(reports::create));
    let chatbot = Routes::default().own("/users/", get(chatbot::list));
    reports.router(&services).merge(chatbot.router(&services))
}
