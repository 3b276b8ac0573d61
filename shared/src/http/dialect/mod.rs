//! One file per dialect: its words for everything that can go wrong, and how long its tokens last.

pub mod chatbot;
mod django_rest;
pub mod metered;
pub mod platform;
pub mod reports;
pub mod webchat;

use super::{Failure, Fault};
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

/// What its document puts before a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `Bearer <access_token>`.
    Bearer,
    /// `Token <your_token>`.
    Token,
}

/// How one of the five documents speaks.
pub trait Dialect: Send + Sync + 'static {
    /// Its name in logs.
    const NAME: &'static str;
    /// Whether it takes forms beside JSON, and reads numbers as text, as Django REST framework does.
    const IS_DJANGO: bool;
    /// The `WWW-Authenticate` header of its 401.
    const CHALLENGE: &'static str;
    /// What its document puts before a credential. All accept both.
    const SCHEME: Scheme;

    /// Status and body for everything that can go wrong.
    fn error(fault: &Fault) -> (StatusCode, Value);

    /// The form of the bodies that `error` makes, for the dialect's OpenAPI document.
    fn error_schema() -> RefOr<Schema>;
}

/// The 404 of the dialect that owns the longest matching prefix of `path`.
pub fn unknown_path(path: &str) -> Response {
    let ends_with_slash = path.ends_with('/');
    let mut segments = path.split('/').skip(1);
    match (segments.next(), segments.next()) {
        (Some("api"), Some("v1")) if ends_with_slash => refuse::<webchat::Webchat>(),
        (Some("api"), Some("v1")) | (Some("health"), _) => refuse::<platform::Platform>(),
        (Some("api"), Some(_)) => refuse::<metered::Metered>(),
        (Some("users" | "send" | "token"), _) => refuse::<chatbot::Chatbot>(),
        _ => (StatusCode::NOT_FOUND, Html(include_str!("not_found.html"))).into_response(),
    }
}

fn refuse<D: Dialect>() -> Response {
    Failure::<D>::from(Fault::UnknownPath).into_response()
}
