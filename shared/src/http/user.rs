//! A user as the platform dialect shows one.

use crate::domain::{money::Tokens, user::User};
use serde::Serialize;

/// `{"id": "<uuid>", "username": …, "email": …, "full_name": …, "role": "user", "is_active": true,
/// "tokens": 4000, "created_at": …, "updated_at": …}`.
#[derive(Serialize)]
pub struct ShownUser {
    id: String,
    username: String,
    email: Option<String>,
    full_name: Option<String>,
    role: &'static str,
    is_active: bool,
    tokens: Tokens,
    created_at: String,
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
