//! What the dialects' OpenAPI documents say about this group.

use crate::platform;
use utoipa::OpenApi;

/// What is `platform`'s.
#[derive(OpenApi)]
#[openapi(paths(platform::list, platform::show, platform::create, platform::change, platform::remove))]
pub struct Platform;
