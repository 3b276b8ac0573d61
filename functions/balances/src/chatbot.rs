//! Spec 003, "Check Token".

use axum::extract::State;
use serde::Serialize;
use shared::{
    domain::money::Tokens,
    http::{Answer, App, Chatbot, Json, SignedIn},
};

/// `{"tokens": 4000}`.
#[derive(Serialize)]
pub struct Balance {
    tokens: Tokens,
}

/// `GET /token/`: what the caller can spend.
pub async fn check(State(app): State<App<Chatbot>>, SignedIn(caller): SignedIn) -> Answer<Chatbot, Json<Balance>> {
    Ok(Json(Balance { tokens: app.balance.available(caller.user.id).await? }))
}
