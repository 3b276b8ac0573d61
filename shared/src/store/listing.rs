//! Reads a page of a list: first the keys, from an index that holds only keys, then the rows. Skipping to a later page
//! therefore reads keys only, and most changes to a row do not change an index.

use super::{CallError, Item, Store, client, keys::Key, s, walk::Walk};
use crate::domain::list::{ListPosition, ListRequest};

/// An index, the partition to read, and its key attributes.
pub struct Index<'a> {
    /// The table.
    pub table: &'a str,
    /// The index's name.
    pub name: &'static str,
    /// The partition's attribute and value.
    pub partition: (&'static str, String),
    /// The sort key's attribute.
    pub order: &'static str,
}

/// The keys of a page.
pub struct KeyPage<'a> {
    /// In the list's order.
    pub keys: Vec<Key<'a>>,
    /// The position after the last key, if more follow.
    pub next: Option<ListPosition>,
}

/// The length of a UUID, with which every list position ends.
const ID_LENGTH: usize = 36;

/// The maximum length of a sort key, in bytes.
const PLACE_MAX: usize = 1024;

impl Store {
    /// The keys of the page that `request` asks for. `row` computes the key of the row with an id, which turns a
    /// cursor into a start key.
    pub(super) async fn list_keys<'a, F>(
        &self,
        index: Index<'a>,
        request: &ListRequest<F>,
        row: impl Fn(&str) -> Option<Key<'a>>,
    ) -> Result<KeyPage<'a>, CallError>
    where
        F: Copy,
    {
        let Index { table, name, partition: (attribute, value), order } = index;
        let query = client::query()
            .table_name(table)
            .index_name(name)
            .key_condition_expression("#partition = :partition")
            .expression_attribute_names("#partition", attribute)
            .expression_attribute_values(":partition", s(&value))
            .scan_index_forward(!request.sort.descending);
        let walk = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} };
        let size = request.page.size();
        // One more than the page shows whether the list continues.
        let wanted = size + 1;
        let mut items = match &request.after {
            None => walk.page(request.page.skipped(), wanted, |_| true, usize::MAX).await?,
            Some(ListPosition(place)) => {
                let Some(key) = id_in(place).and_then(row) else {
                    return Ok(KeyPage { keys: Vec::new(), next: None });
                };
                let mut start = key.attributes;
                start.insert(attribute.to_owned(), s(&value));
                start.insert(order.to_owned(), s(place));
                walk.take(wanted, Some(start), <[Item]>::len).await?
            }
        };
        let goes_on = items.len() > size;
        items.truncate(size);
        let last = items.last().filter(|_| goes_on);
        let next = last.and_then(|item| item.get(order)?.as_s().ok().cloned()).map(ListPosition);
        Ok(KeyPage { keys: items.into_iter().map(|item| Key::of_indexed(table, item)).collect(), next })
    }
}

/// The id at the end of a list position, or `None` if the text cannot be a position.
fn id_in(place: &str) -> Option<&str> {
    if place.len() <= PLACE_MAX { place.get(place.len().checked_sub(ID_LENGTH)?..) } else { None }
}
