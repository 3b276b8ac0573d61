//! Spec 002, "Chat Interface": the JSON routes of scripts, with the browser's session.

use crate::member::{Refused, Script};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{Error, conversation::Turn, ids::ConversationId, text::Title},
    http::{App, Body, Field, Form, InPath, Json, Pages},
};
use utoipa::ToSchema;

/// `{"title": "New Title"}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewTitle {
    /// The title.
    #[schema(value_type = String, required, min_length = 1, max_length = 255)]
    title: Field,
}

/// `{"success": true, "session_id": "<uuid>", "session_title": "New Chat"}`.
#[derive(Serialize, ToSchema)]
pub struct Created {
    /// Always true.
    success: bool,
    /// The id.
    session_id: String,
    /// The title.
    session_title: String,
}

/// `{"success": true}`.
#[derive(Serialize, ToSchema)]
pub struct Success {
    /// Always true.
    success: bool,
}

/// `{"chats": […]}`.
#[derive(Serialize, ToSchema)]
pub struct Loaded {
    /// The latest 50 chats, oldest first.
    chats: Vec<Chat>,
}

/// `{"id": 1, "message": "Hello", "response": "Hi there!", "created_at": "2024-03-13T10:00:00Z"}`.
#[derive(Serialize, ToSchema)]
pub struct Chat {
    /// The number of the chat in its session.
    id: u64,
    /// The user's message.
    message: String,
    /// The reply of the model.
    response: String,
    /// When the message arrived.
    created_at: String,
}

/// `POST /chat/session/create/`: creates a session.
#[utoipa::path(post, path = "/chat/session/create/", responses((status = 200, body = Created)))]
pub async fn create(State(app): State<App<Pages>>, Script(member): Script) -> Result<Json<Created>, Refused> {
    let conversation = app.conversations.begin(member.user().id, (None, None), None).await?;
    let (session_id, session_title) = (conversation.id.to_string(), conversation.title.as_str().to_owned());
    Ok(Json(Created { success: true, session_id, session_title }))
}

/// `POST /chat/session/<uuid>/rename/`: renames a session.
#[utoipa::path(
    post,
    path = "/chat/session/{conversation}/rename/",
    params(InPath<ConversationId>),
    request_body = NewTitle,
    responses((status = 200, body = Success)),
)]
pub async fn rename(
    State(app): State<App<Pages>>,
    Script(member): Script,
    InPath(id): InPath<ConversationId>,
    Body(body): Body<NewTitle>,
) -> Result<Json<Success>, Refused> {
    app.conversations.rename(member.user().id, id, body.try_into()?).await?;
    Ok(Json(Success { success: true }))
}

/// `DELETE /chat/session/<uuid>/delete/`: deletes a session and its chats.
#[utoipa::path(
    delete,
    path = "/chat/session/{conversation}/delete/",
    params(InPath<ConversationId>),
    responses((status = 200, body = Success)),
)]
pub async fn delete(
    State(app): State<App<Pages>>,
    Script(member): Script,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<Success>, Refused> {
    app.conversations.delete(member.user(), id).await?;
    Ok(Json(Success { success: true }))
}

/// `GET /load_session/<uuid>/`: returns the latest 50 chats of a session.
#[utoipa::path(
    get,
    path = "/load_session/{conversation}/",
    params(InPath<ConversationId>),
    responses((status = 200, body = Loaded)),
)]
pub async fn load(
    State(app): State<App<Pages>>,
    Script(member): Script,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<Loaded>, Refused> {
    let (_, turns) = app.conversations.show(member.user().id, id).await?;
    Ok(Json(Loaded { chats: turns.into_iter().map(Chat::from).collect() }))
}

impl TryFrom<NewTitle> for Title {
    type Error = Error;

    fn try_from(NewTitle { title }: NewTitle) -> Result<Self, Error> {
        let mut form = Form::default();
        let title = form.required("title", title, Self::parse);
        form.finish(|| title)
    }
}

impl From<Turn> for Chat {
    fn from(turn: Turn) -> Self {
        let Turn { number, message, response, created_at, .. } = turn;
        Self { id: number.0, message: message.into_string(), response, created_at: created_at.to_string() }
    }
}
