//! The `limits` table: the number of recent requests of each subject, counted in slots of one second. A row holds the
//! slots of ten minutes, of which old ones are removed now and then. DynamoDB removes it after it expires.

use super::{
    CallError, Item, Store,
    client::{self, Request},
    keys, n,
};
use crate::domain::time::Timestamp;
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemInputBuilder,
    types::{AttributeValue, ReturnValue},
};

/// The length of the window in seconds, each of which has a slot.
pub const WINDOW_SECONDS: u64 = 60;
/// The length of a row in seconds.
const ROW_SECONDS: u64 = 600;
/// At seconds that this number divides, the slots of the minute before the window are removed.
const REMOVED_EVERY: u64 = 10;

/// Requests per second of the window, the oldest first; the last one is the current second.
pub type Recent = [u32; WINDOW_SECONDS as usize];

/// Counts, and keeps the row for another ten minutes after its own.
const COUNT: &str = "ADD #slot :by SET expires_at = :expires_at";

impl Store {
    /// Counts a request of `subject` in the current second, and returns the whole window. Takes one call. In the first
    /// minute of every ten it takes two concurrent calls, because the window reaches into the previous row.
    pub async fn count(&self, policy: &'static str, subject: &str, now: Timestamp) -> Result<Recent, CallError> {
        let second = now.seconds();
        let row = second / ROW_SECONDS;
        let oldest = (second + 1).saturating_sub(WINDOW_SECONDS);
        let earlier = async {
            match oldest / ROW_SECONDS < row {
                true => self.get(keys::limit(&self.tables, policy, row - 1, subject)).await,
                false => Ok(None),
            }
        };
        let add = self.add(policy, subject, second, 1);
        let add = if second.is_multiple_of(REMOVED_EVERY) { without_old_slots(add, oldest) } else { add };
        let (current, earlier) =
            futures::future::try_join(async { Ok(add.call(&self.client).await?) }, earlier).await?;
        let current = current.attributes.unwrap_or_default();
        let mut recent = [0; WINDOW_SECONDS as usize];
        for (count, second) in recent.iter_mut().zip(oldest..=second) {
            let row_of_second = if second / ROW_SECONDS == row { Some(&current) } else { earlier.as_ref() };
            *count = row_of_second.map_or(0, |item| requests_in(item, second));
        }
        Ok(recent)
    }

    /// Subtracts a request that was counted `at`. Not retried if the response is lost, because a retry could subtract
    /// it twice.
    pub async fn uncount(&self, policy: &'static str, subject: &str, at: Timestamp) -> Result<(), CallError> {
        self.add(policy, subject, at.seconds(), -1).call(&self.client.once()).await?;
        Ok(())
    }

    fn add(&self, policy: &'static str, subject: &str, second: u64, by: i32) -> UpdateItemInputBuilder {
        let row = second / ROW_SECONDS;
        let key = keys::limit(&self.tables, policy, row, subject);
        let expires_at = (row + 2) * ROW_SECONDS;
        client::update_item()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .update_expression(COUNT)
            .expression_attribute_names("#slot", attribute(second))
            .expression_attribute_values(":by", AttributeValue::N(by.to_string()))
            .expression_attribute_values(":expires_at", n(expires_at))
            .return_values(ReturnValue::AllNew)
    }
}

/// Removes the slots of the minute before the window, as far as they are in the same row.
fn without_old_slots(mut add: UpdateItemInputBuilder, oldest: u64) -> UpdateItemInputBuilder {
    let first = oldest.saturating_sub(WINDOW_SECONDS).max(oldest / ROW_SECONDS * ROW_SECONDS);
    let old: Vec<String> = (first..oldest).map(|second| format!("#{}", attribute(second))).collect();
    if old.is_empty() {
        return add;
    }
    for name in &old {
        add = add.expression_attribute_names(name, name.trim_start_matches('#'));
    }
    add.update_expression(format!("{COUNT} REMOVE {}", old.join(", ")))
}

/// `s007` for the seventh second of a row.
fn attribute(second: u64) -> String {
    format!("s{:03}", second % ROW_SECONDS)
}

fn requests_in(item: &Item, second: u64) -> u32 {
    let count = item.get(&attribute(second)).and_then(|value| value.as_n().ok()).and_then(|n| n.parse::<i64>().ok());
    count.map_or(0, |count| u32::try_from(count).unwrap_or(0))
}
