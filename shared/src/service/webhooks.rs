//! Webhooks: their owners create, change, test and remove them, and retry deliveries.

use super::{
    Deps,
    deliveries::Deliveries,
    format::WebhookFormat,
    idempotency::{Idempotency, IdempotencyKey, Keyed, Outcome, Run, meaning_of},
    retry::{Attempt, change},
};
use crate::{
    clock::Clock,
    domain::{
        Error, OutboundUrl,
        error::Conflict,
        event::EventKind,
        ids::{EventId, UserId, WebhookId},
        list::{DeliveryField, ListPosition, ListRequest, Listed, WebhookField},
        time::Timestamp,
        user::{Role, User},
        webhook::{Delivery, DeliveryStatus, Secrets, SigningSecret, Webhook, WebhookChange},
    },
    entropy::Entropy,
    store::{Store, webhooks::NotMade},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The maximum number of webhooks of a user.
pub const WEBHOOKS_MAX: usize = 20;
/// How many of a webhook's latest deliveries can be listed. They are read together.
pub const DELIVERIES_LISTED: usize = 1_000;
/// The maximum number of failed deliveries that one request retries.
pub const RETRIED_AT_ONCE: usize = 500;
/// How long deliveries are also signed with the previous secret.
const BOTH_SECRETS: Duration = Duration::from_secs(24 * 60 * 60);

/// Webhooks.
pub struct Webhooks {
    store: Arc<Store>,
    deliveries: Deliveries,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    format: Arc<dyn WebhookFormat>,
    idempotency: Idempotency,
}

/// The fields of a new webhook.
pub struct NewWebhook {
    /// The receiver's address.
    pub url: OutboundUrl,
    /// The events that it subscribes to.
    pub events: Vec<EventKind>,
    /// The secret that signs deliveries. Generated if absent.
    pub secret: Option<SigningSecret>,
}

/// A webhook, and its secret if it was generated.
pub type WithSecret = (Webhook, Option<SecretString>);

/// The record of a new webhook under its idempotency key.
#[derive(Serialize, Deserialize)]
struct RecordedWebhook {
    webhook: WebhookId,
    /// Whether the secret was generated. The secret itself is stored with the webhook.
    is_secret_ours: bool,
}

/// The result of retrying failed deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retried {
    /// How many are retried.
    pub count: usize,
    /// Whether more failed deliveries remain.
    pub has_more: bool,
}

/// Which deliveries to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryFilter {
    /// Only those with this status.
    pub status: Option<DeliveryStatus>,
    /// Only those of this event.
    pub event: Option<EventKind>,
}

impl Webhooks {
    /// Sends through `deliveries`; `format` encodes test events.
    pub fn new(deps: Deps, deliveries: Deliveries, format: Arc<dyn WebhookFormat>) -> Self {
        let idempotency = Idempotency::new(deps.clone());
        let Deps { store, clock, entropy } = deps;
        Self { store, deliveries, clock, entropy, format, idempotency }
    }

    /// Creates a webhook.
    ///
    /// # Errors
    /// `Conflict` if the user has 20 webhooks.
    pub async fn create(&self, user: &User, new: NewWebhook, key: Option<IdempotencyKey>) -> Result<WithSecret, Error> {
        let secret = new.secret.as_ref().map_or("", |secret| secret.text().expose_secret());
        let keyed = match key {
            Some(key) => Some(Keyed::new(key, &["webhook", new.url.as_str(), &meaning_of(&new.events)?, secret])),
            None => None,
        };
        match self.idempotency.run(user.id, keyed, |run| self.try_to_create(user, &new, run)).await? {
            Outcome::Done(created) => Ok(created),
            Outcome::Repeated(recorded) => self.show_again(user.id, recorded).await,
        }
    }

