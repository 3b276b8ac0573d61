//! Conversations and their turns.

use super::{
    Error, OutboundUrl,
    ids::{AssistantId, ConversationId, FileId, MessageId, Speaker, TurnNumber},
    money::Tokens,
    text::{Label, MessageText, Title},
    time::Timestamp,
    title::first_words,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A series of turns of one user (a "chat session" of the webchat dialect).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conversation {
    /// The UUID.
    pub id: ConversationId,
    /// The assistant that replies. `None` means the default model.
    pub assistant: Option<AssistantId>,
    /// The title.
    pub title: Title,
    /// Whether the user chose the title. Otherwise it may change by itself.
    #[serde(default)]
    pub own_title: bool,
    /// The number of messages from the user, answered or not.
    pub said: u64,
    /// The number of answered turns.
    pub turns: u64,
    /// The number of turns that failed after the model had said something.
    pub broken_off: u64,
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
    /// A conversation without a turn. `title` is the one that the user chose.
    pub fn new(id: ConversationId, assistant: Option<AssistantId>, title: Option<Title>, now: Timestamp) -> Self {
        Self {
            id,
            assistant,
            own_title: title.is_some(),
            title: title.unwrap_or_default(),
            said: 0,
            turns: 0,
            broken_off: 0,
            last_turn: None,
            begun: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// The conversation with a title that its user did not choose.
    pub fn titled(self, title: Title) -> Self {
        Self { title, own_title: false, ..self }
    }

    /// Whether the next answer gives it a title.
    pub fn wants_title(&self) -> bool {
        self.turns == 0 && !self.own_title && self.title == Title::default()
    }

    /// The conversation after `turn`, which was its first.
    pub fn after_first(self, turn: &Turn) -> Self {
        let title = if self.wants_title() { first_words(turn.message.as_str()) } else { self.title };
        Self { title, said: 1, turns: 1, last_turn: Some(turn.number), begun: 1, updated_at: turn.answered_at, ..self }
    }

    /// The number of messages, replies included.
    pub const fn messages(&self) -> u64 {
        self.said + self.turns + self.broken_off
    }
}

/// A new message of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The text.
    pub text: MessageText,
    /// Files and images, by reference.
    pub attachments: Vec<Attachment>,
    /// The model that shall reply. `None` means the assistant's one, or else the default.
    pub model: Option<Label>,
}

impl Said {
    /// The message of a turn that has begun.
    pub fn into_message(self, turn: TurnNumber, created_at: Timestamp) -> Message {
        Message {
            id: MessageId { turn, speaker: Speaker::User },
            content: self.text.into_string(),
            attachments: self.attachments,
            status: MessageStatus::Pending,
            about: None,
            created_at,
        }
    }
}

impl From<MessageText> for Said {
    fn from(text: MessageText) -> Self {
        Self { text, attachments: Vec::new(), model: None }
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

impl Attachment {
    /// The file, if it is an uploaded one of the user.
    pub const fn own_file(&self) -> Option<FileId> {
        match self.source {
            AttachmentSource::Own(file) => Some(file),
            AttachmentSource::Elsewhere(_) => None,
        }
    }
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

impl AttachmentKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::File, Self::Image];
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
    /// How the reply came about.
    pub about: AboutReply,
    /// When the message arrived.
    pub created_at: Timestamp,
    /// When the reply ended.
    pub answered_at: Timestamp,
}

/// How a reply came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutReply {
    /// The price of the turn.
    pub charged: Tokens,
    /// Whether the price is that of estimated usage, because the provider does not tell it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_estimated: bool,
    /// What the model used, if its provider tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The model that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The passages of files that the model was given, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// The tools that the model called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// A passage of a file that a model was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file. `None` for what was fetched from an address.
    pub file: Option<FileId>,
    /// Its name.
    pub filename: String,
    /// The page, in files that have pages.
    pub page: Option<u32>,
    /// The passage.
    pub text: String,
}

impl Source {
    /// `report.pdf, p. 12`.
    pub fn place(&self) -> String {
        match self.page {
            Some(page) => format!("{}, p. {page}", self.filename),
            None => self.filename.clone(),
        }
    }
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// How many bytes of the answer came before the call.
    pub at: usize,
    /// The tool.
    pub tool: String,
    /// What it was called with, a JSON object.
    pub arguments: String,
    /// What the model was told.
    pub result: String,
    /// Whether the call failed.
    pub has_failed: bool,
}

impl Turn {
    /// The turn as its two messages: the user's, and the reply.
    pub fn into_messages(self) -> [Message; 2] {
        let Self { number: turn, message, attachments, response, status, about, created_at, answered_at } = self;
        let said = Message {
            id: MessageId { turn, speaker: Speaker::User },
            content: message.into_string(),
            attachments,
            status: MessageStatus::Complete,
            about: None,
            created_at,
        };
        let reply = Message {
            id: MessageId { turn, speaker: Speaker::Assistant },
            content: response,
            attachments: Vec::new(),
            status,
            about: Some(about),
            created_at: answered_at,
        };
        [said, reply]
    }
}

/// The beginning of a turn's texts, for lists of conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The user's message.
    pub message: String,
    /// The reply of the model.
    pub response: String,
    /// When the message arrived.
    pub created_at: Timestamp,
}

/// The maximum number of characters of each text of a preview.
const PREVIEW_MAX: usize = 4_000;

impl From<&Turn> for Preview {
    fn from(turn: &Turn) -> Self {
        // An ellipsis is in place of the rest.
        let beginning = |text: &str| match text.char_indices().nth(PREVIEW_MAX) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        };
        let (message, response) = (beginning(turn.message.as_str()), beginning(&turn.response));
        Self { message, response, created_at: turn.created_at }
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
    /// How a reply came about. `None` for a message of the user, and for what a model had said before it failed.
    pub about: Option<AboutReply>,
    /// When the message was created.
    pub created_at: Timestamp,
}

/// What an answer used, in the provider's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The tokens of the prompt.
    pub input_tokens: u64,
    /// The tokens of the answer, with its reasoning.
    pub output_tokens: u64,
}

