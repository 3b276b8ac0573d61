//! Spec 000, "Chat".

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{Error, conversation::Said, error::Problems, text::MessageText},
    http::{Answer, App, Body, Created, Field, Idempotency, Reports, SignedIn},
    service::turns::Place,
};

/// `{"assistant_name": "My Assistant", "_input": "Hello"}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NewChat {
    assistant_name: Field,
    _input: Field,
}

/// `{"id": 1, "assistant_name": "My Assistant", "_input": "Hello", "_output": "…"}`.
#[derive(Serialize)]
pub struct Chat {
    id: u64,
    assistant_name: String,
    _input: String,
    _output: String,
}

/// `POST /api/v1/chat/`: says something in the caller's one conversation with an assistant.
pub async fn chat(
    State(app): State<App<Reports>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    Body(body): Body<NewChat>,
) -> Answer<Reports, Created<Chat>> {
    let (assistant_name, said) = body.try_into()?;
    let assistant = app.assistants.named(caller.user.id, "assistant_name", &assistant_name).await?;
    let turn = app.turns.say(&caller.user, Place::With(assistant), said, key).await?.turn;
    let (id, _input, _output) = (turn.number.0, turn.message.into_string(), turn.response);
    Ok(Created(Chat { id, assistant_name, _input, _output }))
}

impl TryFrom<NewChat> for (String, Said) {
    type Error = Error;

    fn try_from(NewChat { assistant_name, _input }: NewChat) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let name = problems.note("assistant_name", assistant_name.filled());
        let said = problems.note("_input", _input.required().and_then(MessageText::parse)).map(Said::from);
        problems.or(name.zip(said))
    }
}
