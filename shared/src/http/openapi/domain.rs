//! Schemas of domain types: the domain knows no OpenAPI.

use crate::domain::event::EventKind;
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

impl ToSchema for EventKind {
    fn name() -> Cow<'static, str> {
        "EventKind".into()
    }
}

impl PartialSchema for EventKind {
    fn schema() -> RefOr<Schema> {
        let kinds = Self::ASKABLE.into_iter().chain([Self::WebhookTest]).map(Self::as_str);
        let description = "A kind of event. Webhooks can subscribe to all of them but `webhook.test`. \
            `webhook.disabled` and `webhook.test` are additions of Quintet.";
        let schema = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
        schema.enum_values(Some(kinds)).into()
    }
}
