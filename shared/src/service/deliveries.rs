//! Deliveries to webhooks: when each one is attempted, and the consequences of the receiver's response.

use super::{Deps, format::WebhookFormat};
use crate::{
    clock::Clock,
    domain::{
        Error,
        event::{EventDetails, EventKind, OutboxEntry},
        ids::EventId,
        time::Timestamp,
        webhook::{Attempt, Delivery, DeliveryStatus, DisabledReason, RetrySchedule, Secrets, Webhook},
    },
    entropy::Entropy,
    outbound::{Limits, Outbound, OutboundAnswer, OutboundError},
    queue::{DELAY_MAX, Outgoing, Queue},
    store::{
        Store,
        deliveries::{Claim, Claimed, DeliveryKey},
    },
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use std::{sync::Arc, time::Duration};

/// The time limit of a receiver's response.
const PATIENCE: Duration = Duration::from_secs(15);
/// The maximum number of stored bytes of a response.
const RESPONSE_BYTES_MAX: usize = 512;
/// How long a worker's claim keeps other workers from a delivery. It is longer than an attempt and its record take.
const CLAIMED_FOR: Duration = Duration::from_secs(30);
/// How long a delivery waits at least for a host that is slow and has as many calls as it may. It is not an attempt.
const BUSY_HOST_WAIT: Duration = Duration::from_secs(10);
/// How long it waits at most.
const BUSY_HOST_WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// The janitor, which runs every hour, wakes deliveries that wait longer than this.
const JANITORS_HOUR: Duration = Duration::from_secs(60 * 60);
/// How late a delivery must be before the janitor wakes it.
const STUCK_AFTER: Duration = Duration::from_secs(60);
/// A webhook is disabled after all deliveries failed for this long.
const FAILING_MAX: Duration = Duration::from_secs(5 * 24 * 60 * 60);
/// The longest wait that a receiver may ask for with `Retry-After`.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// How much longer than its schedule a wait may be. It spreads the retries of deliveries that failed together.
const JITTER_PERCENT: u64 = 10;
/// How many deliveries are written concurrently.
const WRITES_AT_ONCE: usize = 16;
/// The maximum number of waiting deliveries that one call wakes in each index partition.
const WOKEN_AT_ONCE: usize = 20_000;

/// Deliveries.
#[derive(Clone)]
pub struct Deliveries {
    store: Arc<Store>,
    queue: Queue,
    outbound: Arc<Outbound>,
    format: Arc<dyn WebhookFormat>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    schedule: Arc<RetrySchedule>,
}

/// The record of an attempt, and the wait that the receiver asked for.
struct Tried {
    attempt: Attempt,
    retry_after: Option<Duration>,
}

impl Deliveries {
    /// Sends through `outbound`, with the retries of `schedule`. `queue` wakes the workers.
    pub fn new(
        Deps { store, clock, entropy }: Deps,
        queue: Queue,
        (outbound, format): (Arc<Outbound>, Arc<dyn WebhookFormat>),
        schedule: RetrySchedule,
    ) -> Self {
        Self { store, queue, outbound, format, clock, entropy, schedule: Arc::new(schedule) }
    }

    /// Creates a delivery, without storing it.
    pub fn new_delivery(
        &self,
        id: EventId,
        webhook: &Webhook,
        event: EventKind,
        body: String,
        at: Timestamp,
    ) -> Delivery {
        Delivery::new(id, webhook, event, body, at, self.clock.now().plus(self.schedule.before(0).unwrap_or_default()))
    }

    /// Stores the deliveries that are new, and schedules all of them.
    pub async fn add(&self, deliveries: Vec<Delivery>) -> Result<(), Error> {
        let stored = deliveries
            .clone()
            .into_iter()
            .map(async |delivery| self.store.add_delivery(&delivery, self.look_at(&delivery)).await);
        stream::iter(stored).buffer_unordered(WRITES_AT_ONCE).try_collect::<()>().await?;
        self.wake(deliveries.iter().filter_map(|delivery| Some((key(delivery), delivery.next_attempt_at?)))).await
    }

    /// Attempts a delivery, if it is due.
    ///
    /// # Errors
    /// If the attempt could not be made or recorded. The caller must try again.
    pub async fn deliver(&self, delivery: DeliveryKey) -> Result<(), Error> {
        let found = self.store.webhook_and_owner(delivery.owner, delivery.webhook).await?;
        let Some((webhook, secrets, owner)) = found else {
            return Ok(self.store.forget_delivery(delivery).await?);
        };
        let is_wanted = webhook.is_active && owner.is_active;
        let slot = match is_wanted {
            true => self.outbound.slot(delivery.owner.uuid(), webhook.url.as_str()).await.map(Some),
            false => Ok(None),
        };
        let now = self.clock.now();
        // Held until the attempt has ended.
        let Ok(_slot) = slot else { return self.postpone(delivery, now).await };
        let claimed = match self.store.claim_delivery(delivery, now, now.plus(CLAIMED_FOR)).await? {
            Claim::Claimed(claimed) => *claimed,
            Claim::NotBefore(at) => return self.wake([(delivery, at)]).await,
            Claim::Over => return Ok(()),
        };
        if !is_wanted {
            let abandoned =
                Delivery { status: DeliveryStatus::Failed, next_attempt_at: None, ..claimed.delivery.clone() };
            return self.settle(claimed, abandoned).await;
        }
        let tried = self.attempt(&claimed.delivery, &webhook, &secrets).await?;
        self.conclude(claimed, &webhook, tried).await
    }

    /// Delivers later, because the host is busy. The older the event, the longer the wait, so that a long queue of one
    /// host costs little.
    async fn postpone(&self, delivery: DeliveryKey, now: Timestamp) -> Result<(), Error> {
        let age = now.since(delivery.delivery.at());
        let at = now.plus(self.spread((age / 4).clamp(BUSY_HOST_WAIT, BUSY_HOST_WAIT_MAX)));
        match self.store.postpone_delivery(delivery, now, at, at.plus(STUCK_AFTER)).await? {
            true => self.wake([(delivery, at)]).await,
            // Another message is on its way for it, or nothing is left to do.
            false => Ok(()),
        }
    }

    async fn attempt(&self, delivery: &Delivery, webhook: &Webhook, secrets: &Secrets) -> Result<Tried, Error> {
        let at = self.clock.now();
        let headers = self.format.headers(secrets, delivery.id, at, &delivery.body)?;
        let limits = Limits { time: PATIENCE, bytes: RESPONSE_BYTES_MAX };
        let body = Bytes::from(delivery.body.clone());
        let answered = self.outbound.post(webhook.url.as_str(), &headers, body, limits).await;
        let duration = self.clock.now().since(at);
        let retry_after = answered.as_ref().ok().and_then(|answer| retry_after(answer.retry_after.as_deref()?));
        Ok(Tried { attempt: attempt(at, duration, answered), retry_after })
    }

    async fn conclude(&self, claimed: Claimed, webhook: &Webhook, tried: Tried) -> Result<(), Error> {
        let Tried { attempt, retry_after } = tried;
        let now = self.clock.now();
        let ended = if attempt.is_gone() {
            Some(DisabledReason::Gone)
        } else {
            let failed_for = webhook.failing_since.map(|since| now.since(since));
            let failed_too_long = !attempt.is_success() && failed_for.is_some_and(|time| time >= FAILING_MAX);
            failed_too_long.then_some(DisabledReason::Failing)
        };
        let wait = self.schedule.before(claimed.delivery.tried + 1).filter(|_| ended.is_none());
        let next = wait.map(|wait| now.plus(self.spread(wait).max(retry_after.unwrap_or_default())));
        // The webhook is updated first: once the delivery has ended, nothing would trigger the update again.
        match (ended, webhook.failing_since) {
            (Some(reason), _) => {
                let outbox_entry =
                    OutboxEntry::new(webhook.owner, now, vec![EventDetails::WebhookDisabled { webhook: webhook.id }]);
                self.store.disable_webhook(webhook, reason, &outbox_entry).await?;
            }
            (None, None) if !attempt.is_success() => self.store.note_failing(webhook, Some(now)).await?,
            (None, Some(_)) if attempt.is_success() => self.store.note_failing(webhook, None).await?,
            _ => {}
        }
        let after = claimed.delivery.clone().after(attempt, next);
        self.settle(claimed, after).await
    }

    async fn settle(&self, claimed: Claimed, after: Delivery) -> Result<(), Error> {
        let settled = claimed.becoming(after);
        if !self.store.settle_delivery(&settled, self.look_at(&settled.delivery)).await? {
            // Or the SDK repeated a write whose response was lost.
            tracing::warn!(delivery = %settled.delivery.id, "an attempt outlasted its claim; it may be repeated");
        }
        let next = settled.delivery.next_attempt_at;
        self.wake(next.map(|at| (key(&settled.delivery), at))).await
    }

    /// Schedules deliveries for now, and their retries as for new ones. Returns the scheduled ones. Those that are
    /// being attempted, were attempted since they were read, or no longer exist are left out.
    pub async fn restart(&self, deliveries: Vec<Delivery>) -> Result<Vec<Delivery>, Error> {
        let now = self.clock.now();
        let restarts = deliveries.into_iter().map(async |delivery| {
            let tried = delivery.tried;
            let restarted =
                Delivery { status: DeliveryStatus::Pending, tried: 0, next_attempt_at: Some(now), ..delivery };
            let look_at = self.look_at(&restarted);
            let is_done = self.store.restart_delivery(&restarted, tried, now, look_at).await?;
            Ok::<_, Error>(is_done.then_some(restarted))
        });
        let restarted: Vec<_> = stream::iter(restarts).buffered(WRITES_AT_ONCE).try_collect().await?;
        let restarted: Vec<Delivery> = restarted.into_iter().flatten().collect();
        self.wake(restarted.iter().map(|delivery| (key(delivery), now))).await?;
        Ok(restarted)
    }

    /// Wakes overdue deliveries that no message of the queue has woken.
    pub async fn wake_forgotten(&self) -> Result<(), Error> {
        self.wake_waiting(self.clock.now()).await
    }

    /// Wakes all waiting deliveries, after the content of the queue was lost.
    pub async fn wake_all(&self) -> Result<(), Error> {
        self.wake_waiting(Timestamp::FAR).await
    }

    async fn wake_waiting(&self, until: Timestamp) -> Result<(), Error> {
        // Not before they are due: a message for a delivery that is not due and whose host is busy is dropped, because
        // whoever postponed or claimed it sends another one. After a crash, nobody would.
        self.wake(self.store.waiting_deliveries(until, WOKEN_AT_ONCE).await?).await
    }

    /// Sends messages that arrive when deliveries are due. The janitor handles longer waits. Messages of one owner are
    /// a group, so that an owner of slow receivers delays only its own deliveries.
    async fn wake(&self, due: impl IntoIterator<Item = (DeliveryKey, Timestamp)>) -> Result<(), Error> {
        let now = self.clock.now();
        let mut messages = Vec::new();
        for (delivery, at) in due {
            let delay = at.since(now);
            if delay <= JANITORS_HOUR {
                messages.push(Outgoing::json(&delivery, delivery.owner.to_string(), delay.min(DELAY_MAX))?);
            }
        }
        if messages.is_empty() { Ok(()) } else { Ok(self.queue.send(messages).await?) }
    }

    /// When the janitor must wake the delivery if nothing else has.
    fn look_at(&self, delivery: &Delivery) -> Timestamp {
        let now = self.clock.now();
        let due = delivery.next_attempt_at.unwrap_or(now);
        match due.since(now) <= JANITORS_HOUR {
            true => due.plus(STUCK_AFTER),
            false => due.minus(JANITORS_HOUR),
        }
    }

    /// Lengthens a wait by a random number of whole seconds, the queue's smallest unit.
    fn spread(&self, wait: Duration) -> Duration {
        let most = wait.as_secs() * JITTER_PERCENT / 100;
        let random = u64::from_le_bytes(self.entropy.bytes());
        wait + Duration::from_secs(random.checked_rem(most + 1).unwrap_or(0))
    }
}

const fn key(delivery: &Delivery) -> DeliveryKey {
    DeliveryKey { owner: delivery.owner, webhook: delivery.webhook, delivery: delivery.id }
}

fn attempt(at: Timestamp, duration: Duration, answered: Result<OutboundAnswer, OutboundError>) -> Attempt {
    let duration_millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    match answered {
        Ok(OutboundAnswer { status, start, .. }) => Attempt {
            at,
            status_code: Some(status),
            duration_millis,
            response: Some(String::from_utf8_lossy(&start).into_owned()),
            error: None,
        },
        Err(error) => {
            Attempt { at, status_code: None, duration_millis, response: None, error: Some(error.to_string()) }
        }
    }
}

/// Parses a number of seconds. A date, the header's other form, is ignored, and the schedule applies.
fn retry_after(header: &str) -> Option<Duration> {
    let seconds: u64 = header.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}
