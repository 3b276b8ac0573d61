//! Spec 001, "Conversations". The wire types of messages are in `messages`.

mod messages;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use messages::{EventStream, Exchange, NewMessage, ShownMessage, event};
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error, Problem,
        conversation::{Conversation, Message, Said},
        ids::{AssistantId, ConversationId, MessageId},
        list::ConversationField,
        text::Title,
        user::User,
    },
    http::{
        Accepted, App, Body, Created, EgressPolicy, Field, Form, HandlerResult, Idempotency, InPath, Json, Listing,
        NoContent, Platform, SignedIn,
        events::{self, LastEventId, WantsEvents},
        listing::{Parameters, Wanted},
        pages::{Query, ServedAt},
        said,
    },
    service::{idempotency::IdempotencyKey, turns::TurnTarget},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"assistant_id": "<uuid>", "title": "Conversation Title", "initial_message": "Hello"}`. All fields are optional.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"title": "Conversation Title", "initial_message": "Hello"}))]
pub struct NewConversation {
    /// The assistant that replies. `null` or absent for the default model.
    #[schema(value_type = Option<String>, format = Uuid)]
    assistant_id: Field,
    /// The title. `null` or absent to have one made from the first reply.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    title: Field,
    /// The first message. `null` or absent for a conversation without messages.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 32000)]
    initial_message: Field,
}

/// `{"title": "Another title"}`. A change of a conversation.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ConversationUpdate, example = json!({"title": "Another title"}))]
pub struct NewTitle {
    /// The title.
    #[schema(value_type = String, required, min_length = 1, max_length = 255)]
    title: Field,
}

/// `{"id": "<uuid>", "assistant_id": "<uuid>", "title": …, "message_count": 2, "created_at": …,
/// "updated_at": …}`. A conversation.
#[derive(Serialize, ToSchema)]
#[schema(as = Conversation, example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "assistant_id": "018e376b-9ce0-7000-8000-000000000002",
    "title": "Conversation Title",
    "message_count": 2,
    "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownConversation {
    /// The conversation's id.
    #[schema(format = Uuid)]
    id: String,
    /// The assistant that replies. `null` if the default model does.
    #[schema(format = Uuid)]
    assistant_id: Option<String>,
    /// The title.
    title: String,
    /// The number of messages, replies included.
    message_count: u64,
    /// When the conversation was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the conversation last got a reply.
    #[schema(format = DateTime)]
    updated_at: String,
    /// The messages, oldest first. Absent in lists.
    #[schema(value_type = Vec<ShownMessage>, required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<ShownMessage>>,
}

/// `GET /api/v1/conversations?page=&size=&sort=&after=&assistant_id=`: lists the caller's conversations.
#[utoipa::path(
    get,
    path = "/api/v1/conversations",
    params(
        Parameters<ConversationField>,
        ("assistant_id" = Option<String>, Query, format = Uuid, description = "Only conversations with this assistant."),
    ),
    responses((status = 200, body = Listing<ShownConversation>)),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Wanted(request): Wanted<ConversationField>,
    query: Query,
) -> Result<Json<Listing<ShownConversation>>> {
    let sort = request.sort;
    let listed = match query.parameter("assistant_id").filter(|id| !id.is_empty()) {
        None => app.conversations.list(&caller.user, request).await?,
        Some(id) => app.conversations.list_with(&caller.user, AssistantId::parse(&id), request).await?,
    };
    Ok(Json(Listing::new(listed, sort, ShownConversation::from)))
}

/// `POST /api/v1/conversations`: creates a conversation. With `initial_message` it also runs the first turn.
#[utoipa::path(
    post,
    path = "/api/v1/conversations",
    params(Idempotency),
    request_body = NewConversation,
    responses(
        (status = 201, body = ShownConversation),
        (status = 402),
        (status = 404, description = "The conversation was deleted during the turn."),
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

/// `GET /api/v1/conversations/{conversation_id}?before=`: returns a conversation with its latest 100
/// messages, oldest first. `before` selects the 100 messages before one of them.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversation_id}",
    params(
        InPath<ConversationId>,
        ("before" = Option<String>, Query, format = Uuid, description = "The id of a message. The response contains the 100 messages before it."),
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
    let before = before(&query, id)?;
    let (conversation, messages) = app.conversations.messages(caller.user.id, id, before).await?;
    Ok(Json(ShownConversation::new(conversation, messages, &here)))
}

/// `PUT /api/v1/conversations/{conversation_id}`: renames a conversation.
#[utoipa::path(
    put,
    path = "/api/v1/conversations/{conversation_id}",
    params(InPath<ConversationId>),
    request_body = NewTitle,
    responses((status = 200, body = ShownConversation)),
)]
pub async fn rename(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(id): InPath<ConversationId>,
    Body(body): Body<NewTitle>,
) -> Result<Json<ShownConversation>> {
    Ok(Json(app.conversations.rename(caller.user.id, id, body.try_into()?).await?.into()))
}

/// `DELETE /api/v1/conversations/{conversation_id}`: deletes a conversation and its messages.
#[utoipa::path(
    delete,
    path = "/api/v1/conversations/{conversation_id}",
    params(InPath<ConversationId>),
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

/// `POST /api/v1/conversations/{conversation_id}/messages`: sends a message and returns the reply. If the
/// header `Accept` names `text/event-stream`, the answer is 200 with the events of `POST …/messages/stream`.
#[utoipa::path(
    post,
    operation_id = "send_message",
    path = "/api/v1/conversations/{conversation_id}/messages",
    params(InPath<ConversationId>, Idempotency),
    request_body = NewMessage,
    responses(
        (
            status = 200,
            content_type = "text/event-stream",
            body = EventStream,
            description = "If the client accepts `text/event-stream`: the events of `POST …/messages/stream`.",
            example = json!({"event": "delta", "id": "2.0", "data": "{\"text\":\"Hi\"}"})
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
        return stream_reply(&app, &caller.user, id, said, key, here).await;
    }
    let answered = app.turns.say(&caller.user, TurnTarget::In(id), said, key).await?;
    Ok(Created(Exchange::new(answered, &here)).into_response())
}

