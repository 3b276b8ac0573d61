//! What the dialects' OpenAPI documents say about this group.

use crate::platform;
use utoipa::OpenApi;

/// What is `platform`'s.
#[derive(OpenApi)]
#[openapi(paths(platform::ticket, platform::notify))]
pub struct Platform;
