//! Spec 003, "Check Token".

use axum::extract::State;
use shared::http::{App, Balance, Chatbot, HandlerResult, Json, SignedIn};

/// `GET /token/`: returns the tokens that the caller can spend.
#[utoipa::path(get, operation_id = "get", path = "/token/", responses((status = 200, body = Balance)))]
pub async fn check(
    State(app): State<App<Chatbot>>,
    SignedIn(caller): SignedIn,
) -> HandlerResult<Chatbot, Json<Balance>> {
    Ok(Json(Balance { tokens: app.balance.available(caller.user.id).await? }))
}
