//! The chatbot dialect (spec 003): a small Django REST framework interface at the root.

use super::{Dialect, Scheme, django_rest};
use crate::{http::Fault, service::logins::Lifetimes};
use axum::http::StatusCode;
use serde_json::Value;
use std::time::Duration;
use utoipa::openapi::{RefOr, Schema};

/// Spec 003: `/users/…`, `/send/`, `/token/`.
pub struct Chatbot;

impl Chatbot {
    /// How long the tokens of its sign-in endpoints last.
    pub const LIFETIMES: Lifetimes = Lifetimes { access: Duration::from_secs(60 * 60), refresh: None };
}

impl Dialect for Chatbot {
    const NAME: &'static str = "chatbot";
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
