//! Spec 001, "Webhooks". What is delivered to them is in `deliveries`.

pub mod deliveries;

use axum::extract::State;
use deliveries::ShownDelivery;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, Problem,
        error::Problems,
        event::EventKind,
        ids::WebhookId,
        list::WebhookField,
        webhook::{DisabledReason, SigningSecret, Webhook, WebhookChange},
    },
    http::{
        Accepted, App, Body, Created, EgressPolicy, Field, HandlerResult, Idempotency, InPath, Json, JsonField,
        Listing, NoContent, NoFields, Platform, SignedIn, json_field,
        listing::{Parameters, Wanted},
    },
    outbound::{OutboundRules, OutboundUrl},
    service::webhooks::{NewWebhook, WithSecret},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"url": "https://your-domain.com/webhook", "events": ["conversation.created", "message.received"], "secret":
/// "webhook-secret"}`. Without a secret one is made and shown this once.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({
    "url": "https://your-domain.com/webhook",
    "events": ["conversation.created", "message.received"],
    "secret": "webhook-secret",
}))]
pub struct WebhookFields {
    #[schema(value_type = String, required, format = "iri", max_length = 2000)]
    url: Field,
    #[schema(value_type = Vec<EventKind>, required, min_items = 1)]
    events: JsonField,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    secret: Field,
}

/// `{"url": …, "events": […], "is_active": true}`: only what is given changes.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"is_active": true}))]
pub struct WebhookChanges {
    #[schema(value_type = String, format = "iri", max_length = 2000)]
    url: Field,
    #[schema(value_type = Vec<EventKind>, min_items = 1)]
    events: JsonField,
    #[schema(value_type = bool)]
    is_active: JsonField,
}

/// `{"secret": "webhook-secret"}`, or `{}` for one that we make.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"secret": "webhook-secret"}))]
pub struct NewSecret {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    secret: Field,
}

/// A webhook: `{"id": "<uuid>", "url": …, "events": […], "is_active": true, "created_at": …}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "url": "https://your-domain.com/webhook",
    "events": ["conversation.created", "message.received"],
    "is_active": true,
    "created_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownWebhook {
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = "iri")]
    url: String,
    #[schema(value_type = Vec<EventKind>)]
    events: Vec<EventKind>,
    is_active: bool,
    /// Why we switched it off: its receiver is `gone`, or was `failing` for days. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, pattern = "^(gone|failing)$")]
    disabled_reason: Option<&'static str>,
    /// A secret that we made, in the one answer that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    secret: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// `GET /api/v1/webhooks?page=&size=&sort=&after=`: the caller's webhooks.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    params(Parameters<WebhookField>),
    responses((status = 200, body = Listing<ShownWebhook>, example = json!({
        "items": [{
            "id": "018e376b-9ce0-7000-8000-000000000001",
            "url": "https://your-domain.com/webhook",
            "events": ["conversation.created", "message.received"],
            "is_active": true,
            "created_at": "2024-01-01T00:00:00Z",
        }],
        "total": 1, "page": 1, "size": 20, "pages": 1, "has_next": false, "has_prev": false, "next_cursor": null,
    }))),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Wanted(request): Wanted<WebhookField>,
) -> Result<Json<Listing<ShownWebhook>>> {
    Ok(Json(Listing::new(app.webhooks.list(caller.user.id, &request).await?, request.sort, ShownWebhook::from)))
}

/// `POST /api/v1/webhooks`: a new webhook.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    params(Idempotency),
    request_body = WebhookFields,
    responses(
        (status = 201, body = ShownWebhook),
        (status = 409, description = "There are as many webhooks as there may be."),
    ),
)]
pub async fn create(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    EgressPolicy(rules): EgressPolicy,
    Body(body): Body<WebhookFields>,
) -> Result<Created<ShownWebhook>> {
    let new = body.new_webhook(&rules)?;
    Ok(Created(app.webhooks.create(&caller.user, new, key).await?.into()))
}

/// `GET /api/v1/webhooks/{webhook}`: one webhook.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook}",
    params(("webhook" = String, Path, format = Uuid, description = "The webhook's id.")),
    responses((status = 200, body = ShownWebhook)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
) -> Result<Json<ShownWebhook>> {
    Ok(Json(app.webhooks.show(caller.user.id, webhook).await?.into()))
}

/// `PUT /api/v1/webhooks/{webhook}`: changes what is given. Switched on, it is called again.
#[utoipa::path(
    put,
    path = "/api/v1/webhooks/{webhook}",
    params(("webhook" = String, Path, format = Uuid, description = "The webhook's id.")),
    request_body = WebhookChanges,
    responses((status = 200, body = ShownWebhook), (status = 409)),
)]
pub async fn change(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
    EgressPolicy(rules): EgressPolicy,
    Body(body): Body<WebhookChanges>,
) -> Result<Json<ShownWebhook>> {
    let change = body.change(&rules)?;
    Ok(Json(app.webhooks.change(&caller.user, webhook, change).await?.into()))
}

