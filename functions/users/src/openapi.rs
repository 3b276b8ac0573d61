//! What the dialects' OpenAPI documents say about this group.

use crate::{chatbot, platform, reports};
use utoipa::OpenApi;

/// What is `reports`'s.
#[derive(OpenApi)]
#[openapi(paths(reports::create))]
pub struct Reports;

/// What is `platform`'s.
#[derive(OpenApi)]
#[openapi(paths(
    platform::me,
    platform::change_me,
    platform::list,
    platform::show,
    platform::change,
    platform::remove,
    platform::api_keys::create,
    platform::api_keys::list,
    platform::api_keys::remove,
))]
pub struct Platform;

/// What is `chatbot`'s.
#[derive(OpenApi)]
#[openapi(paths(chatbot::list))]
pub struct Chatbot;
