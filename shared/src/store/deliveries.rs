//! Deliveries: rows of the `webhooks` table. The row is authoritative; the queue only says when to process it. A
//! worker claims a delivery for a limited time, so that no other worker processes it at the same time.

use super::{
    CallError, Item, Store,
    client::{self, Request},
    keys,
    keys::Key,
    n, read, read_all, read_if_any, s,
    transaction::{Action, IS_NEW, Outcome, UpdateExpression},
    walk::Walk,
    write,
};
use crate::domain::{
    ids::{EventId, UserId, WebhookId},
    time::Timestamp,
    webhook::{Delivery, DeliveryStatus},
};
use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long deliveries are kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[derive(Serialize, Deserialize)]
struct DeliveryRow {
    #[serde(flatten)]
    delivery: Delivery,
    /// Its partition in the index of waiting deliveries, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waiting: Option<String>,
    /// When a worker has to check it, unless it was processed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    look_at: Option<Timestamp>,
    /// Its partition in the index of failed deliveries, once it has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed_of: Option<WebhookId>,
    /// When the current worker's claim ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claimed_until: Option<Timestamp>,
    expires_at: u64,
}

impl DeliveryRow {
    /// `look_at`: when a worker has to check a waiting delivery.
    fn new(delivery: &Delivery, look_at: Timestamp) -> Self {
        let waits = delivery.status == DeliveryStatus::Pending;
        Self {
            waiting: waits.then(|| keys::waiting(delivery.id)),
            look_at: waits.then_some(look_at),
            failed_of: (delivery.status == DeliveryStatus::Failed).then_some(delivery.webhook),
            claimed_until: None,
            expires_at: delivery.created_at.plus(KEPT).seconds(),
            delivery: delivery.clone(),
        }
    }

    /// When a worker can claim it: when it is due, and the claim of another worker has ended. `None` if nothing is left
    /// to do.
    fn due(&self) -> Option<Timestamp> {
        let due = self.delivery.next_attempt_at.filter(|_| self.delivery.status == DeliveryStatus::Pending)?;
        Some(self.claimed_until.map_or(due, |until| until.max(due)))
    }
}

/// A delivery that a worker has claimed.
#[derive(Debug)]
pub struct Claimed {
    /// The delivery.
    pub delivery: Delivery,
    /// When the claim ends. No other worker can claim the delivery before.
    until: Timestamp,
}

impl Claimed {
    /// The same claim, with the delivery's new state.
    pub fn becoming(self, delivery: Delivery) -> Self {
        Self { delivery, ..self }
    }
}

/// The result of claiming a delivery.
#[derive(Debug)]
pub enum Claim {
    /// The caller has the claim until it ends.
    Claimed(Box<Claimed>),
    /// The delivery is not due, or another worker has claimed it. Check again at this time.
    NotBefore(Timestamp),
    /// Nothing is left to do.
    Over,
}

/// Identifies a delivery, with the owner of its webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryKey {
    /// The webhook's owner.
    pub owner: UserId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The event.
    pub delivery: EventId,
}

impl Store {
    /// Adds a delivery, unless it exists. `look_at`: when a worker has to check it, unless it was processed before.
    pub async fn add_delivery(&self, delivery: &Delivery, look_at: Timestamp) -> Result<(), CallError> {
        let key = keys::delivery(&self.tables, delivery.webhook, delivery.id);
        let item = write(key.clone(), DeliveryRow::new(delivery, look_at))?;
        // An existing row means that the delivery is already on its way.
        self.put_if(key, item, IS_NEW, Vec::new()).await.map(drop)
    }

