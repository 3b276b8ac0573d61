//! What is sent into connections: `{"type": "conversation_update", "timestamp": "2024-03-13T10:00:00Z",
//! "data": {…}}`. Source: spec 001, "Message Types".

use super::Realtime;
use crate::{
    domain::{
        Error,
        conversation::Message,
        event::{Event, EventDetails, EventKind, OutboxEntry},
        ids::{ConversationId, EventId, MessageId, Speaker, UserId},
        time::Timestamp,
    },
    gateway::FRAME_MAX,
};
use serde::Serialize;

/// A frame, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The event that it tells of, if it is one.
    pub event: Option<EventId>,
    /// JSON.
    pub text: Vec<u8>,
}

#[derive(Serialize)]
struct WireFrame<D> {
    r#type: &'static str,
    timestamp: String,
    data: D,
}

/// `conversation_update`: a conversation was begun, or a message was stored.
#[derive(Serialize)]
struct ConversationUpdate<'a> {
    event: &'static str,
    event_id: String,
    conversation_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    assistant_id: Option<String>,
    user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    /// Left out when the frame would be too large, and when the message is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<ShownMessage<'a>>,
}

#[derive(Serialize)]
struct ShownMessage<'a> {
    id: String,
    role: Speaker,
    content: &'a str,
    status: &'static str,
    created_at: String,
}

/// `conversation_update`: a piece of a reply that is being made.
#[derive(Serialize)]
struct ReplyPiece<'a> {
    event: &'static str,
    conversation_id: String,
    message_id: String,
    user_id: String,
    delta: &'a str,
}

/// `assistant_status`.
#[derive(Serialize)]
struct AssistantStatusData {
    event: &'static str,
    event_id: String,
    assistant_id: String,
    user_id: String,
    status: &'static str,
}

/// `system_notification`.
#[derive(Serialize)]
struct Notification<'a> {
    event_id: String,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_id: Option<String>,
}

/// `pong`.
#[derive(Serialize)]
struct Nothing {}

const CONVERSATION_UPDATE: &str = "conversation_update";

/// Whether frames tell of this.
pub(super) const fn is_told(details: &EventDetails) -> bool {
    match details {
        EventDetails::ConversationCreated { .. }
        | EventDetails::MessageReceived { .. }
        | EventDetails::AssistantStatusChanged { .. }
        | EventDetails::WebhookDisabled { .. }
        | EventDetails::SystemNotification { .. } => true,
        // A turn that changes a conversation is told of by its messages.
        EventDetails::ConversationUpdated { .. }
        | EventDetails::UserCreated
        | EventDetails::UserUpdated
        | EventDetails::AccessEnded => false,
    }
}

impl Frame {
    fn new(r#type: &'static str, at: Timestamp, event: Option<EventId>, data: impl Serialize) -> Result<Self, Error> {
        let frame = WireFrame { r#type, timestamp: at.to_string(), data };
        Ok(Self { event, text: serde_json::to_vec(&frame).map_err(Error::internal)? })
    }

    /// The answer to a `ping`.
    pub fn pong(now: Timestamp) -> Result<Self, Error> {
        Self::new("pong", now, None, Nothing {})
    }

    /// A piece of a user's reply.
    pub fn delta(
        now: Timestamp,
        user: UserId,
        (conversation, reply): (ConversationId, MessageId),
        delta: &str,
    ) -> Result<Self, Error> {
        let data = ReplyPiece {
            event: "message.delta",
            conversation_id: conversation.to_string(),
            message_id: reply.uuid(conversation).to_string(),
            user_id: user.to_string(),
            delta,
        };
        Self::new(CONVERSATION_UPDATE, now, None, data)
    }

    /// What `event` looks like, with the message that it is about. `None`: nobody is told.
    fn of(event: &Event, message: Option<&Message>) -> Result<Option<Self>, Error> {
        let Event { id, user, at, details } = event;
        let (event_id, user_id) = (id.to_string(), user.to_string());
        let frame = match details {
            EventDetails::ConversationCreated { conversation, assistant } => {
                let data = ConversationUpdate {
                    event: EventKind::ConversationCreated.as_str(),
                    event_id,
                    conversation_id: conversation.to_string(),
                    assistant_id: assistant.map(|id| id.to_string()),
                    user_id,
                    message_id: None,
                    message: None,
                };
                Self::new(CONVERSATION_UPDATE, *at, Some(*id), data)?
            }
            EventDetails::MessageReceived { conversation, assistant, message: received } => {
                let data = |message| ConversationUpdate {
                    event: EventKind::MessageReceived.as_str(),
                    event_id: event_id.clone(),
                    conversation_id: conversation.to_string(),
                    assistant_id: assistant.map(|id| id.to_string()),
                    user_id: user_id.clone(),
                    message_id: Some(received.uuid(*conversation).to_string()),
                    message,
                };
                let shown = message.map(|message| ShownMessage::of(message, *conversation));
                let whole = Self::new(CONVERSATION_UPDATE, *at, Some(*id), data(shown))?;
                if whole.text.len() > FRAME_MAX {
                    Self::new(CONVERSATION_UPDATE, *at, Some(*id), data(None))?
                } else {
                    whole
                }
            }
            EventDetails::AssistantStatusChanged { assistant, status, version: _ } => {
                let data = AssistantStatusData {
                    event: EventKind::AssistantStatusChanged.as_str(),
                    event_id,
                    assistant_id: assistant.to_string(),
                    user_id,
                    status: status.as_str(),
                };
                Self::new("assistant_status", *at, Some(*id), data)?
            }
            EventDetails::WebhookDisabled { webhook } => {
                let message = "A webhook was switched off, because its receiver does not accept events any more.";
                let data = Notification { event_id, message, webhook_id: Some(webhook.to_string()) };
                Self::new("system_notification", *at, Some(*id), data)?
            }
            EventDetails::SystemNotification { message } => {
                Self::new("system_notification", *at, Some(*id), Notification { event_id, message, webhook_id: None })?
            }
            EventDetails::ConversationUpdated { .. }
            | EventDetails::UserCreated
            | EventDetails::UserUpdated
            | EventDetails::AccessEnded => return Ok(None),
        };
        Ok(Some(frame))
    }
}

impl<'a> ShownMessage<'a> {
    fn of(message: &'a Message, conversation: ConversationId) -> Self {
        let Message { id, content, attachments: _, status, charged: _, created_at } = message;
        Self {
            id: id.uuid(conversation).to_string(),
            role: id.speaker,
            content,
            status: status.as_str(),
            created_at: created_at.to_string(),
        }
    }
}

impl Realtime {
    /// What `user` sees of `changes`, in their order.
    pub(super) async fn frames(&self, user: UserId, changes: &[OutboxEntry]) -> Result<Vec<Frame>, Error> {
        let events: Vec<Event> = changes.iter().flat_map(OutboxEntry::events).collect();
        let received = |event: &Event| match event.details {
            EventDetails::MessageReceived { conversation, message, assistant: _ } => Some((conversation, message)),
            _ => None,
        };
        let ids: Vec<_> = events.iter().filter_map(received).collect();
        let messages = if ids.is_empty() { Vec::new() } else { self.store.messages_of(user, &ids).await? };
        let mut messages = messages.into_iter();
        let mut frames = Vec::new();
        for event in &events {
            let message = received(event).and_then(|_| messages.next()).flatten();
            frames.extend(Frame::of(event, message.as_ref())?);
        }
        Ok(frames)
    }
}
