//! The platform dialect (spec 001): `{"detail", "status_code", "error_code"}` for everything.

use super::{
    Dialect,
    django_rest::{self, text},
};
use crate::{
    domain::{Error, FieldError, Problem},
    http::{Fault, openapi::ERROR_SCHEMA},
    service::logins::Lifetimes,
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema, Type};

/// Spec 001, below `/api/v1` without a final slash.
pub struct Platform;

/// The `error_code` of each status.
const CODES: [(StatusCode, &str); 17] = [
    (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
    (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
    (StatusCode::PAYMENT_REQUIRED, "INSUFFICIENT_TOKENS"),
    (StatusCode::FORBIDDEN, "FORBIDDEN"),
    (StatusCode::NOT_FOUND, "NOT_FOUND"),
    (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
    (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT"),
    (StatusCode::CONFLICT, "CONFLICT"),
    (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
    (StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR"),
    (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"),
    (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "HEADERS_TOO_LARGE"),
    (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL),
    (StatusCode::BAD_GATEWAY, "MODEL_ERROR"),
    (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
    (StatusCode::GATEWAY_TIMEOUT, "MODEL_TIMEOUT"),
];
const INTERNAL: &str = "INTERNAL_ERROR";
const FIELD_ERROR: &str = "FieldError";

impl Platform {
    /// How long the tokens of its sign-in endpoints last.
    pub const LIFETIMES: Lifetimes =
        Lifetimes { access: Duration::from_secs(1800), refresh: Some(Duration::from_secs(7 * 24 * 60 * 60)) };
}

impl Dialect for Platform {
    const NAME: &'static str = "platform";
    const IS_DJANGO: bool = false;
    const CHALLENGE: &'static str = "Bearer";
    const WRONG_PASSWORD: &'static str = "Incorrect email or password";

    fn error(fault: &Fault) -> (StatusCode, Value) {
        let status = status(fault);
        let code = CODES.iter().find(|(of, _)| *of == status).map_or(INTERNAL, |(_, code)| code);
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

    fn error_schemas() -> Vec<(&'static str, RefOr<Schema>)> {
        let entry = ObjectBuilder::new().property("field", text("The field or parameter.")).required("field");
        let entry = entry.property("message", text("The problem, in one sentence.")).required("message");
        let entry = entry.description(Some("What is wrong with a field."));
        let errors = ArrayBuilder::new().items(Ref::from_schema_name(FIELD_ERROR));
        let errors = errors.description(Some("Every invalid field. Absent unless the status is 422."));
        let status = ObjectBuilder::new().schema_type(Type::Integer).description(Some("The status of the response."));
        let code =
            text("The kind of the error. Later versions may add kinds: treat one that you do not know by its status.")
                .enum_values(Some(CODES.map(|(_, code)| code)));
        let body = ObjectBuilder::new().property("detail", text("The error, in one sentence.")).required("detail");
        let body = body.property("status_code", status).required("status_code");
        let body = body.property("error_code", code).required("error_code").property("errors", errors);
        let body = body.description(Some("An error."));
        vec![(ERROR_SCHEMA, body.into()), (FIELD_ERROR, entry.into())]
    }
}

fn status(fault: &Fault) -> StatusCode {
    match fault {
        Fault::Domain(Error::Invalid(fields)) if is_taken(fields) => StatusCode::CONFLICT,
        Fault::Domain(Error::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        other => django_rest::status(other),
    }
}

fn detail(fault: &Fault) -> String {
    match fault {
        Fault::Domain(Error::Invalid(fields)) if !is_taken(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.field).collect();
            format!("Invalid input: {}", names.join(", "))
        }
        other => django_rest::sentence::<Platform>(other),
    }
}

/// Whether another account or assistant has the name. That is a conflict; any other problem is a mistake in the field.
fn is_taken(fields: &[FieldError]) -> bool {
    let is_name = |problem: &Problem| {
        matches!(problem, Problem::UsernameTaken | Problem::EmailTaken | Problem::AssistantNameTaken)
    };
    fields.iter().all(|field| is_name(&field.problem))
}
