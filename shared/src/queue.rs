//! SQS access only: messages that ask a function to check something, now or later. A message may arrive more than
//! once, and in any order.

use crate::{aws::CallError, config::QueueUrls};
use aws_config::SdkConfig;
use aws_sdk_sqs::{
    Client,
    error::BuildError,
    types::{BatchResultErrorEntry, QueueAttributeName, SendMessageBatchRequestEntry},
};
use futures::{StreamExt, stream};
use serde::Serialize;
use std::time::Duration;

/// The longest delay of a message.
pub const DELAY_MAX: Duration = Duration::from_secs(15 * 60);

/// How often the entries of a batch are sent if the queue rejects some of them.
const ROUNDS: u32 = 4;
/// The pause before the second round, or the SDK's pause before its first retry if that is shorter. It doubles with
/// each further round.
const PAUSE: Duration = Duration::from_millis(100);
/// The most messages of one call.
const BATCH: usize = 10;
/// The most concurrent calls.
const CALLS_AT_ONCE: usize = 16;

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Short JSON: ten bodies must fit into one call.
    pub body: String,
    /// The user or thing that the message concerns, in at most 128 letters, digits and punctuation marks. A group with
    /// many or slow messages does not delay the other groups ("fair queues").
    pub group: String,
    /// How long the message stays invisible: rounded up to seconds, at most [`DELAY_MAX`].
    pub delay: Duration,
}

impl Outgoing {
    /// A message with `body` as JSON. Only this project's functions read it.
    pub fn json(body: &impl Serialize, group: String, delay: Duration) -> Result<Self, CallError> {
        let body = serde_json::to_string(body).map_err(CallError::broken)?;
        Ok(Self { body, group, delay })
    }
}

/// The deployment's queues. Cheap to clone.
#[derive(Clone)]
pub struct Queues {
    /// Webhook deliveries that are due.
    pub deliveries: Queue,
    /// Work for WebSocket connections that is due later.
    pub connections: Queue,
    /// Files whose text is to be read.
    pub indexing: Queue,
}

impl Queues {
    /// Accesses the queues at `urls`.
    pub fn new(aws: &SdkConfig, urls: &QueueUrls) -> Self {
        let client = Client::new(aws);
        let pause = aws.retry_config().map_or(PAUSE, |retries| retries.initial_backoff().min(PAUSE));
        let queue = |url: &String| Queue { client: client.clone(), url: url.clone(), pause };
        let QueueUrls { deliveries, connections, indexing } = urls;
        Self { deliveries: queue(deliveries), connections: queue(connections), indexing: queue(indexing) }
    }
}

/// One queue. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    client: Client,
    url: String,
    pause: Duration,
}

impl Queue {
    /// Checks that the queue exists.
    pub async fn probe(&self) -> Result<(), CallError> {
        let name = QueueAttributeName::QueueArn;
        self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name).send().await?;
        Ok(())
    }

    /// Sends all `messages`, in any order. After an error some of them may have been sent. The caller may send all of
    /// them again.
    pub async fn send(&self, messages: Vec<Outgoing>) -> Result<(), CallError> {
        let entries = messages.into_iter().enumerate().map(|(number, message)| entry(number, message));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let batches: Vec<_> = entries.chunks(BATCH).map(<[_]>::to_vec).collect();
        // Sends every batch, even if others fail.
        let calls = stream::iter(batches.into_iter().map(|batch| self.send_batch(batch)));
        let sent: Vec<_> = calls.buffer_unordered(CALLS_AT_ONCE).collect().await;
        sent.into_iter().collect()
    }

    async fn send_batch(&self, mut entries: Vec<SendMessageBatchRequestEntry>) -> Result<(), CallError> {
        let mut refused = Ok(());
        let mut pause = self.pause;
        for round in 1.. {
            let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries.clone()));
            let (senders_fault, failed): (Vec<_>, Vec<_>) =
                call.send().await?.failed.into_iter().partition(BatchResultErrorEntry::sender_fault);
            if let Some(entry) = senders_fault.first() {
                refused = Err(CallError::broken(said_of(entry)));
            }
            match failed.first() {
                None => break,
                Some(entry) if round == ROUNDS => return Err(CallError::Unavailable(said_of(entry).into())),
                Some(_) => entries.retain(|entry| failed.iter().any(|failed| failed.id == entry.id)),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        refused
    }
}

/// Why the queue rejected an entry of a batch. The message is about parameters and does not contain the body.
fn said_of(entry: &BatchResultErrorEntry) -> String {
    format!("{}: {}", entry.code, entry.message.as_deref().unwrap_or("no reason given"))
}

fn entry(number: usize, message: Outgoing) -> Result<SendMessageBatchRequestEntry, BuildError> {
    let Outgoing { body, group, delay } = message;
    SendMessageBatchRequestEntry::builder()
        .id(number.to_string())
        .message_body(body)
        .message_group_id(group)
        .delay_seconds(whole_seconds(delay))
        .build()
}

/// Rounded up, so that no message arrives too early.
fn whole_seconds(delay: Duration) -> i32 {
    let delay = delay.min(DELAY_MAX);
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_rounded_up_to_seconds_and_cut_to_what_the_queue_can_hold_back() {
        let cases = [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (899_001, 900), (900_000, 900), (900_001, 900)];
        for (millis, seconds) in cases {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds, "{millis} ms");
        }
        assert_eq!(whole_seconds(Duration::MAX), 900);
    }
}
