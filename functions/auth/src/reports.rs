//! Spec 000, "Authentication Token".

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::Serialize;
use shared::http::{App, Body, Credentials, HandlerResult, Json, Reports, SignInEndpoint};
use utoipa::ToSchema;

/// `{"token": "<40 hex digits>"}`. A token. It does not expire.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"token": "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b"}))]
pub struct Token {
    /// Goes into the `Authorization` header, after `Token`.
    token: String,
}

/// `POST /api/v1/tokens/`: returns a token that does not expire.
#[utoipa::path(
    post,
    operation_id = "create_token",
    path = "/api/v1/tokens/",
    security(()),
    request_body = Credentials,
    responses((status = 200, body = Token), (status = 401, description = "The username or the password is wrong.")),
)]
pub async fn obtain_token(
    State(app): State<App<Reports>>,
    SignInEndpoint(address): SignInEndpoint,
    Body(body): Body<Credentials>,
) -> HandlerResult<Reports, Json<Token>> {
    let (name, password) = body.into_sign_in()?;
    let token = app.logins.opaque_token(&name, password, &address).await?;
    Ok(Json(Token { token: token.expose_secret().to_owned() }))
}
