//! Events that webhooks and live connections may receive. A transaction writes its effect together with its events.
//! The events are sent later.

mod id;
mod kind;

pub use kind::EventKind;

use super::{
    assistant::AssistantStatus,
    ids::{AssistantId, ConversationId, EventId, FileId, MessageId, Speaker, TurnNumber, UserId, WebhookId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The number of events that a question has at most.
const REPLY_PLACE: usize = 2;

/// The events of one transaction: one row of the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// The user whose data changed.
    pub user: UserId,
    /// When the transaction started.
    pub at: Timestamp,
    /// The events, in the order in which they happened.
    pub events: Vec<EventDetails>,
}

/// The details of an event. A new field that identifies the event must be added to its id (`id.rs`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventDetails {
    /// A conversation was created.
    ConversationCreated {
        /// Its id.
        conversation: ConversationId,
        /// The assistant that answers in it.
        assistant: Option<AssistantId>,
    },
    /// A turn was added to an existing conversation, or its user renamed it.
    ConversationUpdated {
        /// Its id.
        conversation: ConversationId,
        /// The assistant that answers in it.
        assistant: Option<AssistantId>,
        /// The turn that changed it; the latest one if it was renamed.
        turn: TurnNumber,
    },
    /// A message was stored: a user's message or the reply to it.
    MessageReceived {
        /// The conversation.
        conversation: ConversationId,
        /// The assistant that answers in it.
        assistant: Option<AssistantId>,
        /// The message.
        message: MessageId,
    },
    /// An assistant was activated or deactivated.
    AssistantStatusChanged {
        /// Its id.
        assistant: AssistantId,
        /// The new status.
        status: AssistantStatus,
        /// The assistant's version with this status.
        version: u64,
    },
    /// An account was registered.
    UserCreated,
    /// An account changed.
    UserUpdated,
    /// A webhook was disabled, because its receiver asked for it or failed for too long.
    WebhookDisabled {
        /// Its id.
        webhook: WebhookId,
    },
    /// A file was stored whose text is to be read. This event is not sent to clients.
    FileStored {
        /// The file.
        file: FileId,
    },
    /// A credential ended, so connections that were opened with it must be closed. This event is not sent to clients.
    AccessEnded,
    /// An administrator sent a message to all users.
    SystemNotification {
        /// The text.
        message: String,
    },
}

/// An event with its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The id, which is the same each time the event is sent.
    pub id: EventId,
    /// The user whose data changed.
    pub user: UserId,
    /// When the transaction started.
    pub at: Timestamp,
    /// The details of the event.
    pub details: EventDetails,
}

impl OutboxEntry {
    /// Groups the events of a transaction that started at `at`.
    pub const fn new(user: UserId, at: Timestamp, events: Vec<EventDetails>) -> Self {
        Self { user, at, events }
    }

    /// The id of the row: that of its first event, so that a repeated transaction writes the same row.
    pub fn id(&self) -> EventId {
        match self.events.first() {
            Some(first) => EventId::of(self.user, self.at, self.first_place(), first),
            None => EventId::first_at(self.at),
        }
    }

    /// The user who may see the events; `None` for all users.
    pub fn audience(&self) -> Option<UserId> {
        let for_all = self.events.iter().any(|event| matches!(event, EventDetails::SystemNotification { .. }));
        (!for_all).then_some(self.user)
    }

    /// The place of the first event among those of a turn. A reply comes after its question, also if both are of the same
    /// millisecond.
    fn first_place(&self) -> usize {
        let is_reply = |message: &MessageId| message.speaker == Speaker::Assistant;
        match self.events.first() {
            Some(EventDetails::MessageReceived { message, .. }) if is_reply(message) => REPLY_PLACE,
            _ => 0,
        }
    }

    /// Its events.
    pub fn events(&self) -> impl Iterator<Item = Event> {
        let event = |(place, details): (usize, &EventDetails)| Event {
            id: EventId::of(self.user, self.at, self.first_place() + place, details),
            user: self.user,
            at: self.at,
            details: details.clone(),
        };
        self.events.iter().enumerate().map(event)
    }
}

impl EventDetails {
    /// Whether this event is sent to live connections.
    pub const fn is_live(&self) -> bool {
        match self {
            Self::ConversationCreated { .. }
            | Self::MessageReceived { .. }
            | Self::AssistantStatusChanged { .. }
            | Self::WebhookDisabled { .. }
            | Self::SystemNotification { .. } => true,
            // The messages of the turn imply that its conversation changed.
            Self::ConversationUpdated { .. }
            | Self::UserCreated
            | Self::UserUpdated
            | Self::FileStored { .. }
            | Self::AccessEnded => false,
        }
    }

    /// The kind to which webhooks subscribe; `None` if this event is not sent to webhooks.
    pub const fn kind(&self) -> Option<EventKind> {
        Some(match self {
            Self::ConversationCreated { .. } => EventKind::ConversationCreated,
            Self::ConversationUpdated { .. } => EventKind::ConversationUpdated,
            Self::MessageReceived { .. } => EventKind::MessageReceived,
            Self::AssistantStatusChanged { .. } => EventKind::AssistantStatusChanged,
            Self::UserCreated => EventKind::UserCreated,
            Self::UserUpdated => EventKind::UserUpdated,
            Self::WebhookDisabled { .. } => EventKind::WebhookDisabled,
            Self::FileStored { .. } | Self::AccessEnded | Self::SystemNotification { .. } => return None,
        })
    }
}
