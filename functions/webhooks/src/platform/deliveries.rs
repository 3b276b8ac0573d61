//! The deliveries to a webhook, past and pending.

use super::events::WebhookEvent;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, Problem,
        event::EventKind,
        ids::{EventId, WebhookId},
        list::DeliveryField,
        time::Timestamp,
        webhook::{Attempt, Delivery, DeliveryStatus},
    },
    http::{
        Accepted, App, Body, Field, Form, HandlerResult, InPath, Json, Listing, NoFields, Platform, SignedIn,
        listing::{Parameters, Wanted},
        pages::Query,
    },
    service::webhooks::{DeliveryFilter, Retried},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"id": "<uuid>", "event": "message.received", "status": "delivered", "attempts": […], …}`.
/// The delivery of an event to a webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery, example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000002",
    "webhook_id": "018e376b-9ce0-7000-8000-000000000001",
    "event": "conversation.created",
    "payload": {
        "event": "conversation.created",
        "timestamp": "2024-01-01T00:00:00Z",
        "data": {"conversation_id": "018e376b-9ce0-7000-8000-000000000003", "user_id": "018e376b-9ce0-7000-8000-000000000004"},
    },
    "status": "delivered",
    "attempts": [{
        "at": "2024-01-01T00:00:00Z",
        "status_code": 200,
        "duration_ms": 120,
        "response": "ok",
        "error": null,
    }],
    "next_attempt_at": null,
    "created_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownDelivery {
    /// The event's id, which receivers get as `webhook-id`.
    #[schema(format = Uuid)]
    id: String,
    /// The webhook's id.
    #[schema(format = Uuid)]
    webhook_id: String,
    /// The event.
    #[schema(value_type = EventKind)]
    event: EventKind,
    /// The body of the delivery.
    #[schema(value_type = WebhookEvent)]
    payload: Value,
    /// Whether the receiver accepted the event.
    #[schema(value_type = DeliveryStatus)]
    status: &'static str,
    /// The latest 20 attempts, oldest first.
    attempts: Vec<ShownAttempt>,
    /// When the next attempt is due. `null` if there is none.
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    /// When the event happened.
    #[schema(format = DateTime)]
    created_at: String,
}

/// `{"at": …, "status_code": 500, "duration_ms": 120, "response": "<the first bytes>", "error": null}`.
/// An attempt to deliver an event.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryAttempt)]
pub struct ShownAttempt {
    /// When the attempt began.
    #[schema(format = DateTime)]
    at: String,
    /// The HTTP status of the receiver's response. `null` if there was none.
    status_code: Option<u16>,
    /// How long the attempt took, in milliseconds.
    duration_ms: u64,
    /// The first 512 bytes of the receiver's response, as text. `null` if there was none.
    response: Option<String>,
    /// Why there was no response, in one sentence. `null` if there was one.
    error: Option<String>,
}

/// `{"since": "2024-01-01T00:00:00Z"}`. Which deliveries to retry.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = DeliveriesRetry, example = json!({"since": "2024-01-01T00:00:00Z"}))]
pub struct Since {
    /// Deliveries of events since this time are retried.
    #[schema(value_type = String, required, format = DateTime)]
    since: Field,
}

/// `{"retried": 12, "has_more": false}`. What became of a request to retry deliveries.
#[derive(Serialize, ToSchema)]
#[schema(as = RetriedDeliveries, example = json!({"retried": 12, "has_more": false}))]
pub struct ShownRetried {
    /// How many deliveries are retried.
    retried: usize,
    /// Whether deliveries are left for another request.
    has_more: bool,
}

/// `GET /api/v1/webhooks/{webhook_id}/deliveries?page=&size=&sort=&after=&status=&event=`: lists the latest 1,000
/// deliveries of the last 30 days.
#[utoipa::path(
    get,
    operation_id = "list_deliveries",
    path = "/api/v1/webhooks/{webhook_id}/deliveries",
    params(
        InPath<WebhookId>,
        Parameters<DeliveryField>,
        ("status" = Option<DeliveryStatus>, Query, description = "Only deliveries with this status."),
        ("event" = Option<EventKind>, Query, description = "Only deliveries of this event."),
    ),
    responses((status = 200, body = Listing<ShownDelivery>)),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
    Wanted(request): Wanted<DeliveryField>,
    query: Query,
) -> Result<Json<Listing<ShownDelivery>>> {
    let listed = app.webhooks.deliveries(caller.user.id, webhook, filter(&query)?, &request).await?;
    Ok(Json(Listing::new(listed, request.sort, ShownDelivery::from)))
}

/// `POST /api/v1/webhooks/{webhook_id}/deliveries/retry`: retries the deliveries that failed since a point in time, at
/// most 500 per request.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/deliveries/retry",
    params(InPath<WebhookId>),
    request_body = Since,
    responses((status = 202, body = ShownRetried), (status = 409, description = "The webhook is not active.")),
)]
pub async fn retry_since(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
    Body(body): Body<Since>,
) -> Result<Accepted<ShownRetried>> {
    let Retried { count, has_more } = app.webhooks.retry_since(caller.user.id, webhook, body.read()?).await?;
    Ok(Accepted(ShownRetried { retried: count, has_more }))
}

/// `POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/retry`: retries a delivery at once, and then by the
/// schedule.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/retry",
    params(
        InPath<(WebhookId, EventId)>,
    ),
    request_body = NoFields,
    responses(
        (status = 202, body = ShownDelivery),
        (status = 409, description = "The webhook is not active, or an attempt is running."),
    ),
)]
pub async fn retry(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath((webhook, delivery)): InPath<(WebhookId, EventId)>,
    Body(NoFields {}): Body<NoFields>,
) -> Result<Accepted<ShownDelivery>> {
    Ok(Accepted(app.webhooks.retry(caller.user.id, webhook, delivery).await?.into()))
}

impl Since {
    fn read(self) -> std::result::Result<Timestamp, Error> {
        let mut form = Form::default();
        let since = form.required("since", self.since, |text: &str| Timestamp::parse(text).ok_or(Problem::TimeForm));
        form.finish(|| since)
    }
}

fn filter(query: &Query) -> std::result::Result<DeliveryFilter, Error> {
    let kind = |word: &str| {
        let known = [EventKind::WebhookTest].into_iter().find(|kind| kind.as_str() == word);
        known.or_else(|| EventKind::parse(word)).ok_or(Problem::NotAChoice { choices: EventKind::CHOICES })
    };
    let mut form = Form::default();
    let status = form.optional("status", query.filter("status"), DeliveryStatus::parse);
    let event = form.optional("event", query.filter("event"), kind);
    form.finish(|| Some(DeliveryFilter { status, event }))
}

impl From<Delivery> for ShownDelivery {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, webhook, owner: _, event, body, status, tried: _, attempts, next_attempt_at, created_at } =
            delivery;
        Self {
            id: id.to_string(),
            webhook_id: webhook.to_string(),
            event,
            payload: serde_json::from_str(&body).unwrap_or_default(),
            status: status.as_str(),
            attempts: attempts.into_iter().map(ShownAttempt::from).collect(),
            next_attempt_at: next_attempt_at.map(|at| at.to_string()),
            created_at: created_at.to_string(),
        }
    }
}

impl From<Attempt> for ShownAttempt {
    fn from(Attempt { at, status_code, duration_millis, response, error }: Attempt) -> Self {
        Self { at: at.to_string(), status_code, duration_ms: duration_millis, response, error }
    }
}
