//! Spec 001, "Webhooks". Their deliveries are in `deliveries`, what receivers get in `events`.

pub mod deliveries;
pub mod events;

use axum::extract::State;
use deliveries::ShownDelivery;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, OutboundUrl, Problem,
        event::EventKind,
        ids::WebhookId,
        list::WebhookField,
        webhook::{DisabledReason, SigningSecret, Webhook, WebhookChange},
    },
    http::{
        Accepted, App, Body, Created, EgressPolicy, Field, Form, HandlerResult, Idempotency, InPath, Json, Listing,
        NoContent, NoFields, Platform, SignedIn,
        listing::{Parameters, Wanted},
        openapi::SubscribableEvent,
        parse::{boolean, set},
    },
    outbound::OutboundRules,
    service::webhooks::{NewWebhook, WithSecret},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"url": "https://your-domain.com/webhook", "events": ["conversation.created", "message.received"], "secret":
/// "webhook-secret"}`. A new webhook.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = NewWebhook, example = json!({
    "url": "https://your-domain.com/webhook",
    "events": ["conversation.created", "message.received"],
    "secret": "webhook-secret",
}))]
pub struct WebhookFields {
    /// The address that receives the events.
    #[schema(value_type = String, required, format = Uri, max_length = 2000)]
    url: Field,
    /// The events to deliver.
    #[schema(value_type = Vec<SubscribableEvent>, required, min_items = 1)]
    events: Field,
    /// The secret that signs the deliveries. `null` or absent to have the server generate one.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    secret: Field,
}

/// `{"url": …, "events": […], "is_active": true}`. Absent fields keep their values.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = WebhookUpdate, example = json!({"is_active": true}))]
pub struct WebhookChanges {
    /// The address that receives the events.
    #[schema(value_type = String, format = Uri, max_length = 2000)]
    url: Field,
    /// The events to deliver.
    #[schema(value_type = Vec<SubscribableEvent>, min_items = 1)]
    events: Field,
    /// Whether events are delivered.
    #[schema(value_type = bool)]
    is_active: Field,
}

/// `{"secret": "webhook-secret"}`. Without a secret, the server generates one.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = NewWebhookSecret, example = json!({"secret": "webhook-secret"}))]
pub struct NewSecret {
    /// The secret that signs the deliveries. `null` or absent to have the server generate one.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    secret: Field,
}

/// `{"id": "<uuid>", "url": …, "events": […], "is_active": true, "created_at": …}`. A webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook, example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "url": "https://your-domain.com/webhook",
    "events": ["conversation.created", "message.received"],
    "is_active": true,
    "created_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownWebhook {
    /// The webhook's id.
    #[schema(format = Uuid)]
    id: String,
    /// The address that receives the events.
    #[schema(format = Uri)]
    url: String,
    /// The events to deliver.
    #[schema(value_type = Vec<SubscribableEvent>)]
    events: Vec<EventKind>,
    /// Whether events are delivered.
    is_active: bool,
    /// Why the server disabled the webhook. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DisabledReason, required = false)]
    disabled_reason: Option<&'static str>,
    /// A generated secret. No later response contains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    secret: Option<String>,
    /// When the webhook was created.
    #[schema(format = DateTime)]
    created_at: String,
}

/// `GET /api/v1/webhooks?page=&size=&sort=&after=`: lists the caller's webhooks.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    params(Parameters<WebhookField>),
    responses((status = 200, body = Listing<ShownWebhook>)),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Wanted(request): Wanted<WebhookField>,
) -> Result<Json<Listing<ShownWebhook>>> {
    Ok(Json(Listing::new(app.webhooks.list(caller.user.id, &request).await?, request.sort, ShownWebhook::from)))
}

/// `POST /api/v1/webhooks`: creates a webhook.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    params(Idempotency),
    request_body = WebhookFields,
    responses(
        (status = 201, body = ShownWebhook),
        (status = 409, description = "The account has the maximum number of webhooks."),
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

/// `GET /api/v1/webhooks/{webhook_id}`: returns a webhook.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook_id}",
    params(InPath<WebhookId>),
    responses((status = 200, body = ShownWebhook)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
) -> Result<Json<ShownWebhook>> {
    Ok(Json(app.webhooks.show(caller.user.id, webhook).await?.into()))
}

/// `PUT /api/v1/webhooks/{webhook_id}`: changes a webhook. Absent fields keep their values. Enabling a
/// webhook clears `disabled_reason`.
#[utoipa::path(
    put,
    path = "/api/v1/webhooks/{webhook_id}",
    params(InPath<WebhookId>),
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

/// `DELETE /api/v1/webhooks/{webhook_id}`: deletes a webhook and its pending deliveries.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{webhook_id}",
    params(InPath<WebhookId>),
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

/// `POST /api/v1/webhooks/{webhook_id}/test`: delivers a `webhook.test` event.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/test",
    params(InPath<WebhookId>),
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

/// `POST /api/v1/webhooks/{webhook_id}/rotate-secret`: replaces the secret. A generated secret is in the response,
/// and in no later one. For 24 hours, deliveries are signed with both secrets.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/rotate-secret",
    params(InPath<WebhookId>),
    request_body = NewSecret,
    responses((status = 200, body = ShownWebhook), (status = 409)),
)]
pub async fn rotate_secret(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(webhook): InPath<WebhookId>,
    Body(body): Body<NewSecret>,
) -> Result<Json<ShownWebhook>> {
    Ok(Json(app.webhooks.rotate_secret(&caller.user, webhook, body.read()?).await?.into()))
}

impl WebhookFields {
    fn new_webhook(self, rules: &OutboundRules) -> std::result::Result<NewWebhook, Error> {
        let Self { url, events, secret } = self;
        let mut form = Form::default();
        let url = form.required("url", url, |text: &str| OutboundUrl::parse(text, rules));
        let events = form.required("events", events, parse_events);
        let secret = form.nullable("secret", secret, SigningSecret::parse);
        form.finish(|| Some(NewWebhook { url: url?, events: events?, secret }))
    }
}

impl WebhookChanges {
    fn change(self, rules: &OutboundRules) -> std::result::Result<WebhookChange, Error> {
        let Self { url, events, is_active } = self;
        let mut form = Form::default();
        let change = WebhookChange {
            url: form.optional("url", url, |text: &str| OutboundUrl::parse(text, rules)),
            events: form.optional("events", events, parse_events),
            is_active: form.optional("is_active", is_active, boolean),
        };
        form.finish(|| Some(change))
    }
}

impl NewSecret {
    fn read(self) -> std::result::Result<Option<SigningSecret>, Error> {
        let mut form = Form::default();
        let secret = form.nullable("secret", self.secret, SigningSecret::parse);
        form.finish(|| Some(secret))
    }
}

/// At least one event.
fn parse_events(value: Value) -> std::result::Result<Vec<EventKind>, Problem> {
    let parse = |word: &str| EventKind::parse(word).ok_or(Problem::NotAChoice { choices: EventKind::CHOICES });
    let events = set(EventKind::ASKABLE.len() * 2, parse)(value)?;
    if events.is_empty() { Err(Problem::Blank) } else { Ok(events) }
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
