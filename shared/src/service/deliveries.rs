//! Delivering to webhooks: when each delivery is tried, and what is made of the answer.

use super::{Deps, webhook_body};
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
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use std::{sync::Arc, time::Duration};

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of its answer is kept.
const RESPONSE_BYTES_MAX: usize = 512;
/// How long nobody else tries what somebody tries: longer than an attempt and its record take.
const CLAIMED_FOR: Duration = Duration::from_secs(30);
/// Who waits longer is woken by the janitor, who comes every hour.
const JANITORS_HOUR: Duration = Duration::from_secs(60 * 60);
/// How late a delivery must be before the janitor looks after it.
const STUCK_AFTER: Duration = Duration::from_secs(60);
/// For how long every delivery may fail.
const FAILING_MAX: Duration = Duration::from_secs(5 * 24 * 60 * 60);
/// The longest that a receiver may ask us to wait.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// How much longer than the schedule says a wait may be, so that what failed together is not tried together.
const JITTER_PERCENT: u64 = 10;
/// How many deliveries are written at the same time.
const WRITES_AT_ONCE: usize = 16;
/// How many waiting deliveries of each part are woken in one go.
const WOKEN_AT_ONCE: usize = 20_000;

/// Deliveries.
#[derive(Clone)]
pub struct Deliveries {
    store: Arc<Store>,
    queue: Queue,
    outbound: Arc<Outbound>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    schedule: Arc<RetrySchedule>,
}

/// What came of an attempt, and when the receiver wants to be tried again.
struct Tried {
    attempt: Attempt,
    retry_after: Option<Duration>,
}

impl Deliveries {
    /// With these parts.
    pub fn new(
        Deps { store, clock, entropy }: Deps,
        queue: Queue,
        outbound: Arc<Outbound>,
        schedule: RetrySchedule,
    ) -> Self {
        Self { store, queue, outbound, clock, entropy, schedule: Arc::new(schedule) }
    }

    /// A delivery that is not stored yet.
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

    /// Stores deliveries, those that are new, and has them tried.
    pub async fn add(&self, deliveries: Vec<Delivery>) -> Result<(), Error> {
        let stored = deliveries
            .clone()
            .into_iter()
            .map(async |delivery| self.store.add_delivery(&delivery, self.look_at(&delivery)).await);
        stream::iter(stored).buffer_unordered(WRITES_AT_ONCE).try_collect::<()>().await?;
        self.wake(deliveries.iter().filter_map(|delivery| Some((key(delivery), delivery.next_attempt_at?)))).await
    }

    /// Tries a delivery, if it is due.
    ///
    /// # Errors
    /// When that could not be done or noted; whoever asked asks again.
    pub async fn deliver(&self, delivery: DeliveryKey) -> Result<(), Error> {
        let now = self.clock.now();
        let claimed = match self.store.claim_delivery(delivery, now, now.plus(CLAIMED_FOR)).await? {
            Claim::Deps(claimed) => *claimed,
            Claim::NotBefore(at) => return self.wake([(delivery, at)]).await,
            Claim::Over => return Ok(()),
        };
        let found = self.store.webhook_and_owner(claimed.delivery.owner, delivery.webhook).await?;
        let Some((webhook, secrets, owner)) = found else {
            return Ok(self.store.forget_delivery(&claimed.delivery).await?);
        };
        if !webhook.is_active || !owner.is_active {
            let abandoned =
                Delivery { status: DeliveryStatus::Failed, next_attempt_at: None, ..claimed.delivery.clone() };
            return self.settle(claimed, abandoned).await;
        }
        let tried = self.attempt(&claimed.delivery, &webhook, &secrets).await?;
        self.conclude(claimed, &webhook, tried).await
    }

    async fn attempt(&self, delivery: &Delivery, webhook: &Webhook, secrets: &Secrets) -> Result<Tried, Error> {
        let at = self.clock.now();
        let headers = headers(delivery, at, webhook_body::signature(secrets, delivery.id, at, &delivery.body)?)?;
        let limits = Limits { time: PATIENCE, bytes: RESPONSE_BYTES_MAX };
        let answered = self.outbound.post(&webhook.url, headers, Bytes::from(delivery.body.clone()), limits).await;
        let duration = self.clock.now().since(at);
        let retry_after = answered.as_ref().ok().and_then(|answer| retry_after(answer.retry_after.as_deref()?));
        Ok(Tried { attempt: attempt(at, duration, answered), retry_after })
    }

