//! A user's message, as three of the five documents send it.

use super::{Field, Form};
use crate::domain::{Error, Problem, conversation::Said, text::MessageText};
use serde::Deserialize;
use utoipa::ToSchema;

/// `{"message": "string"}`. A message to send.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"message": "Hello"}))]
pub struct NewMessage {
    /// The text of the message.
    #[schema(value_type = String, required, min_length = 1, max_length = 32000)]
    message: Field,
}

impl TryFrom<NewMessage> for Said {
    type Error = Error;

    fn try_from(NewMessage { message }: NewMessage) -> Result<Self, Error> {
        let mut form = Form::default();
        let said = form.required("message", message, said);
        form.finish(|| said)
    }
}

/// Reads the text of a message without attachments.
pub fn said(text: &str) -> Result<Said, Problem> {
    MessageText::parse(text.to_owned()).map(Said::from)
}
