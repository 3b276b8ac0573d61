//! Webhooks: a list, new ones, and a page for each with its deliveries. A secret is shown once.

use crate::{
    form::{self, Input, Notes, Removal, Tick, Ticks, Typed, again, can_be_corrected},
    member::{Fields, Member, Posted, Refused, see},
    pager::{self, Pager},
    shell::Shell,
    times::Moment,
    turn::render,
    words::Words,
};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use secrecy::ExposeSecret;
use shared::{
    domain::{
        Error, OutboundUrl, Problem,
        error::Problems,
        event::EventKind,
        ids::{EventId, WebhookId},
        list::{DeliveryField, WebhookField},
        webhook::{Delivery, DeliveryStatus, DisabledReason, SigningSecret, Webhook, WebhookChange},
    },
    http::{App, EgressPolicy, InPath, Pages, pages::Query},
    outbound::OutboundRules,
    service::{
        Services,
        webhooks::{DeliveryFilter, NewWebhook, WEBHOOKS_MAX, WithSecret},
    },
};

/// The number of deliveries in a part of the list.
const DELIVERIES: usize = 20;
/// The prefix of the names of boxes.
const EVENT: &str = "event.";

#[derive(Template)]
#[template(path = "webhooks.html")]
struct WebhooksPage {
    shell: Shell,
    notes: Notes,
    webhooks: Vec<WebhookShown>,
    fields: Vec<Input>,
    events: Ticks,
    key: String,
}

/// A webhook in the list.
struct WebhookShown {
    id: WebhookId,
    url: String,
    state: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "webhook.html")]
struct WebhookPage {
    shell: Shell,
    notes: Notes,
    webhook: WebhookShown,
    is_active: bool,
    field: Input,
    events: Ticks,
    deliveries: Vec<DeliveryShown>,
    pager: Pager,
    removal: Removal,
}

struct DeliveryShown {
    id: EventId,
    event: &'static str,
    at: Moment,
    state: &'static str,
    class: &'static str,
    last: String,
    response: String,
}

#[derive(Template)]
#[template(path = "webhook_secret.html")]
struct SecretPage {
    shell: Shell,
    webhook: WebhookId,
    url: String,
    secret: String,
}

/// `GET /account/webhooks/`: the user's webhooks, and the form for a new one.
#[utoipa::path(get, path = "/account/webhooks/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn list(State(app): State<App<Pages>>, member: Member, query: Query) -> Result<Html<String>, Refused> {
    Ok(list_page(&app, &member, Typed::nothing(member.visit.words), Some(&query)).await?)
}

