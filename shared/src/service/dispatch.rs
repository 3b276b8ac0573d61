//! Fan-out of events: from an entry of the outbox to live connections, to deliveries for the webhooks that subscribe to
//! its events and may see them, and to the workers that read files. An entry may be dispatched more than once, which creates no second
//! delivery.

use super::{
    Deps, deliveries::Deliveries, format::WebhookFormat, indexing::Indexing, realtime::Realtime, webhooks::WEBHOOKS_MAX,
};
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

/// Fan-out of events.
#[derive(Clone)]
pub struct Dispatch {
    store: Arc<Store>,
    deliveries: Deliveries,
    realtime: Realtime,
    indexing: Indexing,
    format: Arc<dyn WebhookFormat>,
}

impl Dispatch {
    /// Sends to webhooks through `deliveries`, in `format`, and to live connections through `realtime`. `indexing` hears
    /// of files that are to be read.
    pub fn new(
        Deps { store, clock: _, entropy: _ }: Deps,
        (deliveries, realtime, indexing): (Deliveries, Realtime, Indexing),
        format: Arc<dyn WebhookFormat>,
    ) -> Self {
        Self { store, deliveries, realtime, indexing, format }
    }

    /// Sends the events of `entry` to webhooks, live connections and workers.
    pub async fn dispatch(&self, entry: &OutboxEntry) -> Result<(), Error> {
        // Concurrently, so that no side waits for another, and a failure of one does not stop the others.
        let (webhooks, connections, files) = futures::future::join3(
            self.to_webhooks(entry),
            self.realtime.dispatch(entry),
            self.indexing.dispatch(entry),
        )
        .await;
        webhooks.and(connections).and(files)
    }

    async fn to_webhooks(&self, entry: &OutboxEntry) -> Result<(), Error> {
        let events: Vec<Event> = entry.events().filter(|event| event.details.kind().is_some()).collect();
        if events.is_empty() {
            return Ok(());
        }
        let is_about_accounts = |event: &Event| event.details.kind().is_some_and(|kind| kind.is_about_accounts());
        let own = self.store.webhooks(entry.user, WEBHOOKS_MAX);
        let (own, of_administrators) = match events.iter().any(is_about_accounts) {
            true => futures::future::try_join(own, self.store.directory_webhooks()).await?,
            false => (own.await?, Vec::new()),
        };
        let own = self.heard_by_owner(entry, own).await?;
        let mut deliveries = Vec::new();
        for event in &events {
            let others = of_administrators.iter().filter(|webhook| webhook.owner != entry.user);
            let others = others.filter(|_| is_about_accounts(event));
            for webhook in own.iter().chain(others) {
                deliveries.extend(self.delivery(event, webhook)?);
            }
        }
        self.deliveries.add(deliveries).await
    }

    /// The user's own webhooks; none if the account is disabled. A changed account also updates the directory of
    /// administrators' webhooks, which get events about all accounts.
    async fn heard_by_owner(&self, entry: &OutboxEntry, webhooks: Vec<Webhook>) -> Result<Vec<Webhook>, Error> {
        if webhooks.is_empty() {
            return Ok(webhooks);
        }
        let owner = self.store.account(entry.user).await?.map(|account| account.user);
        if entry.events.contains(&EventDetails::UserUpdated) {
            let is_administrator = owner.as_ref().is_some_and(|owner| owner.is_active && owner.role == Role::Admin);
            let asking = webhooks.iter().filter(|webhook| webhook.asks_about_accounts());
            let kept = asking.map(|webhook| self.store.keep_in_directory(webhook, is_administrator));
            futures::future::try_join_all(kept).await?;
        }
        Ok(if owner.is_some_and(|owner| owner.is_active) { webhooks } else { Vec::new() })
    }

    /// The delivery of `event` to `webhook`, if it subscribes to it.
    fn delivery(&self, event: &Event, webhook: &Webhook) -> Result<Option<Delivery>, Error> {
        let asks = event.details.kind().is_some_and(|kind| webhook.events.contains(&kind));
        // A webhook gets no events from before its creation.
        if !asks || !webhook.is_active || webhook.created_at > event.at {
            return Ok(None);
        }
        let formatted = self.format.body(event)?;
        Ok(formatted.map(|(kind, body)| self.deliveries.new_delivery(event.id, webhook, kind, body, event.at)))
    }
}