/// `POST /api/v1/conversations/{conversation_id}/messages/stream`: sends a message and streams the reply. The turn does not
/// depend on the connection: it runs on if the client disconnects, and its stream can be resumed.
#[utoipa::path(
    post,
    operation_id = "stream_message",
    path = "/api/v1/conversations/{conversation_id}/messages/stream",
    params(InPath<ConversationId>, Idempotency),
    request_body = NewMessage,
    responses(
        (
            status = 200,
            content_type = "text/event-stream",
            body = EventStream,
            description = "Server-sent events: `message` (the user's message), `delta` (a piece of the reply), `step` (a tool call that began or ended), and `done` \
                           (both messages) or `error`. The schema is that of one event. Its `id` is a position, after \
                           which the stream can be resumed.",
            example = json!({"event": "delta", "id": "2.0", "data": "{\"text\":\"Hi\"}"})
        ),
        (status = 402),
        (status = 409, description = "The assistant is not active."),
        (status = 502),
        (status = 504),
    ),
)]
pub async fn stream(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(id): InPath<ConversationId>,
    ServedAt(here): ServedAt,
    EgressPolicy(rules): EgressPolicy,
    Idempotency(key): Idempotency,
    Body(body): Body<NewMessage>,
) -> Result<Response> {
    let said = body.read(&here, &rules)?;
    stream_reply(&app, &caller.user, id, said, key, here).await
}

/// `GET /api/v1/conversations/{conversation_id}/messages/{message_id}/stream`: streams the reply to a message, from the
/// position in `Last-Event-ID` or `after` on. Works while the turn runs and afterwards.
#[utoipa::path(
    get,
    operation_id = "resume_stream",
    path = "/api/v1/conversations/{conversation_id}/messages/{message_id}/stream",
    params(
        InPath<(ConversationId, MessageId)>,
        ("after" = Option<String>, Query, description = "The id of the last event that was received."),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as browsers send it. `after` takes precedence."),
    ),
    responses(
        (
            status = 200,
            content_type = "text/event-stream",
            body = EventStream,
            description = "Server-sent events after that position, as of `POST …/messages/stream`. Without a position, \
                           all events of the turn.",
            example = json!({"event": "delta", "id": "2.0", "data": "{\"text\":\"Hi\"}"})
        ),
    ),
)]
pub async fn resume(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath((conversation, message)): InPath<(ConversationId, MessageId)>,
    ServedAt(here): ServedAt,
    LastEventId(after): LastEventId,
) -> Result<Response> {
    let turn = app.turns.follow(caller.user.id, (conversation, message.turn), after).await?;
    Ok(events::respond(turn.map(move |news| event(news, &here))))
}

/// `POST /api/v1/conversations/{conversation_id}/messages/{message_id}/cancel`: stops the reply to a message, within two
/// seconds. What was said until then becomes the reply.
#[utoipa::path(
    post,
    operation_id = "cancel_reply",
    path = "/api/v1/conversations/{conversation_id}/messages/{message_id}/cancel",
    params(InPath<(ConversationId, MessageId)>),
    responses(
        (status = 202, body = ShownMessage),
        (status = 409, description = "The reply has already ended."),
    ),
)]
pub async fn cancel(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath((conversation, message)): InPath<(ConversationId, MessageId)>,
    ServedAt(here): ServedAt,
) -> Result<Accepted<ShownMessage>> {
    let message = app.turns.cancel(caller.user.id, conversation, message).await?;
    Ok(Accepted(ShownMessage::new(message, conversation, &here)))
}

async fn stream_reply(
    app: &App<Platform>,
    user: &User,
    conversation: ConversationId,
    said: Said,
    key: Option<IdempotencyKey>,
    here: String,
) -> Result<Response> {
    let turn = app.turns.stream(user, TurnTarget::In(conversation), said, key).await?;
    Ok(events::respond(turn.map(move |news| event(news, &here))))
}

fn before(query: &Query, conversation: ConversationId) -> std::result::Result<Option<MessageId>, Error> {
    let mut form = Form::default();
    let parse = |text: &str| MessageId::parse(text, conversation).ok_or(Problem::Cursor);
    let before = form.optional("before", query.field("before"), parse);
    form.finish(|| Some(before))
}

impl TryFrom<NewConversation> for ((Option<AssistantId>, Option<Title>), Option<Said>) {
    type Error = Error;

    fn try_from(body: NewConversation) -> std::result::Result<Self, Error> {
        let NewConversation { assistant_id, title, initial_message } = body;
        let mut form = Form::default();
        let parse_id = |text: &str| AssistantId::parse(text).ok_or(Problem::UnknownAssistant);
        let assistant = form.nullable("assistant_id", assistant_id, parse_id);
        let title = form.nullable("title", title, Title::parse);
        let said = form.nullable("initial_message", initial_message, said);
        form.finish(|| Some(((assistant, title), said)))
    }
}

impl TryFrom<NewTitle> for Title {
    type Error = Error;

    fn try_from(NewTitle { title }: NewTitle) -> std::result::Result<Self, Error> {
        let mut form = Form::default();
        let title = form.required("title", title, Self::parse);
        form.finish(|| title)
    }
}

impl From<Conversation> for ShownConversation {
    fn from(conversation: Conversation) -> Self {
        let message_count = conversation.messages();
        let Conversation { id, assistant, title, created_at, updated_at, .. } = conversation;
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
