//! Spec 001, "WebSocket Support". Frames and messages are in `frames`.

pub mod frames;

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{Error, text::Announcement},
    http::{
        App, AsAdministrator, Body, Created, Field, Form, HandlerResult, Idempotency, Json, Platform, SignedIn,
        pages::ServedAt,
    },
    service::notifications::Notification,
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"ticket": "…", "expires_in": 30, "url": "wss://…"}`. A ticket for a WebSocket connection.
#[derive(Serialize, ToSchema)]
#[schema(as = Ticket, example = json!({
    "ticket": "6f1d0c4be7a94c2f8e5b3a7d90c1e2f46f1d0c4be7a94c2f8e5b3a7d90c1e2f4",
    "expires_in": 30,
    "url": "wss://live.example.com/ws",
}))]
pub struct ShownTicket {
    /// The ticket. It is good for one connection.
    ticket: String,
    /// The lifetime of the ticket, in seconds.
    expires_in: u64,
    /// The address of live connections. The query of the handshake contains the ticket: `?ticket=…`.
    #[schema(format = Uri)]
    url: String,
}

/// `{"message": "Maintenance begins in ten minutes."}`. A notification to send.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"message": "Maintenance begins in ten minutes."}))]
pub struct NewNotification {
    /// The text of the notification.
    #[schema(value_type = String, required, min_length = 1, max_length = 2000)]
    message: Field,
}

/// `{"id": "…", "message": "Maintenance begins in ten minutes.", "created_at": "2024-03-13T10:00:00Z"}`.
/// A notification to all connected users.
#[derive(Serialize, ToSchema)]
#[schema(as = Notification, example = json!({
    "id": "018e3749-2fe0-7000-8000-000000000001",
    "message": "Maintenance begins in ten minutes.",
    "created_at": "2024-03-13T10:00:00Z",
}))]
pub struct ShownNotification {
    /// The `event_id` of the frames that carry the notification.
    #[schema(format = Uuid)]
    id: String,
    /// The text of the notification.
    message: String,
    /// When the notification was sent.
    #[schema(format = DateTime)]
    created_at: String,
}

/// `POST /api/v1/ws/ticket`: returns a ticket for one WebSocket connection within 30 seconds, and the address to connect
/// to.
#[utoipa::path(post, operation_id = "create_ticket", path = "/api/v1/ws/ticket", responses((status = 200, body = ShownTicket)))]
pub async fn ticket(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    ServedAt(here): ServedAt,
) -> Result<Json<ShownTicket>> {
    let (ticket, lasts) = app.realtime.ticket(caller).await?;
    let (ticket, url) = (ticket.expose_secret().to_owned(), app.config.websocket_url(&here));
    Ok(Json(ShownTicket { ticket, expires_in: lasts.as_secs(), url }))
}

/// `POST /api/v1/notifications`: sends a notification to all connected users. Requires an administrator.
#[utoipa::path(
    post,
    operation_id = "send",
    path = "/api/v1/notifications",
    params(Idempotency),
    request_body = NewNotification,
    responses((status = 201, body = ShownNotification), (status = 403)),
)]
pub async fn notify(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    Idempotency(key): Idempotency,
    Body(body): Body<NewNotification>,
) -> Result<Created<ShownNotification>> {
    Ok(Created(app.notifications.send(&admin, body.try_into()?, key).await?.into()))
}

impl TryFrom<NewNotification> for Announcement {
    type Error = Error;

    fn try_from(NewNotification { message }: NewNotification) -> std::result::Result<Self, Error> {
        let mut form = Form::default();
        let message = form.required("message", message, Self::parse);
        form.finish(|| message)
    }
}

impl From<Notification> for ShownNotification {
    fn from(Notification { id, message, created_at }: Notification) -> Self {
        Self { id: id.to_string(), message: message.as_str().to_owned(), created_at: created_at.to_string() }
    }
}
