//! What the dialects' OpenAPI documents say about this group.

use crate::{chatbot, metered, platform, reports, webchat};
use utoipa::OpenApi;

/// What is `reports`'s.
#[derive(OpenApi)]
#[openapi(paths(reports::chat))]
pub struct Reports;

/// What is `platform`'s.
#[derive(OpenApi)]
#[openapi(paths(platform::list, platform::create, platform::show, platform::remove, platform::say))]
pub struct Platform;

/// What is `webchat`'s.
#[derive(OpenApi)]
#[openapi(paths(webchat::list, webchat::create, webchat::show, webchat::list_chats, webchat::say, webchat::show_chat))]
pub struct Webchat;

/// What is `chatbot`'s.
#[derive(OpenApi)]
#[openapi(paths(chatbot::send))]
pub struct Chatbot;

/// What is `metered`'s.
#[derive(OpenApi)]
#[openapi(paths(metered::chat))]
pub struct Metered;
