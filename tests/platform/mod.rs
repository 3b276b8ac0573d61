//! Spec 001 as far as it is served; what decides between dialects; one account behind all five.

mod assistants;
mod assistants_list;
mod health;
mod lists;
mod login;
mod logout;
mod one_account;
mod refresh;
mod register;
mod slash;
pub mod taken;
mod wire;

use serde_json::{Value, json};

/// The example of spec 001, "Login".
const EMAIL: &str = "user@example.com";
/// Its password.
const DOCUMENTED_PASSWORD: &str = "password";

/// An error of spec 001, "Error Response Format".
fn error(status: u16, code: &str, detail: &str) -> Value {
    json!({"detail": detail, "status_code": status, "error_code": code})
}

/// The 422 that lists every bad field with its message.
fn invalid(fields: &[(&str, &str)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(field, _)| *field).collect();
    let mut body = error(422, "VALIDATION_ERROR", &format!("Invalid input: {}", names.join(", ")));
    let entries = fields.iter().map(|(field, message)| json!({"field": field, "message": message}));
    body["errors"] = entries.collect();
    body
}
