//! What somebody says, as three of the five documents send it.

use super::Field;
use crate::domain::{Error, text::MessageText};
use serde::Deserialize;

/// `{"message": "string"}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NewMessage {
    message: Field,
}

impl TryFrom<NewMessage> for MessageText {
    type Error = Error;

    fn try_from(NewMessage { message }: NewMessage) -> Result<Self, Error> {
        message.required().and_then(Self::parse).map_err(|problem| Error::invalid("message", problem))
    }
}
