//! SQS, and nothing else: messages that tell a function what it should look at, now or later. A message may
//! arrive more than once, and in any order.

use crate::{
    config::QueueUrls,
    domain::{self, error::Cause},
};
use aws_config::SdkConfig;
use aws_sdk_sqs::{
    Client,
    config::{
        BehaviorVersion, Builder, Credentials, HttpClient, Region,
        retry::{RetryConfig, RetryPartition},
        timeout::TimeoutConfig,
    },
    error::{BuildError, ProvideErrorMetadata, SdkError},
    types::{BatchResultErrorEntry, QueueAttributeName, SendMessageBatchRequestEntry},
};
use futures::{StreamExt, stream};
use serde::Serialize;
use std::time::Duration;

/// The longest that a message can be held back.
pub const DELAY_MAX: Duration = Duration::from_secs(15 * 60);

/// A call that is repeated at worst sends its messages twice.
const TRIES: u32 = 3;
/// How often entries of a batch are sent that the queue takes some of.
const ROUNDS: u32 = 4;
/// The pause before the second round; it doubles with every other one.
const PAUSE: Duration = Duration::from_millis(100);
/// The most messages of one call.
const BATCH: usize = 10;
/// The most calls at the same time.
const CALLS_AT_ONCE: usize = 16;

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// JSON, short: ten of them have to fit into a call.
    pub body: String,
    /// Whom the message concerns, in at most 128 letters, digits and punctuation marks. A group with many
    /// messages, or with slow ones, does not delay the others ("fair queues").
    pub group: String,
    /// How long nobody receives it: rounded up to seconds, and cut to [`DELAY_MAX`].
    pub delay: Duration,
}

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// No answer, or too much load: a later try may succeed.
    #[error("the queue does not answer")]
    Unavailable(#[source] Cause),
    /// A request that makes no sense: a bug.
    #[error("the queue refused a request")]
    Broken(#[source] Cause),
}

impl Outgoing {
    /// A message with `body` as JSON. Only our own functions read it.
    pub fn json(body: &impl Serialize, group: String, delay: Duration) -> Result<Self, QueueError> {
        let body = serde_json::to_string(body).map_err(|error| QueueError::Broken(error.into()))?;
        Ok(Self { body, group, delay })
    }
}

impl From<QueueError> for domain::Error {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Unavailable(cause) => Self::Unavailable(cause),
            QueueError::Broken(cause) => Self::Internal(cause),
        }
    }
}

impl<E> From<SdkError<E>> for QueueError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        let transient = match &error {
            SdkError::ServiceError(service) => {
                let throttled = ["RequestThrottled", "ThrottlingException", "Throttling", "OverLimit"];
                service.raw().status().is_server_error()
                    || service.err().code().is_some_and(|code| throttled.contains(&code))
            }
            SdkError::ConstructionFailure(_) => false,
            _ => true,
        };
        if transient { Self::Unavailable(error.into()) } else { Self::Broken(error.into()) }
    }
}

impl From<BuildError> for QueueError {
    fn from(error: BuildError) -> Self {
        Self::Broken(error.into())
    }
}

/// The deployment's queues. Cheap to clone.
#[derive(Clone)]
pub struct Queues {
    /// Deliveries to webhook endpoints that are due.
    pub deliveries: Queue,
    /// What concerns WebSocket connections later than now.
    pub connections: Queue,
}

impl Queues {
    /// The deployment's queues.
    pub fn on_aws(aws: &SdkConfig, urls: &QueueUrls) -> Self {
        Self::new(Builder::from(aws).retry_config(RetryConfig::standard().with_max_attempts(TRIES)), urls, PAUSE)
    }

    /// Queues inside this process, behind `http`. `backoff` is the first pause before a retry.
    pub fn embedded(http: impl HttpClient + 'static, urls: &QueueUrls, backoff: Duration) -> Self {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .endpoint_url("http://embedded.invalid")
            .credentials_provider(Credentials::for_tests())
            .http_client(http)
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(backoff))
            // Its own allowance of retries: several embedded queues share nothing.
            .retry_partition(RetryPartition::custom("embedded SQS").build());
        Self::new(config, urls, backoff)
    }

    fn new(config: Builder, urls: &QueueUrls, pause: Duration) -> Self {
        let client = Client::from_conf(config.timeout_config(timeouts()).build());
        let queue = |url: &String| Queue { client: client.clone(), url: url.clone(), pause };
        let QueueUrls { deliveries, connections } = urls;
        Self { deliveries: queue(deliveries), connections: queue(connections) }
    }
}

/// The SDK has no time limits of its own beyond the one for connecting.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build()
}

/// One queue. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    client: Client,
    url: String,
    pause: Duration,
}

impl Queue {
    /// Whether the queue is there.
    pub async fn probe(&self) -> Result<(), QueueError> {
        let name = QueueAttributeName::QueueArn;
        self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name).send().await?;
        Ok(())
    }

    /// Sends all of `messages`, in any order. After an error some of them may be on their way, and all may be
    /// sent again.
    pub async fn send(&self, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        let entries = messages.into_iter().enumerate().map(|(number, message)| entry(number, message));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let batches: Vec<_> = entries.chunks(BATCH).map(<[_]>::to_vec).collect();
        // Every batch is sent, whatever becomes of the others.
        let calls = stream::iter(batches.into_iter().map(|batch| self.send_batch(batch)));
        let sent: Vec<_> = calls.buffer_unordered(CALLS_AT_ONCE).collect().await;
        sent.into_iter().collect()
    }

    async fn send_batch(&self, mut entries: Vec<SendMessageBatchRequestEntry>) -> Result<(), QueueError> {
        let mut refused = Ok(());
        let mut pause = self.pause;
        for round in 1.. {
            let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries.clone()));
            let (senders_fault, failed): (Vec<_>, Vec<_>) =
                call.send().await?.failed.into_iter().partition(BatchResultErrorEntry::sender_fault);
            if let Some(entry) = senders_fault.first() {
                refused = Err(QueueError::Broken(said_of(entry).into()));
            }
            match failed.first() {
                None => break,
                Some(entry) if round == ROUNDS => return Err(QueueError::Unavailable(said_of(entry).into())),
                Some(_) => entries.retain(|entry| failed.iter().any(|failed| failed.id == entry.id)),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        refused
    }
}

/// Why the queue did not take an entry of a batch. Its words are about parameters; they repeat no body.
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

/// Rounded up, so that nothing comes too early.
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
