//! Frames of live connections: `{"type": "conversation_update", "timestamp": "2024-03-13T10:00:00Z", "data": {…}}`.
//! Source: spec 001, "Message Types".

use crate::{
    domain::{
        Error,
        conversation::Message,
        event::{Event, EventDetails, EventKind},
        ids::{ConversationId, Speaker},
        time::Timestamp,
    },
    gateway::FRAME_MAX,
    service::format::{FrameFormat, ReplyFailure, ReplyPiece},
};
use serde::Serialize;

/// Encodes frames as JSON.
#[derive(Debug, Clone, Copy)]
pub struct JsonFrames;

#[derive(Serialize)]
struct WireFrame<D> {
    r#type: &'static str,
    timestamp: String,
    data: D,
}

/// `conversation_update`: a conversation was created, or a message was stored.
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
    /// Absent if the frame would be too large, or if the message was deleted.
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

/// `conversation_update`: a piece of a reply that is being generated.
#[derive(Serialize)]
struct ReplyDelta<'a> {
    event: &'static str,
    conversation_id: String,
    message_id: String,
    user_id: String,
    delta: &'a str,
}

/// `conversation_update`: the model failed.
#[derive(Serialize)]
struct ReplyFailed {
    event: &'static str,
    conversation_id: String,
    message_id: String,
    user_id: String,
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

fn frame(r#type: &'static str, at: Timestamp, data: impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&WireFrame { r#type, timestamp: at.to_string(), data }).map_err(Error::internal)
}

impl FrameFormat for JsonFrames {
    fn pong(&self, now: Timestamp) -> Result<Vec<u8>, Error> {
        frame("pong", now, Nothing {})
    }

    fn reply_piece(&self, piece: ReplyPiece<'_>) -> Result<Vec<u8>, Error> {
        let ReplyPiece { at, user, conversation, reply, text } = piece;
        let data = ReplyDelta {
            event: "message.delta",
            conversation_id: conversation.to_string(),
            message_id: reply.uuid(conversation).to_string(),
            user_id: user.to_string(),
            delta: text,
        };
        frame(CONVERSATION_UPDATE, at, data)
    }

    fn reply_failure(&self, failure: ReplyFailure) -> Result<Vec<u8>, Error> {
        let ReplyFailure { at, user, conversation, reply } = failure;
        let data = ReplyFailed {
            event: "message.failed",
            conversation_id: conversation.to_string(),
            message_id: reply.uuid(conversation).to_string(),
            user_id: user.to_string(),
        };
        frame(CONVERSATION_UPDATE, at, data)
    }

    fn event(&self, event: &Event, message: Option<&Message>) -> Result<Option<Vec<u8>>, Error> {
        let Event { id, user, at, details } = event;
        let (event_id, user_id) = (id.to_string(), user.to_string());
        let encoded = match details {
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
                frame(CONVERSATION_UPDATE, *at, data)?
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
                let whole = frame(CONVERSATION_UPDATE, *at, data(shown))?;
                if whole.len() > FRAME_MAX { frame(CONVERSATION_UPDATE, *at, data(None))? } else { whole }
            }
            EventDetails::AssistantStatusChanged { assistant, status, version: _ } => {
                let data = AssistantStatusData {
                    event: EventKind::AssistantStatusChanged.as_str(),
                    event_id,
                    assistant_id: assistant.to_string(),
                    user_id,
                    status: status.as_str(),
                };
                frame("assistant_status", *at, data)?
            }
            EventDetails::WebhookDisabled { webhook } => {
                let message = "A webhook was switched off, because its receiver does not accept events any more.";
                let data = Notification { event_id, message, webhook_id: Some(webhook.to_string()) };
                frame("system_notification", *at, data)?
            }
            EventDetails::SystemNotification { message } => {
                frame("system_notification", *at, Notification { event_id, message, webhook_id: None })?
            }
            EventDetails::ConversationUpdated { .. }
            | EventDetails::UserCreated
            | EventDetails::UserUpdated
            | EventDetails::FileStored { .. }
            | EventDetails::AccessEnded => return Ok(None),
        };
        Ok(Some(encoded))
    }
}

impl<'a> ShownMessage<'a> {
    fn of(message: &'a Message, conversation: ConversationId) -> Self {
        let Message { id, content, status, created_at, .. } = message;
        Self {
            id: id.uuid(conversation).to_string(),
            role: id.speaker,
            content,
            status: status.as_str(),
            created_at: created_at.to_string(),
        }
    }
}
