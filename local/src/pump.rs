//! Replaces the stream that passes outbox entries to `dispatch` on AWS. The embedded database has streams, but it keeps
//! them forever and reads a whole stream on each write. So the pump follows the calls that write. Rows that were
//! dispatched are marked, and a process that starts continues with the unmarked ones. While no webhook and no
//! connection exists, only files that are to be read have a subscriber: other rows are then written with the mark, and
//! not dispatched.

use anyhow::{Context, Result, ensure};
use aws_lambda_events::dynamodb::Event;
use dynoxide::{
    AttributeValue, Database, DynoxideError, Item,
    actions::{
        scan::ScanRequest,
        transact_write_items::{TransactWriteItem, TransactWriteItemsRequest},
    },
};
use serde_json::{Value, json};
use shared::{config::Tables, log::Causes, service::Services};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::timeout,
};

/// The attribute that marks a row as dispatched.
const MARK: &str = "told";
/// The event of a file that is to be read, as rows have it.
const FILE_STORED: &str = "file_stored";
/// The maximum number of rows marked in one write. It is the limit of a transaction.
const MARKS: usize = 100;
/// How long rows wait to be marked together when no other rows are dispatched.
const MARKS_WAIT: Duration = Duration::from_secs(1);

/// The maximum number of records in one event. The embedded database executes one call at a time. With larger events,
/// requests would wait longer behind the dispatch.
const BATCH: usize = 16;
/// The maximum number of immediate retries of a record.
const RETRIES: u32 = 6;
/// The pause before the first retry. Each later pause is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// Sends new rows of the outbox to a pump. Cheap to clone.
#[derive(Clone)]
pub struct ChangeFeed {
    tables: Arc<Tables>,
    rows: UnboundedSender<Item>,
    /// Whether events may have subscribers. `false` is certain.
    is_heard: Arc<AtomicBool>,
}

/// Passes the rows of the outbox to `dispatch`.
pub struct Pump {
    database: Database,
    table: String,
    rows: UnboundedReceiver<Item>,
    /// The keys of rows that were dispatched but not marked yet.
    unmarked: Vec<Value>,
}

/// A pump for the outbox of `database`, and the feed that sends new rows to it.
pub fn pump(database: Database, tables: &Tables) -> (ChangeFeed, Pump) {
    let (sender, rows) = mpsc::unbounded_channel();
    let feed = ChangeFeed { tables: Arc::new(tables.clone()), rows: sender, is_heard: Arc::new(AtomicBool::new(true)) };
    (feed, Pump { database, table: tables.outbox.clone(), rows, unmarked: Vec::new() })
}

/// The caller notes writes and asks for rows with the database's lock, so that no subscriber is added in between.
impl ChangeFeed {
    /// The names of the tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Notes a write to `table`, which may add a subscriber.
    pub fn note_write(&self, table: &str) {
        if table == self.tables.webhooks || table == self.tables.connections {
            self.is_heard.store(true, Ordering::Relaxed);
        }
    }

    /// The outbox rows of `request`, to be dispatched when the write succeeds. Without subscribers, marks the rows as
    /// dispatched and returns none.
    pub fn rows_of(
        &self,
        database: &Database,
        request: &mut TransactWriteItemsRequest,
    ) -> Result<Vec<Item>, DynoxideError> {
        for write in &request.transact_items {
            let TransactWriteItem { put, update, delete, condition_check: _ } = write;
            let tables = [
                put.as_ref().map(|put| &put.table_name),
                update.as_ref().map(|update| &update.table_name),
                delete.as_ref().map(|delete| &delete.table_name),
            ];
            tables.into_iter().flatten().for_each(|table| self.note_write(table));
        }
        let puts = request.transact_items.iter_mut().filter_map(|write| write.put.as_mut());
        let mut rows: Vec<&mut Item> =
            puts.filter(|put| put.table_name == self.tables.outbox).map(|put| &mut put.item).collect();
        // A request with a token may be a retry, which must be identical to the first request.
        let is_dispatched = |rows: &[&mut Item]| rows.iter().any(|row| reports_files(row));
        if rows.is_empty()
            || request.client_request_token.is_some()
            || is_dispatched(&rows)
            || self.is_heard(database)?
        {
            return Ok(rows.into_iter().map(|row| row.clone()).collect());
        }
        for row in &mut rows {
            row.insert(MARK.to_owned(), AttributeValue::BOOL(true));
        }
        Ok(Vec::new())
    }

    /// Sends the written rows to the pump.
    pub fn wrote(&self, rows: Vec<Item>) {
        for row in rows {
            // Sending fails only when no pump exists.
            self.rows.send(row).ok();
        }
    }

    fn is_heard(&self, database: &Database) -> Result<bool, DynoxideError> {
        if !self.is_heard.load(Ordering::Relaxed) {
            return Ok(false);
        }
        for table in [&self.tables.webhooks, &self.tables.connections] {
            let first = ScanRequest { table_name: table.clone(), limit: Some(1), ..ScanRequest::default() };
            if database.scan(first)?.count > 0 {
                return Ok(true);
            }
        }
        self.is_heard.store(false, Ordering::Relaxed);
        Ok(false)
    }
}

/// Whether a row of the outbox reports files that are to be read.
fn reports_files(row: &Item) -> bool {
    let is_one = |event: &AttributeValue| matches!(event, AttributeValue::M(event) if event.contains_key(FILE_STORED));
    matches!(row.get("events"), Some(AttributeValue::L(events)) if events.iter().any(is_one))
}

