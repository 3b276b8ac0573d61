//! Spec 004, "Token Balance API".

use axum::extract::State;
use shared::http::{App, Balance, HandlerResult, Json, Metered, SignedIn};

/// `GET /api/tokens/`: returns the tokens that the caller can spend.
#[utoipa::path(get, operation_id = "get", path = "/api/tokens/", responses((status = 200, body = Balance)))]
pub async fn balance(
    State(app): State<App<Metered>>,
    SignedIn(caller): SignedIn,
) -> HandlerResult<Metered, Json<Balance>> {
    Ok(Json(Balance { tokens: app.balance.available(caller.user.id).await? }))
}
