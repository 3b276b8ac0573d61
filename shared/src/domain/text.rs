//! Bounded text: messages, titles, passwords.

use super::Problem;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// The maximum length of a trimmed message, in characters.
pub const MESSAGE_MAX: usize = 32_000;
/// The maximum size of a message with the spaces around it, in bytes. A larger one does not fit into an item of the
/// store.
const MESSAGE_BYTES_MAX: usize = 250_000;
const PASSWORD_MIN_BYTES: usize = 8;
const PASSWORD_MAX_BYTES: usize = 1024;

/// The text of a message: 1–32,000 characters after trimming, kept exactly as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageText(String);

impl MessageText {
    /// Checks the text and keeps it unchanged.
    pub fn parse(text: String) -> Result<Self, Problem> {
        let said = text.trim();
        if said.is_empty() {
            return Err(Problem::Blank);
        }
        if text.len() > MESSAGE_BYTES_MAX || said.chars().count() > MESSAGE_MAX {
            return Err(Problem::TooLong { max: MESSAGE_MAX });
        }
        if text.contains('\0') {
            return Err(Problem::NulCharacter);
        }
        Ok(Self(text))
    }

    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as sent.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Trims a text and checks that it has 1 to `max` characters.
fn short(text: &str, max: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Blank);
    }
    if text.chars().count() > max {
        return Err(Problem::TooLong { max });
    }
    if text.contains('\0') {
        return Err(Problem::NulCharacter);
    }
    Ok(text.to_owned())
}

macro_rules! short_text {
    ($(#[$doc:meta])* $name:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Trims, then checks.
            pub fn parse(text: &str) -> Result<Self, Problem> {
                short(text, $max).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

short_text! {
    /// A conversation's title: 1–255 characters, trimmed.
    Title, 255
}
short_text! {
    /// A person's name: 1–255 characters, trimmed.
    FullName, 255
}
short_text! {
    /// An assistant's name: 1–120 characters, trimmed.
    AssistantName, 120
}
short_text! {
    /// One line about something, such as an assistant's company or model, or an API key's purpose: 1–255
    /// characters, trimmed.
    Label, 255
}
short_text! {
    /// A category of assistants or tools: 1–64 characters, trimmed.
    Category, 64
}
short_text! {
    /// A description or a personality: 1–2,000 characters, trimmed.
    Description, 2_000
}
short_text! {
    /// A notification for all users: 1–2,000 characters, trimmed.
    Announcement, 2_000
}
short_text! {
    /// The beginning of a message that an assistant suggests: 1–200 characters, trimmed.
    Suggestion, 200
}
short_text! {
    /// Instructions for the model before every conversation: 1–32,000 characters, trimmed.
    Instructions, 32_000
}

impl AssistantName {
    /// The title of a conversation with this assistant.
    pub fn to_title(&self) -> Title {
        Title(self.0.clone())
    }
}

impl Default for Title {
    /// The title of a conversation that was created without one.
    fn default() -> Self {
        Self("New Chat".to_owned())
    }
}

/// A new password: 8–1024 bytes, kept exactly as sent.
pub struct NewPassword(SecretString);

impl NewPassword {
    /// Checks the length in bytes.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text.len() {
            0 => Err(Problem::Blank),
            1..PASSWORD_MIN_BYTES => Err(Problem::TooShort { min: PASSWORD_MIN_BYTES }),
            PASSWORD_MIN_BYTES..=PASSWORD_MAX_BYTES => Ok(Self(text.into())),
            _ => Err(Problem::TooLong { max: PASSWORD_MAX_BYTES }),
        }
    }

    /// Whether `other` is the same text.
    pub fn is(&self, other: &str) -> bool {
        self.0.expose_secret() == other
    }

    /// The password, for hashing.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}