/// Why a turn failed. Nothing was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TurnFailure {
    /// The model failed.
    Model,
    /// The model took too long.
    Timeout,
    /// The process that ran the turn ended before the turn did.
    Interrupted,
}

impl From<TurnFailure> for Error {
    fn from(failure: TurnFailure) -> Self {
        match failure {
            TurnFailure::Model | TurnFailure::Interrupted => Self::ModelFailed,
            TurnFailure::Timeout => Self::ModelTimedOut,
        }
    }
}

/// A call of a tool that began or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEvent {
    /// The call. Before its end, without a result.
    pub step: Step,
    /// Whether it ended.
    pub has_ended: bool,
}

impl StepEvent {
    /// The two events of a step that ended.
    pub fn both(step: &Step) -> [Self; 2] {
        let begun = Step { result: String::new(), has_failed: false, ..step.clone() };
        [Self { step: begun, has_ended: false }, Self { step: step.clone(), has_ended: true }]
    }
}

/// A place in the stream of a turn: how much of the answer comes before it. `<bytes>.<steps>` in text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamPosition {
    /// The bytes of the answer's text, in UTF-8.
    pub bytes: usize,
    /// The number of events about steps.
    pub steps: usize,
}

impl StreamPosition {
    /// Reads the text of a position.
    pub fn parse(text: &str) -> Option<Self> {
        let (bytes, steps) = text.split_once('.')?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let both = is_number(bytes) && is_number(steps);
        both.then_some(())?;
        Some(Self { bytes: bytes.parse().ok()?, steps: steps.parse().ok()? })
    }
}

impl fmt::Display for StreamPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.bytes, self.steps)
    }
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
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Complete, Self::Cut, Self::Cancelled, Self::Failed];

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
