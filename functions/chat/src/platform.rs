//! Spec 001, "Conversations".

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, Problem,
        conversation::{Attachment, AttachmentKind, AttachmentSource, Conversation, Message, Said},
        error::Problems,
        ids::{AssistantId, ConversationId, FileId, MessageId, Speaker},
        list::ConversationField,
        money::Tokens,
        text::{MessageText, Title},
    },
    http::{
        App, Body, Created, Dialect, EgressPolicy, Fault, Field, HandlerResult, Idempotency, InPath, Json, JsonField,
        Listing, NoContent, Platform, SignedIn,
        events::{self, Named, WantsEvents},
        json_field,
        listing::{Parameters, Wanted},
        pages::{Query, ServedAt},
    },
    outbound::{OutboundRules, OutboundUrl},
    service::{
        hearing::TurnEvent,
        turns::{Answered, TurnTarget},
    },
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;
type Parsed<T> = std::result::Result<T, Problem>;

/// The most attachments of a message.
const ATTACHMENTS_MAX: usize = 10;

/// `{"assistant_id": "<uuid>", "title": "Conversation Title", "initial_message": "Hello"}`, all optional.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"title": "Conversation Title", "initial_message": "Hello"}))]
pub struct NewConversation {
    #[schema(value_type = Option<String>, format = Uuid)]
    assistant_id: Field,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    title: Field,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 32000)]
    initial_message: Field,
}

/// `{"content": "User message", "attachments": [{"type": "file", "url": "https://example.com/file.pdf"}]}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({
    "content": "User message",
    "attachments": [{"type": "file", "url": "https://example.com/file.pdf"}],
}))]
pub struct NewMessage {
    #[schema(value_type = String, required, min_length = 1, max_length = 32000)]
    content: Field,
    #[schema(value_type = Option<Vec<NewAttachment>>, max_items = 10)]
    attachments: JsonField,
}

/// An attachment in a body.
#[derive(Deserialize, ToSchema)]
struct NewAttachment {
    #[schema(value_type = String, pattern = "^(file|image)$")]
    r#type: AttachmentKind,
    /// An https address, or the `url` or `id` of one of the caller's files.
    url: String,
}

/// `{"id": "<uuid>", "assistant_id": "<uuid>", "title": …, "message_count": 2, "created_at": …,
/// "updated_at": …}`, with `messages` where they are shown.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "assistant_id": "018e376b-9ce0-7000-8000-000000000002",
    "title": "Conversation Title",
    "message_count": 2,
    "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownConversation {
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = Uuid)]
    assistant_id: Option<String>,
    title: String,
    message_count: u64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    #[schema(value_type = Vec<ShownMessage>, required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<ShownMessage>>,
}

/// `{"id": "<uuid>", "conversation_id": "<uuid>", "role": "user", "content": …, "attachments": [],
/// "status": "complete", "usage": null, "created_at": …}`.
#[derive(Serialize, ToSchema)]
pub struct ShownMessage {
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = Uuid)]
    conversation_id: String,
    #[schema(value_type = String, pattern = "^(user|assistant)$")]
    role: Speaker,
    content: String,
    attachments: Vec<ShownAttachment>,
    #[schema(pattern = "^(pending|complete|cut|failed)$")]
    status: &'static str,
    usage: Option<Usage>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// `{"type": "file", "url": "https://example.com/file.pdf"}`.
#[derive(Serialize, ToSchema)]
pub struct ShownAttachment {
    #[schema(value_type = String, pattern = "^(file|image)$")]
    r#type: AttachmentKind,
    #[schema(format = "iri")]
    url: String,
}

/// `{"tokens_charged": 100}`: what a reply cost.
#[derive(Serialize, ToSchema)]
pub struct Usage {
    #[schema(value_type = u64)]
    tokens_charged: Tokens,
}

