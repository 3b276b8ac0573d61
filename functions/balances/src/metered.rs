//! Spec 004, "Token Balance API".

use axum::extract::State;
use serde::Serialize;
use shared::{
    domain::money::Tokens,
    http::{App, HandlerResult, Json, Metered, SignedIn},
};
use utoipa::ToSchema;

/// `{"tokens": 4000}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"tokens": 4000}))]
pub struct Balance {
    #[schema(value_type = u64)]
    tokens: Tokens,
}

/// `GET /api/tokens/`: what the caller can spend.
#[utoipa::path(get, path = "/api/tokens/", responses((status = 200, body = Balance)))]
pub async fn balance(
    State(app): State<App<Metered>>,
    SignedIn(caller): SignedIn,
) -> HandlerResult<Metered, Json<Balance>> {
    Ok(Json(Balance { tokens: app.balance.available(caller.user.id).await? }))
}
