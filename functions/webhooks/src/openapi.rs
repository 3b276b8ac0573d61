//! What the dialects' OpenAPI documents say about this group.

use crate::platform;
use utoipa::OpenApi;

/// What is `platform`'s.
#[derive(OpenApi)]
#[openapi(paths(
    platform::list,
    platform::create,
    platform::show,
    platform::change,
    platform::remove,
    platform::test,
    platform::rotate_secret,
    platform::deliveries::list,
    platform::deliveries::retry_since,
    platform::deliveries::retry,
))]
pub struct Platform;