/// `{"user_message": {…}, "assistant_message": {…}, "tokens_charged": 100, "tokens_left": 3900}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "user_message": {
        "id": "018e376b-9ce0-8000-8000-000000000002",
        "conversation_id": "018e376b-9ce0-7000-8000-000000000001",
        "role": "user",
        "content": "Hello",
        "attachments": [],
        "status": "complete",
        "usage": null,
        "created_at": "2024-01-01T00:00:00Z",
    },
    "assistant_message": {
        "id": "018e376b-9ce0-8000-8000-000000000003",
        "conversation_id": "018e376b-9ce0-7000-8000-000000000001",
        "role": "assistant",
        "content": "Hi there!",
        "attachments": [],
        "status": "complete",
        "usage": {"tokens_charged": 100},
        "created_at": "2024-01-01T00:00:00Z",
    },
    "tokens_charged": 100,
    "tokens_left": 3900,
}))]
pub struct Exchange {
    user_message: ShownMessage,
    assistant_message: ShownMessage,
    #[schema(value_type = u64)]
    tokens_charged: Tokens,
    #[schema(value_type = u64)]
    tokens_left: Tokens,
}

/// The data of an event: of `message`, `delta`, `done` or `error`.
#[derive(Serialize)]
#[serde(untagged)]
enum EventData {
    Message(ShownMessage),
    Delta { text: String },
    Done(Exchange),
    Error(Value),
}

/// `GET /api/v1/conversations?page=&size=&sort=&after=&assistant_id=`: the caller's conversations.
#[utoipa::path(
    get,
    path = "/api/v1/conversations",
    params(
        Parameters<ConversationField>,
        ("assistant_id" = Option<String>, Query, description = "Only those with this assistant."),
    ),
    responses((status = 200, body = Listing<ShownConversation>, example = json!({
        "items": [{
            "id": "018e376b-9ce0-7000-8000-000000000001",
            "assistant_id": "018e376b-9ce0-7000-8000-000000000002",
            "title": "Conversation Title",
            "message_count": 2,
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-01T00:00:00Z",
        }],
        "total": 1, "page": 1, "size": 20, "pages": 1, "has_next": false, "has_prev": false, "next_cursor": null,
    }))),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Wanted(request): Wanted<ConversationField>,
    query: Query,
) -> Result<Json<Listing<ShownConversation>>> {
    let sort = request.sort;
    let listed = match query.parameter("assistant_id") {
        None => app.conversations.list(&caller.user, request).await?,
        Some(id) => app.conversations.list_with(&caller.user, AssistantId::parse(&id), request).await?,
    };
    Ok(Json(Listing::new(listed, sort, ShownConversation::from)))
}

/// `POST /api/v1/conversations`: a new conversation; with `initial_message` its first turn too.
#[utoipa::path(
    post,
    path = "/api/v1/conversations",
    params(Idempotency),
    request_body = NewConversation,
    responses(
        (status = 201, body = ShownConversation),
        (status = 402),
        (status = 404, description = "The conversation was deleted meanwhile."),
        (status = 409, description = "The assistant is not active."),
        (status = 502),
        (status = 504),
    ),
)]
pub async fn create(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    ServedAt(here): ServedAt,
    Idempotency(key): Idempotency,
    Body(body): Body<NewConversation>,
) -> Result<Created<ShownConversation>> {
    let (conversation, said) = body.try_into()?;
    let Some(said) = said else {
        return Ok(Created(app.conversations.begin(caller.user.id, conversation, key).await?.into()));
    };
    let (conversation, answered) = app.turns.begin(&caller.user, conversation, said, key).await?;
    Ok(Created(ShownConversation::new(conversation, answered.turn.into_messages().into(), &here)))
}

