//! Conversations and turns, in every dialect. This file is the route table.

mod chatbot;
mod metered;
pub mod openapi;
mod platform;
mod reports;
mod webchat;

use axum::{
    Router,
    routing::{get, post},
};
use shared::{http::Routes, service::Services};

/// The routes of this endpoint group.
pub fn router(services: Services) -> Router {
    let platform = Routes::default()
        .own("/api/v1/conversations", get(platform::list).post(platform::create))
        .own("/api/v1/conversations/{conversation}", get(platform::show).delete(platform::remove))
        .own("/api/v1/conversations/{conversation}/messages", post(platform::say));
    let reports = Routes::default().own("/api/v1/chat/", post(reports::chat));
    let webchat = Routes::default()
        .own("/api/v1/chat/sessions/", get(webchat::list).post(webchat::create))
        .own("/api/v1/chat/sessions/{session}/", get(webchat::show))
        .own("/api/v1/chat/sessions/{session}/chats/", get(webchat::list_chats).post(webchat::say))
        .own("/api/v1/chat/sessions/{session}/chats/{chat}/", get(webchat::show_chat));
    let chatbot = Routes::default().own("/send/", post(chatbot::send));
    let metered = Routes::default().own("/api/chat/", post(metered::chat));
    platform
        .router(&services)
        .merge(reports.router(&services))
        .merge(webchat.router(&services))
        .merge(chatbot.router(&services))
        .merge(metered.router(&services))
}
