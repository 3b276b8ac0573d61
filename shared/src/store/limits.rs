//! The `limits` table: the number of recent requests of each subject, counted in slots of ten seconds. A row holds the
//! 60 slots of ten minutes. DynamoDB removes it after it expires.

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

/// Seconds per slot.
pub const SLOT_SECONDS: u64 = 10;
/// The slots that can hold a request of the last minute: the current one and the six before it.
pub const WINDOW_SLOTS: u64 = 7;
const SLOTS_PER_ROW: u64 = 60;

/// Requests per slot of the window, the oldest first; the last one is the current slot.
pub type Recent = [u32; WINDOW_SLOTS as usize];

impl Store {
    /// Counts a request of `subject` in the current slot, and returns the whole window. Takes one call. In the first
    /// minute of every ten it takes two concurrent calls, because the window reaches into the previous row.
    pub async fn count(&self, policy: &'static str, subject: &str, now: Timestamp) -> Result<Recent, CallError> {
        let slot = now.seconds() / SLOT_SECONDS;
        let row = slot / SLOTS_PER_ROW;
        let oldest = (slot + 1).saturating_sub(WINDOW_SLOTS);
        let earlier = async {
            match oldest / SLOTS_PER_ROW < row {
                true => self.get(keys::limit(&self.tables, policy, row - 1, subject)).await,
                false => Ok(None),
            }
        };
        let (current, earlier) = futures::future::try_join(
            async { Ok(self.add(policy, row, subject, slot % SLOTS_PER_ROW, 1).call(&self.client).await?) },
            earlier,
        )
        .await?;
        let current = current.attributes.unwrap_or_default();
        let mut recent = Recent::default();
        for (count, slot) in recent.iter_mut().zip(oldest..=slot) {
            let row_of_slot = if slot / SLOTS_PER_ROW == row { Some(&current) } else { earlier.as_ref() };
            *count = row_of_slot.map_or(0, |item| requests_in(item, slot % SLOTS_PER_ROW));
        }
        Ok(recent)
    }

    /// Subtracts a request that was counted `at`. Not retried if the response is lost, because a retry could subtract
    /// it twice.
    pub async fn uncount(&self, policy: &'static str, subject: &str, at: Timestamp) -> Result<(), CallError> {
        let slot = at.seconds() / SLOT_SECONDS;
        let add = self.add(policy, slot / SLOTS_PER_ROW, subject, slot % SLOTS_PER_ROW, -1);
        add.call(&self.client.once()).await?;
        Ok(())
    }

    fn add(&self, policy: &'static str, row: u64, subject: &str, slot: u64, by: i32) -> UpdateItemInputBuilder {
        let key = keys::limit(&self.tables, policy, row, subject);
        let expires_at = (row + 2) * SLOTS_PER_ROW * SLOT_SECONDS;
        client::update_item()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .update_expression("ADD #slot :by SET expires_at = :expires_at")
            .expression_attribute_names("#slot", attribute(slot))
            .expression_attribute_values(":by", AttributeValue::N(by.to_string()))
            .expression_attribute_values(":expires_at", n(expires_at))
            .return_values(ReturnValue::AllNew)
    }
}

fn attribute(slot: u64) -> String {
    format!("s{slot:02}")
}

fn requests_in(item: &Item, slot: u64) -> u32 {
    let count = item.get(&attribute(slot)).and_then(|value| value.as_n().ok()).and_then(|n| n.parse::<i64>().ok());
    count.map_or(0, |count| u32::try_from(count).unwrap_or(0))
}
