//! Users in responses.

use crate::domain::{
    money::Tokens,
    user::{Role, User},
};
use serde::Serialize;
use utoipa::ToSchema;

/// An account, as platform shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = User, example = json!({
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
    /// The user's id.
    #[schema(format = Uuid)]
    id: String,
    /// The username.
    username: String,
    /// The e-mail address. `null` if the user has none.
    email: Option<String>,
    /// The full name. `null` if the user has given none.
    full_name: Option<String>,
    /// The rights of the user.
    #[schema(value_type = Role)]
    role: &'static str,
    /// Whether the user may sign in.
    is_active: bool,
    /// The tokens that the user can spend.
    #[schema(value_type = u64)]
    tokens: Tokens,
    /// When the account was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the account last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// `{"id": 1, "username": "newuser", "email": "user@example.com"}`. An account.
#[derive(Serialize, ToSchema)]
#[schema(as = User, example = json!({"id": 1, "username": "newuser", "email": "user@example.com"}))]
pub struct Profile {
    /// The user's number, counted from 1 in the order of registration.
    id: u64,
    /// The username.
    username: String,
    /// The e-mail address. Empty if the user has none.
    email: String,
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

impl From<User> for Profile {
    fn from(user: User) -> Self {
        let User {
            id: _,
            number,
            username,
            email,
            full_name: _,
            role: _,
            is_active: _,
            conversations: _,
            resets: _,
            api_keys: _,
            created_at: _,
            updated_at: _,
        } = user;
        Self {
            id: number.0,
            username: username.as_str().to_owned(),
            email: email.map_or_else(String::new, |email| email.as_str().to_owned()),
        }
    }
}
