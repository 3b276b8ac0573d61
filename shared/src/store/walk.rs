//! Walking along a query to a numbered page: over keys only to where the page begins, then whole rows.

use super::{
    CallError, Item,
    client::{Client, Request},
};
use aws_sdk_dynamodb::operation::query::builders::QueryInputBuilder;

/// A query whose entries may consist of several items (a turn is a message and its reply).
pub struct Walk<'c> {
    /// What carries it out.
    pub client: &'c Client,
    /// The query, without limit or start.
    pub query: QueryInputBuilder,
    /// The fewest items that an entry has.
    pub items_per_entry: usize,
}

/// Keys that one call passes over at most.
const SKIPPED_AT_ONCE: usize = 5_000;

impl Walk<'_> {
    /// The items of the `wanted` entries after the first `skipped` ones. An entry ends with an item of
    /// which `ends_entry` is true; items that belong to no entry may stand between.
    pub async fn page(
        self,
        skipped: u64,
        wanted: usize,
        ends_entry: fn(&Item) -> bool,
    ) -> Result<Vec<Item>, CallError> {
        let keys_only = self.query.clone().projection_expression("pk, sk");
        let mut start = None;
        let mut left = usize::try_from(skipped).unwrap_or(usize::MAX);
        while left > 0 {
            let limit = left.saturating_mul(self.items_per_entry).min(SKIPPED_AT_ONCE);
            let (mut passed, next) = self.once(&keys_only, limit, start).await?;
            let ends: Vec<usize> = (0..passed.len()).filter(|&at| ends_entry(&passed[at])).collect();
            start = match ends.get(left - 1) {
                // Of an entry's last item the key is where the next entry begins; further items were read
                // only where entries have several, and never from an index, whose keys are longer.
                Some(&last) if last + 1 < passed.len() => Some(passed.swap_remove(last)),
                _ => next,
            };
            left = left.saturating_sub(ends.len());
            if start.is_none() {
                return Ok(Vec::new());
            }
        }
        self.take(wanted, start, |items| items.iter().filter(|item| ends_entry(item)).count()).await
    }

    /// The items from `start` on until `complete` counts `wanted` entries in them.
    pub async fn take(
        self,
        wanted: usize,
        mut start: Option<Item>,
        complete: impl Fn(&[Item]) -> usize,
    ) -> Result<Vec<Item>, CallError> {
        let mut items = Vec::new();
        loop {
            let left = wanted.saturating_sub(complete(&items));
            if left == 0 {
                return Ok(items);
            }
            let (more, next) = self.once(&self.query, left.saturating_mul(self.items_per_entry), start).await?;
            items.extend(more);
            if next.is_none() {
                return Ok(items);
            }
            start = next;
        }
    }

    async fn once(
        &self,
        query: &QueryInputBuilder,
        limit: usize,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), CallError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let output = query.clone().limit(limit).set_exclusive_start_key(start).call(self.client).await?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key))
    }
}