/// `GET /api/v1/conversations/{conversation}?before=`: a conversation with its latest 100 messages, or the
/// 100 before one of them, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversation}",
    params(
        ("conversation" = String, Path, format = Uuid, description = "The conversation's id."),
        ("before" = Option<String>, Query, format = Uuid, description = "The id of a message: the 100 before it."),
    ),
    responses((status = 200, body = ShownConversation)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(id): InPath<ConversationId>,
    ServedAt(here): ServedAt,
    query: Query,
) -> Result<Json<ShownConversation>> {
    let before = query.parameter("before").map(|text| MessageId::parse(&text, id).ok_or(Problem::Cursor));
    let before = before.transpose().map_err(|problem| Error::invalid("before", problem))?;
    let (conversation, messages) = app.conversations.messages(caller.user.id, id, before).await?;
    Ok(Json(ShownConversation::new(conversation, messages, &here)))
}

/// `DELETE /api/v1/conversations/{conversation}`: deletes a conversation with its messages.
#[utoipa::path(
    delete,
    path = "/api/v1/conversations/{conversation}",
    params(("conversation" = String, Path, format = Uuid, description = "The conversation's id.")),
    responses((status = 204)),
)]
pub async fn remove(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(id): InPath<ConversationId>,
) -> Result<NoContent> {
    app.conversations.delete(&caller.user, id).await?;
    Ok(NoContent)
}

/// `POST /api/v1/conversations/{conversation}/messages`: says something. The reply comes whole, or piece by
/// piece for those who accept `text/event-stream`.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversation}/messages",
    params(("conversation" = String, Path, format = Uuid, description = "The conversation's id."), Idempotency),
    request_body = NewMessage,
    responses(
        (
            status = 200,
            content_type = "text/event-stream",
            body = String,
            description = "For those who accept `text/event-stream`: `message` (the user's), `delta`s \
                           (`{\"text\"}`), then `done` (the body of 201) or `error`.",
            example = json!("event: delta\ndata: {\"text\":\"Hi\"}\n\n")
        ),
        (status = 201, body = Exchange),
        (status = 402),
        (status = 409, description = "The assistant is not active."),
        (status = 502),
        (status = 504),
    ),
)]
pub async fn say(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(id): InPath<ConversationId>,
    ServedAt(here): ServedAt,
    EgressPolicy(rules): EgressPolicy,
    Idempotency(key): Idempotency,
    WantsEvents(wants_events): WantsEvents,
    Body(body): Body<NewMessage>,
) -> Result<Response> {
    let said = body.read(&here, &rules)?;
    if wants_events {
        let turn = app.turns.stream(&caller.user, TurnTarget::In(id), said, key).await?;
        return Ok(events::respond(turn.map(move |event| named(event, &here))));
    }
    let answered = app.turns.say(&caller.user, TurnTarget::In(id), said, key).await?;
    Ok(Created(Exchange::new(answered, &here)).into_response())
}

fn named(event: TurnEvent, here: &str) -> Named<EventData> {
    match event {
        TurnEvent::Said(conversation, message) => {
            Named("message", EventData::Message(ShownMessage::new(message, conversation, here)))
        }
        TurnEvent::Delta(text) => Named("delta", EventData::Delta { text }),
        TurnEvent::Done(answered) => Named("done", EventData::Done(Exchange::new(answered, here))),
        TurnEvent::Failed(error) => Named("error", EventData::Error(Platform::error(&Fault::from(error)).1)),
    }
}

impl TryFrom<NewConversation> for ((Option<AssistantId>, Title), Option<Said>) {
    type Error = Error;

    fn try_from(body: NewConversation) -> std::result::Result<Self, Error> {
        let NewConversation { assistant_id, title, initial_message } = body;
        let mut problems = Problems::default();
        let parse_id = |text: Option<String>| {
            text.map(|text| AssistantId::parse(&text).ok_or(Problem::UnknownAssistant)).transpose()
        };
        let parse_message = |text: Option<String>| text.map(MessageText::parse).transpose();
        let assistant = problems.note("assistant_id", assistant_id.nullable().and_then(parse_id));
        let parse_title = |text: Option<String>| text.map(|text| Title::parse(&text)).transpose();
        let title = problems.note("title", title.nullable().and_then(parse_title));
        let said = problems.note("initial_message", initial_message.nullable().and_then(parse_message));
        let all = assistant.zip(title).zip(said);
        problems
            .or(all.map(|((assistant, title), said)| ((assistant, title.unwrap_or_default()), said.map(Said::from))))
    }
}

