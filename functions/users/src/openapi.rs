//! What the dialects' OpenAPI documents say about this group.

use crate::{chatbot, reports};
use utoipa::OpenApi;

/// What is `reports`'s.
#[derive(OpenApi)]
#[openapi(paths(reports::create))]
pub struct Reports;

/// What is `chatbot`'s.
#[derive(OpenApi)]
#[openapi(paths(chatbot::list))]
pub struct Chatbot;
