//! Conversations and their turns.

use super::{
    ids::{ConversationId, TurnNumber},
    text::{MessageText, Title},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A series of turns of one user (a "chat session" of the webchat dialect).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conversation {
    /// The UUID.
    pub id: ConversationId,
    /// Shown in lists.
    pub title: Title,
    /// How many turns were answered.
    pub turns: u64,
    /// The turn that was answered last.
    pub last_turn: Option<LastTurn>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last renamed or answered in.
    pub updated_at: Timestamp,
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

/// A user's message and the reply to it (a "chat" of the webchat dialect).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Its integer in the conversation.
    pub number: TurnNumber,
    /// What the user said.
    pub message: MessageText,
    /// What the model answered.
    pub response: String,
    /// When the user said it.
    pub created_at: Timestamp,
}

/// What became of a user's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageStatus {
    /// The model has not answered yet.
    Pending,
    /// Answered, or itself an answer.
    Complete,
    /// The model failed; nothing was charged.
    Failed,
}
