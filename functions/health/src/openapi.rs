//! What the dialects' OpenAPI documents say about this group.

use crate::platform;
use shared::http::openapi::also_at;
use utoipa::{OpenApi, openapi};

#[derive(OpenApi)]
#[openapi(paths(platform::basic, platform::detailed))]
struct BelowTheVersion;

/// What is `platform`'s.
pub struct Platform;

impl OpenApi for Platform {
    fn openapi() -> openapi::OpenApi {
        let mut document = BelowTheVersion::openapi();
        also_at(&mut document.paths, "/api/v1/health", "/health");
        also_at(&mut document.paths, "/api/v1/health/detailed", "/health/detailed");
        document
    }
}
