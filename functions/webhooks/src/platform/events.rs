//! The requests that webhooks receive, as the OpenAPI document describes them: `shared::wire` writes their bodies.

use shared::{domain::event::EventKind, http::openapi::OneOf};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, Content, HttpMethod, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, Paths, PathsBuilder,
        Ref, RefOr, Required, ResponseBuilder, Schema, Type,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{KnownFormat, SchemaFormat},
    },
};

const NAME: &str = "WebhookEvent";

/// The body of a request to a webhook.
pub struct WebhookEvent;

/// The `data` of an event about a conversation.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `shared::wire` writes")]
struct ConversationEventData {
    /// The conversation.
    #[schema(format = Uuid)]
    conversation_id: String,
    /// The assistant that replies. Absent if the default model does.
    #[schema(value_type = String, format = Uuid, required = false)]
    assistant_id: Option<String>,
    /// The user whose conversation it is.
    #[schema(format = Uuid)]
    user_id: String,
}

/// The `data` of an event about a message.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `shared::wire` writes")]
struct MessageEventData {
    /// The conversation.
    #[schema(format = Uuid)]
    conversation_id: String,
    /// The assistant that replies. Absent if the default model does.
    #[schema(value_type = String, format = Uuid, required = false)]
    assistant_id: Option<String>,
    /// The user whose conversation it is.
    #[schema(format = Uuid)]
    user_id: String,
    /// The message.
    #[schema(format = Uuid)]
    message_id: String,
}

/// The `data` of an event about an assistant.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `shared::wire` writes")]
struct AssistantEventData {
    /// The assistant.
    #[schema(format = Uuid)]
    assistant_id: String,
    /// The user whose assistant it is.
    #[schema(format = Uuid)]
    user_id: String,
}

/// The `data` of an event about an account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `shared::wire` writes")]
struct UserEventData {
    /// The user.
    #[schema(format = Uuid)]
    user_id: String,
}

/// The `data` of an event about a webhook.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `shared::wire` writes")]
struct WebhookEventData {
    /// The user whose webhook it is.
    #[schema(format = Uuid)]
    user_id: String,
    /// The webhook.
    #[schema(format = Uuid)]
    webhook_id: String,
}

/// The name of an event's schema, when the event happens, and the name of the schema of its `data`.
const fn about(kind: EventKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        EventKind::ConversationCreated => {
            ("ConversationCreatedEvent", "A conversation was created.", "ConversationEventData")
        }
        EventKind::ConversationUpdated => {
            ("ConversationUpdatedEvent", "A conversation got a message or another title.", "ConversationEventData")
        }
        EventKind::MessageReceived => ("MessageReceivedEvent", "A message or a reply was stored.", "MessageEventData"),
        EventKind::AssistantStatusChanged => {
            ("AssistantStatusChangedEvent", "The status of an assistant changed.", "AssistantEventData")
        }
        EventKind::UserCreated => ("UserCreatedEvent", "An account was registered.", "UserEventData"),
        EventKind::UserUpdated => ("UserUpdatedEvent", "An account changed.", "UserEventData"),
        EventKind::WebhookDisabled => (
            "WebhookDisabledEvent",
            "A webhook was switched off, because its receiver accepts no events.",
            "WebhookEventData",
        ),
        EventKind::WebhookTest => ("WebhookTestEvent", "The owner of the webhook tests it.", "WebhookEventData"),
    }
}

fn all() -> impl Iterator<Item = EventKind> {
    EventKind::ASKABLE.into_iter().chain([EventKind::WebhookTest])
}

fn kinds() -> OneOf {
    all().fold(OneOf::by("event"), |kinds, kind| {
        let (name, meaning, data) = about(kind);
        kinds.with(kind.as_str(), name, meaning, |event| {
            let time = ObjectBuilder::new().schema_type(Type::String);
            let time = time.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
            let event = event.property("timestamp", time.description(Some("When the event happened.")));
            let data = Ref::builder().ref_location_from_schema_name(data);
            let data =
                data.description(Some("The ids of what the event is about. Those that do not apply are absent."));
            event.property("data", data).required("timestamp").required("data")
        })
    })
}

impl PartialSchema for WebhookEvent {
    fn schema() -> RefOr<Schema> {
        kinds().schema(
            "The body of a request to a webhook. Later versions may send other kinds of events, and more in `data`.",
        )
    }
}

impl ToSchema for WebhookEvent {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.extend(kinds().kinds());
        schemas.push((ConversationEventData::name().into_owned(), ConversationEventData::schema()));
        schemas.push((MessageEventData::name().into_owned(), MessageEventData::schema()));
        schemas.push((AssistantEventData::name().into_owned(), AssistantEventData::schema()));
        schemas.push((UserEventData::name().into_owned(), UserEventData::schema()));
        schemas.push((WebhookEventData::name().into_owned(), WebhookEventData::schema()));
    }
}

/// The webhooks of the document: a request for each kind of event.
pub fn described() -> OpenApi {
    let mut schemas = vec![(NAME.to_owned(), WebhookEvent::schema())];
    WebhookEvent::schemas(&mut schemas);
    let components = ComponentsBuilder::new().schemas_from_iter(schemas).build();
    OpenApiBuilder::new().webhooks(Some(webhooks())).components(Some(components)).build()
}

fn webhooks() -> Paths {
    all().fold(PathsBuilder::new(), |webhooks, kind| webhooks.path(kind.as_str(), request(kind))).build()
}

fn request(kind: EventKind) -> PathItem {
    let (name, meaning, _) = about(kind);
    let mut operation = OperationBuilder::new();
    let text = "The signature is that of Standard Webhooks. A receiver answers within 15 seconds. Any other answer than \
                2xx and 410 is followed by another attempt. An event may arrive more than once.";
    operation = operation.operation_id(Some(format!("receive_{}", kind.as_str().replace('.', "_"))));
    operation = operation.summary(Some(meaning.trim_end_matches('.'))).description(Some(text));
    for (header, meaning) in [
        ("webhook-id", "The event's id, the same in every attempt."),
        ("webhook-timestamp", "When the attempt began, in seconds since 1970."),
        (
            "webhook-signature",
            "`v1,` and a signature in Base64. After a secret was replaced, two of them, separated by a space.",
        ),
    ] {
        operation = operation.parameter(header_of_text(header, meaning));
    }
    let body = Content::new(Some(Ref::from_schema_name(name)));
    let body = RequestBodyBuilder::new().content("application/json", body).required(Some(Required::True));
    let accepted = ResponseBuilder::new().description("The receiver has the event. So has any other 2xx.");
    let gone = ResponseBuilder::new().description("The receiver wants no more events: the webhook is switched off.");
    let operation = operation.request_body(Some(body.build())).response("200", accepted).response("410", gone);
    PathItem::new(HttpMethod::Post, operation.securities(Some([])))
}

fn header_of_text(name: &str, meaning: &str) -> Parameter {
    let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(Required::True);
    header.schema(Some(ObjectBuilder::new().schema_type(Type::String))).description(Some(meaning)).build()
}
