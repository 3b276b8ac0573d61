//! What on AWS gives the stream of the outbox to `dispatch`: follows what is written there. The embedded database
//! has streams too, but keeps them for ever and reads all of one with each write, so this follows the calls that
//! write. What was told is marked; a process that starts goes on with what is not.

use anyhow::{Context, Result, ensure};
use aws_lambda_events::dynamodb::Event;
use dynoxide::Database;
use serde_json::{Value, json};
use shared::service::Services;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

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
    table: String,
    rows: UnboundedSender<Value>,
}

/// Gives the rows of the outbox to `dispatch`.
pub struct Pump {
    database: Database,
    table: String,
    rows: UnboundedReceiver<Value>,
}

/// A pump for the outbox called `table` of `database`, and what tells it of new rows.
pub fn pump(database: Database, table: String) -> (ChangeFeed, Pump) {
    let (sender, rows) = mpsc::unbounded_channel();
    (ChangeFeed { table: table.clone(), rows: sender }, Pump { database, table, rows })
}

impl ChangeFeed {
    /// Tells of what a `TransactWriteItems` with this body wrote.
    pub fn wrote(&self, body: &[u8]) {
        // Most transactions are not parsed a second time: what is looked for is in them word by word, or not.
        let name = format!("\"{}\"", self.table);
        if !body.windows(name.len()).any(|window| window == name.as_bytes()) {
            return;
        }
        let Ok(request) = serde_json::from_slice::<Value>(body) else { return };
        for write in request["TransactItems"].as_array().into_iter().flatten() {
            if write["Put"]["TableName"] == self.table.as_str() {
                // Without a pump nobody listens.
                self.rows.send(write["Put"]["Item"].clone()).ok();
            }
        }
    }
}

impl Pump {
    /// Tells of everything that was not told yet, then of everything new, for ever.
    pub async fn run(mut self, services: Services) {
        match self.untold() {
            Ok(rows) => self.tell(&services, rows).await,
            Err(error) => tracing::error!(error = %shared::log::Causes(&*error), "the outbox cannot be read"),
        }
        let mut rows = Vec::new();
        while self.rows.recv_many(&mut rows, BATCH).await > 0 {
            self.tell(&services, std::mem::take(&mut rows)).await;
        }
    }

    /// Tells of everything that was not told yet, and says how much that was.
    pub async fn run_due(&mut self, services: &Services) -> Result<usize> {
        while self.rows.try_recv().is_ok() {}
        let rows = self.untold()?;
        let count = rows.len();
        self.tell(services, rows).await;
        Ok(count)
    }

    async fn tell(&self, services: &Services, rows: Vec<Value>) {
        for batch in rows.chunks(BATCH) {
            let mut left = batch.to_vec();
            for tried in 0..=RETRIES {
                if tried > 0 {
                    tokio::time::sleep(PAUSE * 2_u32.pow(tried - 1)).await;
                }
                match self.tell_once(services, left.clone()).await {
                    Ok(failed) => left = failed,
                    Err(error) => tracing::error!(error = %shared::log::Causes(&*error), "changes were not told"),
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
    async fn tell_once(&self, services: &Services, rows: Vec<Value>) -> Result<Vec<Value>> {
        let told = dispatch::dispatch(services.clone(), event(&rows)?).await?;
        let is_failed = |number: usize| {
            told.batch_item_failures.iter().any(|failure| failure.item_identifier.as_deref() == Some(&sequence(number)))
        };
        let (mut failed, mut done) = (Vec::<Value>::new(), Vec::new());
        for (number, row) in rows.into_iter().enumerate() {
            // What follows a failure of the same user was not tried.
            match is_failed(number) || failed.iter().any(|other| other["pk"] == row["pk"]) {
                true => failed.push(row),
                false => done.push(row),
            }
        }
        self.mark(&done)?;
        Ok(failed)
    }

    fn untold(&self) -> Result<Vec<Value>> {
        let (mut rows, mut request) =
            (Vec::new(), json!({"TableName": self.table, "FilterExpression": "attribute_not_exists(told)"}));
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

    /// Notes that these were told, all in one write: on a disk each has its price.
    fn mark(&self, rows: &[Value]) -> Result<()> {
        let mark = |row: &Value| {
            json!({"Update": {
                "TableName": self.table,
                "Key": {"pk": row["pk"], "sk": row["sk"]},
                "UpdateExpression": "SET told = :true",
                "ExpressionAttributeValues": {":true": {"BOOL": true}},
            }})
        };
        let marks: Vec<Value> = rows.iter().map(mark).collect();
        if !marks.is_empty() {
            self.database.transact_write_items(serde_json::from_value(json!({"TransactItems": marks}))?)?;
        }
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
