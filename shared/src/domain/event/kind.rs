//! The kinds of events, as webhooks subscribe to them.

use serde::{Deserialize, Serialize};

/// A kind of event. Source: spec 001, "Webhook Events".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventKind {
    /// A conversation was created.
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
    /// An account was registered.
    #[serde(rename = "user.created")]
    UserCreated,
    /// An account changed.
    #[serde(rename = "user.updated")]
    UserUpdated,
    /// A webhook was disabled, because its receiver asked for it or kept failing. An addition of Quintet.
    #[serde(rename = "webhook.disabled")]
    WebhookDisabled,
    /// The owner tests a webhook. No webhook subscribes to it. An addition of Quintet.
    #[serde(rename = "webhook.test")]
    WebhookTest,
}

impl EventKind {
    /// The kinds to which webhooks can subscribe.
    pub const ASKABLE: [Self; 7] = [
        Self::ConversationCreated,
        Self::ConversationUpdated,
        Self::MessageReceived,
        Self::AssistantStatusChanged,
        Self::UserCreated,
        Self::UserUpdated,
        Self::WebhookDisabled,
    ];

    /// Their names, for error messages.
    pub const CHOICES: &'static str = "conversation.created, conversation.updated, message.received, \
        assistant.status_changed, user.created, user.updated, webhook.disabled";

    /// The name of the kind.
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

    /// The kind with this name, if webhooks can subscribe to it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ASKABLE.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether the event is about an account. Administrators' webhooks receive such events of all users.
    pub const fn is_about_accounts(self) -> bool {
        matches!(self, Self::UserCreated | Self::UserUpdated)
    }
}
