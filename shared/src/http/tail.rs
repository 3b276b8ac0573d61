//! The tail of every router: unknown paths, CORS, and the headers of every response.

use super::{
    dialect,
    request_id::{self, identify},
};
use crate::config::Config;
use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, Uri, header},
    middleware::{Next, from_fn},
    response::Response,
};
use std::time::Duration;
use tower_http::{
    cors::{AllowOrigin, CorsLayer},
    set_header::SetResponseHeaderLayer,
};

/// Why the server in front of the router found a request to be malformed. It is refused in the words of its dialect.
#[derive(Debug, Clone, Copy)]
pub enum Malformed {
    /// The request has no `Host` header, or several.
    Host,
    /// The head of the request is too long.
    HeadTooLarge,
}

async fn refuse_malformed(request: Request, next: Next) -> Response {
    match request.extensions().get() {
        Some(why) => dialect::malformed(request.uri().path(), *why),
        None => next.run(request).await,
    }
}

/// Adds the tail to the router of one function, or of all.
pub fn finish(routes: Router, config: &Config) -> Router {
    with_headers(routes.fallback(|uri: Uri| async move { dialect::unknown_path(uri.path()) }), config)
}

/// Adds the tail without the answer to unknown paths.
pub fn with_headers(routes: Router, config: &Config) -> Router {
    let router = routes
        .layer(from_fn(refuse_malformed))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(SetResponseHeaderLayer::overriding(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
    let router = match cors(&config.cors_origins) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    router.layer(from_fn(identify))
}

/// Request headers that scripts may send: ours, and those that libraries for traces and errors add to every request.
const ALLOWED: [&str; 10] = [
    "authorization",
    "content-type",
    "accept",
    "idempotency-key",
    "traceparent",
    "tracestate",
    "baggage",
    "sentry-trace",
    "x-requested-with",
    "last-event-id",
];

/// Response headers that scripts may read.
const EXPOSED: [HeaderName; 6] = [
    header::RETRY_AFTER,
    header::LINK,
    header::CONTENT_DISPOSITION,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    request_id::HEADER,
];

fn cors(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return None;
    }
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(ALLOWED.map(HeaderName::from_static))
            .expose_headers(EXPOSED)
            .max_age(Duration::from_secs(600)),
    )
}
