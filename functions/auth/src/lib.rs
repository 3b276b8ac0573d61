//! Signing up, in and out, in every dialect. This file is the route table.

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
        .shared("/api/v1/auth/register", post(platform::register))
        .shared("/api/v1/auth/login", post(platform::login))
        .shared("/api/v1/auth/logout", post(platform::logout))
        .own("/api/v1/auth/refresh", post(platform::refresh));
    let webchat = Routes::default()
        .shared("/api/v1/auth/register/", post(webchat::register))
        .shared("/api/v1/auth/login/", post(webchat::login))
        .shared("/api/v1/auth/logout/", post(webchat::logout))
        .own("/api/v1/auth/profile/", get(webchat::profile))
        .own("/api/v1/auth/token/refresh/", post(webchat::refresh));
    let reports = Routes::default().own("/api/v1/tokens/", post(reports::obtain_token));
    let chatbot =
        Routes::default().own("/users/register/", post(chatbot::register)).own("/users/login/", post(chatbot::login));
    let metered =
        Routes::default().own("/api/register/", post(metered::register)).own("/api/login/", post(metered::login));
    platform
        .router(&services)
        .merge(webchat.router(&services))
        .merge(reports.router(&services))
        .merge(chatbot.router(&services))
        .merge(metered.router(&services))
}