    async fn try_to_create(&self, user: &User, new: &NewWebhook, run: Run) -> Result<Attempt<WithSecret>, Error> {
        let NewWebhook { url, events, secret } = new;
        let webhook = Webhook {
            id: WebhookId::new(self.entropy.uuid(run.now)),
            owner: user.id,
            url: url.clone(),
            events: events.clone(),
            is_active: true,
            disabled: None,
            failing_since: None,
            version: 0,
            created_at: run.now,
        };
        let (secret, shown) = self.or_generated(secret.clone());
        let record = run.record(&RecordedWebhook { webhook: webhook.id, is_secret_ours: shown.is_some() })?;
        let secrets = Secrets { current: secret, previous: None };
        let (max, hears_all) = (WEBHOOKS_MAX as u64, hears_all(user, &webhook));
        match self.store.make_webhook(&webhook, &secrets, max, hears_all, record).await? {
            Ok(()) => Ok(Attempt::Done((webhook, shown))),
            Err(refusals) if refusals.contains(&NotMade::Key) => Ok(Attempt::KeyClaimed),
            Err(_) => Err(Error::Conflict(Conflict::Full { max })),
        }
    }

    /// Returns the given secret; or a generated one, with its text to show.
    fn or_generated(&self, given: Option<SigningSecret>) -> (SigningSecret, Option<SecretString>) {
        match given {
            Some(secret) => (secret, None),
            None => {
                let made = SigningSecret::new(self.entropy.bytes());
                let shown = made.text().clone();
                (made, Some(shown))
            }
        }
    }

    async fn show_again(&self, owner: UserId, recorded: RecordedWebhook) -> Result<WithSecret, Error> {
        let (webhook, secrets) = self.find(owner, recorded.webhook).await?;
        // After a rotation, the current secret is not the one in the first response, so it is not shown.
        let is_first = secrets.previous.is_none();
        Ok((webhook, (recorded.is_secret_ours && is_first).then(|| secrets.current.text().clone())))
    }

    async fn find(&self, owner: UserId, id: WebhookId) -> Result<(Webhook, Secrets), Error> {
        self.store.webhook(owner, id).await?.ok_or(Error::NotFound)
    }

    /// A user's webhooks.
    pub async fn list(&self, owner: UserId, request: &ListRequest<WebhookField>) -> Result<Listed<Webhook>, Error> {
        let place = |webhook: &Webhook| match request.sort.field {
            WebhookField::CreatedAt => ListPosition::by_time(webhook.created_at, webhook.id),
            WebhookField::Url => ListPosition::by_text(webhook.url.as_str(), webhook.id),
        };
        Ok(Listed::of_all(self.store.webhooks(owner, WEBHOOKS_MAX).await?, request, place))
    }

    /// One webhook.
    pub async fn show(&self, owner: UserId, id: WebhookId) -> Result<Webhook, Error> {
        Ok(self.find(owner, id).await?.0)
    }

    /// Changes the given fields of a webhook. Activating it also clears the reason why it was disabled.
    ///
    /// # Errors
    /// `Unavailable` if every attempt lost a race against other changes.
    pub async fn change(&self, user: &User, id: WebhookId, new: WebhookChange) -> Result<Webhook, Error> {
        change(&self.store, async || {
            let (before, secrets) = self.find(user.id, id).await?;
            let after = new.clone().apply(&before);
            Ok(match self.store.replace_webhook(&after, &secrets, hears_all(user, &after)).await? {
                true => Attempt::Done(after),
                false => Attempt::LostRace,
            })
        })
        .await
    }

    /// Replaces a webhook's secret by the given one, or by a generated one. For a day, deliveries carry signatures of
    /// both secrets. A request that gives the current secret changes nothing, so that a retry after a lost response
    /// keeps the previous secret valid.
    ///
    /// # Errors
    /// As [`Webhooks::change`].
    pub async fn rotate_secret(
        &self,
        user: &User,
        id: WebhookId,
        given: Option<SigningSecret>,
    ) -> Result<WithSecret, Error> {
        change(&self.store, async || {
            let (before, secrets) = self.find(user.id, id).await?;
            if given.as_ref().is_some_and(|given| given.is_same(&secrets.current)) {
                return Ok(Attempt::Done((before, None)));
            }
            let (current, shown) = self.or_generated(given.clone());
            let until = self.clock.now().plus(BOTH_SECRETS);
            let secrets = Secrets { current, previous: Some((secrets.current, until)) };
            let after = WebhookChange::default().apply(&before);
            Ok(match self.store.replace_webhook(&after, &secrets, hears_all(user, &after)).await? {
                true => Attempt::Done((after, shown)),
                false => Attempt::LostRace,
            })
        })
        .await
    }

