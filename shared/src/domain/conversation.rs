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
    /// Who answers in it, if not the deployment's model as it is.
    pub assistant: Option<AssistantId>,
    /// Shown in lists.
    pub title: Title,
    /// How many messages the user said, answered or not.
    pub said: u64,
    /// How many turns were answered.
    pub turns: u64,
    /// The turn that was answered last.
    pub last_turn: Option<LastTurn>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last answered in.
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

    /// How many messages it has: those of the user, and the replies.
    pub const fn messages(&self) -> u64 {
        self.said + self.turns
    }
}

/// The turn that a list of conversations shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTurn {
    /// What the user said.
    pub message: MessageText,
    /// What the model answered.
    pub response: String,
    /// When the user said it.
    pub created_at: Timestamp,
}

impl From<&Turn> for LastTurn {
    fn from(turn: &Turn) -> Self {
        Self { message: turn.message.clone(), response: turn.response.clone(), created_at: turn.created_at }
    }
}

/// What a user says: the text, and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The text.
    pub text: MessageText,
    /// Files and pictures, by reference.
    pub attachments: Vec<Attachment>,
}

impl From<MessageText> for Said {
    fn from(text: MessageText) -> Self {
        Self { text, attachments: Vec::new() }
    }
}

/// Something that goes with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What it is.
    pub kind: AttachmentKind,
    /// Where it is.
    pub source: AttachmentSource,
}

/// What an attachment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentKind {
    /// Something to read.
    File,
    /// Something to look at.
    Image,
}

/// Where an attachment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentSource {
    /// A file of the user's own.
    Own(FileId),
    /// Somewhere in the net.
    Elsewhere(OutboundUrl),
}

/// A user's message and the reply to it (a "chat" of the webchat dialect).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Its integer in the conversation.
    pub number: TurnNumber,
    /// What the user said.
    pub message: MessageText,
    /// What went with it.
    pub attachments: Vec<Attachment>,
    /// What the model answered.
    pub response: String,
    /// Whether that was cut short.
    pub is_cut: bool,
    /// What the turn cost.
    pub charged: Tokens,
    /// When the user said it.
    pub created_at: Timestamp,
    /// When the model had answered.
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
    /// Its place.
    pub id: MessageId,
    /// What was said.
    pub content: String,
    /// What went with it.
    pub attachments: Vec<Attachment>,
    /// What became of it.
    pub status: MessageStatus,
    /// What a reply cost.
    pub charged: Option<Tokens>,
    /// When it was said.
    pub created_at: Timestamp,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageStatus {
    /// The model has not answered yet.
    Pending,
    /// Answered, or itself an answer.
    Complete,
    /// An answer that was cut short, because its reader went away or it became too long.
    Cut,
    /// The model failed; nothing was charged.
    Failed,
}

impl MessageStatus {
    /// As on the wire, and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Complete => "complete",
            Self::Cut => "cut",
            Self::Failed => "failed",
        }
    }
}
