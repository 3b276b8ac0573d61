//! Spec 000, "Chat".

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error,
        conversation::{Said, Source},
    },
    http::{App, Body, Created, Field, Form, HandlerResult, Idempotency, Reports, SignedIn, parse::filled, said},
    service::turns::TurnTarget,
};
use utoipa::ToSchema;

/// `{"assistant_name": "My Assistant", "_input": "Hello"}`. A message to an assistant.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"assistant_name": "My Assistant", "_input": "Hello"}))]
pub struct NewChat {
    /// The name of one of the caller's assistants.
    #[schema(value_type = String, required, min_length = 1)]
    assistant_name: Field,
    /// The message.
    #[schema(value_type = String, required, min_length = 1, max_length = 32000)]
    _input: Field,
}

/// `{"id": 1, "assistant_name": "My Assistant", "_input": "Hello", "_output": "…"}`. A message and the reply to it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"id": 1, "assistant_name": "My Assistant", "_input": "Hello", "_output": "Hi there!"}))]
pub struct Chat {
    /// The number of the turn in the conversation.
    id: u64,
    /// The name of the assistant.
    assistant_name: String,
    /// The message as sent.
    _input: String,
    /// The reply of the model.
    _output: String,
}

/// `POST /api/v1/chat/`: sends a message in the caller's conversation with an assistant and returns the reply.
#[utoipa::path(
    post,
    operation_id = "send",
    path = "/api/v1/chat/",
    params(Idempotency),
    request_body = NewChat,
    responses(
        (status = 201, body = Chat),
        (status = 402),
        (status = 404, description = "The conversation was deleted during the turn."),
        (status = 409, description = "The assistant is not active."),
        (status = 502),
        (status = 504),
    ),
)]
pub async fn chat(
    State(app): State<App<Reports>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    Body(body): Body<NewChat>,
) -> HandlerResult<Reports, Created<Chat>> {
    let (assistant_name, said) = body.try_into()?;
    let assistant = app.assistants.named(caller.user.id, "assistant_name", &assistant_name).await?;
    let turn = app.turns.say(&caller.user, TurnTarget::With(assistant), said, key).await?.turn;
    let _output = with_sources(turn.response, &turn.about.sources);
    let (id, _input) = (turn.number.0, turn.message.into_string());
    Ok(Created(Chat { id, assistant_name, _input, _output }))
}

impl TryFrom<NewChat> for (String, Said) {
    type Error = Error;

    fn try_from(NewChat { assistant_name, _input }: NewChat) -> Result<Self, Error> {
        let mut form = Form::default();
        let name = form.required("assistant_name", assistant_name, filled);
        let said = form.required("_input", _input, said);
        form.finish(|| name.zip(said))
    }
}

/// The answer, and in its last line the files that it is based on, each place once.
fn with_sources(answer: String, sources: &[Source]) -> String {
    let mut places: Vec<String> = Vec::new();
    for place in sources.iter().map(Source::place) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() { answer } else { format!("{}\n\nSources: {}", answer.trim_end(), places.join("; ")) }
}
