//! Webhooks: whom we tell what happens, as their owners decide it.

use super::{
    Deps,
    deliveries::Deliveries,
    idempotency::{IdempotencyKey, Keyed},
    webhook_body,
};
use crate::{
    clock::Clock,
    domain::{
        Error,
        error::Conflict,
        event::EventKind,
        ids::{EventId, UserId, WebhookId},
        list::{DeliveryField, ListPosition, ListRequest, Listed, WebhookField},
        time::Timestamp,
        user::{Role, User},
        webhook::{Delivery, DeliveryStatus, Secrets, SigningSecret, Webhook, WebhookChange},
    },
    entropy::Entropy,
    outbound::OutboundUrl,
    store::{Store, webhooks::NotMade},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The most webhooks of a user.
pub const WEBHOOKS_MAX: usize = 20;
/// How many of a webhook's latest deliveries are listed. They are read together.
pub const DELIVERIES_LISTED: usize = 1_000;
/// The most failed deliveries that are tried anew with one request.
pub const RETRIED_AT_ONCE: usize = 500;
/// How long deliveries are signed with a replaced secret too.
const BOTH_SECRETS: Duration = Duration::from_secs(24 * 60 * 60);
/// How often something is tried that another request outruns.
const TRIES: usize = 4;

/// Webhooks.
pub struct Webhooks {
    store: Arc<Store>,
    deliveries: Deliveries,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What a webhook is made of.
pub struct NewWebhook {
    /// Where it is.
    pub url: OutboundUrl,
    /// What it asks for.
    pub events: Vec<EventKind>,
    /// What deliveries are signed with; made when absent.
    pub secret: Option<SigningSecret>,
}

/// A webhook, and its secret if we made that.
pub type WithSecret = (Webhook, Option<SecretString>);

/// What is kept of a new webhook under its idempotency key.
#[derive(Serialize, Deserialize)]
struct RecordedWebhook {
    webhook: WebhookId,
    /// Whether we made its secret, which is with the webhook.
    is_secret_ours: bool,
}

/// What became of failed deliveries that were to be tried anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retried {
    /// How many are tried.
    pub count: usize,
    /// Whether there are more.
    pub has_more: bool,
}

/// Which deliveries are listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryFilter {
    /// Only those that stand like this.
    pub status: Option<DeliveryStatus>,
    /// Only those of this event.
    pub event: Option<EventKind>,
}

impl Webhooks {
    /// With these parts.
    pub fn new(Deps { store, clock, entropy }: Deps, deliveries: Deliveries) -> Self {
        Self { store, deliveries, clock, entropy }
    }

    /// A new webhook.
    ///
    /// # Errors
    /// `Conflict` when the user has 20.
    pub async fn create(&self, user: &User, new: NewWebhook, key: Option<IdempotencyKey>) -> Result<WithSecret, Error> {
        let NewWebhook { url, events, secret } = new;
        let given = secret.as_ref().map_or_else(String::new, |secret| secret.text().expose_secret().to_owned());
        let asked = serde_json::to_string(&events).map_err(Error::internal)?;
        let keyed = key.map(|key| Keyed::new(key, &["webhook", url.as_str(), &asked, &given]));
        for _ in 0..TRIES {
            let now = self.clock.now();
            if let Some(keyed) = &keyed {
                let record = self.store.idempotency_record(user.id, keyed.hash()).await?;
                if let Some(recorded) = keyed.replay(record.as_ref(), now)? {
                    return self.made_before(user.id, recorded).await;
                }
            }
            let webhook = Webhook {
                id: WebhookId::new(self.entropy.uuid(now)),
                owner: user.id,
                url: url.clone(),
                events: events.clone(),
                is_active: true,
                disabled: None,
                failing_since: None,
                version: 0,
                created_at: now,
            };
            let (secret, shown) = self.or_made(secret.clone());
            let recorded = RecordedWebhook { webhook: webhook.id, is_secret_ours: shown.is_some() };
            let record = keyed.as_ref().map(|keyed| keyed.done(&recorded, now)).transpose()?;
            let secrets = Secrets { current: secret, previous: None };
            let (max, hears_all) = (WEBHOOKS_MAX as u64, hears_all(user, &webhook));
            match self.store.make_webhook(&webhook, &secrets, max, hears_all, record).await? {
                Ok(()) => return Ok((webhook, shown)),
                Err(refusals) if refusals.contains(&NotMade::Key) => {}
                Err(_) => return Err(Error::Conflict(Conflict::Full { max })),
            }
        }
        Err(Error::StillRunning)
    }

    /// The given secret, or a new one and how it is shown.
    fn or_made(&self, given: Option<SigningSecret>) -> (SigningSecret, Option<SecretString>) {
        match given {
            Some(secret) => (secret, None),
            None => {
                let made = SigningSecret::new(self.entropy.bytes());
                let shown = made.text().clone();
                (made, Some(shown))
            }
        }
    }

