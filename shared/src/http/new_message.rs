//! What somebody says, as three of the five documents send it.

use super::Field;
use crate::domain::{Error, text::MessageText};
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

impl TryFrom<NewMessage> for MessageText {
    type Error = Error;

    fn try_from(NewMessage { message }: NewMessage) -> Result<Self, Error> {
        message.required().and_then(Self::parse).map_err(|problem| Error::invalid("message", problem))
    }
}
