//! The platform dialect (spec 001): `{"detail", "status_code", "error_code"}` for everything.

use super::{
    Dialect, Scheme,
    django_rest::{self, text},
};
use crate::{
    domain::{Error, FieldError, Problem},
    http::Fault,
    service::logins::Lifetimes,
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type};

/// Spec 001, below `/api/v1` without a final slash.
pub struct Platform;

/// Every `error_code`.
const CODES: [&str; 15] = [
    "BAD_REQUEST",
    "UNAUTHORIZED",
    "INSUFFICIENT_TOKENS",
    "FORBIDDEN",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "CONFLICT",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "VALIDATION_ERROR",
    "RATE_LIMITED",
    "INTERNAL_ERROR",
    "MODEL_ERROR",
    "UNAVAILABLE",
    "MODEL_TIMEOUT",
];

impl Platform {
    /// How long the tokens of its sign-in endpoints last.
    pub const LIFETIMES: Lifetimes =
        Lifetimes { access: Duration::from_secs(1800), refresh: Some(Duration::from_secs(7 * 24 * 60 * 60)) };
}

impl Dialect for Platform {
    const NAME: &'static str = "platform";
    const IS_DJANGO: bool = false;
    const CHALLENGE: &'static str = "Bearer";
    const SCHEME: Scheme = Scheme::Bearer;

    fn error(fault: &Fault) -> (StatusCode, Value) {
        let (status, code) = status_and_code(fault);
        let mut body = json!({
            "detail": detail(fault),
            "status_code": status.as_u16(),
            "error_code": code,
        });
        if let Fault::Domain(Error::Invalid(fields)) = fault
            && status == StatusCode::UNPROCESSABLE_ENTITY
        {
            let entry =
                |FieldError { field, problem }: &FieldError| json!({"field": field, "message": problem.to_string()});
            body["errors"] = fields.iter().map(entry).collect();
        }
        (status, body)
    }

    fn error_schema() -> RefOr<Schema> {
        let entry = ObjectBuilder::new().property("field", text()).required("field");
        let entry = entry.property("message", text()).required("message");
        let body = ObjectBuilder::new().property("detail", text()).required("detail");
        let body = body.property("status_code", ObjectBuilder::new().schema_type(Type::Integer));
        let body = body.property("error_code", text().enum_values(Some(CODES))).required("status_code");
        body.required("error_code").property("errors", ArrayBuilder::new().items(entry)).into()
    }
}

fn status_and_code(fault: &Fault) -> (StatusCode, &'static str) {
    match fault {
        Fault::Domain(error) => match error {
            Error::Invalid(fields) if is_taken(fields) => (StatusCode::CONFLICT, "CONFLICT"),
            Error::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR"),
            Error::NoCredential | Error::InvalidCredential | Error::InvalidRefreshToken | Error::WrongPassword => {
                (StatusCode::UNAUTHORIZED, "UNAUTHORIZED")
            }
            Error::NotFound | Error::NoSuchPage => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Error::InsufficientTokens => (StatusCode::PAYMENT_REQUIRED, "INSUFFICIENT_TOKENS"),
            Error::Forbidden => (StatusCode::FORBIDDEN, "FORBIDDEN"),
            Error::KeyReused | Error::StillRunning | Error::Conflict(_) => (StatusCode::CONFLICT, "CONFLICT"),
            Error::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Error::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"),
            Error::ModelFailed => (StatusCode::BAD_GATEWAY, "MODEL_ERROR"),
            Error::ModelTimedOut => (StatusCode::GATEWAY_TIMEOUT, "MODEL_TIMEOUT"),
            Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
            Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"),
        },
        Fault::UnreadableBody(_) => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        Fault::UnsupportedMediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
        Fault::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
        Fault::UnknownPath => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        Fault::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
        Fault::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        Fault::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"),
    }
}

fn detail(fault: &Fault) -> String {
    match fault {
        Fault::Domain(Error::Invalid(fields)) if !is_taken(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.field).collect();
            format!("Invalid input: {}", names.join(", "))
        }
        Fault::Domain(Error::WrongPassword) => "Incorrect email or password".to_owned(),
        _ => django_rest::sentence(fault),
    }
}

/// A name that somebody else has is a conflict; everything else about a field is a mistake in it.
fn is_taken(fields: &[FieldError]) -> bool {
    let is_name = |problem: &Problem| {
        matches!(problem, Problem::UsernameTaken | Problem::EmailTaken | Problem::AssistantNameTaken)
    };
    fields.iter().all(|field| is_name(&field.problem))
}
