//! Spec 004, "User Registration" and "User Login".

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::Serialize;
use shared::http::{
    App, Body, Created, Credentials, HandlerResult, Json, Message, Metered, NewAccount, SignInEndpoint,
};
use utoipa::ToSchema;

/// `{"refresh": "string", "access": "string"}`. The tokens of a sign-in.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"refresh": "eyJ0eXAi…", "access": "eyJ0eXAi…"}))]
pub struct TokenPair {
    /// The refresh token. It is valid for 1 day.
    refresh: String,
    /// The access token, for the header `Authorization`. It is valid for 15 minutes.
    access: String,
}

/// `POST /api/register/`: creates an account.
#[utoipa::path(
    post,
    path = "/api/register/",
    security(()),
    request_body = NewAccount,
    responses((status = 201, body = Message, example = json!({"message": "User created successfully"}))),
)]
pub async fn register(
    State(app): State<App<Metered>>,
    _: SignInEndpoint,
    Body(body): Body<NewAccount>,
) -> HandlerResult<Metered, Created<Message>> {
    app.accounts.register(body.into_registration()?).await?;
    Ok(Created(Message { message: "User created successfully" }))
}

/// `POST /api/login/`: signs in.
#[utoipa::path(
    post,
    path = "/api/login/",
    security(()),
    request_body = Credentials,
    responses((status = 200, body = TokenPair), (status = 400)),
)]
pub async fn login(
    State(app): State<App<Metered>>,
    SignInEndpoint(address): SignInEndpoint,
    Body(body): Body<Credentials>,
) -> HandlerResult<Metered, Json<TokenPair>> {
    let (name, password) = body.into_sign_in()?;
    let (_, issued) = app.logins.sign_in(&name, password, &address, Metered::LIFETIMES).await?;
    Ok(Json(TokenPair {
        refresh: issued.refresh.map_or_else(String::new, |token| token.expose_secret().to_owned()),
        access: issued.access.expose_secret().to_owned(),
    }))
}
