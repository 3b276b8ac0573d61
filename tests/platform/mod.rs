//! Spec 001 as far as it is served; what decides between dialects; one account behind all five.

mod administration;
mod api_keys;
mod assistants;
mod assistants_list;
mod attachments;
mod context;
mod conversations;
mod files;
mod health;
mod knowledge;
mod knowledge_by_meaning;
mod lists;
mod login;
mod logout;
mod messages;
mod models;
mod one_account;
mod refresh;
mod register;
mod renaming;
mod resuming;
mod round_trips;
mod same_things;
mod slash;
mod streaming;
pub mod taken;
pub mod talk;
mod titles;
mod tool_calls;
mod tool_definitions;
mod tool_secrets;
mod tools;
mod user_list;
mod users;
mod wire;

use crate::world::{NOW, World};
use serde_json::{Value, json};

/// The example of spec 001, "Login".
const EMAIL: &str = "user@example.com";
/// Its password.
const DOCUMENTED_PASSWORD: &str = "password";

/// An error of spec 001, "Error Response Format".
pub fn error(status: u16, code: &str, detail: &str) -> Value {
    json!({"detail": detail, "status_code": status, "error_code": code})
}

/// The 422 that lists every bad field with its message.
pub fn invalid(fields: &[(&str, &str)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(field, _)| *field).collect();
    let mut body = error(422, "VALIDATION_ERROR", &format!("Invalid input: {}", names.join(", ")));
    let entries = fields.iter().map(|(field, message)| json!({"field": field, "message": message}));
    body["errors"] = entries.collect();
    body
}

/// Somebody who registered with a name and a password alone, as shown, but for what is `different`.
fn user(world: &World, username: &str, different: Value) -> Value {
    let mut user = json!({
        "id": world.id_of(username).to_string(),
        "username": username,
        "email": null,
        "full_name": null,
        "role": "user",
        "is_active": true,
        "tokens": 4000,
        "created_at": NOW,
        "updated_at": NOW,
    });
    user.as_object_mut().unwrap().extend(different.as_object().unwrap().clone());
    user
}

/// The only page of a short list.
pub fn only_page(items: Value) -> Value {
    let total = items.as_array().unwrap().len();
    json!({
        "items": items, "total": total, "page": 1, "size": 20, "pages": total.min(1), "has_next": false, "has_prev": false,
        "next_cursor": null,
    })
}
