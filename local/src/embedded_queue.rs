//! SQS inside this process, in memory. As with DynamoDB (see `embedded`), the SDK's client stays in use; only
//! its HTTP connection is replaced by a call into the queues. Who works on a queue calls it directly.

mod messages;

pub use messages::{Received, Rules};

use crate::embedded::Embedded;
use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use md5::{Digest, Md5};
use messages::Messages;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{clock::Clock, config::QueueUrls, domain::time::Timestamp, queue::DELAY_MAX};
use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, futures::Notified};

/// The region where the queues are.
pub const REGION: &str = "local";

/// The HTTP client of an SDK whose SQS is in this process, and the queues behind it. Cheap to clone.
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

    /// Runs one SQS request: the operation's name and its JSON, as the protocol has them.
    pub fn run(&self, operation: &str, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        let (status, query_error, body) = match self.dispatch(operation, body) {
            Ok(answer) => (200, None, answer),
            Err(Refusal { code, message }) => {
                let body = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": message});
                (400, Some(format!("{code};Sender")), body)
            }
        };
        let status = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
        let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
        if let Some(error) = query_error {
            response.headers_mut().insert("x-amzn-query-error", error);
        }
        Ok(response)
    }

    fn dispatch(&self, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
        let unreadable = |error: serde_json::Error| Refusal::new("InvalidParameterValue", error.to_string());
        let AnyRequest { queue_url } = serde_json::from_slice(body).map_err(unreadable)?;
        let mut queues = [&self.deliveries, &self.connections].into_iter();
        let queue = queues.find(|queue| queue.0.url == queue_url);
        let queue =
            queue.ok_or_else(|| Refusal::new("AWS.SimpleQueueService.NonExistentQueue", "There is no such queue."))?;
        match operation {
            "SendMessage" => queue.send(serde_json::from_slice(body).map_err(unreadable)?),
            "SendMessageBatch" => queue.send_batch(serde_json::from_slice(body).map_err(unreadable)?),
            "GetQueueAttributes" => Ok(queue.attributes()),
            other => Err(Refusal::new("UnsupportedOperation", format!("{other} is not used here"))),
        }
    }
}

/// What every request has.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnyRequest {
    queue_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    message_body: String,
    delay_seconds: Option<u64>,
    message_group_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SentBatch {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    #[serde(flatten)]
    sent: Sent,
}

/// What is wrong with a request.
struct Refusal {
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
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

    fn attributes(&self) -> Value {
        let (waiting, in_flight) = self.messages().count();
        json!({"Attributes": {
            "QueueArn": self.arn(),
            "ApproximateNumberOfMessages": waiting.to_string(),
            "ApproximateNumberOfMessagesNotVisible": in_flight.to_string(),
        }})
    }

    /// The message's id and the digest of its body.
    fn add(&self, sent: Sent) -> Result<(String, String), Refusal> {
        let Sent { message_body, delay_seconds, message_group_id } = sent;
        let delay = Duration::from_secs(delay_seconds.unwrap_or_default());
        if delay > DELAY_MAX {
            return Err(Refusal::new("InvalidParameterValue", "DelaySeconds must be from 0 to 900."));
        }
        if message_body.is_empty() {
            return Err(Refusal::new("MissingParameter", "The request must contain the parameter MessageBody."));
        }
        let is_group = |group: &String| (1..=128).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_graphic());
        if !message_group_id.iter().all(is_group) {
            return Err(Refusal::new(
                "InvalidParameterValue",
                "MessageGroupId has 1 to 128 letters, digits and marks.",
            ));
        }
        let (now, digest) = (self.now(), md5_of(&message_body));
        let id = self.messages().add(message_body, message_group_id, now, now.plus(delay));
        self.0.change.notify_waiters();
        Ok((id, digest))
    }

    fn send(&self, sent: Sent) -> Result<Value, Refusal> {
        let (id, digest) = self.add(sent)?;
        Ok(json!({"MessageId": id, "MD5OfMessageBody": digest}))
    }

    fn send_batch(&self, batch: SentBatch) -> Result<Value, Refusal> {
        let refuse = |code, message| Err(Refusal::new(code, message));
        let ids: HashSet<&str> = batch.entries.iter().map(|entry| entry.id.as_str()).collect();
        match batch.entries.len() {
            0 => return refuse("AWS.SimpleQueueService.EmptyBatchRequest", "There is no entry."),
            11.. => return refuse("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "At most 10 entries."),
            several if several > ids.len() => {
                return refuse("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "An id is there twice.");
            }
            _ => {}
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for Entry { id, sent } in batch.entries {
            match self.add(sent) {
                Ok((message, digest)) => {
                    successful.push(json!({"Id": id, "MessageId": message, "MD5OfMessageBody": digest}));
                }
                Err(Refusal { code, message }) => {
                    failed.push(json!({"Id": id, "Code": code, "Message": message, "SenderFault": true}));
                }
            }
        }
        Ok(json!({"Successful": successful, "Failed": failed}))
    }
}

/// The digest by which AWS lets a body be recognised.
pub fn md5_of(body: &str) -> String {
    hex::encode(Md5::digest(body))
}

impl fmt::Debug for EmbeddedQueues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmbeddedQueues")
    }
}

impl HttpConnector for EmbeddedQueues {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = match Embedded::operation_of(&request) {
            Some((operation, body)) => self.run(&operation, &body),
            None => Err(ConnectorError::user("not an SQS request".into())),
        };
        HttpConnectorFuture::ready(answer)
    }
}

impl HttpClient for EmbeddedQueues {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