/// `POST /account/webhooks/`: creates a webhook, and shows its secret if the server made it.
#[utoipa::path(post, path = "/account/webhooks/", responses((status = 201), (status = 303), (status = 422)))]
pub async fn create(
    State(app): State<App<Pages>>,
    EgressPolicy(rules): EgressPolicy,
    posted: Posted,
) -> Result<Response, Refused> {
    let Posted { member, fields } = posted;
    let created = async {
        let new = read_new(&fields, &rules)?;
        app.webhooks.create(member.user(), new, form::key(&fields)?).await
    };
    match created.await {
        Ok(created) => Ok(created_or_shown(&app, &member, created).await?),
        Err(error) if can_be_corrected(&error) => {
            let typed = Typed::refused(member.visit.words, &fields, &error);
            let page = list_page(&app, &member, typed, None).await?;
            Ok(again(&error.into(), page))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /account/webhooks/{webhook}/?after=`: a webhook and its deliveries.
#[utoipa::path(
    get,
    path = "/account/webhooks/{webhook}/",
    params(InPath<WebhookId>),
    responses((status = 200, content_type = "text/html", body = String)),
)]
pub async fn show(
    State(app): State<App<Pages>>,
    member: Member,
    InPath(id): InPath<WebhookId>,
    query: Query,
) -> Result<Html<String>, Refused> {
    Ok(page(&app, &member, id, Typed::nothing(member.visit.words), Some(&query)).await?)
}

/// `POST /account/webhooks/{webhook}/`: changes a webhook, or with `action` tests it, replaces its secret, retries the
/// `delivery`, or deletes it.
#[utoipa::path(
    post,
    path = "/account/webhooks/{webhook}/",
    params(InPath<WebhookId>),
    responses((status = 201), (status = 303), (status = 409), (status = 422)),
)]
pub async fn change(
    State(app): State<App<Pages>>,
    InPath(id): InPath<WebhookId>,
    EgressPolicy(rules): EgressPolicy,
    posted: Posted,
) -> Result<Response, Refused> {
    let Posted { member, fields } = posted;
    match act(&app, &member, id, (&fields, &rules)).await {
        Ok(response) => Ok(response),
        Err(error) if can_be_corrected(&error) => {
            let words = member.visit.words;
            // The forms of actions have none of the fields.
            let nothing = Fields::default();
            let typed = Typed::refused(words, if fields.has("action") { &nothing } else { &fields }, &error);
            let page = page(&app, &member, id, typed, None).await?;
            Ok(again(&error.into(), page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn act(
    services: &Services,
    member: &Member,
    id: WebhookId,
    (fields, rules): (&Fields, &OutboundRules),
) -> Result<Response, Error> {
    let (webhooks, user) = (&services.webhooks, member.user());
    let done = match fields.text("action") {
        "delete" => {
            webhooks.remove(user.id, id).await?;
            return Ok(see(&member.visit, "/account/webhooks/?done=deleted").into_response());
        }
        "rotate" => {
            let rotated = webhooks.rotate_secret(user, id, None).await?;
            return created_or_shown(services, member, rotated).await;
        }
        "test" => {
            webhooks.test(user.id, id).await?;
            "sent"
        }
        "retry" => {
            let delivery = EventId::parse(fields.text("delivery")).ok_or(Error::NotFound)?;
            webhooks.retry(user.id, id, delivery).await?;
            "retried"
        }
        _ => {
            webhooks.change(user, id, read_change(fields, rules)?).await?;
            "saved"
        }
    };
    Ok(see(&member.visit, &format!("/account/webhooks/{id}/?done={done}")).into_response())
}

fn read_new(fields: &Fields, rules: &OutboundRules) -> Result<NewWebhook, Error> {
    let mut problems = Problems::default();
    let url = problems.note("url", OutboundUrl::parse(fields.text("url"), rules));
    let events = problems.note("events", read_events(fields));
    let secret = problems.note("secret", fields.filled("secret").map(SigningSecret::parse).transpose()).flatten();
    problems.or(url.zip(events).map(|(url, events)| NewWebhook { url, events, secret }))
}

fn read_change(fields: &Fields, rules: &OutboundRules) -> Result<WebhookChange, Error> {
    let mut problems = Problems::default();
    let url = problems.note("url", OutboundUrl::parse(fields.text("url"), rules));
    let events = problems.note("events", read_events(fields));
    problems.or(Some(WebhookChange { url, events, is_active: Some(fields.has("is_active")) }))
}

/// The events that are ticked: at least one.
fn read_events(fields: &Fields) -> Result<Vec<EventKind>, Problem> {
    let kinds: Option<Vec<EventKind>> = fields.after(EVENT).map(EventKind::parse).collect();
    let kinds = kinds.ok_or(Problem::NotAChoice { choices: EventKind::CHOICES })?;
    if kinds.is_empty() { Err(Problem::Required) } else { Ok(kinds) }
}

/// The page with a secret that the server made. Otherwise there is nothing to show.
async fn created_or_shown(
    services: &Services,
    member: &Member,
    (webhook, secret): WithSecret,
) -> Result<Response, Error> {
    let Some(secret) = secret else {
        return Ok(see(&member.visit, &format!("/account/webhooks/{}/?done=saved", webhook.id)).into_response());
    };
    let shell = Shell::for_member(services, member, member.visit.words.for_webhooks.secret_title, None).await?;
    let (url, secret) = (webhook.url.as_str().to_owned(), secret.expose_secret().to_owned());
    let page = render(&SecretPage { shell, webhook: webhook.id, url, secret })?;
    Ok((StatusCode::CREATED, Html(page)).into_response())
}

async fn list_page(
    services: &Services,
    member: &Member,
    typed: Typed<'_>,
    query: Option<&Query>,
) -> Result<Html<String>, Error> {
    let words = member.visit.words;
    let w = &words.for_webhooks;
    let request = pager::request::<WebhookField>(WEBHOOKS_MAX, None)?;
    let webhooks = services.webhooks.list(member.user().id, &request);
    let shell = Shell::for_member(services, member, w.webhooks, None);
    let (shell, webhooks) = futures::future::try_join(shell, webhooks).await?;
    let page = WebhooksPage {
        shell,
        notes: typed.notes(query),
        webhooks: webhooks.page.items.iter().map(|webhook| WebhookShown::new(words, webhook)).collect(),
        fields: vec![
            typed.input(url_field(words), ""),
            typed.input(Input::new("secret", w.secret_optional).at_most(255).hint(w.secret_hint), ""),
        ],
        events: events(words, &[], typed),
        key: services.logins.new_form_secret(),
    };
    Ok(Html(render(&page)?))
}

async fn page(
    services: &Services,
    member: &Member,
    id: WebhookId,
    typed: Typed<'_>,
    query: Option<&Query>,
) -> Result<Html<String>, Error> {
    let (words, user) = (member.visit.words, member.user().id);
    let w = &words.for_webhooks;
    let after = query.and_then(pager::after);
    let request = pager::request::<DeliveryField>(DELIVERIES, after.clone())?;
    let webhook = services.webhooks.show(user, id).await?;
    let deliveries = services.webhooks.deliveries(user, id, DeliveryFilter::default(), &request);
    let shell = Shell::for_member(services, member, w.webhook, None);
    let (shell, deliveries) = futures::future::try_join(shell, deliveries).await?;
    let zone = member.visit.zone;
    let page = WebhookPage {
        shell,
        notes: typed.notes(query),
        is_active: typed.is_ticked("is_active", webhook.is_active),
        field: typed.input(url_field(words), webhook.url.as_str()),
        events: events(words, &webhook.events, typed),
        pager: Pager::new(after.as_ref(), deliveries.next, &[]),
        deliveries: deliveries.page.items.iter().map(|delivery| DeliveryShown::new(words, delivery, zone)).collect(),
        removal: Removal { title: w.delete, text: w.delete_text },
        webhook: WebhookShown::new(words, &webhook),
    };
    Ok(Html(render(&page)?))
}

fn url_field(words: &Words) -> Input {
    Input::new("url", words.for_webhooks.url).of("url", "off").required().at_most(2_000)
}

fn events(words: &Words, stored: &[EventKind], typed: Typed<'_>) -> Ticks {
    let ticks = EventKind::ASKABLE.map(|kind| {
        let name = format!("{EVENT}{}", kind.as_str());
        let is_ticked = typed.is_ticked(&name, stored.contains(&kind));
        Tick { is_ticked, name, label: kind.as_str().to_owned(), hint: String::new() }
    });
    typed.ticks("events", (words.for_webhooks.events, ""), ticks.into())
}

impl WebhookShown {
    fn new(words: &Words, webhook: &Webhook) -> Self {
        let w = &words.for_webhooks;
        let (state, class) = match (webhook.is_active, webhook.disabled) {
            (true, _) => (w.active, "ok"),
            (false, None) => (w.inactive, ""),
            (false, Some(DisabledReason::Gone)) => (w.gone, "danger"),
            (false, Some(DisabledReason::Failing)) => (w.failing, "danger"),
        };
        Self { id: webhook.id, url: webhook.url.as_str().to_owned(), state, class }
    }
}

impl DeliveryShown {
    fn new(words: &Words, delivery: &Delivery, zone: i64) -> Self {
        let w = &words.for_webhooks;
        let (state, class) = match delivery.status {
            DeliveryStatus::Pending => (w.pending, "warn"),
            DeliveryStatus::Delivered => (w.delivered, "ok"),
            DeliveryStatus::Failed => (w.failed, "danger"),
        };
        let last = delivery.attempts.last();
        Self {
            id: delivery.id,
            event: delivery.event.as_str(),
            at: Moment::new(delivery.created_at, zone),
            state,
            class,
            last: last.map_or_else(String::new, |attempt| {
                attempt.status_code.map_or_else(|| w.no_response.to_owned(), |code| code.to_string())
            }),
            response: last.and_then(|last| last.error.clone().or_else(|| last.response.clone())).unwrap_or_default(),
        }
    }
}
