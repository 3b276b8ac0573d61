//! An HTTP client between the SDK and the embedded database. It counts calls and makes chosen ones fail before or after
//! they commit. To the service these failures look like network failures.

use super::Progress;
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use futures::future::BoxFuture;
use local::embedded::Embedded;
use serde_json::{Value, json};
use shared::aws::Respond;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// The moment of a call at which the fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The database never receives the request.
    BeforeCommit,
    /// The database commits, but the response is lost.
    AfterCommit,
    /// Conflict with another transaction on the same rows: nothing is written.
    Conflict,
    /// The database never responds.
    Hang,
    /// A competing request (see [`Faults::rival`]) does all its work just before the call.
    LostRace,
}

/// A planned fault.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The index of the call, counted from 0 since the plan was made.
    pub call: usize,
    /// The moment of the fault.
    pub moment: Moment,
    /// The number of consecutive calls that fail. 1 is a transient failure that a retry fixes, `usize::MAX` the end of
    /// the process.
    pub times: usize,
}

/// A recorded call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The operation.
    pub operation: String,
    /// The step of the call. Calls of one step did not wait for each other.
    pub step: usize,
    /// The units that it consumed, if metering is on.
    pub units: Units,
    /// The permissions that it requires, such as `dynamodb:Query` on `sessions/index/owner-by-title`.
    pub needs: Vec<(String, String)>,
    ended: Option<usize>,
}

/// DynamoDB capacity units, as the embedded database reports them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Units {
    /// Read units of 4 KB each. An eventually consistent read takes half as many.
    pub read: f64,
    /// Write units of 1 KB each, for the row and for each index entry that changes. A transaction takes twice as many.
    pub write: f64,
}

/// The competing work at [`Moment::LostRace`].
type Rival = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// The time between two steps, on a clock that otherwise stands still.
const STEP: Duration = Duration::from_millis(1);

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    events: usize,
    fault: Option<Fault>,
    hits: usize,
    rival: Option<Rival>,
    is_metered: bool,
    is_in_steps: bool,
}

/// The HTTP client that a test's SDK uses.
#[derive(Clone)]
pub struct Faults {
    inner: Embedded,
    state: Arc<Mutex<State>>,
    progress: Progress,
}

impl Faults {
    pub fn new(inner: Embedded, progress: Progress) -> Self {
        Self { inner, state: Arc::default(), progress }
    }

    /// The competing work at [`Moment::LostRace`].
    pub fn rival(&self, rival: impl Fn() -> BoxFuture<'static, ()> + Send + Sync + 'static) {
        self.state.lock().unwrap().rival = Some(Arc::new(rival));
    }

    /// Forgets the recorded calls and plans a fault among the next ones.
    pub fn plan(&self, fault: Option<Fault>) {
        let mut state = self.state.lock().unwrap();
        let State { rival, is_metered, is_in_steps, .. } = std::mem::take(&mut *state);
        *state = State { fault, rival, is_metered, is_in_steps, ..State::default() };
    }

    /// From now on, each call also requests the units that it consumes.
    pub fn meter(&self) {
        self.state.lock().unwrap().is_metered = true;
    }

    /// From now on, a call continues only when no other task can run, so that calls that do not wait for it have
    /// started by then. Only for tests with `start_paused`.
    pub fn keep_in_step(&self) {
        self.state.lock().unwrap().is_in_steps = true;
    }

    /// The calls since the last plan.
    pub fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    /// The number of calls that the fault affected.
    pub fn hits(&self) -> usize {
        self.state.lock().unwrap().hits
    }

    fn begin(&self, operation: &str, body: &[u8]) -> (usize, Option<Moment>) {
        let mut state = self.state.lock().unwrap();
        state.events += 1;
        let began = state.events;
        // The step after that of the latest call that had ended before this one began.
        let waited_for = state.calls.iter().filter(|call| call.ended.is_some_and(|ended| ended < began));
        let step = waited_for.map(|call| call.step).max().unwrap_or(0) + 1;
        let number = state.calls.len();
        let needs = permissions(operation, &serde_json::from_slice(body).unwrap());
        let operation = operation.to_owned();
        state.calls.push(Call { operation, step, units: Units::default(), needs, ended: None });
        let hit = state.fault.filter(|fault| number >= fault.call && number - fault.call < fault.times);
        if hit.is_some() {
            state.hits += 1;
        }
        (number, hit.map(|fault| fault.moment))
    }

