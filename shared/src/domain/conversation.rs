//! Conversations and their turns.

use super::{
    OutboundUrl,
    ids::{AssistantId, ConversationId, FileId, MessageId, Speaker, TurnNumber},
    money::Tokens,
    text::{MessageText, Title},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A series of turns of one user (a "chat session" of the webchat dialect).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conversation {
    /// The UUID.
    pub id: ConversationId,
    /// The assistant that replies. `None` means the default model.
    pub assistant: Option<AssistantId>,
    /// The title.
    pub title: Title,
    /// The number of messages from the user, answered or not.
    pub said: u64,
    /// The number of answered turns.
    pub turns: u64,
    /// The turn that was answered last.
    pub last_turn: Option<TurnNumber>,
    /// The number of turns that have begun, which is the number of the latest one.
    pub begun: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the last reply ended.
    pub updated_at: Timestamp,
}

impl Conversation {
    /// A conversation without a turn.
    pub const fn new(id: ConversationId, assistant: Option<AssistantId>, title: Title, now: Timestamp) -> Self {
        Self { id, assistant, title, said: 0, turns: 0, last_turn: None, begun: 0, created_at: now, updated_at: now }
    }

    /// The conversation after `turn`, which was its first.
    pub fn after_first(self, turn: &Turn) -> Self {
        Self { said: 1, turns: 1, last_turn: Some(turn.number), begun: 1, updated_at: turn.answered_at, ..self }
    }

    /// The number of messages, replies included.
    pub const fn messages(&self) -> u64 {
        self.said + self.turns
    }
}

/// A new message of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The text.
    pub text: MessageText,
    /// Files and images, by reference.
    pub attachments: Vec<Attachment>,
}

impl From<MessageText> for Said {
    fn from(text: MessageText) -> Self {
        Self { text, attachments: Vec::new() }
    }
}

/// An attachment of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The kind.
    pub kind: AttachmentKind,
    /// The location.
    pub source: AttachmentSource,
}

/// The kind of an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentKind {
    /// A document to read.
    File,
    /// An image to look at.
    Image,
}

/// The location of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentSource {
    /// An uploaded file of the user.
    Own(FileId),
    /// An address on the internet.
    Elsewhere(OutboundUrl),
}

/// A user's message and the reply to it (a "chat" of the webchat dialect).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Its number in the conversation.
    pub number: TurnNumber,
    /// The user's message.
    pub message: MessageText,
    /// The attachments.
    pub attachments: Vec<Attachment>,
    /// The reply of the model.
    pub response: String,
    /// How the reply ended: `complete`, `cut` or `cancelled`.
    pub status: MessageStatus,
    /// The price of the turn.
    pub charged: Tokens,
    /// When the message arrived.
    pub created_at: Timestamp,
    /// When the reply ended.
    pub answered_at: Timestamp,
}

impl Turn {
    /// The turn as its two messages: the user's, and the reply.
    pub fn into_messages(self) -> [Message; 2] {
        let Self { number: turn, message, attachments, response, status, charged, created_at, answered_at } = self;
        let said = Message {
            id: MessageId { turn, speaker: Speaker::User },
            content: message.into_string(),
            attachments,
            status: MessageStatus::Complete,
            charged: None,
            created_at,
        };
        let reply = Message {
            id: MessageId { turn, speaker: Speaker::Assistant },
            content: response,
            attachments: Vec::new(),
            status,
            charged: Some(charged),
            created_at: answered_at,
        };
        [said, reply]
    }
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its position in the conversation.
    pub id: MessageId,
    /// The text.
    pub content: String,
    /// The attachments.
    pub attachments: Vec<Attachment>,
    /// The status.
    pub status: MessageStatus,
    /// The price of the turn. `None` for a message of the user.
    pub charged: Option<Tokens>,
    /// When the message was created.
    pub created_at: Timestamp,
}

/// The status of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageStatus {
    /// The model has not replied yet.
    Pending,
    /// A message with a reply, or a whole reply.
    Complete,
    /// A reply that was cut short, because it became too long.
    Cut,
    /// A reply that its user stopped.
    Cancelled,
    /// The model failed. Nothing was charged.
    Failed,
}

impl MessageStatus {
    /// The word on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Complete => "complete",
            Self::Cut => "cut",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}
