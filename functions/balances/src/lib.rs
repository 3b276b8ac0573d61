//! What a user can still spend, in every dialect. This file is the route table.

mod chatbot;
mod metered;
pub mod openapi;

use axum::{Router, routing::get};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    let chatbot = Routes::default().own("/token/", get(chatbot::check));
    let metered = Routes::default().own("/api/tokens/", get(metered::balance));
    chatbot.router(&services).merge(metered.router(&services))
}
