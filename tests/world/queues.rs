//! Stands between the SDK and the embedded queues: counts calls, and makes them fail.

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

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueFault {
    /// The queue is not reached.
    Lost,
    /// The queue did it, but the answer is lost.
    AnswerLost,
    /// The queue answers with this status and code, and does nothing.
    Refused(u16, &'static str),
    /// The queue never answers.
    Hang,
    /// Of a batch the entry at this place fails, by fault of the sender or not; the others are sent.
    Entry(usize, bool),
}

#[derive(Default)]
struct State {
    calls: Vec<(String, Value)>,
    planned: VecDeque<QueueFault>,
    always: Option<QueueFault>,
}

/// The SDK's HTTP client of a test.
#[derive(Clone)]
pub struct QueueFaults {
    inner: EmbeddedQueues,
    state: Arc<Mutex<State>>,
}

impl QueueFaults {
    pub fn new(inner: EmbeddedQueues) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// Forgets the calls so far; the next ones go wrong like this, one after the other.
    pub fn plan(&self, faults: impl IntoIterator<Item = QueueFault>) {
        let planned = faults.into_iter().collect();
        *self.state.lock().unwrap() = State { planned, ..State::default() };
    }

    /// Forgets the calls so far; all from now on go wrong like this, or none.
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
