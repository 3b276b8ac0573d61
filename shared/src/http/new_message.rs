//! What somebody says, as three of the five documents send it.

use super::Field;
use crate::domain::{Error, conversation::Said, text::MessageText};
use serde::Deserialize;

/// `{"message": "string"}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NewMessage {
    message: Field,
}

impl TryFrom<NewMessage> for Said {
    type Error = Error;

    fn try_from(NewMessage { message }: NewMessage) -> Result<Self, Error> {
        let text = message.required().and_then(MessageText::parse);
        text.map(Self::from).map_err(|problem| Error::invalid("message", problem))
    }
}
