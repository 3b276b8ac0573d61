//! Spec 004, "Chat API".

use axum::extract::State;
use serde::Serialize;
use shared::{
    http::{App, Body, HandlerResult, Idempotency, Json, Metered, NewMessage, SignedIn},
    service::turns::TurnTarget,
};
use utoipa::ToSchema;

/// `{"user": 1, "message": "string", "response": "…", "timestamp": "2024-07-31T12:34:56Z"}`.
/// A message and the reply to it.
#[derive(Serialize, ToSchema)]
#[schema(as = Chat, example = json!({
    "user": 1,
    "message": "Hello",
    "response": "This is a dummy response from the AI.",
    "timestamp": "2024-07-31T12:34:56Z",
}))]
pub struct Said {
    /// The caller's number.
    user: u64,
    /// The message as sent.
    message: String,
    /// The reply of the model.
    response: String,
    /// When the message arrived.
    #[schema(format = DateTime)]
    timestamp: String,
}

/// `POST /api/chat/`: sends a message in the caller's default conversation and returns the reply.
#[utoipa::path(
    post,
    operation_id = "send",
    path = "/api/chat/",
    params(Idempotency),
    request_body = NewMessage,
    responses((status = 200, body = Said), (status = 400), (status = 404, description = "The conversation was deleted during the turn."), (status = 502), (status = 504)),
)]
pub async fn chat(
    State(app): State<App<Metered>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    Body(body): Body<NewMessage>,
) -> HandlerResult<Metered, Json<Said>> {
    let turn = app.turns.say(&caller.user, TurnTarget::Default, body.try_into()?, key).await?.turn;
    Ok(Json(Said {
        user: caller.user.number.0,
        message: turn.message.as_str().to_owned(),
        response: turn.response,
        timestamp: turn.created_at.to_string(),
    }))
}
