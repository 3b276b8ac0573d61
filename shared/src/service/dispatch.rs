//! Telling of what happened: from a change in the outbox to deliveries for the webhooks that want its events and
//! may hear of them, and to live connections. A change may be told more than once; that makes no second delivery.

use super::{Deps, deliveries::Deliveries, realtime::Realtime, webhook_body, webhooks::WEBHOOKS_MAX};
use crate::{
    domain::{
        Error,
        event::{Event, EventDetails, OutboxEntry},
        user::Role,
        webhook::{Delivery, Webhook},
    },
    store::Store,
};
use std::sync::Arc;

/// Telling of what happened.
#[derive(Clone)]
pub struct Dispatch {
    store: Arc<Store>,
    deliveries: Deliveries,
    realtime: Realtime,
}

impl Dispatch {
    /// With these parts.
    pub fn new(Deps { store, .. }: Deps, deliveries: Deliveries, realtime: Realtime) -> Self {
        Self { store, deliveries, realtime }
    }

    /// Tells everybody who may hear of `change`.
    pub async fn tell(&self, change: &OutboxEntry) -> Result<(), Error> {
        // Whoever is connected does not wait for webhooks, nor they for whoever is connected.
        let (webhooks, connections) =
            futures::future::join(self.tell_webhooks(change), self.realtime.tell(change)).await;
        webhooks.and(connections)
    }

    async fn tell_webhooks(&self, change: &OutboxEntry) -> Result<(), Error> {
        let events: Vec<Event> = change.events().filter(|event| event.details.kind().is_some()).collect();
        if events.is_empty() {
            return Ok(());
        }
        let is_about_accounts = |event: &Event| event.details.kind().is_some_and(|kind| kind.is_about_accounts());
        let own = self.store.webhooks(change.user, WEBHOOKS_MAX);
        let (own, of_administrators) = match events.iter().any(is_about_accounts) {
            true => futures::future::try_join(own, self.store.directory_webhooks()).await?,
            false => (own.await?, Vec::new()),
        };
        let own = self.heard_by_owner(change, own).await?;
        let mut deliveries = Vec::new();
        for event in &events {
            let others = of_administrators.iter().filter(|webhook| webhook.owner != change.user);
            let others = others.filter(|_| is_about_accounts(event));
            for webhook in own.iter().chain(others) {
                deliveries.extend(self.delivery(event, webhook)?);
            }
        }
        self.deliveries.add(deliveries).await
    }

    /// The changed user's own webhooks, none if the user is not active any more. What else follows from a changed
    /// account follows here too: only administrators' webhooks hear of all accounts.
    async fn heard_by_owner(&self, change: &OutboxEntry, webhooks: Vec<Webhook>) -> Result<Vec<Webhook>, Error> {
        if webhooks.is_empty() {
            return Ok(webhooks);
        }
        let owner = self.store.account(change.user).await?.map(|account| account.user);
        if change.events.contains(&EventDetails::UserUpdated) {
            let is_administrator = owner.as_ref().is_some_and(|owner| owner.is_active && owner.role == Role::Admin);
            let asking = webhooks.iter().filter(|webhook| webhook.asks_about_accounts());
            let kept = asking.map(|webhook| self.store.keep_in_directory(webhook, is_administrator));
            futures::future::try_join_all(kept).await?;
        }
        Ok(if owner.is_some_and(|owner| owner.is_active) { webhooks } else { Vec::new() })
    }

    /// What `webhook` is told of `event`, if it is.
    fn delivery(&self, event: &Event, webhook: &Webhook) -> Result<Option<Delivery>, Error> {
        let asks = event.details.kind().is_some_and(|kind| webhook.events.contains(&kind));
        // It may have been made after what happened.
        if !asks || !webhook.is_active || webhook.created_at > event.at {
            return Ok(None);
        }
        let told = webhook_body::body_of(event)?;
        Ok(told.map(|(kind, body)| self.deliveries.new_delivery(event.id, webhook, kind, body, event.at)))
    }
}
