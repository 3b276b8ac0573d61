//! Replaces the part of AWS that passes messages of a queue to a function: receives them, calls the function's handler
//! with each, and deletes those that succeeded.

use crate::embedded_queue::{EmbeddedQueue, REGION, Received, md5_of};
use anyhow::anyhow;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::{FutureExt, future::BoxFuture};
use shared::{domain, log::Causes};
use std::{collections::HashMap, error::Error, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

/// How long a handler may run, unless another limit is set. It is a function's time limit.
const PATIENCE: Duration = Duration::from_secs(30);
/// The delay after a message's first failure. It doubles with each failure, up to the queue's
/// [`visibility`](crate::embedded_queue::Rules::visibility).
const REST: Duration = Duration::from_secs(1);
/// The longest sleep of the timer. A longer one could miss a change of the clock.
const LOOKS_EVERY: Duration = Duration::from_secs(60);

/// The result of a handler.
type BatchResult = Result<SqsBatchResponse, domain::Error>;
type Handler = Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, BatchResult> + Send + Sync>;

/// The worker of one queue. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    queue: EmbeddedQueue,
    at_once: usize,
    patience: Duration,
    handler: Handler,
}

impl Worker {
    /// Calls `handler` with the messages of `queue`, one per event, at most `at_once` concurrently. A message is
    /// deleted when the handler reports no failure. If the handler fails, panics or takes too long, the message is
    /// received again after a delay.
    pub fn new<F>(queue: EmbeddedQueue, at_once: usize, handler: impl Fn(SqsEvent) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = BatchResult> + Send + 'static,
    {
        Self { queue, at_once, patience: PATIENCE, handler: Arc::new(move |event| handler(event).boxed()) }
    }

    /// Lets a handler run for as long as `patience`.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Runs forever. Dropping the future cancels the handlers that are running.
    pub async fn run(&self) {
        let mut running = JoinSet::new();
        loop {
            // Subscribed before the queue is read, so that no change in between is missed.
            let changed = self.queue.changed();
            while running.try_join_next().is_some() {}
            while running.len() < self.at_once {
                let Some(received) = self.queue.take() else { break };
                let worker = self.clone();
                running.spawn(async move { worker.work_on(received).await });
            }
            let has_room = running.len() < self.at_once;
            tokio::select! {
                Some(_) = running.join_next() => {}
                () = changed, if has_room => {}
                () = self.until_next(), if has_room => {}
            }
        }
    }

    /// Handles one message after the other until none is visible. Returns how many it handled.
    pub async fn run_due(&self) -> usize {
        let mut count = 0;
        while let Some(received) = self.queue.take() {
            self.work_on(received).await;
            count += 1;
        }
        count
    }

    async fn until_next(&self) {
        let next = self.queue.next_visible_at().map(|next| next.since(self.queue.now()));
        sleep(next.map_or(LOOKS_EVERY, |next| next.min(LOOKS_EVERY))).await;
    }

    async fn work_on(&self, received: Received) {
        let Received { message_id, receipt, receive_count, .. } = received.clone();
        let event = self.event(received);
        let worked =
            AssertUnwindSafe(async { timeout(self.patience, (self.handler)(event)).await }).catch_unwind().await;
        let failure = match worked {
            Ok(Ok(Ok(answer))) if answer.batch_item_failures.is_empty() => {
                self.queue.done(&receipt);
                return;
            }
            Ok(Ok(Ok(_))) => anyhow!("the handler says so"),
            Ok(Ok(Err(error))) => error.into(),
            Ok(Err(_)) => anyhow!("the handler took too long"),
            Err(_) => anyhow!("the handler panicked"),
        };
        let (queue, error): (_, &(dyn Error + Send + Sync)) = (self.queue.name(), failure.as_ref());
        tracing::warn!(queue, message_id, receive_count, error = %Causes(error), "a message failed");
        let rest = REST.saturating_mul(2_u32.saturating_pow(receive_count - 1)).min(self.queue.rules().visibility);
        self.queue.give_back(&receipt, rest);
    }

    /// The message in the form in which Lambda passes it to a function.
    fn event(&self, received: Received) -> SqsEvent {
        let Received { message_id, receipt, body, group, sent_at, first_received_at, receive_count } = received;
        let millis = |time: domain::time::Timestamp| time.millis().to_string();
        let mut attributes = HashMap::from(
            [
                ("ApproximateReceiveCount", receive_count.to_string()),
                ("SentTimestamp", millis(sent_at)),
                ("SenderId", "embedded".to_owned()),
                ("ApproximateFirstReceiveTimestamp", millis(first_received_at)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        attributes.extend(group.map(|group| ("MessageGroupId".to_owned(), group)));
        let mut record = SqsMessage::default();
        record.message_id = Some(message_id);
        record.receipt_handle = Some(receipt);
        record.md5_of_body = Some(md5_of(&body));
        record.body = Some(body);
        record.attributes = attributes;
        record.event_source = Some("aws:sqs".to_owned());
        record.event_source_arn = Some(self.queue.arn());
        record.aws_region = Some(REGION.to_owned());
        let mut event = SqsEvent::default();
        event.records = vec![record];
        event
    }
}
