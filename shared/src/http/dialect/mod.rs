//! One file per dialect: how it words its errors, and how long its tokens last. Most dialects follow Django REST
//! framework, so the defaults of [`Dialect`] do, too.

pub mod chatbot;
mod django_rest;
pub mod metered;
pub mod pages;
pub mod platform;
pub mod reports;
pub mod webchat;

use super::{Failure, Fault, Malformed};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

/// How one of the five documents behaves. The defaults are those of Django REST framework.
pub trait Dialect: Send + Sync + Sized + 'static {
    /// Its name in logs.
    const NAME: &'static str;
    /// Whether it accepts forms besides JSON and reads numbers as text, as Django REST framework does.
    const IS_DJANGO: bool = true;
    /// The `WWW-Authenticate` header of a 401.
    const CHALLENGE: &'static str = "Bearer realm=\"api\"";
    /// The answer to a failed sign-in.
    const WRONG_PASSWORD: &'static str = "No active account found with the given credentials";

    /// Status and body of a fault.
    fn error(fault: &Fault) -> (StatusCode, Value) {
        django_rest::error::<Self>(fault)
    }

    /// The schema of the bodies that `error` returns, which is called `Error`, and those that it refers to.
    fn error_schemas() -> Vec<(&'static str, RefOr<Schema>)> {
        django_rest::schemas()
    }
}

/// The 404 of the dialect that owns the longest matching prefix of `path`.
pub fn unknown_path(path: &str) -> Response {
    fault_of_path(path, Fault::UnknownPath)
}

/// The refusal by the dialect that owns the longest matching prefix of `path`.
pub fn malformed(path: &str, why: Malformed) -> Response {
    let fault = match why {
        Malformed::Host => Fault::BadRequest("A request must have one Host header, which names a host.".to_owned()),
        Malformed::HeadTooLarge => Fault::HeadTooLarge,
    };
    fault_of_path(path, fault)
}

/// The response for a fault in the dialect of `path`.
fn fault_of_path(path: &str, fault: Fault) -> Response {
    let ends_with_slash = path.ends_with('/');
    let mut segments = path.split('/').skip(1);
    match (segments.next(), segments.next()) {
        (Some("api"), Some("v1")) if ends_with_slash => refuse::<webchat::Webchat>(fault),
        (Some("api"), Some("v1")) | (Some("health"), _) => refuse::<platform::Platform>(fault),
        (Some("api"), Some(_)) => refuse::<metered::Metered>(fault),
        (Some("users" | "send" | "token"), _) => refuse::<chatbot::Chatbot>(fault),
        _ => refuse::<pages::Pages>(fault),
    }
}

fn refuse<D: Dialect>(fault: Fault) -> Response {
    Failure::<D>::from(fault).into_response()
}
