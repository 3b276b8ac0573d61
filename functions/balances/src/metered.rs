//! Spec 004, "Token Balance API".

use axum::extract::State;
use serde::Serialize;
use shared::{
    domain::money::Tokens,
    http::{Answer, App, Json, Metered, SignedIn},
};

/// `{"tokens": 4000}`.
#[derive(Serialize)]
pub struct Balance {
    tokens: Tokens,
}

/// `GET /api/tokens/`: what the caller can spend.
pub async fn balance(State(app): State<App<Metered>>, SignedIn(caller): SignedIn) -> Answer<Metered, Json<Balance>> {
    Ok(Json(Balance { tokens: app.balance.available(caller.user.id).await? }))
}
