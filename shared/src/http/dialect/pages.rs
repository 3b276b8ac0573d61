//! The web pages of spec 002. Their scripts get errors as `{"success": false, "error": "…"}`, browsers as a page: `web`
//! writes both, in the language of the reader, from the fault that a response carries.

use super::{Dialect, django_rest};
use crate::http::Fault;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The pages, and the JSON of their scripts.
pub struct Pages;

impl Dialect for Pages {
    const NAME: &'static str = "pages";

    fn error(fault: &Fault) -> (StatusCode, Value) {
        let body = json!({"success": false, "error": django_rest::sentence::<Self>(fault)});
        (django_rest::status(fault), body)
    }
}
