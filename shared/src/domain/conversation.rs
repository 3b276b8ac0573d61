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
    pub last_turn: Option<LastTurn>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the last reply ended.
    pub updated_at: Timestamp,
}

impl Conversation {
    /// A conversation without a turn.
    pub const fn new(id: ConversationId, assistant: Option<AssistantId>, title: Title, now: Timestamp) -> Self {
        Self { id, assistant, title, said: 0, turns: 0, last_turn: None, created_at: now, updated_at: now }
    }

    /// The conversation after `turn`, which was its first.
    pub fn after_first(self, turn: &Turn) -> Self {
        Self { said: 1, turns: 1, last_turn: Some(LastTurn::from(turn)), updated_at: turn.answered_at, ..self }
    }

    /// The number of messages, replies included.
    pub const fn messages(&self) -> u64 {
        self.said + self.turns
    }
}

/// The most characters of each text that a list of conversations shows. The conversation itself has the whole texts.
const PREVIEW_MAX: usize = 4_000;

/// The turn that a list of conversations shows, as a preview. It is stored in the conversation's row, which therefore
/// stays small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTurn {
    /// The beginning of the user's message.
    pub message: String,
    /// The beginning of the model's reply.
    pub response: String,
    /// When the message arrived.
    pub created_at: Timestamp,
}

impl From<&Turn> for LastTurn {
    fn from(turn: &Turn) -> Self {
        let (message, response) = (preview(turn.message.as_str()), preview(&turn.response));
        Self { message, response, created_at: turn.created_at }
    }
}

/// At most [`PREVIEW_MAX`] characters, with an ellipsis in place of the rest.
fn preview(text: &str) -> String {
    match text.char_indices().nth(PREVIEW_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
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
    /// Whether the reply was cut short.
    pub is_cut: bool,
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
        let Self { number: turn, message, attachments, response, is_cut, charged, created_at, answered_at } = self;
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
            status: if is_cut { MessageStatus::Cut } else { MessageStatus::Complete },
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
    /// A reply that was cut short, because the client disconnected or the reply became too long.
    Cut,
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
            Self::Failed => "failed",
        }
    }
}