    fn end(&self, number: usize) {
        let mut state = self.state.lock().unwrap();
        state.events += 1;
        let ended = state.events;
        if let Some(call) = state.calls.get_mut(number) {
            call.ended = Some(ended);
        }
        self.progress.note();
    }

    async fn run(&self, operation: &str, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        let (number, moment) = self.begin(operation, body);
        if self.state.lock().unwrap().is_in_steps {
            // The paused clock advances when no task can run.
            tokio::time::sleep(STEP).await;
        } else {
            // Lets other tasks run meanwhile, as a network call would.
            tokio::task::yield_now().await;
        }
        let lost = || ConnectorError::io("the connection broke".into());
        let answer = match moment {
            None if self.state.lock().unwrap().is_metered => self.run_metered(number, operation, body).await,
            None => self.inner.run(operation, body).await,
            Some(Moment::LostRace) => {
                let rival = self.state.lock().unwrap().rival.clone();
                if let Some(rival) = rival {
                    rival().await;
                }
                self.inner.run(operation, body).await
            }
            Some(Moment::BeforeCommit) => Err(lost()),
            Some(Moment::Hang) => std::future::pending().await,
            Some(Moment::AfterCommit) => self.inner.run(operation, body).await.and_then(|_| Err(lost())),
            Some(Moment::Conflict) if operation == "TransactWriteItems" => Ok(conflict(body)),
            Some(Moment::Conflict) => self.inner.run(operation, body).await,
        };
        self.end(number);
        answer
    }

    async fn run_metered(&self, number: usize, operation: &str, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        let mut request: Value = serde_json::from_slice(body).unwrap();
        request["ReturnConsumedCapacity"] = json!("TOTAL");
        let is_read = matches!(operation, "GetItem" | "BatchGetItem" | "Query");
        let answer = self.inner.run(operation, request.to_string().as_bytes()).await?;
        let told: Value = serde_json::from_slice(answer.body().bytes().unwrap()).unwrap();
        let tables = match &told["ConsumedCapacity"] {
            Value::Array(tables) => tables.clone(),
            table => vec![table.clone()],
        };
        let units: f64 = tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum();
        if let Some(call) = self.state.lock().unwrap().calls.get_mut(number) {
            call.units = if is_read { Units { read: units, write: 0.0 } } else { Units { read: 0.0, write: units } };
        }
        Ok(answer)
    }
}

/// The permissions that a request requires, each an action on a table or index.
fn permissions(operation: &str, request: &Value) -> Vec<(String, String)> {
    let named = |operation: &str, table: &str| (format!("dynamodb:{operation}"), table.to_owned());
    if let Some(tables) = request["RequestItems"].as_object() {
        return tables.keys().map(|table| named(operation, table)).collect();
    }
    if let Some(items) = request["TransactItems"].as_array() {
        let parts = items.iter().flat_map(|item| item.as_object().unwrap());
        let action =
            |kind: &str| if kind == "ConditionCheck" { "ConditionCheckItem".to_owned() } else { format!("{kind}Item") };
        return parts.map(|(kind, part)| named(&action(kind), part["TableName"].as_str().unwrap())).collect();
    }
    let table = request["TableName"].as_str().unwrap();
    match request["IndexName"].as_str() {
        Some(index) => vec![named(operation, &format!("{table}/index/{index}"))],
        None => vec![named(operation, table)],
    }
}

fn conflict(body: &[u8]) -> HttpResponse {
    let request: Value = serde_json::from_slice(body).unwrap();
    let items = request["TransactItems"].as_array().unwrap().len();
    let reasons: Vec<Value> =
        (0..items).map(|item| json!({"Code": if item == 0 { "TransactionConflict" } else { "None" }})).collect();
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled",
        "CancellationReasons": reasons,
    });
    HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body.to_string()))
}

impl Respond for Faults {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let (operation, body) = Embedded::operation_of(&request).unwrap();
        self.run(operation, body).await
    }
}
