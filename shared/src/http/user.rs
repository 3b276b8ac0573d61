//! A user as the platform dialect shows one.

use crate::domain::{money::Tokens, user::User};
use serde::Serialize;
use utoipa::ToSchema;

/// `{"id": "<uuid>", "username": …, "email": …, "full_name": …, "role": "user", "is_active": true,
/// "tokens": 4000, "created_at": …, "updated_at": …}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "username": "user",
    "email": "user@example.com",
    "full_name": null,
    "role": "user",
    "is_active": true,
    "tokens": 4000,
    "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownUser {
    #[schema(format = Uuid)]
    id: String,
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    role: &'static str,
    is_active: bool,
    #[schema(value_type = u64)]
    tokens: Tokens,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<(User, Tokens)> for ShownUser {
    fn from((user, tokens): (User, Tokens)) -> Self {
        let User {
            id,
            number: _,
            username,
            email,
            full_name,
            role,
            is_active,
            conversations: _,
            resets: _,
            api_keys: _,
            created_at,
            updated_at,
        } = user;
        Self {
            id: id.to_string(),
            username: username.as_str().to_owned(),
            email: email.map(|email| email.as_str().to_owned()),
            full_name: full_name.map(|name| name.as_str().to_owned()),
            role: role.as_str(),
            is_active,
            tokens,
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
        }
    }
}
