//! Spec 003, "Register User" and "Login User".

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::Serialize;
use shared::{
    domain::money::Tokens,
    http::{App, Body, Chatbot, Created, Credentials, HandlerResult, Json, NewAccount, SignInEndpoint},
};
use utoipa::ToSchema;

/// `{"id": 1, "username": "string", "tokens": 4000}`. A new account.
#[derive(Serialize, ToSchema)]
#[schema(as = RegisteredUser, example = json!({"id": 1, "username": "newuser", "tokens": 4000}))]
pub struct Registered {
    /// The user's number.
    id: u64,
    /// The username.
    username: String,
    /// The tokens that the user can spend.
    #[schema(value_type = u64)]
    tokens: Tokens,
}

/// `{"token": "string"}`. The token of a sign-in. It is valid for 60 minutes.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"token": "eyJ0eXAi…"}))]
pub struct Token {
    /// The access token, for the header `Authorization`.
    token: String,
}

/// `POST /users/register/`: creates an account.
#[utoipa::path(
    post,
    path = "/users/register/",
    security(()),
    request_body = NewAccount,
    responses((status = 201, body = Registered)),
)]
pub async fn register(
    State(app): State<App<Chatbot>>,
    _: SignInEndpoint,
    Body(body): Body<NewAccount>,
) -> HandlerResult<Chatbot, Created<Registered>> {
    let (user, tokens) = app.accounts.register(body.into_registration()?).await?;
    Ok(Created(Registered { id: user.number.0, username: user.username.as_str().to_owned(), tokens }))
}

/// `POST /users/login/`: signs in. There is no refresh token.
#[utoipa::path(
    post,
    path = "/users/login/",
    security(()),
    request_body = Credentials,
    responses((status = 200, body = Token), (status = 401, description = "The username or the password is wrong.")),
)]
pub async fn login(
    State(app): State<App<Chatbot>>,
    SignInEndpoint(address): SignInEndpoint,
    Body(body): Body<Credentials>,
) -> HandlerResult<Chatbot, Json<Token>> {
    let (name, password) = body.into_sign_in()?;
    let (_, issued) = app.logins.sign_in(&name, password, &address, Chatbot::LIFETIMES).await?;
    Ok(Json(Token { token: issued.access.expose_secret().to_owned() }))
}