impl NewMessage {
    fn read(self, here: &str, rules: &OutboundRules) -> std::result::Result<Said, Error> {
        let Self { content, attachments } = self;
        let mut problems = Problems::default();
        let text = problems.note("content", content.required().and_then(MessageText::parse));
        let attachments =
            problems.note("attachments", attachments.nullable(|list| read_attachments(list, here, rules)));
        let said = text
            .zip(attachments)
            .map(|(text, attachments)| Said { text, attachments: attachments.unwrap_or_default() });
        problems.or(said)
    }
}

fn read_attachments(value: Value, here: &str, rules: &OutboundRules) -> Parsed<Vec<Attachment>> {
    json_field::list(ATTACHMENTS_MAX)(value)?.into_iter().map(|value| read_attachment(value, here, rules)).collect()
}

fn read_attachment(value: Value, here: &str, rules: &OutboundRules) -> Parsed<Attachment> {
    let NewAttachment { r#type: kind, url } = serde_json::from_value(value).map_err(|_| Problem::AttachmentForm)?;
    // Our own address may be given with or without the host.
    let path = url.strip_prefix(here).unwrap_or(&url);
    let own = path.strip_prefix("/api/v1/files/").and_then(|rest| rest.strip_suffix("/content")).unwrap_or(path);
    let source = match FileId::parse(own) {
        Some(file) => AttachmentSource::Own(file),
        None => AttachmentSource::Elsewhere(OutboundUrl::parse(&url, rules)?),
    };
    Ok(Attachment { kind, source })
}

impl From<Conversation> for ShownConversation {
    fn from(conversation: Conversation) -> Self {
        let message_count = conversation.messages();
        let Conversation { id, assistant, title, said: _, turns: _, last_turn: _, created_at, updated_at } =
            conversation;
        Self {
            id: id.to_string(),
            assistant_id: assistant.map(|id| id.to_string()),
            title: title.as_str().to_owned(),
            message_count,
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
            messages: None,
        }
    }
}

impl ShownConversation {
    fn new(conversation: Conversation, messages: Vec<Message>, here: &str) -> Self {
        let id = conversation.id;
        let messages = messages.into_iter().map(|message| ShownMessage::new(message, id, here));
        Self { messages: Some(messages.collect()), ..conversation.into() }
    }
}

impl ShownMessage {
    fn new(message: Message, conversation: ConversationId, here: &str) -> Self {
        let Message { id, content, attachments, status, charged, created_at } = message;
        Self {
            id: id.uuid(conversation).to_string(),
            conversation_id: conversation.to_string(),
            role: id.speaker,
            content,
            attachments: attachments.into_iter().map(|attachment| ShownAttachment::new(attachment, here)).collect(),
            status: status.as_str(),
            usage: charged.map(|tokens_charged| Usage { tokens_charged }),
            created_at: created_at.to_string(),
        }
    }
}

impl ShownAttachment {
    fn new(Attachment { kind, source }: Attachment, here: &str) -> Self {
        let url = match source {
            AttachmentSource::Own(file) => format!("{here}/api/v1/files/{file}/content"),
            AttachmentSource::Elsewhere(url) => url.as_str().to_owned(),
        };
        Self { r#type: kind, url }
    }
}

impl Exchange {
    fn new(Answered { conversation, turn, left }: Answered, here: &str) -> Self {
        let tokens_charged = turn.charged;
        let [said, reply] = turn.into_messages();
        Self {
            user_message: ShownMessage::new(said, conversation, here),
            assistant_message: ShownMessage::new(reply, conversation, here),
            tokens_charged,
            tokens_left: left,
        }
    }
}
