//! The part of the embedded S3 that clients reach: files that they announced are sent here with presigned requests. On
//! AWS, clients send them to the bucket.

use crate::embedded_s3::EmbeddedS3;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::put,
};
use shared::{
    config::{BUCKET_FILES, Config},
    http,
    log::Causes,
};
use std::time::Duration;
use tokio::time::timeout;

/// How long sending a file may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// The route of announced files.
pub fn router(storage: EmbeddedS3, config: &Config) -> Router {
    let path = format!("/{BUCKET_FILES}/uploads/{{user}}/{{file}}");
    http::with_headers(Router::new().route(&path, put(take)).with_state(storage), config)
}

async fn take(State(storage): State<EmbeddedS3>, request: Request) -> Response {
    // Without a signature, the storage would see an anonymous caller.
    let is_signed = request.uri().query().is_some_and(|query| query.contains("X-Amz-Signature="));
    if !is_signed {
        return StatusCode::FORBIDDEN.into_response();
    }
    match timeout(PATIENCE, storage.call(request.map(s3s::Body::http_body_unsync))).await {
        Ok(Ok(answer)) => answer.map(Body::new),
        Ok(Err(error)) => {
            tracing::error!(error = %Causes(&error), "an announced file was not stored");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}
