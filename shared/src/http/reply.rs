//! Successful responses. The status is in the type. Bodies that several documents share are here, too.

use crate::domain::money::Tokens;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// 200 with a JSON body.
pub struct Json<T>(pub T);

/// 201 with a JSON body.
pub struct Created<T>(pub T);

/// 202 with a JSON body: the work follows later.
pub struct Accepted<T>(pub T);

/// 204 without a body.
pub struct NoContent;

/// `{"message": "Logout successful"}`. The outcome in words.
#[derive(Serialize, ToSchema)]
#[schema(as = Confirmation, example = json!({"message": "Logout successful"}))]
pub struct Message {
    /// The outcome in words.
    pub message: &'static str,
}

/// `{"tokens": 4000}`. The balance of the caller.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"tokens": 4000}))]
pub struct Balance {
    /// The tokens that the caller can spend.
    #[schema(value_type = u64)]
    pub tokens: Tokens,
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        json(StatusCode::CREATED, &self.0)
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        json(StatusCode::ACCEPTED, &self.0)
    }
}

/// A JSON response with any status.
fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            tracing::error!(error = %crate::log::Causes(&error), "could not serialize a response body");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
