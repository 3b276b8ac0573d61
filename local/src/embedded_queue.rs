//! SQS in this process, in memory. It replaces the connection of an SDK client. Workers call their queue directly.

mod messages;
mod protocol;

pub use messages::{Received, Rules};

use md5::{Digest, Md5};
use messages::Messages;
use shared::{clock::Clock, config::QueueUrls, domain::time::Timestamp};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, futures::Notified};

/// The region of the queues.
pub const REGION: &str = "local";

/// SQS for the SDK's client, with its queues. Cheap to clone.
#[derive(Clone)]
pub struct EmbeddedQueues {
    /// Webhook deliveries that are due.
    pub deliveries: EmbeddedQueue,
    /// Delayed work on WebSocket connections.
    pub connections: EmbeddedQueue,
    /// Files whose text is to be read.
    pub indexing: EmbeddedQueue,
}

impl EmbeddedQueues {
    /// Empty queues at these URLs.
    pub fn new(urls: &QueueUrls, rules: Rules, clock: &Arc<dyn Clock>) -> Self {
        let queue = |url: &String| EmbeddedQueue::new(url.clone(), rules, clock.clone());
        let QueueUrls { deliveries, connections, indexing } = urls;
        Self { deliveries: queue(deliveries), connections: queue(connections), indexing: queue(indexing) }
    }
}

/// One queue, for its workers. Cheap to clone.
#[derive(Clone)]
pub struct EmbeddedQueue(Arc<Inner>);

struct Inner {
    url: String,
    name: String,
    rules: Rules,
    clock: Arc<dyn Clock>,
    messages: Mutex<Messages>,
    change: Notify,
}

impl EmbeddedQueue {
    fn new(url: String, rules: Rules, clock: Arc<dyn Clock>) -> Self {
        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
        let (messages, change) = (Mutex::new(Messages::new(name.clone(), rules)), Notify::new());
        Self(Arc::new(Inner { url, name, rules, clock, messages, change }))
    }

    /// Receives the next visible message: from the group with the fewest messages in flight, and there the one that
    /// waits longest. Other workers do not see it for [`Rules::visibility`].
    pub fn take(&self) -> Option<Received> {
        let now = self.now();
        self.messages().take(now)
    }

    /// Deletes a message. Returns `false` if another worker has received it in the meantime.
    pub fn done(&self, receipt: &str) -> bool {
        let was_done = self.messages().done(receipt);
        self.0.change.notify_waiters();
        was_done
    }

    /// Makes a message visible again after a delay of `after`. Returns `false` if another worker has received it in the
    /// meantime.
    pub fn give_back(&self, receipt: &str, after: Duration) -> bool {
        let visible_at = self.now().plus(after);
        let was_given = self.messages().give_back(receipt, visible_at);
        self.0.change.notify_waiters();
        was_given
    }

    /// When the next message can be received, unless [`EmbeddedQueue::changed`] completes before. A time in the past
    /// means now.
    pub fn next_visible_at(&self) -> Option<Timestamp> {
        self.messages().next_visible_at()
    }

    /// Completes when a message is sent, deleted or given back after this call.
    pub fn changed(&self) -> Notified<'_> {
        self.0.change.notified()
    }

    /// The messages that were received too often (dead letters), latest last.
    pub fn dead(&self) -> Vec<Received> {
        self.messages().dead().cloned().collect()
    }

    /// The number of waiting messages, visible or not.
    pub fn waiting(&self) -> usize {
        self.messages().count().0
    }

    /// The number of messages in flight.
    pub fn in_flight(&self) -> usize {
        self.messages().count().1
    }

    /// The limits of the queue.
    pub fn rules(&self) -> Rules {
        self.0.rules
    }

    /// The current time of the queue's clock.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The last part of the queue's URL.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The queue's Amazon Resource Name.
    pub fn arn(&self) -> String {
        format!("arn:aws:sqs:{REGION}:000000000000:{}", self.name())
    }

    /// Ignores a poisoned lock: no change is left incomplete when it panics.
    fn messages(&self) -> MutexGuard<'_, Messages> {
        self.0.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, body: String, group: Option<String>, delay: Duration) -> String {
        let now = self.now();
        let id = self.messages().add(body, group, now, now.plus(delay));
        self.0.change.notify_waiters();
        id
    }
}

/// The MD5 digest with which AWS clients verify a body.
pub fn md5_of(body: &str) -> String {
    hex::encode(Md5::digest(body))
}
