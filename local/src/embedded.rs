//! DynamoDB in this process, on SQLite. The store calls it through `in_process`. Callers that use DynamoDB's protocol
//! (the SDK's client in tests, functions in separate processes) send JSON, which replaces a connection.

use crate::{durability::Durability, pump::ChangeFeed};
use aws_smithy_runtime_api::{
    client::{
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use dynoxide::{
    Database, DynoxideError,
    actions::{
        batch_write_item::BatchWriteItemRequest,
        put_item::PutItemRequest,
        transact_write_items::{TransactWriteItemsRequest, TransactWriteItemsResponse},
        update_item::UpdateItemRequest,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use shared::aws::Respond;
use std::{
    any::Any,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tokio::sync::Mutex;

/// The embedded database, which also serves the SDK's client. Cheap to clone.
#[derive(Clone)]
pub struct Embedded {
    database: Database,
    outbox: ChangeFeed,
    /// The database executes one call at a time. Waiting for this lock suspends a task. Waiting for the lock inside the
    /// database would block a thread that has other requests to serve.
    turn: Arc<Mutex<()>>,
    durability: Durability,
}

/// Why a call has no result.
pub(crate) enum Failed {
    /// The database refused the call, as DynamoDB would.
    Refused(DynoxideError),
    /// It is unknown whether the call took effect.
    Broken(ConnectorError),
}

impl Embedded {
    /// Calls `database`, and notifies `outbox` of writes. `durability` makes writes survive a power failure.
    pub fn new(database: Database, outbox: ChangeFeed, durability: Durability) -> Self {
        Self { database, outbox, turn: Arc::default(), durability }
    }

    /// Runs one DynamoDB request: the operation's name and its JSON body, as in DynamoDB's protocol.
    pub async fn run(&self, operation: &str, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        let call = |database: &Database| self.dispatch(database, operation, body);
        let ran = match operation {
            "GetItem" | "BatchGetItem" | "Query" => self.read(call).await,
            _ => self.write(call).await,
        };
        let (status, body) = match ran {
            Ok(answer) => (200, answer),
            Err(Failed::Refused(error)) => (error.status_code(), error.to_json()),
            Err(Failed::Broken(error)) => return Err(error),
        };
        let status = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
        Ok(HttpResponse::new(status, SdkBody::from(body)))
    }

    /// Runs `call` when the database is free. It runs on the current thread: a call takes tens of microseconds, less
    /// than a switch to another thread and back.
    pub(crate) async fn read<T>(
        &self,
        call: impl FnOnce(&Database) -> Result<T, DynoxideError> + Send,
    ) -> Result<T, Failed> {
        let _turn = self.turn.lock().await;
        match catch_unwind(AssertUnwindSafe(|| call(&self.database))) {
            Ok(ran) => ran.map_err(Failed::Refused),
            Err(panic) => Err(Failed::Broken(ConnectorError::other(panicked(&*panic).into(), None))),
        }
    }

    /// Runs `call` like [`Embedded::read`], and returns when its writes are durable.
    pub(crate) async fn write<T>(
        &self,
        call: impl FnOnce(&Database) -> Result<T, DynoxideError> + Send,
    ) -> Result<T, Failed> {
        let counted = |database: &Database| {
            let written = call(database)?;
            self.durability.note_write();
            Ok(written)
        };
        let written = self.read(counted).await?;
        self.synced().await.map_err(|error| Failed::Broken(ConnectorError::other(error.into(), None)))?;
        Ok(written)
    }

    /// Returns when everything that a call could have read by now is durable.
    pub async fn synced(&self) -> io::Result<()> {
        self.durability.synced().await
    }

    /// Moves the content of the database's log into its file.
    pub fn move_log(&self) -> anyhow::Result<()> {
        self.durability.move_log()
    }

    /// Runs `call`, which writes to `table`, like [`Embedded::write`]. The limiter's counts may be lost in a power
    /// failure, so that not every request waits for the disk.
    pub(crate) async fn write_to<T>(
        &self,
        table: &str,
        call: impl FnOnce(&Database) -> Result<T, DynoxideError> + Send,
    ) -> Result<T, Failed> {
        let noted = |database: &Database| {
            self.note_write(table);
            call(database)
        };
        match table == self.outbox.tables().limits {
            true => self.read(noted).await,
            false => self.write(noted).await,
        }
    }

    /// Notifies the outbox of a write to `table`, which may add a subscriber. Called with the database's lock.
    pub(crate) fn note_write(&self, table: &str) {
        self.outbox.note_write(table);
    }

    /// Writes a transaction to `database`, and sends its outbox entries to the pump.
    pub(crate) fn transact(
        &self,
        database: &Database,
        mut request: TransactWriteItemsRequest,
    ) -> Result<TransactWriteItemsResponse, DynoxideError> {
        let rows = self.outbox.rows_of(database, &mut request)?;
        let answer = database.transact_write_items(request)?;
        self.outbox.wrote(rows);
        Ok(answer)
    }

    /// The operation and the body of an SDK's request.
    pub fn operation_of(request: &HttpRequest) -> Option<(&str, &[u8])> {
        let target = request.headers().get("x-amz-target")?;
        let operation = target.split_once('.').map_or(target, |(_, operation)| operation);
        Some((operation, request.body().bytes()?))
    }

    /// Runs one of the operations that the store uses. Others are not supported, above all `Scan`.
    fn dispatch(&self, database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
        match operation {
            "GetItem" => answer(body, |request| database.get_item(request)),
            "BatchGetItem" => answer(body, |request| database.batch_get_item(request)),
            "BatchWriteItem" => answer(body, |request: BatchWriteItemRequest| {
                request.request_items.keys().for_each(|table| self.outbox.note_write(table));
                database.batch_write_item(request)
            }),
            "DeleteItem" => answer(body, |request| database.delete_item(request)),
            "Query" => answer(body, |request| database.query(request)),
            "PutItem" => answer(body, |request: PutItemRequest| {
                self.outbox.note_write(&request.table_name);
                database.put_item(request)
            }),
            "UpdateItem" => answer(body, |request: UpdateItemRequest| {
                self.outbox.note_write(&request.table_name);
                database.update_item(request)
            }),
            "TransactWriteItems" => answer(body, |request| self.transact(database, request)),
            other => Err(DynoxideError::ValidationException(format!("{other} is not used here"))),
        }
    }
}

impl Respond for Embedded {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let (operation, body) =
            Self::operation_of(&request).ok_or_else(|| ConnectorError::user("not a DynamoDB request".into()))?;
        self.run(operation, body).await
    }
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the embedded database panicked: {}", text.unwrap_or_default())
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let wrong = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let request = serde_json::from_slice(body).map_err(wrong)?;
    serde_json::to_string(&run(request)?).map_err(wrong)
}