    /// Removes a webhook and drops its pending deliveries.
    pub async fn remove(&self, owner: UserId, id: WebhookId) -> Result<(), Error> {
        if self.store.remove_webhook(owner, id).await? { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Sends a test event to a webhook.
    ///
    /// # Errors
    /// `Conflict` if the webhook is not active.
    pub async fn test(&self, owner: UserId, id: WebhookId) -> Result<Delivery, Error> {
        let webhook = self.active(owner, id).await?;
        let now = self.clock.now();
        let event = EventId::new(self.entropy.uuid(now));
        let body = self.format.test_body(owner, id, now)?;
        let delivery = self.deliveries.new_delivery(event, &webhook, EventKind::WebhookTest, body, now);
        self.deliveries.add(vec![delivery.clone()]).await?;
        Ok(delivery)
    }

    async fn active(&self, owner: UserId, id: WebhookId) -> Result<Webhook, Error> {
        let webhook = self.show(owner, id).await?;
        if webhook.is_active { Ok(webhook) } else { Err(Error::Conflict(Conflict::WebhookInactive)) }
    }

    /// The deliveries that match `filter` among the latest 1,000 of a webhook.
    pub async fn deliveries(
        &self,
        owner: UserId,
        id: WebhookId,
        filter: DeliveryFilter,
        request: &ListRequest<DeliveryField>,
    ) -> Result<Listed<Delivery>, Error> {
        let latest = async { self.store.deliveries(id, DELIVERIES_LISTED).await.map_err(Error::from) };
        let (_, latest) = futures::future::try_join(self.show(owner, id), latest).await?;
        let DeliveryFilter { status, event } = filter;
        let matches = |delivery: &Delivery| {
            status.is_none_or(|status| delivery.status == status) && event.is_none_or(|event| delivery.event == event)
        };
        let place = |delivery: &Delivery| match request.sort.field {
            DeliveryField::CreatedAt => ListPosition::by_time(delivery.created_at, delivery.id),
        };
        Ok(Listed::of_all(latest.into_iter().filter(matches).collect(), request, place))
    }

    /// Retries a delivery of any status, at once and then on the usual schedule.
    ///
    /// # Errors
    /// `Conflict` if the webhook is not active, or an attempt is running.
    pub async fn retry(&self, owner: UserId, id: WebhookId, delivery: EventId) -> Result<Delivery, Error> {
        self.active(owner, id).await?;
        let delivery = self.store.delivery(id, delivery).await?.ok_or(Error::NotFound)?;
        self.deliveries.restart(vec![delivery]).await?.pop().ok_or(Error::Conflict(Conflict::BeingDelivered))
    }

    /// Retries failed deliveries of events since `since`, oldest first, at most 500.
    ///
    /// # Errors
    /// `Conflict` if the webhook is not active.
    pub async fn retry_since(&self, owner: UserId, id: WebhookId, since: Timestamp) -> Result<Retried, Error> {
        self.active(owner, id).await?;
        let mut failed = self.store.failed_deliveries(id, since, RETRIED_AT_ONCE + 1).await?;
        let has_more = failed.len() > RETRIED_AT_ONCE;
        failed.truncate(RETRIED_AT_ONCE);
        Ok(Retried { count: self.deliveries.restart(failed).await?.len(), has_more })
    }
}

/// Whether a webhook gets events about all accounts.
fn hears_all(owner: &User, webhook: &Webhook) -> bool {
    owner.role == Role::Admin && webhook.asks_about_accounts()
}
