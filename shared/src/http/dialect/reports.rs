//! The reports dialect (spec 000): an older Django REST framework interface with opaque tokens.

use super::{Dialect, Scheme, django_rest};
use crate::http::Fault;
use axum::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

/// Spec 000, below `/api/v1/` with a final slash.
pub struct Reports;

impl Dialect for Reports {
    const NAME: &'static str = "reports";
    const IS_DJANGO: bool = true;
    const CHALLENGE: &'static str = "Token";
    const SCHEME: Scheme = Scheme::Token;

    fn error(fault: &Fault) -> (StatusCode, Value) {
        django_rest::error(fault, "Unable to log in with provided credentials.")
    }

    fn error_schema() -> RefOr<Schema> {
        django_rest::schema()
    }
}