    /// Claims until `until` a delivery that is due at `now`.
    pub async fn claim_delivery(
        &self,
        DeliveryKey { owner: _, webhook, delivery }: DeliveryKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, CallError> {
        let key = keys::delivery(&self.tables, webhook, delivery);
        let sent = client::update_item()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .update_expression("SET claimed_until = :until, look_at = :until")
            .condition_expression(
                "#status = :pending AND next_attempt_at <= :now \
                 AND (attribute_not_exists(claimed_until) OR claimed_until <= :now)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", s(DeliveryStatus::Pending.as_str()))
            .expression_attribute_values(":now", n(now.millis()))
            .expression_attribute_values(":until", n(until.millis()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .call(&self.client)
            .await;
        match sent {
            Ok(output) => {
                let row: DeliveryRow = read(output.attributes.ok_or_else(|| CallError::broken("no delivery"))?)?;
                Ok(Claim::Claimed(Box::new(Claimed { delivery: row.delivery, until })))
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => not_claimed(failed.item.clone()),
                _ => Err(error.into()),
            },
        }
    }

    /// Postpones a delivery that is due at `now` to `at`, without an attempt. `false` if it is not due, a worker has
    /// claimed it, or it is gone.
    pub async fn postpone_delivery(
        &self,
        DeliveryKey { owner: _, webhook, delivery }: DeliveryKey,
        now: Timestamp,
        at: Timestamp,
        look_at: Timestamp,
    ) -> Result<bool, CallError> {
        let change = UpdateExpression {
            update: "SET next_attempt_at = :at, look_at = :look_at",
            condition: "#status = :pending AND next_attempt_at <= :now \
                        AND (attribute_not_exists(claimed_until) OR claimed_until <= :now)",
            names: &[("#status", "status")],
            values: vec![
                (":pending", s(DeliveryStatus::Pending.as_str())),
                (":now", n(now.millis())),
                (":at", n(at.millis())),
                (":look_at", n(look_at.millis())),
            ],
        };
        let postponed = Action::update(keys::delivery(&self.tables, webhook, delivery), change);
        Ok(self.transact(vec![((), postponed)]).await? == Outcome::Committed)
    }

    /// Replaces a claimed delivery. `false` if the claim ended and another worker made an attempt.
    pub async fn settle_delivery(
        &self,
        Claimed { delivery, until }: &Claimed,
        look_at: Timestamp,
    ) -> Result<bool, CallError> {
        let key = keys::delivery(&self.tables, delivery.webhook, delivery.id);
        let item = write(key.clone(), DeliveryRow::new(delivery, look_at))?;
        let values = vec![(":until", n(until.millis()))];
        self.put_if(key, item, "claimed_until = :until", values).await
    }

    /// Removes a delivery that is no longer wanted.
    pub async fn forget_delivery(&self, delivery: DeliveryKey) -> Result<(), CallError> {
        self.commit(vec![Action::delete(keys::delivery(&self.tables, delivery.webhook, delivery.delivery))]).await
    }

    /// Reads a delivery.
    pub async fn delivery(&self, webhook: WebhookId, id: EventId) -> Result<Option<Delivery>, CallError> {
        let row: Option<DeliveryRow> = read_if_any(self.get(keys::delivery(&self.tables, webhook, id)).await?)?;
        Ok(row.map(|row| row.delivery))
    }

    /// Replaces a delivery that had `tried` attempts when it was read and has no claim at `now`. `false` if a worker
    /// has claimed or attempted it since, or if it is gone.
    pub async fn restart_delivery(
        &self,
        delivery: &Delivery,
        tried: u32,
        now: Timestamp,
        look_at: Timestamp,
    ) -> Result<bool, CallError> {
        let key = keys::delivery(&self.tables, delivery.webhook, delivery.id);
        let item = write(key.clone(), DeliveryRow::new(delivery, look_at))?;
        let condition = "tried = :tried AND (attribute_not_exists(claimed_until) OR claimed_until <= :now)";
        self.put_if(key, item, condition, vec![(":tried", n(tried)), (":now", n(now.millis()))]).await
    }

    /// Lists a webhook's latest deliveries, newest first: at most `max`.
    pub async fn deliveries(&self, webhook: WebhookId, max: usize) -> Result<Vec<Delivery>, CallError> {
        let query = client::query()
            .table_name(&self.tables.webhooks)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(keys::webhook_partition(webhook)))
            .scan_index_forward(false)
            .consistent_read(true);
        let items = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }
            .take(max, None, <[Item]>::len)
            .await?;
        Ok(read_all::<DeliveryRow>(items)?.into_iter().map(|row| row.delivery).collect())
    }

    /// Lists a webhook's failed deliveries of events since `since`, oldest first, at most `max`. Read from an index,
    /// so recent changes may be missing.
    pub async fn failed_deliveries(
        &self,
        webhook: WebhookId,
        since: Timestamp,
        max: usize,
    ) -> Result<Vec<Delivery>, CallError> {
        let query = client::query()
            .table_name(&self.tables.webhooks)
            .index_name("failed")
            .key_condition_expression("failed_of = :webhook AND sk >= :first")
            .expression_attribute_values(":webhook", s(webhook))
            .expression_attribute_values(":first", s(keys::delivery_sort(EventId::first_at(since))));
        let items = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }
            .take(max, None, <[Item]>::len)
            .await?;
        let keys = items.into_iter().map(|item| Key::of_indexed(&self.tables.webhooks, item)).collect();
        let found: Vec<DeliveryRow> = read_all(self.get_many(keys).await?.into_iter().flatten().collect())?;
        let failed = found.into_iter().map(|row| row.delivery);
        Ok(failed.filter(|delivery| delivery.status == DeliveryStatus::Failed).collect())
    }

    /// Lists deliveries that a worker has to check at `until` or earlier, and when each can be claimed: at most `max` of
    /// each part. Found in an index, so recent changes may be missing; what is found is read from the table.
    pub async fn waiting_deliveries(
        &self,
        until: Timestamp,
        max: usize,
    ) -> Result<Vec<(DeliveryKey, Timestamp)>, CallError> {
        let part = |part: u8| {
            let query = client::query()
                .table_name(&self.tables.webhooks)
                .index_name("waiting")
                .key_condition_expression("waiting = :part AND look_at <= :until")
                .expression_attribute_values(":part", s(keys::waiting_part(part)))
                .expression_attribute_values(":until", n(until.millis()));
            Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }.take(max, None, <[Item]>::len)
        };
        let found = futures::future::try_join_all((0..keys::WAITING_PARTS).map(part)).await?;
        let found: Vec<DeliveryKey> = found.iter().flatten().filter_map(key_of).collect();
        let keys = found.iter().map(|key| keys::delivery(&self.tables, key.webhook, key.delivery)).collect();
        let rows = found.into_iter().zip(self.get_many(keys).await?);
        let waiting =
            rows.map(|(key, item)| Ok(read_if_any::<DeliveryRow>(item)?.and_then(|row| Some((key, row.due()?)))));
        waiting.filter_map(Result::transpose).collect()
    }
}

fn not_claimed(item: Option<Item>) -> Result<Claim, CallError> {
    let row: Option<DeliveryRow> = read_if_any(item)?;
    Ok(row.and_then(|row| row.due()).map_or(Claim::Over, Claim::NotBefore))
}

fn key_of(item: &Item) -> Option<DeliveryKey> {
    let text = |name: &str| item.get(name)?.as_s().ok();
    Some(DeliveryKey {
        owner: UserId::parse(text("owner")?)?,
        webhook: WebhookId::parse(text("pk")?.strip_prefix(keys::FIRST_WEBHOOK)?)?,
        delivery: EventId::parse(text("sk")?.strip_prefix(keys::FIRST_DELIVERY)?)?,
    })
}
