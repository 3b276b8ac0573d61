//! Spec 000, "Create User".

use axum::extract::State;
use serde::Deserialize;
use shared::{
    domain::{
        Error,
        names::{Email, Username},
        text::NewPassword,
    },
    http::{App, Body, Created, Field, Form, HandlerResult, Profile, Reports, SignInEndpoint, registration},
    service::accounts::Registration,
};
use utoipa::ToSchema;

/// `{"username": …, "email": …, "password": …}`. A new account.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"username": "newuser", "email": "user@example.com", "password": "password123"}))]
pub struct NewUser {
    /// The username.
    #[schema(value_type = String, required, min_length = 1, max_length = 150)]
    username: Field,
    /// The e-mail address.
    #[schema(value_type = String, required, max_length = 254, format = Email)]
    email: Field,
    /// The password.
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
}

/// `POST /api/v1/users/`: creates an account.
#[utoipa::path(
    post,
    path = "/api/v1/users/",
    security(()),
    request_body = NewUser,
    responses((status = 201, body = Profile)),
)]
pub async fn create(
    State(app): State<App<Reports>>,
    _: SignInEndpoint,
    Body(body): Body<NewUser>,
) -> HandlerResult<Reports, Created<Profile>> {
    let (user, _) = app.accounts.register(body.try_into()?).await?;
    Ok(Created(user.into()))
}

impl TryFrom<NewUser> for Registration {
    type Error = Error;

    fn try_from(NewUser { username, email, password }: NewUser) -> Result<Self, Error> {
        let mut form = Form::default();
        let username = form.required("username", username, Username::parse);
        let email = form.required("email", email, Email::parse);
        let password = form.required("password", password, NewPassword::parse);
        form.finish(|| Some(registration(username?, Some(email?), password?)))
    }
}
