//! What the dialects' OpenAPI documents say about this group.

use crate::{chatbot, metered, platform, reports, webchat};
use utoipa::OpenApi;

/// What is `reports`'s.
#[derive(OpenApi)]
#[openapi(paths(reports::obtain_token))]
pub struct Reports;

/// What is `platform`'s.
#[derive(OpenApi)]
#[openapi(paths(platform::register, platform::login, platform::refresh, platform::logout))]
pub struct Platform;

/// What is `webchat`'s.
#[derive(OpenApi)]
#[openapi(paths(webchat::register, webchat::login, webchat::logout, webchat::profile, webchat::refresh))]
pub struct Webchat;

/// What is `chatbot`'s.
#[derive(OpenApi)]
#[openapi(paths(chatbot::register, chatbot::login))]
pub struct Chatbot;

/// What is `metered`'s.
#[derive(OpenApi)]
#[openapi(paths(metered::register, metered::login))]
pub struct Metered;
