//! What the dialects' OpenAPI documents say about this group.

use crate::{chatbot, metered};
use utoipa::OpenApi;

/// What is `chatbot`'s.
#[derive(OpenApi)]
#[openapi(paths(chatbot::check))]
pub struct Chatbot;

/// What is `metered`'s.
#[derive(OpenApi)]
#[openapi(paths(metered::balance))]
pub struct Metered;