/// `DELETE /api/v1/webhooks/{webhook}`: removes a webhook, and what was on its way to it.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{webhook}",
    params(("webhook" = String, Path, format = Uuid, description = "The webhook's id.")),
    responses((status = 204)),
)]
pub async fn remove(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
) -> Result<NoContent> {
    app.webhooks.remove(caller.user.id, webhook).await?;
    Ok(NoContent)
}

/// `POST /api/v1/webhooks/{webhook}/test`: delivers an event `webhook.test`.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook}/test",
    params(("webhook" = String, Path, format = Uuid, description = "The webhook's id.")),
    request_body = NoFields,
    responses((status = 202, body = ShownDelivery), (status = 409, description = "The webhook is not active.")),
)]
pub async fn test(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
    Body(NoFields {}): Body<NoFields>,
) -> Result<Accepted<ShownDelivery>> {
    Ok(Accepted(app.webhooks.test(caller.user.id, webhook).await?.into()))
}

/// `POST /api/v1/webhooks/{webhook}/rotate-secret`: another secret, the given one or a new one, which is shown this
/// once. For 24 hours deliveries are signed with both.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook}/rotate-secret",
    params(("webhook" = String, Path, format = Uuid, description = "The webhook's id.")),
    request_body = NewSecret,
    responses((status = 200, body = ShownWebhook), (status = 409)),
)]
pub async fn rotate_secret(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
    Body(body): Body<NewSecret>,
) -> Result<Json<ShownWebhook>> {
    let secret = parse_secret(body.secret).map_err(|problem| Error::invalid("secret", problem))?;
    Ok(Json(app.webhooks.rotate_secret(&caller.user, webhook, secret).await?.into()))
}

impl WebhookFields {
    fn new_webhook(self, rules: &OutboundRules) -> std::result::Result<NewWebhook, Error> {
        let Self { url, events, secret } = self;
        let mut problems = Problems::default();
        let parse_url = |text: String| OutboundUrl::parse(&text, rules);
        let url = problems.note("url", url.required().and_then(parse_url));
        let events = problems.note("events", events.required(parse_events));
        let secret = problems.note("secret", parse_secret(secret)).flatten();
        problems.or(url.zip(events).map(|(url, events)| NewWebhook { url, events, secret }))
    }
}

impl WebhookChanges {
    fn change(self, rules: &OutboundRules) -> std::result::Result<WebhookChange, Error> {
        let Self { url, events, is_active } = self;
        let mut problems = Problems::default();
        let parse_url = |text: Option<String>| text.map(|text| OutboundUrl::parse(&text, rules)).transpose();
        let change = WebhookChange {
            url: problems.note("url", url.optional().and_then(parse_url)).flatten(),
            events: problems.note("events", events.optional(parse_events)).flatten(),
            is_active: problems.note("is_active", is_active.optional(json_field::boolean)).flatten(),
        };
        problems.or(Some(change))
    }
}

/// At least one event, each of them once.
fn parse_events(value: Value) -> std::result::Result<Vec<EventKind>, Problem> {
    let mut events = Vec::new();
    for entry in json_field::list(EventKind::ASKABLE.len() * 2)(value)? {
        let kind =
            EventKind::parse(&json_field::text(entry)?).ok_or(Problem::NotAChoice { choices: EventKind::CHOICES })?;
        if !events.contains(&kind) {
            events.push(kind);
        }
    }
    if events.is_empty() { Err(Problem::Blank) } else { Ok(events) }
}

fn parse_secret(secret: Field) -> std::result::Result<Option<SigningSecret>, Problem> {
    secret.nullable()?.map(|text| SigningSecret::parse(&text)).transpose()
}

impl From<Webhook> for ShownWebhook {
    fn from(webhook: Webhook) -> Self {
        let Webhook { id, owner: _, url, events, is_active, disabled, failing_since: _, version: _, created_at } =
            webhook;
        Self {
            id: id.to_string(),
            url: url.as_str().to_owned(),
            events,
            is_active,
            disabled_reason: disabled.map(DisabledReason::as_str),
            secret: None,
            created_at: created_at.to_string(),
        }
    }
}

impl From<WithSecret> for ShownWebhook {
    fn from((webhook, secret): WithSecret) -> Self {
        Self { secret: secret.map(|secret| secret.expose_secret().to_owned()), ..webhook.into() }
    }
}
