//! Requests to webhooks: the body of spec 001, and the headers and signatures of the Standard Webhooks specification.

use crate::{
    domain::{
        error::Error,
        event::{Event, EventDetails, EventKind},
        ids::{AssistantId, ConversationId, EventId, UserId, WebhookId},
        time::Timestamp,
        webhook::Secrets,
    },
    service::format::WebhookFormat,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

/// Webhook bodies of spec 001, signed according to Standard Webhooks.
#[derive(Debug, Clone, Copy)]
pub struct StandardWebhooks;

/// `{"event": "conversation.created", "timestamp": "2024-01-01T00:00:00Z", "data": {…}}`. Source: spec 001,
/// "Webhook Payload".
#[derive(Serialize)]
struct Body {
    event: EventKind,
    timestamp: String,
    data: Data,
}

/// The ids of the changed things. Ids that do not apply are absent.
#[derive(Default, Serialize)]
#[serde(default)]
struct Data {
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<ConversationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assistant_id: Option<AssistantId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_id: Option<WebhookId>,
}

impl WebhookFormat for StandardWebhooks {
    fn body(&self, event: &Event) -> Result<Option<(EventKind, String)>, Error> {
        let mut data = Data { user_id: Some(event.user), ..Data::default() };
        match event.details {
            EventDetails::ConversationCreated { conversation, assistant }
            | EventDetails::ConversationUpdated { conversation, assistant, turn: _ } => {
                data.conversation_id = Some(conversation);
                data.assistant_id = assistant;
            }
            EventDetails::MessageReceived { conversation, assistant, message } => {
                data.conversation_id = Some(conversation);
                data.assistant_id = assistant;
                data.message_id = Some(message.uuid(conversation).to_string());
            }
            EventDetails::AssistantStatusChanged { assistant, status: _, version: _ } => {
                data.assistant_id = Some(assistant)
            }
            EventDetails::WebhookDisabled { webhook } => data.webhook_id = Some(webhook),
            EventDetails::UserCreated
            | EventDetails::UserUpdated
            | EventDetails::FileStored { file: _ }
            | EventDetails::AccessEnded
            | EventDetails::SystemNotification { .. } => {}
        }
        let Some(kind) = event.details.kind() else {
            return Ok(None);
        };
        Ok(Some((kind, text(kind, event.at, data)?)))
    }

    fn test_body(&self, owner: UserId, webhook: WebhookId, now: Timestamp) -> Result<String, Error> {
        let data = Data { user_id: Some(owner), webhook_id: Some(webhook), ..Data::default() };
        text(EventKind::WebhookTest, now, data)
    }

    fn headers(
        &self,
        secrets: &Secrets,
        event: EventId,
        now: Timestamp,
        body: &str,
    ) -> Result<Vec<(&'static str, String)>, Error> {
        Ok(vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "Quintet-Webhooks/1".to_owned()),
            ("webhook-id", event.to_string()),
            ("webhook-timestamp", now.seconds().to_string()),
            ("webhook-signature", signature(secrets, event, now, body)?),
        ])
    }
}

fn text(event: EventKind, at: Timestamp, data: Data) -> Result<String, Error> {
    serde_json::to_string(&Body { event, timestamp: at.to_string(), data }).map_err(Error::internal)
}

/// The value of `webhook-signature` for an attempt at `now`: one signature for each valid secret, separated by spaces.
fn signature(secrets: &Secrets, id: EventId, now: Timestamp, body: &str) -> Result<String, Error> {
    let Secrets { current, previous } = secrets;
    let previous = previous.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
    let signed = [current].into_iter().chain(previous).map(|secret| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret.key()).map_err(Error::internal)?;
        mac.update(format!("{id}.{}.{body}", now.seconds()).as_bytes());
        Ok(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
    });
    Ok(signed.collect::<Result<Vec<_>, Error>>()?.join(" "))
}
