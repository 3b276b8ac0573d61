//! What somebody says, as three of the five documents send it.

use super::Field;
use crate::domain::{Error, conversation::Said, text::MessageText};
use serde::Deserialize;
use utoipa::ToSchema;

/// `{"message": "string"}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"message": "Hello"}))]
pub struct NewMessage {
    #[schema(value_type = String, required, min_length = 1, max_length = 32000)]
    message: Field,
}

impl TryFrom<NewMessage> for Said {
    type Error = Error;

    fn try_from(NewMessage { message }: NewMessage) -> Result<Self, Error> {
        let text = message.required().and_then(MessageText::parse);
        text.map(Self::from).map_err(|problem| Error::invalid("message", problem))
    }
}
