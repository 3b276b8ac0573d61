//! Follows a query to a numbered page: reads keys only up to the beginning of the page, then whole rows.

use super::{
    CallError, Item,
    client::{Client, Request},
    text_bytes,
};
use aws_sdk_dynamodb::operation::query::builders::QueryInputBuilder;

/// A query whose entries may consist of several items (a turn is a message and its reply).
pub struct Walk<'c> {
    /// The client that makes the calls.
    pub client: &'c Client,
    /// The query, without limit or start.
    pub query: QueryInputBuilder,
    /// The fewest items that an entry has.
    pub items_per_entry: usize,
    /// Removes items that belong to no entry. It may keep the last item, whose entry may go on.
    pub tidy: fn(&mut Vec<Item>),
}

/// The most keys that one call skips.
const SKIPPED_AT_ONCE: usize = 5_000;

impl Walk<'_> {
    /// The items of the `wanted` entries after the first `skipped` ones. An entry ends with an item for which
    /// `ends_entry` is true. Items that belong to no entry may stand between entries. Stops when the items have more than
    /// `bytes_max` bytes of text.
    pub async fn page(
        self,
        skipped: u64,
        wanted: usize,
        ends_entry: fn(&Item) -> bool,
        bytes_max: usize,
    ) -> Result<Vec<Item>, CallError> {
        // The status tells whether a turn was answered.
        let keys_only = self.query.clone().projection_expression("pk, sk, #status");
        let keys_only = keys_only.expression_attribute_names("#status", "status");
        let mut start = None;
        let mut left = usize::try_from(skipped).unwrap_or(usize::MAX);
        while left > 0 {
            let limit = left.saturating_mul(self.items_per_entry).min(SKIPPED_AT_ONCE);
            let (mut passed, next) = self.once(&keys_only, limit, start).await?;
            let ends: Vec<usize> = (0..passed.len()).filter(|&at| ends_entry(&passed[at])).collect();
            start = match ends.get(left - 1) {
                // The next entry starts after the key of this entry's last item. Surplus items are read only from
                // tables where an entry has several items, never from an index, whose start keys have more attributes.
                Some(&last) if last + 1 < passed.len() => Some(key_of(passed.swap_remove(last))),
                _ => next,
            };
            left = left.saturating_sub(ends.len());
            if start.is_none() {
                return Ok(Vec::new());
            }
        }
        let complete = |items: &[Item]| match text_bytes(items) > bytes_max {
            true => wanted,
            false => items.iter().filter(|item| ends_entry(item)).count(),
        };
        self.take(wanted, start, complete).await
    }

    /// The items after `start`, until `complete` counts `wanted` entries in them.
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
            (self.tidy)(&mut items);
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

fn key_of(mut item: Item) -> Item {
    item.retain(|name, _| name == "pk" || name == "sk");
    item
}
