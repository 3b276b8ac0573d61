//! Spec 003, "Check Token".

use axum::extract::State;
use serde::Serialize;
use shared::{
    domain::money::Tokens,
    http::{App, Chatbot, HandlerResult, Json, SignedIn},
};
use utoipa::ToSchema;

/// `{"tokens": 4000}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"tokens": 4000}))]
pub struct Balance {
    #[schema(value_type = u64)]
    tokens: Tokens,
}

/// `GET /token/`: what the caller can spend.
#[utoipa::path(get, path = "/token/", responses((status = 200, body = Balance)))]
pub async fn check(
    State(app): State<App<Chatbot>>,
    SignedIn(caller): SignedIn,
) -> HandlerResult<Chatbot, Json<Balance>> {
    Ok(Json(Balance { tokens: app.balance.available(caller.user.id).await? }))
}
