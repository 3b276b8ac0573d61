//! The errors of Django REST framework, for the dialects that follow it: `{"detail": …}`, or
//! `{"field": ["…"]}` for invalid input. The other dialects use the statuses and the sentences.

use super::Dialect;
use crate::{
    domain::{Error, FieldError},
    http::{Fault, WantedBody, openapi::ERROR_SCHEMA},
};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, Type};

/// Status and body.
pub fn error<D: Dialect>(fault: &Fault) -> (StatusCode, Value) {
    let body = match fault {
        Fault::Domain(Error::Invalid(fields)) => by_field(fields),
        Fault::Domain(Error::InvalidCredential | Error::InvalidRefreshToken) => {
            json!({"detail": sentence::<D>(fault), "code": "token_not_valid"})
        }
        _ => json!({"detail": sentence::<D>(fault)}),
    };
    (status(fault), body)
}

fn by_field(fields: &[FieldError]) -> Value {
    let mut body = Map::new();
    for FieldError { field, problem } in fields {
        let messages = body.entry(*field).or_insert_with(|| json!([]));
        if let Value::Array(messages) = messages {
            messages.push(Value::String(problem.to_string()));
        }
    }
    Value::Object(body)
}

/// The status of a fault.
pub fn status(fault: &Fault) -> StatusCode {
    match fault {
        Fault::Domain(error) => match error {
            Error::Invalid(_) | Error::PageTooLarge => StatusCode::BAD_REQUEST,
            Error::NoCredential | Error::InvalidCredential | Error::InvalidRefreshToken | Error::WrongPassword => {
                StatusCode::UNAUTHORIZED
            }
            Error::NotFound | Error::NoSuchPage => StatusCode::NOT_FOUND,
            Error::InsufficientTokens => StatusCode::PAYMENT_REQUIRED,
            Error::Forbidden => StatusCode::FORBIDDEN,
            Error::KeyReused | Error::StillRunning | Error::Conflict(_) => StatusCode::CONFLICT,
            Error::TooLarge { .. } | Error::TooLargeForRequest { .. } | Error::QuotaExceeded { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Error::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::ModelFailed => StatusCode::BAD_GATEWAY,
            Error::ModelTimedOut => StatusCode::GATEWAY_TIMEOUT,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        },
        Fault::BadRequest(_) => StatusCode::BAD_REQUEST,
        Fault::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Fault::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Fault::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Fault::BodyTimedOut => StatusCode::REQUEST_TIMEOUT,
        Fault::UnknownPath => StatusCode::NOT_FOUND,
        Fault::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
        Fault::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A fault in one sentence.
pub fn sentence<D: Dialect>(fault: &Fault) -> String {
    match fault {
        Fault::Domain(error) => match error {
            Error::Invalid(fields) => {
                fields.iter().map(|field| field.problem.to_string()).collect::<Vec<_>>().join(" ")
            }
            Error::NoCredential => "Authentication credentials were not provided.".to_owned(),
            Error::InvalidCredential => "Given token not valid for any token type".to_owned(),
            Error::InvalidRefreshToken => "Token is invalid or expired".to_owned(),
            Error::WrongPassword => D::WRONG_PASSWORD.to_owned(),
            Error::NotFound => "Not found.".to_owned(),
            Error::NoSuchPage => "Invalid page.".to_owned(),
            Error::PageTooLarge => "The page is too large. Ask for fewer entries per page.".to_owned(),
            Error::InsufficientTokens => "Insufficient tokens.".to_owned(),
            Error::Forbidden => "You do not have permission to perform this action.".to_owned(),
            Error::Conflict(conflict) => conflict.to_string(),
            Error::KeyReused => "This Idempotency-Key was used for another request.".to_owned(),
            Error::StillRunning => "The first request with this Idempotency-Key is still running.".to_owned(),
            Error::TooLarge { max_bytes } => format!("File is too large. It may have at most {max_bytes} bytes."),
            Error::TooLargeForRequest { max_bytes } => format!(
                "A request can carry files of at most {max_bytes} bytes. Announce larger ones with POST \
                 /api/v1/files/uploads, and send them to the address in the response."
            ),
            Error::QuotaExceeded { max_bytes } => format!(
                "Your storage space is used up: your files may have {max_bytes} bytes together. Delete some to make room."
            ),
            Error::RateLimited(limited) => {
                format!("Request was throttled. Expected available in {} seconds.", limited.retry_after.as_secs())
            }
            Error::ModelFailed => "The model failed to answer.".to_owned(),
            Error::ModelTimedOut => "The model did not answer in time.".to_owned(),
            Error::Unavailable(_) => "Service temporarily unavailable, try again later.".to_owned(),
            Error::Internal(_) => "A server error occurred.".to_owned(),
        },
        Fault::BadRequest(why) => why.clone(),
        Fault::UnsupportedMediaType { named, wanted } => {
            let advice = match wanted {
                WantedBody::Fields if D::IS_DJANGO => "Send application/json or a form.",
                WantedBody::Fields => "Send application/json.",
                WantedBody::File => "Send multipart/form-data.",
                WantedBody::Uncompressed => "Send the body without Content-Encoding.",
            };
            format!("Unsupported media type \"{named}\" in request. {advice}")
        }
        Fault::HeadTooLarge => "Request headers are too large.".to_owned(),
        Fault::BodyTooLarge => "Request body is too large.".to_owned(),
        Fault::BodyTimedOut => "Request body did not arrive in time.".to_owned(),
        Fault::UnknownPath => "Not found.".to_owned(),
        Fault::MethodNotAllowed(method) => format!("Method \"{method}\" not allowed."),
        Fault::TimedOut => "Service temporarily unavailable, try again later.".to_owned(),
        Fault::Panicked => "A server error occurred.".to_owned(),
    }
}

/// The schemas of `error`'s bodies: `{"detail": …}`, or `{"field_name": ["…"]}`.
pub fn schemas() -> Vec<(&'static str, RefOr<Schema>)> {
    let messages = ArrayBuilder::new().items(text("A problem, in one sentence.")).min_items(Some(1));
    let messages = messages.description(Some("The problems of the field."));
    let fields = ObjectBuilder::new().additional_properties(Some(messages));
    let fields = fields.description(Some("The fields that are not valid, and what is wrong with each."));
    let error = either([DETAIL, FIELD_ERRORS], "An error of one sentence, or the problems of fields.");
    vec![(ERROR_SCHEMA, error), (DETAIL, detail().into()), (FIELD_ERRORS, fields.into())]
}

/// The name of [`detail`]'s schema.
pub const DETAIL: &str = "Detail";
const FIELD_ERRORS: &str = "FieldErrors";

/// The schema of `{"detail": "…"}`, with a `code` if a token is not valid.
pub fn detail() -> ObjectBuilder {
    let detail = text("The error, in one sentence.");
    let code = text("`token_not_valid` for an invalid token.");
    let error = ObjectBuilder::new().property("detail", detail).required("detail").property("code", code);
    error.description(Some("An error, in one sentence."))
}

/// The schema of a body that matches one of two named schemas.
pub fn either(names: [&str; 2], description: &str) -> RefOr<Schema> {
    let one_of = names.into_iter().fold(OneOfBuilder::new(), |one_of, name| one_of.item(Ref::from_schema_name(name)));
    one_of.description(Some(description)).into()
}

/// The schema of a text, and what the text means.
pub fn text(meaning: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(meaning))
}
