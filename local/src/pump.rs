//! What on AWS gives the stream of the outbox to `dispatch`: follows what is written there. The embedded database
//! has streams too, but keeps them for ever and reads all of one with each write, so this follows the calls that
//! write. A row that was told is marked; a process that starts goes on with the others. While there is no webhook and
//! no connection there is nobody to tell: then rows are written with the mark, and nothing follows.

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

/// The attribute that marks a row as told.
const TOLD: &str = "told";
/// The most rows that are marked in one write: as many as a transaction takes.
const MARKS: usize = 100;
/// How long rows wait to be marked together, when nothing else is told meanwhile.
const MARKS_WAIT: Duration = Duration::from_secs(1);

/// The most records of one event. The embedded database does one thing after the other: with more of them, requests
/// would wait behind all that is told at the same time.
const BATCH: usize = 16;
/// How often a record is tried again at once.
const RETRIES: u32 = 6;
/// The pause before the first of them; each is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(200);

/// Tells a pump of rows of the outbox that were written. Cheap to clone.
#[derive(Clone)]
pub struct ChangeFeed {
    tables: Arc<Tables>,
    rows: UnboundedSender<Item>,
    /// Whether somebody may hear of changes. `false` is certain.
    is_heard: Arc<AtomicBool>,
}

/// Gives the rows of the outbox to `dispatch`.
pub struct Pump {
    database: Database,
    table: String,
    rows: UnboundedReceiver<Item>,
    /// Keys of rows that were told and are not marked yet.
    told: Vec<Value>,
}

/// A pump for the outbox of `database`, and what tells it of new rows.
pub fn pump(database: Database, tables: &Tables) -> (ChangeFeed, Pump) {
    let (sender, rows) = mpsc::unbounded_channel();
    let feed = ChangeFeed { tables: Arc::new(tables.clone()), rows: sender, is_heard: Arc::new(AtomicBool::new(true)) };
    (feed, Pump { database, table: tables.outbox.clone(), rows, told: Vec::new() })
}

/// All of this happens while the database does nothing else, so that nobody begins to listen in between.
impl ChangeFeed {
    /// Somebody may have begun to listen: something is written to `table`.
    pub fn note_write(&self, table: &str) {
        if table == self.tables.webhooks || table == self.tables.connections {
            self.is_heard.store(true, Ordering::Relaxed);
        }
    }

    /// What `request` puts into the outbox, to be told when it is written. Nothing while nobody listens: then the
    /// rows are marked as told.
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
        // A request with a token may be a repeat, and has to be the same then.
        if rows.is_empty() || request.client_request_token.is_some() || self.is_heard(database)? {
            return Ok(rows.into_iter().map(|row| row.clone()).collect());
        }
        for row in &mut rows {
            row.insert(TOLD.to_owned(), AttributeValue::BOOL(true));
        }
        Ok(Vec::new())
    }

    /// Tells of rows that were written.
    pub fn wrote(&self, rows: Vec<Item>) {
        for row in rows {
            // Without a pump nobody listens.
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

impl Pump {
    /// Tells of everything that was not told yet, then of everything new, for ever.
    pub async fn run(mut self, services: Services) {
        match self.untold() {
            Ok(rows) => self.tell(&services, rows).await,
            Err(error) => tracing::error!(error = %Causes(&*error), "the outbox cannot be read"),
        }
        let mut rows = Vec::new();
        loop {
            let received = match self.told.is_empty() {
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
                Ok(rows) => self.tell(&services, rows).await,
                Err(error) => tracing::error!(error = %Causes(&error), "rows of the outbox cannot be read"),
            }
        }
    }

    /// Tells of everything that was not told yet, and says how much that was.
    pub async fn run_due(&mut self, services: &Services) -> Result<usize> {
        while self.rows.try_recv().is_ok() {}
        let rows = self.untold()?;
        let count = rows.len();
        self.tell(services, rows).await;
        self.mark();
        Ok(count)
    }

    async fn tell(&mut self, services: &Services, rows: Vec<Value>) {
        for batch in rows.chunks(BATCH) {
            let mut left = batch.to_vec();
            for tried in 0..=RETRIES {
                if tried > 0 {
                    tokio::time::sleep(PAUSE * 2_u32.pow(tried - 1)).await;
                }
                match self.tell_once(services, left.clone()).await {
                    Ok(failed) => left = failed,
                    Err(error) => tracing::error!(error = %Causes(&*error), "changes were not told"),
                }
                if left.is_empty() {
                    break;
                }
            }
            if !left.is_empty() {
                tracing::error!(changes = left.len(), "changes were not told; the next start tries again");
            }
        }
    }

    /// The rows that failed.
    async fn tell_once(&mut self, services: &Services, rows: Vec<Value>) -> Result<Vec<Value>> {
        let told = dispatch::dispatch(services.clone(), event(&rows)?).await?;
        let is_failed = |number: usize| {
            told.batch_item_failures.iter().any(|failure| failure.item_identifier.as_deref() == Some(&sequence(number)))
        };
        let mut failed = Vec::<Value>::new();
        for (number, row) in rows.into_iter().enumerate() {
            // What follows a failure of the same user was not tried.
            match is_failed(number) || failed.iter().any(|other| other["pk"] == row["pk"]) {
                true => failed.push(row),
                false => self.told.push(json!({"pk": row["pk"], "sk": row["sk"]})),
            }
        }
        if self.told.len() >= MARKS {
            self.mark();
        }
        Ok(failed)
    }

    fn untold(&self) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        let mut request = json!({
            "TableName": self.table,
            "FilterExpression": "attribute_not_exists(#told)",
            "ExpressionAttributeNames": {"#told": TOLD},
        });
        loop {
            let scanned = serde_json::to_value(self.database.scan(serde_json::from_value(request.clone())?)?)?;
            rows.extend(scanned["Items"].as_array().cloned().unwrap_or_default());
            match &scanned["LastEvaluatedKey"] {
                Value::Null => break,
                last => request["ExclusiveStartKey"] = last.clone(),
            }
        }
        // In the order of time, as a stream would have them.
        rows.sort_by_key(|row| row["sk"]["S"].as_str().unwrap_or_default().to_owned());
        Ok(rows)
    }

    /// Marks what was told. Where that fails, a process that starts tells it again, which makes no second delivery.
    fn mark(&mut self) {
        for keys in std::mem::take(&mut self.told).chunks(MARKS) {
            if let Err(error) = self.mark_together(keys) {
                tracing::error!(error = %Causes(&*error), changes = keys.len(), "changes were told, but not marked");
            }
        }
    }

    /// All in one write: each has its price.
    fn mark_together(&self, keys: &[Value]) -> Result<()> {
        let mark = |key: &Value| {
            json!({"Update": {
                "TableName": self.table,
                "Key": key,
                "UpdateExpression": "SET #told = :true",
                "ExpressionAttributeNames": {"#told": TOLD},
                "ExpressionAttributeValues": {":true": {"BOOL": true}},
            }})
        };
        let marks: Vec<Value> = keys.iter().map(mark).collect();
        self.database.transact_write_items(serde_json::from_value(json!({"TransactItems": marks}))?)?;
        Ok(())
    }
}

/// The event with which Lambda gives such records to a function.
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
