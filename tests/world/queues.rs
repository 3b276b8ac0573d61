//! An HTTP client between the SDK and the embedded queues. It counts calls and makes them fail.

use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use local::{embedded::Embedded, embedded_queue::EmbeddedQueues};
use serde_json::{Value, json};
use shared::aws::Respond;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

/// The outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueFault {
    /// The request does not reach the queue.
    Lost,
    /// The queue executes the call, but the response is lost.
    AnswerLost,
    /// The queue does nothing and responds with this status and code.
    Refused(u16, &'static str),
    /// The queue never responds.
    Hang,
    /// The entry at this position of a batch fails, with or without sender fault. The other entries are sent.
    Entry(usize, bool),
}

#[derive(Default)]
struct State {
    calls: Vec<(String, Value)>,
    planned: VecDeque<QueueFault>,
    always: Option<QueueFault>,
}

/// The HTTP client that a test's SDK uses.
#[derive(Clone)]
pub struct QueueFaults {
    inner: EmbeddedQueues,
    state: Arc<Mutex<State>>,
}

impl QueueFaults {
    pub fn new(inner: EmbeddedQueues) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// Forgets the recorded calls. The next calls have these outcomes, one after the other.
    pub fn plan(&self, faults: impl IntoIterator<Item = QueueFault>) {
        let planned = faults.into_iter().collect();
        *self.state.lock().unwrap() = State { planned, ..State::default() };
    }

    /// Forgets the recorded calls. All calls from now on have this outcome; `None` means that they succeed.
    pub fn always(&self, always: Option<QueueFault>) {
        *self.state.lock().unwrap() = State { always, ..State::default() };
    }

    /// The calls since the last plan: operation and request.
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.state.lock().unwrap().calls.clone()
    }

    async fn run(&self, operation: &str, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        let mut request: Value = serde_json::from_slice(body).unwrap();
        let fault = {
            let mut state = self.state.lock().unwrap();
            state.calls.push((operation.to_owned(), request.clone()));
            state.planned.pop_front().or(state.always)
        };
        let lost = || ConnectorError::io("the connection broke".into());
        match fault {
            None => self.inner.run(operation, body),
            Some(QueueFault::Lost) => Err(lost()),
            Some(QueueFault::AnswerLost) => self.inner.run(operation, body).and_then(|_| Err(lost())),
            Some(QueueFault::Refused(status, code)) => {
                let body = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "No."});
                Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string())))
            }
            Some(QueueFault::Hang) => std::future::pending().await,
            Some(QueueFault::Entry(place, senders_fault)) => {
                let entry = request["Entries"].as_array_mut().unwrap().remove(place);
                let failed =
                    json!({"Id": entry["Id"], "Code": "Some", "Message": "Said.", "SenderFault": senders_fault});
                let mut answer = json!({"Successful": [], "Failed": []});
                if request["Entries"] != json!([]) {
                    let sent = self.inner.run(operation, request.to_string().as_bytes())?;
                    answer = serde_json::from_slice(sent.body().bytes().unwrap()).unwrap();
                }
                answer["Failed"].as_array_mut().unwrap().push(failed);
                Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(answer.to_string())))
            }
        }
    }
}

impl Respond for QueueFaults {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let (operation, body) = Embedded::operation_of(&request).unwrap();
        self.run(operation, body).await
    }
}
