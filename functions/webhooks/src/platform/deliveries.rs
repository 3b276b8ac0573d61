//! What was, or is to be, delivered to a webhook.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, Problem,
        error::Problems,
        event::EventKind,
        ids::{EventId, WebhookId},
        list::DeliveryField,
        time::Timestamp,
        webhook::{Attempt, Delivery, DeliveryStatus},
    },
    http::{
        Accepted, App, Body, Field, HandlerResult, InPath, Json, Listing, NoFields, Platform, SignedIn,
        listing::{Parameters, Wanted},
        pages::Query,
    },
    service::webhooks::{DeliveryFilter, Retried},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// A delivery: `{"id": "<uuid>", "event": "message.received", "status": "delivered", "attempts": […], …}`. The id is
/// what receivers get as `webhook-id`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
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
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = Uuid)]
    webhook_id: String,
    #[schema(value_type = EventKind)]
    event: EventKind,
    /// The body that is delivered.
    #[schema(value_type = Object)]
    payload: Value,
    #[schema(pattern = "^(pending|delivered|failed)$")]
    status: &'static str,
    /// The latest 20, oldest first.
    attempts: Vec<ShownAttempt>,
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// `{"at": …, "status_code": 500, "duration_ms": 120, "response": "<the first bytes>", "error": null}`.
#[derive(Serialize, ToSchema)]
pub struct ShownAttempt {
    #[schema(format = DateTime)]
    at: String,
    status_code: Option<u16>,
    duration_ms: u64,
    response: Option<String>,
    error: Option<String>,
}

/// `{"since": "2024-01-01T00:00:00Z"}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"since": "2024-01-01T00:00:00Z"}))]
pub struct Since {
    #[schema(value_type = String, required, format = DateTime)]
    since: Field,
}

/// `{"retried": 12, "has_more": false}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"retried": 12, "has_more": false}))]
pub struct ShownRetried {
    retried: usize,
    /// Whether another request would retry more.
    has_more: bool,
}

/// `GET /api/v1/webhooks/{webhook}/deliveries?page=&size=&sort=&after=&status=&event=`: the latest 1,000 deliveries,
/// of the last 30 days.
#[utoipa::path(
    get,
    operation_id = "list_deliveries",
    path = "/api/v1/webhooks/{webhook}/deliveries",
    params(
        ("webhook" = String, Path, format = Uuid, description = "The webhook's id."),
        Parameters<DeliveryField>,
        ("status" = Option<String>, Query, pattern = "^(pending|delivered|failed)$", description = "Only those that stand like this."),
        ("event" = Option<EventKind>, Query, description = "Only those of this event."),
    ),
    responses((status = 200, body = Listing<ShownDelivery>, example = json!({
        "items": [{
            "id": "018e376b-9ce0-7000-8000-000000000002",
            "webhook_id": "018e376b-9ce0-7000-8000-000000000001",
            "event": "user.updated",
            "payload": {
                "event": "user.updated",
                "timestamp": "2024-01-01T00:00:00Z",
                "data": {"user_id": "018e376b-9ce0-7000-8000-000000000004"},
            },
            "status": "pending",
            "attempts": [],
            "next_attempt_at": "2024-01-01T00:00:00Z",
            "created_at": "2024-01-01T00:00:00Z",
        }],
        "total": 1, "page": 1, "size": 20, "pages": 1, "has_next": false, "has_prev": false, "next_cursor": null,
    }))),
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

/// `POST /api/v1/webhooks/{webhook}/deliveries/retry`: tries what failed since a time again, at most 500 deliveries
/// with one request.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook}/deliveries/retry",
    params(("webhook" = String, Path, format = Uuid, description = "The webhook's id.")),
    request_body = Since,
    responses((status = 202, body = ShownRetried), (status = 409, description = "The webhook is not active.")),
)]
pub async fn retry_since(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
    Body(body): Body<Since>,
) -> Result<Accepted<ShownRetried>> {
    let since = body.since.required().and_then(|text| Timestamp::parse(&text).ok_or(Problem::TimeForm));
    let since = since.map_err(|problem| Error::invalid("since", problem))?;
    let Retried { count, has_more } = app.webhooks.retry_since(caller.user.id, webhook, since).await?;
    Ok(Accepted(ShownRetried { retried: count, has_more }))
}

/// `POST /api/v1/webhooks/{webhook}/deliveries/{delivery}/retry`: tries a delivery again, at once and then by the
/// schedule.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook}/deliveries/{delivery}/retry",
    params(
        ("webhook" = String, Path, format = Uuid, description = "The webhook's id."),
        ("delivery" = String, Path, format = Uuid, description = "The delivery's id."),
    ),
    request_body = NoFields,
    responses(
        (status = 202, body = ShownDelivery),
        (status = 409, description = "The webhook is not active, or the delivery is being tried at this moment."),
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

fn filter(query: &Query) -> std::result::Result<DeliveryFilter, Error> {
    let mut problems = Problems::default();
    let status = query.parameter("status").map(|word| DeliveryStatus::parse(&word)).transpose();
    let kind = |word: String| {
        let known = [EventKind::WebhookTest].into_iter().find(|kind| kind.as_str() == word);
        known.or_else(|| EventKind::parse(&word)).ok_or(Problem::NotAChoice { choices: EventKind::CHOICES })
    };
    let event = query.parameter("event").map(kind).transpose();
    let (status, event) = (problems.note("status", status), problems.note("event", event));
    problems.or(status.zip(event).map(|(status, event)| DeliveryFilter { status, event }))
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
