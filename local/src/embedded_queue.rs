//! SQS inside this process, in memory, in place of an SDK client's connection. Who works on a queue calls it directly.

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

/// The region where the queues are.
pub const REGION: &str = "local";

/// SQS for the SDK's client, in this process, and the queues behind it. Cheap to clone.
#[derive(Clone)]
pub struct EmbeddedQueues {
    /// Deliveries to webhook endpoints that are due.
    pub deliveries: EmbeddedQueue,
    /// What concerns WebSocket connections later than now.
    pub connections: EmbeddedQueue,
}

impl EmbeddedQueues {
    /// Empty queues at these URLs.
    pub fn new(urls: &QueueUrls, rules: Rules, clock: &Arc<dyn Clock>) -> Self {
        let queue = |url: &String| EmbeddedQueue::new(url.clone(), rules, clock.clone());
        let QueueUrls { deliveries, connections } = urls;
        Self { deliveries: queue(deliveries), connections: queue(connections) }
    }
}

/// One queue, for those who work on it. Cheap to clone.
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

    /// The next message that can be received now: of the group that is worked on least, and of those the one
    /// that waits longest. It is the caller's for as long as [`Rules::visibility`] says.
    pub fn take(&self) -> Option<Received> {
        let now = self.now();
        self.messages().take(now)
    }

    /// Forgets a message. `false`: somebody else received it meanwhile, and works on it.
    pub fn done(&self, receipt: &str) -> bool {
        let was_done = self.messages().done(receipt);
        self.0.change.notify_waiters();
        was_done
    }

    /// Lets a message be received again, `after` that time from now. `false`: somebody else received it
    /// meanwhile, and works on it.
    pub fn give_back(&self, receipt: &str, after: Duration) -> bool {
        let visible_at = self.now().plus(after);
        let was_given = self.messages().give_back(receipt, visible_at);
        self.0.change.notify_waiters();
        was_given
    }

    /// When something can be received, unless [`EmbeddedQueue::changed`] comes before; a time that is over
    /// if it is now.
    pub fn next_visible_at(&self) -> Option<Timestamp> {
        self.messages().next_visible_at()
    }

    /// Ends when a message was sent, done or given back, counted from when this was called.
    pub fn changed(&self) -> Notified<'_> {
        self.0.change.notified()
    }

    /// The messages that were received too often, the latest last.
    pub fn dead(&self) -> Vec<Received> {
        self.messages().dead().cloned().collect()
    }

    /// How many messages wait, visible or not.
    pub fn waiting(&self) -> usize {
        self.messages().count().0
    }

    /// How many messages are worked on.
    pub fn in_flight(&self) -> usize {
        self.messages().count().1
    }

    /// What the queue does with its messages.
    pub fn rules(&self) -> Rules {
        self.0.rules
    }

    /// Now, as the queue sees it.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The last part of its URL.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its name among everything that AWS has.
    pub fn arn(&self) -> String {
        format!("arn:aws:sqs:{REGION}:000000000000:{}", self.name())
    }

    /// No change is left half done by a panic in it, so that a poisoned lock says nothing.
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

/// The digest by which AWS lets a body be recognised.
pub fn md5_of(body: &str) -> String {
    hex::encode(Md5::digest(body))
}
