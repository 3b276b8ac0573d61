//! Schemas of domain types: the domain knows no OpenAPI.

use crate::domain::{
    assistant::AssistantStatus,
    conversation::{AttachmentKind, MessageStatus},
    event::EventKind,
    file::FileStatus,
    ids::Speaker,
    tool::ParameterType,
    user::Role,
    webhook::{DeliveryStatus, DisabledReason},
};
use serde_json::json;
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

/// The events to which webhooks can subscribe.
pub struct SubscribableEvent;

macro_rules! words {
    ($($kind:ty as $name:literal: $meaning:literal = $words:expr;)+) => {$(
        impl ToSchema for $kind {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }

        impl PartialSchema for $kind {
            fn schema() -> RefOr<Schema> {
                let schema = ObjectBuilder::new().schema_type(Type::String).description(Some($meaning));
                schema.enum_values(Some($words)).into()
            }
        }
    )+};
}

words! {
    AssistantStatus as "AssistantStatus": "Only an `active` assistant replies. A `draft` is not finished yet."
        = AssistantStatus::ALL.map(AssistantStatus::as_str);
    AttachmentKind as "AttachmentType": "A document to read, or an image to look at."
        = AttachmentKind::ALL.map(|kind| json!(kind));
    DeliveryStatus as "DeliveryStatus": "`pending` until an attempt succeeds. `failed` after the last attempt."
        = DeliveryStatus::ALL.map(DeliveryStatus::as_str);
    DisabledReason as "WebhookDisabledReason": "`gone` if the receiver answered 410, `failing` if all deliveries failed for days."
        = DisabledReason::ALL.map(DisabledReason::as_str);
    EventKind as "EventKind": "A kind of event. `webhook.disabled` and `webhook.test` are additions of Quintet."
        = EventKind::ASKABLE.into_iter().chain([EventKind::WebhookTest]).map(EventKind::as_str);
    FileStatus as "FileStatus": "`processing` while the text of the file is being read, then `ready`, or `failed` if it cannot be read. \
        `stored` for kinds of files that are not read."
        = FileStatus::ALL.map(|(name, _)| name);
    MessageStatus as "MessageStatus": "`pending` before the reply, then `complete`. `cut` if the reply reached its maximum length, \
        `cancelled` if the user stopped it, `failed` if the model failed."
        = MessageStatus::ALL.map(MessageStatus::as_str);
    ParameterType as "ParameterType": "The JSON type of a value."
        = ParameterType::ALL.map(|kind| json!(kind));
    Role as "UserRole": "Administrators (`admin`) may also manage users and tools, and send notifications."
        = Role::ALL.map(Role::as_str);
    Speaker as "MessageRole": "The author of a message: the user, or the assistant that replied."
        = Speaker::ALL.map(|speaker| json!(speaker));
    SubscribableEvent as "SubscribableEvent": "A kind of event to which webhooks can subscribe. `webhook.disabled` is an addition of Quintet."
        = EventKind::ASKABLE.map(EventKind::as_str);
}
