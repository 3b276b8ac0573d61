//! The frames of live connections and the messages of their clients, as the OpenAPI document describes them:
//! `shared::wire` writes and reads them. OpenAPI has no place for WebSockets, so an extension names the two schemas.

use serde_json::json;
use shared::{
    domain::{assistant::AssistantStatus, conversation::MessageStatus, event::EventKind, ids::Speaker},
    http::openapi::OneOf,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Schema, Type,
        extensions::ExtensionsBuilder,
        schema::{KnownFormat, SchemaFormat},
    },
};

const FRAME: &str = "RealtimeFrame";
const UPDATE: &str = "ConversationUpdateData";
const CLIENT_MESSAGE: &str = "RealtimeMessage";

/// A message in a frame.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `shared::wire` writes")]
struct LiveMessage {
    /// The message's id.
    #[schema(format = Uuid)]
    id: String,
    /// The author.
    role: Speaker,
    /// The text.
    content: String,
    /// What has become of the message.
    status: MessageStatus,
    /// When the message was created.
    #[schema(format = DateTime)]
    created_at: String,
}

/// The schemas of frames and messages, and the extension `x-websocket`, which says where they are used.
pub fn described() -> OpenApi {
    let frames = "What the server sends over a WebSocket. Later versions may send other types, and more in `data`.";
    let updates = "What happened in a conversation. Later versions may have other events.";
    let all = [
        self::frames().components(FRAME, frames),
        self::updates().components(UPDATE, updates),
        messages().components(CLIENT_MESSAGE, "What a client may send over a WebSocket."),
        ComponentsBuilder::new().schema(LiveMessage::name(), LiveMessage::schema()).build(),
    ];
    let mut components = Components::new();
    for mut some in all {
        components.schemas.append(&mut some.schemas);
    }
    let mut schemas = Vec::new();
    LiveMessage::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let reference = |name| json!({"$ref": Ref::from_schema_name(name).ref_location});
    let websocket = json!({
        "description": "Live updates. `POST /api/v1/ws/ticket` returns their address.",
        "server": reference(FRAME),
        "client": reference(CLIENT_MESSAGE),
    });
    let extensions = ExtensionsBuilder::new().add("x-websocket", websocket).build();
    let mut document = OpenApiBuilder::new().components(Some(components)).build();
    document.extensions = Some(extensions);
    document
}

fn frames() -> OneOf {
    let updates = "A conversation was created, a message was stored, or a reply is being written.";
    let nothing = ObjectBuilder::new().schema_type(Type::Object).description(Some("Nothing."));
    OneOf::by("type")
        .with("conversation_update", "ConversationUpdateFrame", updates, |it| frame(it, reference(UPDATE)))
        .with("assistant_status", "AssistantStatusFrame", "The status of an assistant changed.", |it| {
            frame(it, assistant_status())
        })
        .with("system_notification", "SystemNotificationFrame", "A notification for the user.", |it| {
            frame(it, notification())
        })
        .with("pong", "PongFrame", "The answer to `ping`.", |it| frame(it, nothing))
}

fn frame(frame: ObjectBuilder, data: impl Into<RefOr<Schema>>) -> ObjectBuilder {
    let at = time("When it happened.");
    frame.property("timestamp", at).required("timestamp").property("data", data).required("data")
}

fn updates() -> OneOf {
    let created = EventKind::ConversationCreated.as_str();
    let received = EventKind::MessageReceived.as_str();
    let (piece, failed) = ("The next piece of a reply.", "The model failed. What came of the reply before is void.");
    OneOf::by("event")
        .with(created, "ConversationCreatedUpdate", "A conversation was created.", |it| about_conversation(stored(it)))
        .with(received, "MessageReceivedUpdate", "A message or a reply was stored.", |it| {
            let message = Ref::builder().ref_location_from_schema_name(LiveMessage::name());
            let meaning = "The message. Absent if the frame would be too large: read the conversation then.";
            about_message(about_conversation(stored(it))).property("message", message.description(Some(meaning)))
        })
        .with("message.delta", "MessageDeltaUpdate", piece, |it| {
            about_message(of_user(it)).property("delta", text("The text that comes next.")).required("delta")
        })
        .with("message.failed", "MessageFailedUpdate", failed, |it| about_message(of_user(it)))
}

fn messages() -> OneOf {
    let authenticate = "Tells who the user is. It is the first message, unless the address has a ticket.";
    let last = || uuid("The last `event_id` that the client received.");
    OneOf::by("type")
        .with("authenticate", "AuthenticateMessage", authenticate, |it| {
            let token = text("An access token, an API key or a 000 token.");
            it.property("token", token).required("token").property("last_event_id", last())
        })
        .with("resume", "ResumeMessage", "Asks for what happened since an event, an hour ago at most.", |it| {
            it.property("last_event_id", last()).required("last_event_id")
        })
        .with("ping", "PingMessage", "Asks for a `pong`.", |it| it)
}

/// Adds the fields of everything that has an event.
fn stored(object: ObjectBuilder) -> ObjectBuilder {
    let id = uuid("The event's id, the same each time it is sent. `last_event_id` resumes after it.");
    object.property("event_id", id).required("event_id")
}

fn about_conversation(object: ObjectBuilder) -> ObjectBuilder {
    let object = object.property("conversation_id", uuid("The conversation.")).required("conversation_id");
    let assistant = uuid("The assistant that replies. Absent if the default model does.");
    let object = object.property("assistant_id", assistant);
    object.property("user_id", uuid("The user whose conversation it is.")).required("user_id")
}

fn of_user(object: ObjectBuilder) -> ObjectBuilder {
    let object = object.property("conversation_id", uuid("The conversation.")).required("conversation_id");
    object.property("user_id", uuid("The user whose conversation it is.")).required("user_id")
}

fn about_message(object: ObjectBuilder) -> ObjectBuilder {
    object.property("message_id", uuid("The message.")).required("message_id")
}

fn assistant_status() -> ObjectBuilder {
    let event = text("The kind of event.").enum_values(Some([EventKind::AssistantStatusChanged.as_str()]));
    let object = ObjectBuilder::new().description(Some("The assistant and its status."));
    let object = stored(object.property("event", event).required("event"));
    let object = object.property("assistant_id", uuid("The assistant.")).required("assistant_id");
    let object = object.property("user_id", uuid("The user whose assistant it is.")).required("user_id");
    let status = Ref::builder().ref_location_from_schema_name(AssistantStatus::name());
    object.property("status", status.description(Some("The new status."))).required("status")
}

fn notification() -> ObjectBuilder {
    let object = stored(ObjectBuilder::new().description(Some("The notification.")));
    let object = object.property("message", text("The text, for people.")).required("message");
    object.property("webhook_id", uuid("The webhook that was switched off. Absent in notifications of administrators."))
}

fn reference(name: &str) -> RefOr<Schema> {
    Ref::builder().ref_location_from_schema_name(name).description(Some("What happened.")).into()
}

fn text(meaning: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(meaning))
}

fn uuid(meaning: &str) -> ObjectBuilder {
    text(meaning).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

fn time(meaning: &str) -> ObjectBuilder {
    text(meaning).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}