    async fn made_before(&self, owner: UserId, recorded: RecordedWebhook) -> Result<WithSecret, Error> {
        let (webhook, secrets) = self.find(owner, recorded.webhook).await?;
        // A secret that replaced it was not in the first answer, and may be one that is never shown.
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

    /// Changes what is given about a webhook. Switched on, it is called again.
    ///
    /// # Errors
    /// `Conflict` when others change it all the time.
    pub async fn change(&self, user: &User, id: WebhookId, change: WebhookChange) -> Result<Webhook, Error> {
        for _ in 0..TRIES {
            let (before, secrets) = self.find(user.id, id).await?;
            let after = change.clone().apply(&before);
            if self.store.replace_webhook(&after, &secrets, hears_all(user, &after)).await? {
                return Ok(after);
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    /// Replaces a webhook's secret by the given one, or a new one. For a day deliveries are signed with both. The
    /// secret that it has changes nothing: whoever repeats a request, its answer lost, keeps the one before.
    ///
    /// # Errors
    /// As [`Webhooks::change`].
    pub async fn rotate_secret(
        &self,
        user: &User,
        id: WebhookId,
        given: Option<SigningSecret>,
    ) -> Result<WithSecret, Error> {
        for _ in 0..TRIES {
            let (before, secrets) = self.find(user.id, id).await?;
            if given.as_ref().is_some_and(|given| given.is_same(&secrets.current)) {
                return Ok((before, None));
            }
            let (current, shown) = self.or_made(given.clone());
            let until = self.clock.now().plus(BOTH_SECRETS);
            let secrets = Secrets { current, previous: Some((secrets.current, until)) };
            let after = WebhookChange::default().apply(&before);
            if self.store.replace_webhook(&after, &secrets, hears_all(user, &after)).await? {
                return Ok((after, shown));
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    /// Removes a webhook. What was on its way to it is not delivered any more.
    pub async fn remove(&self, owner: UserId, id: WebhookId) -> Result<(), Error> {
        if self.store.remove_webhook(owner, id).await? { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Sends a webhook an event that says that it is a test.
    ///
    /// # Errors
    /// `Conflict` when the webhook is not active.
    pub async fn test(&self, owner: UserId, id: WebhookId) -> Result<Delivery, Error> {
        let webhook = self.active(owner, id).await?;
        let now = self.clock.now();
        let event = EventId::new(self.entropy.uuid(now));
        let body = webhook_body::test_body(owner, id, now)?;
        let delivery = self.deliveries.new_delivery(event, &webhook, EventKind::WebhookTest, body, now);
        self.deliveries.add(vec![delivery.clone()]).await?;
        Ok(delivery)
    }

    async fn active(&self, owner: UserId, id: WebhookId) -> Result<Webhook, Error> {
        let webhook = self.show(owner, id).await?;
        if webhook.is_active { Ok(webhook) } else { Err(Error::Conflict(Conflict::WebhookInactive)) }
    }

    /// Those of a webhook's latest 1,000 deliveries that `filter` lets through.
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
        let is_let_through = |delivery: &Delivery| {
            status.is_none_or(|status| delivery.status == status) && event.is_none_or(|event| delivery.event == event)
        };
        let place = |delivery: &Delivery| match request.sort.field {
            DeliveryField::CreatedAt => ListPosition::by_time(delivery.created_at, delivery.id),
        };
        Ok(Listed::of_all(latest.into_iter().filter(is_let_through).collect(), request, place))
    }

    /// Tries a delivery again, whatever became of it, at once and then by the schedule.
    ///
    /// # Errors
    /// `Conflict` when the webhook is not active, or the delivery is being tried at this moment.
    pub async fn retry(&self, owner: UserId, id: WebhookId, delivery: EventId) -> Result<Delivery, Error> {
        self.active(owner, id).await?;
        let delivery = self.store.delivery(id, delivery).await?.ok_or(Error::NotFound)?;
        self.deliveries.restart(vec![delivery]).await?.pop().ok_or(Error::Conflict(Conflict::BeingDelivered))
    }

    /// Tries failed deliveries of events from `since` on again, the oldest first: 500 with one request.
    ///
    /// # Errors
    /// `Conflict` when the webhook is not active.
    pub async fn retry_since(&self, owner: UserId, id: WebhookId, since: Timestamp) -> Result<Retried, Error> {
        self.active(owner, id).await?;
        let mut failed = self.store.failed_deliveries(id, since, RETRIED_AT_ONCE + 1).await?;
        let has_more = failed.len() > RETRIED_AT_ONCE;
        failed.truncate(RETRIED_AT_ONCE);
        Ok(Retried { count: self.deliveries.restart(failed).await?.len(), has_more })
    }
}

/// Whether a webhook hears of all accounts.
fn hears_all(owner: &User, webhook: &Webhook) -> bool {
    owner.role == Role::Admin && webhook.asks_about_accounts()
}
