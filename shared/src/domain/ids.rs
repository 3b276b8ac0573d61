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
    /// An uploaded file.
    FileId
}

impl ConversationId {
    /// The conversation that dialects without sessions talk into: one per user, known without a look-up.
    pub fn default_of(user: UserId) -> Self {
        Self(Uuid::new_v5(&user.uuid(), b"default conversation"))
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
        let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        if plain { text.parse().ok().map(Self) } else { None }
    }
}
