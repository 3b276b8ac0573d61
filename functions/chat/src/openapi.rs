//! What the dialects' OpenAPI documents say about this group.

use crate::{chatbot, metered, webchat};
use utoipa::OpenApi;

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
