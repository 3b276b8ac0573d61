//! What the dialects' OpenAPI documents say about this group.

use crate::{platform, reports};
use utoipa::OpenApi;

/// What is `reports`'s.
#[derive(OpenApi)]
#[openapi(paths(reports::list, reports::create, reports::change))]
pub struct Reports;

/// What is `platform`'s.
#[derive(OpenApi)]
#[openapi(paths(platform::list, platform::create, platform::show, platform::change, platform::remove))]
pub struct Platform;
