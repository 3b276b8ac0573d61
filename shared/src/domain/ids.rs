//! Identifiers. Each is parsed once, at the border. An id that cannot be parsed gets the same answer as one that does
//! not exist.

use super::time::Timestamp;
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

            /// Reads the hyphenated form, which is the only form in responses.
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
    /// A user, in the platform dialect and in tokens.
    UserId
}
uuid_id! {
    /// One sign-in of a user, which a logout ends.
    LoginId
}
uuid_id! {
    /// A conversation (a "chat session" of the webchat dialect).
    ConversationId
}

uuid_id! {
    /// An assistant, in the platform dialect.
    AssistantId
}
uuid_id! {
    /// An uploaded file.
    FileId
}
uuid_id! {
    /// An API key. This is not the key itself.
    ApiKeyId
}

uuid_id! {
    /// A webhook.
    WebhookId
}
uuid_id! {
    /// An event.
    EventId
}

impl LoginId {
    /// When the user signed in. The id says it.
    pub fn created_at(self) -> Timestamp {
        let since_1970 = self.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
        Timestamp::from_millis(since_1970.0.saturating_mul(1_000).saturating_add(u64::from(since_1970.1 / 1_000_000)))
    }
}

impl ConversationId {
    /// The conversation of dialects without sessions. Each user has one, and its id needs no look-up. `resets` counts
    /// the deleted ones, so that a new conversation never gets an old id.
    pub fn default_of(user: UserId, resets: u64) -> Self {
        Self::default_in(user.uuid(), resets)
    }

    /// The conversation with an assistant in the reports dialect. `resets` as in [`Self::default_of`].
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

/// A user's number: 1, 2, 3 … in the order of registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserNumber(pub u64);

/// A turn's number in its conversation: 1, 2, 3 … in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnNumber(pub u64);

impl TurnNumber {
    /// Reads plain decimal digits without sign or leading zero.
    pub fn parse(text: &str) -> Option<Self> {
        positive_integer(text).map(Self)
    }
}

/// An assistant's number among those of its owner: 1, 2, 3 … in the order of creation.
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

/// The author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The user.
    User,
    /// The model, as the assistant.
    Assistant,
}

impl Speaker {
    /// Both.
    pub const ALL: [Self; 2] = [Self::User, Self::Assistant];
}

/// A message's position in its conversation. On the wire it is a UUID (version 8), computed from the conversation and
/// the position. So no look-up is needed to find the message, and an id from another conversation is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageId {
    /// The turn that it belongs to.
    pub turn: TurnNumber,
    /// Which of the turn's two messages it is.
    pub speaker: Speaker,
}

/// The bits of a version 8 UUID that are free for a number, below the two bits of the variant.
const NUMBER_BITS: u64 = u64::MAX >> 2;

impl MessageId {
    /// The UUID of this message in `conversation`.
    pub fn uuid(self, conversation: ConversationId) -> Uuid {
        let number = (self.turn.0 << 1) | u64::from(self.speaker == Speaker::Assistant);
        let bytes = (u128::from(conversation_mark(conversation)) << 64) | u128::from(number & NUMBER_BITS);
        uuid::Builder::from_custom_bytes(bytes.to_be_bytes()).into_uuid()
    }

    /// Reads a UUID that [`MessageId::uuid`] returned for `conversation`.
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