impl Pump {
    /// Dispatches all rows that are not marked yet, then all new ones until the feed is dropped.
    pub async fn run(mut self, services: Services) {
        match self.undispatched() {
            Ok(rows) => self.dispatch(&services, rows).await,
            Err(error) => tracing::error!(error = %Causes(&*error), "the outbox cannot be read"),
        }
        let mut rows = Vec::new();
        loop {
            let received = match self.unmarked.is_empty() {
                true => self.rows.recv_many(&mut rows, BATCH).await,
                false => match timeout(MARKS_WAIT, self.rows.recv_many(&mut rows, BATCH)).await {
                    Ok(received) => received,
                    Err(_) => {
                        self.mark();
                        continue;
                    }
                },
            };
            if received == 0 {
                return self.mark();
            }
            match rows.drain(..).map(serde_json::to_value).collect::<Result<Vec<_>, _>>() {
                Ok(rows) => self.dispatch(&services, rows).await,
                Err(error) => tracing::error!(error = %Causes(&error), "rows of the outbox cannot be read"),
            }
        }
    }

    /// Dispatches all rows that are not marked yet. Returns how many they were.
    pub async fn run_due(&mut self, services: &Services) -> Result<usize> {
        while self.rows.try_recv().is_ok() {}
        let rows = self.undispatched()?;
        let count = rows.len();
        self.dispatch(services, rows).await;
        self.mark();
        Ok(count)
    }

    async fn dispatch(&mut self, services: &Services, rows: Vec<Value>) {
        for batch in rows.chunks(BATCH) {
            let mut left = batch.to_vec();
            for tried in 0..=RETRIES {
                if tried > 0 {
                    tokio::time::sleep(PAUSE * 2_u32.pow(tried - 1)).await;
                }
                match self.dispatch_once(services, left.clone()).await {
                    Ok(failed) => left = failed,
                    Err(error) => tracing::error!(error = %Causes(&*error), "outbox rows were not dispatched"),
                }
                if left.is_empty() {
                    break;
                }
            }
            if !left.is_empty() {
                tracing::error!(rows = left.len(), "outbox rows were not dispatched; the next start tries again");
            }
        }
    }

    /// Dispatches the rows once. Returns those that failed.
    async fn dispatch_once(&mut self, services: &Services, rows: Vec<Value>) -> Result<Vec<Value>> {
        let response = dispatch::dispatch(services.clone(), event(&rows)?).await?;
        let is_failed = |number: usize| {
            response
                .batch_item_failures
                .iter()
                .any(|failure| failure.item_identifier.as_deref() == Some(&sequence(number)))
        };
        let mut failed = Vec::<Value>::new();
        for (number, row) in rows.into_iter().enumerate() {
            // After a failure, the later rows of the same user were not attempted.
            match is_failed(number) || failed.iter().any(|other| other["pk"] == row["pk"]) {
                true => failed.push(row),
                false => self.unmarked.push(json!({"pk": row["pk"], "sk": row["sk"]})),
            }
        }
        if self.unmarked.len() >= MARKS {
            self.mark();
        }
        Ok(failed)
    }

    fn undispatched(&self) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        let mut request = json!({
            "TableName": self.table,
            "FilterExpression": "attribute_not_exists(#mark)",
            "ExpressionAttributeNames": {"#mark": MARK},
        });
        loop {
            let scanned = serde_json::to_value(self.database.scan(serde_json::from_value(request.clone())?)?)?;
            rows.extend(scanned["Items"].as_array().cloned().unwrap_or_default());
            match &scanned["LastEvaluatedKey"] {
                Value::Null => break,
                last => request["ExclusiveStartKey"] = last.clone(),
            }
        }
        // In order of time, as in a stream.
        rows.sort_by_key(|row| row["sk"]["S"].as_str().unwrap_or_default().to_owned());
        Ok(rows)
    }

    /// Marks the dispatched rows. If this fails, the next start dispatches them again, which creates no second
    /// delivery.
    fn mark(&mut self) {
        for keys in std::mem::take(&mut self.unmarked).chunks(MARKS) {
            if let Err(error) = self.mark_together(keys) {
                tracing::error!(error = %Causes(&*error), rows = keys.len(), "dispatched outbox rows were not marked");
            }
        }
    }

    /// Uses one write for all rows, because every write has a fixed cost.
    fn mark_together(&self, keys: &[Value]) -> Result<()> {
        let mark = |key: &Value| {
            json!({"Update": {
                "TableName": self.table,
                "Key": key,
                "UpdateExpression": "SET #mark = :true",
                "ExpressionAttributeNames": {"#mark": MARK},
                "ExpressionAttributeValues": {":true": {"BOOL": true}},
            }})
        };
        let marks: Vec<Value> = keys.iter().map(mark).collect();
        self.database.transact_write_items(serde_json::from_value(json!({"TransactItems": marks}))?)?;
        Ok(())
    }
}

/// The event in which Lambda passes such records to a function.
fn event(rows: &[Value]) -> Result<Event> {
    ensure!(rows.len() <= BATCH, "too many records");
    let record = |(number, row): (usize, &Value)| {
        json!({
            "eventID": format!("{number:032x}"),
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "local",
            "eventSourceARN": "arn:aws:dynamodb:local:000000000000:table/outbox/stream/local",
            "dynamodb": {
                "ApproximateCreationDateTime": 0,
                "Keys": {"pk": row["pk"], "sk": row["sk"]},
                "NewImage": row,
                "SequenceNumber": sequence(number),
                "SizeBytes": row.to_string().len(),
                "StreamViewType": "NEW_IMAGE",
            },
        })
    };
    let records: Vec<Value> = rows.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({"Records": records})).context("an event of the outbox")
}

fn sequence(number: usize) -> String {
    format!("{number:021}")
}
