//! Identifiers. Each is parsed once, where it enters; one that does not parse is treated like one that
//! does not exist.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// Reads the hyphenated form, the only one that our answers show.
            pub fn parse(text: &str) -> Option<Self> {
                let id = Uuid::try_parse(text).ok()?;
                (text.len() == 36 && id.hyphenated().to_string().eq_ignore_ascii_case(text)).then_some(Self(id))
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

uuid_id! {
    /// A user, as shown by the platform dialect and inside tokens.
    UserId
}
uuid_id! {
    /// One sign-in of a user: what a logout ends.
    LoginId
}
uuid_id! {
    /// A conversation (a "chat session" of the webchat dialect).
    ConversationId
}

uuid_id! {
    /// An assistant, as shown by the platform dialect.
    AssistantId
}
uuid_id! {
    /// A file that a user gave us.
    FileId
}
uuid_id! {
    /// An API key; not the key itself.
    ApiKeyId
}

uuid_id! {
    /// A webhook.
    WebhookId
}
uuid_id! {
    /// Something that happened.
    EventId
}

impl ConversationId {
    /// The conversation that dialects without sessions talk into: one per user, known without a look-up.
    /// `resets` counts how many of them were deleted, so that a new one never has an old one's id.
    pub fn default_of(user: UserId, resets: u64) -> Self {
        Self::default_in(user.uuid(), resets)
    }

    /// The conversation that the reports dialect has with an assistant; `resets` as above.
    pub fn default_with(assistant: AssistantId, resets: u64) -> Self {
        Self::default_in(assistant.uuid(), resets)
    }

    fn default_in(namespace: Uuid, resets: u64) -> Self {
        let name = match resets {
            0 => "default conversation".to_owned(),
            more => format!("default conversation {more}"),
        };
        Self(Uuid::new_v5(&namespace, name.as_bytes()))
    }
}

/// A user's integer: 1, 2, 3 … in the order of registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserNumber(pub u64);

/// A turn's integer within its conversation: 1, 2, 3 … in the order of saying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnNumber(pub u64);

impl TurnNumber {
    /// Reads plain decimal digits without sign or leading zero.
    pub fn parse(text: &str) -> Option<Self> {
        positive_integer(text).map(Self)
    }
}

/// An assistant's integer among those of its owner: 1, 2, 3 … in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AssistantNumber(pub u64);

impl AssistantNumber {
    /// Reads plain decimal digits without sign or leading zero.
    pub fn parse(text: &str) -> Option<Self> {
        positive_integer(text).map(Self)
    }
}

fn positive_integer(text: &str) -> Option<u64> {
    let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Who said a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The user.
    User,
    /// The model, as the assistant.
    Assistant,
}

/// A message's place in its conversation, shown as a UUID (version 8) that is computed from both: nothing
/// has to be looked up to find the message, and an id of another conversation is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageId {
    /// The turn that it belongs to.
    pub turn: TurnNumber,
    /// Which of the turn's two messages it is.
    pub speaker: Speaker,
}

/// The bits of a UUID that version 8 leaves for a number, below the two of the variant.
const NUMBER_BITS: u64 = u64::MAX >> 2;

impl MessageId {
    /// The UUID, of a message in `conversation`.
    pub fn uuid(self, conversation: ConversationId) -> Uuid {
        let number = (self.turn.0 << 1) | u64::from(self.speaker == Speaker::Assistant);
        let bytes = (u128::from(conversation_mark(conversation)) << 64) | u128::from(number & NUMBER_BITS);
        uuid::Builder::from_custom_bytes(bytes.to_be_bytes()).into_uuid()
    }

    /// Reads a UUID that [`MessageId::uuid`] made for `conversation`.
    pub fn parse(text: &str, conversation: ConversationId) -> Option<Self> {
        let (_, number) = Uuid::try_parse(text).ok()?.as_u64_pair();
        let number = number & NUMBER_BITS;
        let speaker = if number & 1 == 1 { Speaker::Assistant } else { Speaker::User };
        let id = Self { turn: TurnNumber(number >> 1), speaker };
        id.uuid(conversation).hyphenated().to_string().eq_ignore_ascii_case(text).then_some(id)
    }
}

fn conversation_mark(conversation: ConversationId) -> u64 {
    Uuid::new_v5(&conversation.uuid(), b"messages").as_u64_pair().0
}
