//! Spec 002, "Chat API".

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error,
        conversation::{Conversation, Preview, Turn},
        ids::{ConversationId, TurnNumber},
        page::Page,
        text::Title,
    },
    http::{
        App, Body, Created, Field, Form, HandlerResult, Idempotency, InPath, Json, NewMessage, SignedIn, Webchat,
        pages::Paged,
    },
    service::turns::TurnTarget,
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Webchat, T>;

const PAGE_SIZE: usize = 10;

/// `{"title": "New Chat Session"}`. The title may be absent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"title": "New Chat Session"}))]
pub struct NewSession {
    /// The title. Absent for `New Chat`.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    title: Field,
}

/// `{"id": "<uuid>", "title": …, "created_at": …, "chats": […], "last_message": null}`. A conversation.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "title": "New Chat Session",
    "created_at": "2024-03-13T10:00:00Z",
    "chats": [],
    "last_message": null,
}))]
pub struct Session {
    /// The session's id.
    #[schema(format = Uuid)]
    id: String,
    /// The title.
    title: String,
    /// When the session was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// The latest 50 chats, oldest first. Empty in lists.
    chats: Vec<Chat>,
    /// The latest chat. `null` if there is none.
    last_message: Option<LastMessage>,
}

/// `{"message": "Hello", "response": "Hi there!", "created_at": "2024-03-13T10:00:00Z"}`.
/// The beginning of the latest chat.
#[derive(Serialize, ToSchema)]
pub struct LastMessage {
    /// The user's message: its first 4,000 characters.
    message: String,
    /// The reply of the model: its first 4,000 characters.
    response: String,
    /// When the message arrived.
    #[schema(format = DateTime)]
    created_at: String,
}

/// `{"id": 1, "message": "Hello", "response": "Hi there!", "created_at": "2024-03-13T10:00:00Z"}`.
/// A message and the reply to it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"id": 1, "message": "Hello", "response": "Hi there!", "created_at": "2024-03-13T10:00:00Z"}))]
pub struct Chat {
    /// The number of the chat in its session.
    id: u64,
    /// The user's message.
    message: String,
    /// The reply of the model.
    response: String,
    /// When the message arrived.
    #[schema(format = DateTime)]
    created_at: String,
}

/// `{"count": 1, "next": null, "previous": null, "results": […]}`. A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Listing<T> {
    /// The number of entries in the whole list.
    #[schema(example = 1)]
    count: u64,
    /// The address of the next page. `null` on the last one.
    #[schema(format = Uri, example = json!(null))]
    next: Option<String>,
    /// The address of the previous page. `null` on the first one.
    #[schema(format = Uri, example = json!(null))]
    previous: Option<String>,
    /// The entries of this page.
    results: Vec<T>,
}

/// `GET /api/v1/chat/sessions/?page=&page_size=`: lists the caller's sessions, newest first, without their chats.
#[utoipa::path(
    get,
    operation_id = "list_sessions",
    path = "/api/v1/chat/sessions/",
    params(Paged),
    responses((status = 200, body = Listing<Session>)),
)]
pub async fn list(
    State(app): State<App<Webchat>>,
    SignedIn(caller): SignedIn,
    paged: Paged,
) -> Result<Json<Listing<Session>>> {
    let page = app.conversations.page(&caller.user, paged.request(PAGE_SIZE, true)?).await?;
    let show = |(conversation, last): (Conversation, Option<Preview>)| Session::new(conversation, last, Vec::new());
    Ok(Json(Listing::new(&paged, page, show)))
}

/// `POST /api/v1/chat/sessions/`: creates a session.
#[utoipa::path(
    post,
    operation_id = "create_session",
    path = "/api/v1/chat/sessions/",
    params(Idempotency),
    request_body = NewSession,
    responses((status = 201, body = Session)),
)]
pub async fn create(
    State(app): State<App<Webchat>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    Body(body): Body<NewSession>,
) -> Result<Created<Session>> {
    let conversation = app.conversations.begin(caller.user.id, (None, body.try_into()?), key).await?;
    Ok(Created(Session::new(conversation, None, Vec::new())))
}

