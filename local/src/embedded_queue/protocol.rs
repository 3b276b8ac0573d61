//! The part of SQS's protocol that the services use: JSON over an SDK's HTTP client.

use super::{EmbeddedQueue, EmbeddedQueues, md5_of};
use crate::embedded::Embedded;
use aws_smithy_runtime_api::{
    client::{
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{aws::Respond, queue::DELAY_MAX};
use std::{collections::HashSet, time::Duration};

/// The field that every request has.
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

/// Why a request is refused.
struct Refusal {
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl EmbeddedQueues {
    /// Runs one SQS request: the operation's name and its JSON body, as in SQS's protocol.
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
        let mut queues = [&self.deliveries, &self.connections, &self.indexing].into_iter();
        let queue = queues.find(|queue| path(&queue.0.url) == path(&queue_url));
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

/// The part of a queue's URL that identifies the queue: account and name. The host differs between callers.
fn path(url: &str) -> Option<&str> {
    let (_, place) = url.split_once("://")?;
    place.split_once('/').map(|(_, path)| path)
}

impl EmbeddedQueue {
    fn attributes(&self) -> Value {
        let (waiting, in_flight) = self.messages().count();
        json!({"Attributes": {
            "QueueArn": self.arn(),
            "ApproximateNumberOfMessages": waiting.to_string(),
            "ApproximateNumberOfMessagesNotVisible": in_flight.to_string(),
        }})
    }

    /// Adds a message. Returns its id and the digest of its body.
    fn accept(&self, sent: Sent) -> Result<(String, String), Refusal> {
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
        let digest = md5_of(&message_body);
        Ok((self.add(message_body, message_group_id, delay), digest))
    }

    fn send(&self, sent: Sent) -> Result<Value, Refusal> {
        let (id, digest) = self.accept(sent)?;
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
            match self.accept(sent) {
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

impl Respond for EmbeddedQueues {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let (operation, body) =
            Embedded::operation_of(&request).ok_or_else(|| ConnectorError::user("not an SQS request".into()))?;
        self.run(operation, body)
    }
}
