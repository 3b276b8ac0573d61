//! The webchat dialect (spec 002): a Django REST framework interface with chat sessions.

use super::{Dialect, Scheme, django_rest};
use crate::{http::Fault, service::logins::Lifetimes};
use axum::http::StatusCode;
use serde_json::Value;
use std::time::Duration;
use utoipa::openapi::{RefOr, Schema};

/// Spec 002, below `/api/v1/` with a final slash.
pub struct Webchat;

impl Webchat {
    /// How long the tokens of its sign-in endpoints last.
    pub const LIFETIMES: Lifetimes =
        Lifetimes { access: Duration::from_secs(60 * 60), refresh: Some(Duration::from_secs(24 * 60 * 60)) };
}

impl Dialect for Webchat {
    const NAME: &'static str = "webchat";
    const IS_DJANGO: bool = true;
    const CHALLENGE: &'static str = "Bearer realm=\"api\"";
    const SCHEME: Scheme = Scheme::Bearer;

    fn error(fault: &Fault) -> (StatusCode, Value) {
        django_rest::error(fault, "No active account found with the given credentials")
    }

    fn error_schema() -> RefOr<Schema> {
        django_rest::schema()
    }
}
