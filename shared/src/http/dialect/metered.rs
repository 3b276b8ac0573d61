//! The metered dialect (spec 004): `{"error": …}` for everything but a missing or invalid credential.

use super::{
    Dialect,
    django_rest::{self, DETAIL},
};
use crate::{
    domain::{Error, FieldError, Problem},
    http::{Fault, openapi::ERROR_SCHEMA},
    service::logins::Lifetimes,
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

const MESSAGE: &str = "ErrorMessage";

/// Spec 004: `/api/…`.
pub struct Metered;

impl Metered {
    /// How long the tokens of its sign-in endpoints last.
    pub const LIFETIMES: Lifetimes =
        Lifetimes { access: Duration::from_secs(15 * 60), refresh: Some(Duration::from_secs(24 * 60 * 60)) };
}

impl Dialect for Metered {
    const NAME: &'static str = "metered";
    const WRONG_PASSWORD: &'static str = "Invalid credentials";

    fn error(fault: &Fault) -> (StatusCode, Value) {
        let error = |status, message: &str| (status, json!({"error": message}));
        match fault {
            Fault::Domain(Error::NoCredential | Error::InvalidCredential | Error::InvalidRefreshToken) => {
                django_rest::error::<Self>(fault)
            }
            Fault::Domain(Error::Invalid(fields)) => {
                error(StatusCode::BAD_REQUEST, &fields.first().map(in_words).unwrap_or_default())
            }
            Fault::Domain(Error::WrongPassword) => error(StatusCode::BAD_REQUEST, Self::WRONG_PASSWORD),
            Fault::Domain(Error::InsufficientTokens) => error(StatusCode::BAD_REQUEST, "Insufficient tokens"),
            _ => error(django_rest::status(fault), &django_rest::sentence::<Self>(fault)),
        }
    }

    fn error_schemas() -> Vec<(&'static str, RefOr<Schema>)> {
        let message = django_rest::text("The error, in one sentence.");
        let message = ObjectBuilder::new().property("error", message).required("error");
        let message = message.description(Some("An error, in one sentence."));
        let either = "A missing or invalid credential has `detail`, everything else has `error`.";
        vec![
            (ERROR_SCHEMA, django_rest::either([MESSAGE, DETAIL], either)),
            (MESSAGE, message.into()),
            (DETAIL, django_rest::detail().into()),
        ]
    }
}

/// The first problem in this dialect's words: `Username is required`.
fn in_words(FieldError { field, problem }: &FieldError) -> String {
    let mut letters = field.chars();
    let name: String = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect();
    match problem {
        Problem::Required | Problem::Blank | Problem::Null => format!("{name} is required"),
        Problem::UsernameTaken => "Username already exists".to_owned(),
        other => format!("{name}: {other}"),
    }
}