/// `GET /api/v1/chat/sessions/<id>/`: returns a session with its latest 50 chats, oldest first. Very long chats are
/// fewer.
#[utoipa::path(
    get,
    operation_id = "get_session",
    path = "/api/v1/chat/sessions/{session_id}/",
    params(("session_id" = String, Path, format = Uuid, description = "The session's id.")),
    responses((status = 200, body = Session)),
)]
pub async fn show(
    State(app): State<App<Webchat>>,
    SignedIn(caller): SignedIn,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<Session>> {
    let (conversation, turns) = app.conversations.show(caller.user.id, id).await?;
    let last = turns.last().map(Preview::from);
    Ok(Json(Session::new(conversation, last, turns)))
}

/// `GET /api/v1/chat/sessions/<id>/chats/?page=&page_size=`: lists the chats of a session, oldest first.
#[utoipa::path(
    get,
    operation_id = "list_chats",
    path = "/api/v1/chat/sessions/{session_id}/chats/",
    params(("session_id" = String, Path, format = Uuid, description = "The session's id."), Paged),
    responses((status = 200, body = Listing<Chat>)),
)]
pub async fn list_chats(
    State(app): State<App<Webchat>>,
    SignedIn(caller): SignedIn,
    InPath(id): InPath<ConversationId>,
    paged: Paged,
) -> Result<Json<Listing<Chat>>> {
    let page = app.conversations.turns(caller.user.id, id, paged.request(PAGE_SIZE, true)?).await?;
    Ok(Json(Listing::new(&paged, page, Chat::from)))
}

/// `POST /api/v1/chat/sessions/<id>/chats/`: sends a message and returns the reply.
#[utoipa::path(
    post,
    operation_id = "send",
    path = "/api/v1/chat/sessions/{session_id}/chats/",
    params(("session_id" = String, Path, format = Uuid, description = "The session's id."), Idempotency),
    request_body = NewMessage,
    responses((status = 201, body = Chat), (status = 402), (status = 502), (status = 504)),
)]
pub async fn say(
    State(app): State<App<Webchat>>,
    SignedIn(caller): SignedIn,
    InPath(id): InPath<ConversationId>,
    Idempotency(key): Idempotency,
    Body(body): Body<NewMessage>,
) -> Result<Created<Chat>> {
    let answered = app.turns.say(&caller.user, TurnTarget::In(id), body.try_into()?, key).await?;
    Ok(Created(answered.turn.into()))
}

/// `GET /api/v1/chat/sessions/<id>/chats/<id>/`: returns one chat.
#[utoipa::path(
    get,
    operation_id = "get_chat",
    path = "/api/v1/chat/sessions/{session_id}/chats/{chat_id}/",
    params(("session_id" = String, Path, format = Uuid, description = "The session's id."), ("chat_id" = u64, Path, minimum = 1, description = "The chat's number in its session.")),
    responses((status = 200, body = Chat)),
)]
pub async fn show_chat(
    State(app): State<App<Webchat>>,
    SignedIn(caller): SignedIn,
    InPath((session, chat)): InPath<(ConversationId, TurnNumber)>,
) -> Result<Json<Chat>> {
    Ok(Json(app.conversations.turn(caller.user.id, session, chat).await?.into()))
}

impl TryFrom<NewSession> for Option<Title> {
    type Error = Error;

    fn try_from(NewSession { title }: NewSession) -> std::result::Result<Self, Error> {
        let mut form = Form::default();
        let title = form.optional("title", title, Title::parse);
        form.finish(|| Some(title))
    }
}

impl Session {
    fn new(conversation: Conversation, last: Option<Preview>, turns: Vec<Turn>) -> Self {
        let Conversation { id, title, created_at, .. } = conversation;
        Self {
            id: id.to_string(),
            title: title.as_str().to_owned(),
            created_at: created_at.to_string(),
            chats: turns.into_iter().map(Chat::from).collect(),
            last_message: last.map(LastMessage::from),
        }
    }
}

impl From<Preview> for LastMessage {
    fn from(Preview { message, response, created_at }: Preview) -> Self {
        Self { message, response, created_at: created_at.to_string() }
    }
}

impl From<Turn> for Chat {
    fn from(turn: Turn) -> Self {
        let Turn { number, message, response, created_at, .. } = turn;
        Self { id: number.0, message: message.as_str().to_owned(), response, created_at: created_at.to_string() }
    }
}

impl<T> Listing<T> {
    fn new<U>(paged: &Paged, page: Page<U>, show: impl Fn(U) -> T) -> Self {
        let (previous, next) = paged.neighbours(&page);
        let Page { items, total, request: _ } = page;
        Self { count: total, next, previous, results: items.into_iter().map(show).collect() }
    }
}