    async fn conclude(&self, claimed: Claimed, webhook: &Webhook, tried: Tried) -> Result<(), Error> {
        let Tried { attempt, retry_after } = tried;
        let now = self.clock.now();
        let ended = if attempt.status_code == Some(StatusCode::GONE.as_u16()) {
            Some(DisabledReason::Gone)
        } else {
            let failed_for = webhook.failing_since.map(|since| now.since(since));
            let failed_too_long = !attempt.is_success() && failed_for.is_some_and(|time| time >= FAILING_MAX);
            failed_too_long.then_some(DisabledReason::Failing)
        };
        let wait = self.schedule.before(claimed.delivery.tried + 1).filter(|_| ended.is_none());
        let next = wait.map(|wait| now.plus(self.spread(wait).max(retry_after.unwrap_or_default())));
        // What follows for the webhook comes first: of a delivery that is at its end nobody would do it later.
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
            // Or the answer to an earlier try of the same call was lost.
            tracing::warn!(delivery = %settled.delivery.id, "an attempt took so long that another one may follow it");
        }
        let next = settled.delivery.next_attempt_at;
        self.wake(next.map(|at| (key(&settled.delivery), at))).await
    }

    /// Has deliveries tried at once, and then as often as new ones. Gives those, without
    /// what is being tried at this moment, was since it was read, or is gone.
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

    /// Has somebody look after deliveries whose time has come and that nobody looked after.
    pub async fn wake_forgotten(&self) -> Result<(), Error> {
        self.wake_waiting(self.clock.now()).await
    }

    /// Has somebody look after all deliveries that wait, because what was in the queue is lost.
    pub async fn wake_all(&self) -> Result<(), Error> {
        self.wake_waiting(Timestamp::FAR).await
    }

    async fn wake_waiting(&self, until: Timestamp) -> Result<(), Error> {
        let waiting = self.store.waiting_deliveries(until, WOKEN_AT_ONCE).await?;
        let now = self.clock.now();
        self.wake(waiting.into_iter().map(|delivery| (delivery, now))).await
    }

    /// Has deliveries looked at when they are due. Those that wait for long are left to the janitor.
    async fn wake(&self, due: impl IntoIterator<Item = (DeliveryKey, Timestamp)>) -> Result<(), Error> {
        let now = self.clock.now();
        let mut messages = Vec::new();
        for (delivery, at) in due {
            let delay = at.since(now);
            if delay <= JANITORS_HOUR {
                let body = serde_json::to_string(&delivery).map_err(Error::internal)?;
                let delay = delay.min(DELAY_MAX);
                messages.push(Outgoing { body, group: delivery.webhook.to_string(), delay });
            }
        }
        if messages.is_empty() { Ok(()) } else { Ok(self.queue.send(messages).await?) }
    }

    /// When somebody has to look after a delivery, should nothing have happened.
    fn look_at(&self, delivery: &Delivery) -> Timestamp {
        let now = self.clock.now();
        let due = delivery.next_attempt_at.unwrap_or(now);
        match due.since(now) <= JANITORS_HOUR {
            true => due.plus(STUCK_AFTER),
            false => due.minus(JANITORS_HOUR),
        }
    }

    /// A wait, longer by some seconds: the queue knows no parts of one.
    fn spread(&self, wait: Duration) -> Duration {
        let most = wait.as_secs() * JITTER_PERCENT / 100;
        let random = u64::from_le_bytes(self.entropy.bytes());
        wait + Duration::from_secs(random.checked_rem(most + 1).unwrap_or(0))
    }
}

const fn key(delivery: &Delivery) -> DeliveryKey {
    DeliveryKey { webhook: delivery.webhook, delivery: delivery.id }
}

fn headers(delivery: &Delivery, at: Timestamp, signature: String) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static("Quintet-Webhooks/1"));
    let values = [
        ("webhook-id", delivery.id.to_string()),
        ("webhook-timestamp", at.seconds().to_string()),
        ("webhook-signature", signature),
    ];
    for (name, value) in values {
        headers.insert(HeaderName::from_static(name), value.try_into().map_err(Error::internal)?);
    }
    Ok(headers)
}

fn attempt(at: Timestamp, duration: Duration, answered: Result<OutboundAnswer, OutboundError>) -> Attempt {
    let duration_millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    match answered {
        Ok(OutboundAnswer { status, start, retry_after: _ }) => Attempt {
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

/// A number of seconds. The other form, a date, is not waited for: the schedule is good enough.
fn retry_after(header: &str) -> Option<Duration> {
    let seconds: u64 = header.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}
