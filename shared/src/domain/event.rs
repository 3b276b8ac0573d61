//! What happened that somebody may want to hear of. A change is written together with its events; webhooks
//! and live connections hear of it later.

use super::{
    assistant::AssistantStatus,
    ids::{AssistantId, ConversationId, EventId, MessageId, TurnNumber, UserId, WebhookId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Builder;

/// Everything that one transaction did, as others see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// Whose things changed.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
    /// What happened, in this order.
    pub events: Vec<EventDetails>,
}

/// One thing that happened. What only tells it from others of its kind is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventDetails {
    /// A conversation was begun.
    ConversationCreated {
        /// Which.
        conversation: ConversationId,
        /// Who answers in it.
        assistant: Option<AssistantId>,
    },
    /// A conversation that was there was answered in.
    ConversationUpdated {
        /// Which.
        conversation: ConversationId,
        /// Who answers in it.
        assistant: Option<AssistantId>,
        /// The turn that changed it.
        turn: TurnNumber,
    },
    /// A message was stored: the user's own, or the reply to it.
    MessageReceived {
        /// The conversation.
        conversation: ConversationId,
        /// Who answers in it.
        assistant: Option<AssistantId>,
        /// Which message.
        message: MessageId,
    },
    /// An assistant answers from now on, or no longer.
    AssistantStatusChanged {
        /// Which.
        assistant: AssistantId,
        /// What it is now.
        status: AssistantStatus,
        /// The assistant's version with that.
        version: u64,
    },
    /// An account was made.
    UserCreated,
    /// An account changed.
    UserUpdated,
    /// A webhook is no longer called, because its receiver said so or failed for too long.
    WebhookDisabled {
        /// Which.
        webhook: WebhookId,
    },
    /// A credential ended: whoever is connected with it must go. Nobody is told.
    AccessEnded,
    /// An administrator tells everybody something.
    SystemNotification {
        /// What.
        message: String,
    },
}

/// What a webhook can ask for. Source: spec 001, "Webhook Events"; the last is an addition of Quintet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub enum EventKind {
    /// A conversation was begun.
    #[serde(rename = "conversation.created")]
    ConversationCreated,
    /// A conversation changed.
    #[serde(rename = "conversation.updated")]
    ConversationUpdated,
    /// A message was stored.
    #[serde(rename = "message.received")]
    MessageReceived,
    /// An assistant's status changed.
    #[serde(rename = "assistant.status_changed")]
    AssistantStatusChanged,
    /// Somebody registered.
    #[serde(rename = "user.created")]
    UserCreated,
    /// An account changed.
    #[serde(rename = "user.updated")]
    UserUpdated,
    /// A webhook is no longer called.
    #[serde(rename = "webhook.disabled")]
    WebhookDisabled,
    /// The owner tries a webhook out. No webhook asks for it.
    #[serde(rename = "webhook.test")]
    WebhookTest,
}

/// An event with everything that tells it from all others.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id: the same however often it is told.
    pub id: EventId,
    /// Whose things changed.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub details: EventDetails,
}

impl OutboxEntry {
    /// A change at `at`.
    pub const fn new(user: UserId, at: Timestamp, events: Vec<EventDetails>) -> Self {
        Self { user, at, events }
    }

    /// The id of the whole: that of its first event, so that a change that is written twice is one.
    pub fn id(&self) -> EventId {
        self.id_of(0)
    }

    fn id_of(&self, place: usize) -> EventId {
        let what = format!("{:?}", self.events.get(place));
        EventId::of(self.at, place, &[self.user.uuid().as_bytes(), what.as_bytes()])
    }

    /// Who may hear of it: one user, or everybody.
    pub fn audience(&self) -> Option<UserId> {
        let for_all = self.events.iter().any(|event| matches!(event, EventDetails::SystemNotification { .. }));
        (!for_all).then_some(self.user)
    }

    /// Its events.
    pub fn events(&self) -> impl Iterator<Item = Event> {
        let event = |(place, details): (usize, &EventDetails)| Event {
            id: self.id_of(place),
            user: self.user,
            at: self.at,
            details: details.clone(),
        };
        self.events.iter().enumerate().map(event)
    }
}

impl EventId {
    /// An id (a UUID, version 7) that sorts by `at`, then by the event's place in its change, and is made of what
    /// the event is: whoever tells of the same event again tells the same id.
    fn of(at: Timestamp, place: usize, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        hash.update(at.millis().to_be_bytes());
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut random = [0; 10];
        for (to, from) in
            random.iter_mut().zip([0, u8::try_from(place).unwrap_or(u8::MAX)].into_iter().chain(hash.finalize()))
        {
            *to = from;
        }
        Self::new(Builder::from_unix_timestamp_millis(at.millis(), &random).into_uuid())
    }

    /// The lowest id of an event at `at` or later.
    pub fn first_at(at: Timestamp) -> Self {
        Self::new(Builder::from_unix_timestamp_millis(at.millis(), &[0; 10]).into_uuid())
    }

    /// When the event was.
    pub fn at(self) -> Timestamp {
        let (seconds, nanos) = self.uuid().get_timestamp().map_or((0, 0), |at| at.to_unix());
        Timestamp::from_millis(0).plus(Duration::new(seconds, nanos))
    }
}

impl EventKind {
    /// What a webhook can ask for.
    pub const ASKABLE: [Self; 7] = [
        Self::ConversationCreated,
        Self::ConversationUpdated,
        Self::MessageReceived,
        Self::AssistantStatusChanged,
        Self::UserCreated,
        Self::UserUpdated,
        Self::WebhookDisabled,
    ];

    /// Those words, for people.
    pub const CHOICES: &'static str = "conversation.created, conversation.updated, message.received, \
        assistant.status_changed, user.created, user.updated, webhook.disabled";

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConversationCreated => "conversation.created",
            Self::ConversationUpdated => "conversation.updated",
            Self::MessageReceived => "message.received",
            Self::AssistantStatusChanged => "assistant.status_changed",
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::WebhookDisabled => "webhook.disabled",
            Self::WebhookTest => "webhook.test",
        }
    }

    /// Reads the word on the wire of what a webhook can ask for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ASKABLE.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether it is about an account, so that administrators hear of everybody's.
    pub const fn is_about_accounts(self) -> bool {
        matches!(self, Self::UserCreated | Self::UserUpdated)
    }
}

impl EventDetails {
    /// What a webhook asks for to hear of this; `None` when webhooks are not told.
    pub const fn kind(&self) -> Option<EventKind> {
        Some(match self {
            Self::ConversationCreated { .. } => EventKind::ConversationCreated,
            Self::ConversationUpdated { .. } => EventKind::ConversationUpdated,
            Self::MessageReceived { .. } => EventKind::MessageReceived,
            Self::AssistantStatusChanged { .. } => EventKind::AssistantStatusChanged,
            Self::UserCreated => EventKind::UserCreated,
            Self::UserUpdated => EventKind::UserUpdated,
            Self::WebhookDisabled { .. } => EventKind::WebhookDisabled,
            Self::AccessEnded | Self::SystemNotification { .. } => return None,
        })
    }
}
