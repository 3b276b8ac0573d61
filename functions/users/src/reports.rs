//! Spec 000, "Create User".

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error,
        error::Problems,
        names::{Email, Username},
        text::NewPassword,
        user::{Role, User},
    },
    http::{App, Body, Created, Field, HandlerResult, Reports, SignInEndpoint},
    service::accounts::Registration,
};
use utoipa::ToSchema;

/// `{"username": …, "email": …, "password": …}`, all required.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"username": "newuser", "email": "user@example.com", "password": "password123"}))]
pub struct NewUser {
    #[schema(value_type = String, required, min_length = 1, max_length = 150)]
    username: Field,
    #[schema(value_type = String, required, max_length = 254, format = Email)]
    email: Field,
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
}

/// `{"id": 1, "username": …, "email": …}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"id": 1, "username": "newuser", "email": "user@example.com"}))]
pub struct CreatedUser {
    id: u64,
    username: String,
    email: Option<String>,
}

/// `POST /api/v1/users/`: a new account.
#[utoipa::path(
    post,
    path = "/api/v1/users/",
    security(()),
    request_body = NewUser,
    responses((status = 201, body = CreatedUser)),
)]
pub async fn create(
    State(app): State<App<Reports>>,
    _: SignInEndpoint,
    Body(body): Body<NewUser>,
) -> HandlerResult<Reports, Created<CreatedUser>> {
    let (user, _) = app.accounts.register(body.try_into()?).await?;
    Ok(Created(user.into()))
}

impl TryFrom<NewUser> for Registration {
    type Error = Error;

    fn try_from(NewUser { username, email, password }: NewUser) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let username = problems.note("username", username.required().and_then(|text| Username::parse(&text)));
        let email = problems.note("email", email.required().and_then(|text| Email::parse(&text)));
        let password = problems.note("password", password.required().and_then(NewPassword::parse));
        match (username, email, password) {
            (Some(username), Some(email), Some(password)) => {
                Ok(Self { username: Some(username), email: Some(email), full_name: None, password, role: Role::User })
            }
            _ => Err(problems.into_error()),
        }
    }
}

impl From<User> for CreatedUser {
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
            email: email.map(|email| email.as_str().to_owned()),
        }
    }
}
