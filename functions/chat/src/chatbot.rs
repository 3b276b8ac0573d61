//! Spec 003, "Send Message".

use axum::extract::State;
use serde::Serialize;
use shared::{
    http::{App, Body, Chatbot, HandlerResult, Idempotency, Json, NewMessage, SignedIn},
    service::turns::TurnTarget,
};
use utoipa::ToSchema;

/// `{"response": "string"}`. The reply to a message.
#[derive(Serialize, ToSchema)]
#[schema(as = Reply, example = json!({"response": "This is a dummy response from the AI."}))]
pub struct Sent {
    /// The reply of the model.
    response: String,
}

/// `POST /send/`: sends a message in the caller's default conversation and returns the reply.
#[utoipa::path(
    post,
    path = "/send/",
    params(Idempotency),
    request_body = NewMessage,
    responses((status = 200, body = Sent), (status = 402), (status = 404, description = "The conversation was deleted during the turn."), (status = 502), (status = 504)),
)]
pub async fn send(
    State(app): State<App<Chatbot>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    Body(body): Body<NewMessage>,
) -> HandlerResult<Chatbot, Json<Sent>> {
    let answered = app.turns.say(&caller.user, TurnTarget::Default, body.try_into()?, key).await?;
    Ok(Json(Sent { response: answered.turn.response }))
}
