//! Spec 000, "Authentication Token".

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::Serialize;
use shared::http::{Answer, App, AtDoor, Body, Json, Reports, UsernameAndPassword};

/// `{"token": "<40 hex digits>"}`.
#[derive(Serialize)]
pub struct Token {
    token: String,
}

/// `POST /api/v1/tokens/`: a token that does not expire.
pub async fn obtain_token(
    State(app): State<App<Reports>>,
    AtDoor(address): AtDoor,
    Body(body): Body<UsernameAndPassword>,
) -> Answer<Reports, Json<Token>> {
    let (name, password) = body.into_sign_in()?;
    let token = app.logins.opaque_token(&name, password, &address).await?;
    Ok(Json(Token { token: token.expose_secret().to_owned() }))
}
