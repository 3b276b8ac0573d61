//! Lists that can be requested in several orders, by page number or from a cursor on.

use super::{
    page::{Page, PageRequest},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// A field that a list can be sorted by.
pub trait SortField: Copy + PartialEq + Sized + 'static {
    /// The fields and their names on the wire.
    const ALL: &'static [(&'static str, Self)];

    /// The names, for error messages.
    const CHOICES: &'static str;

    /// The field of the default order, which is descending.
    const DEFAULT: Self;

    /// The field with this name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(own, _)| *own == name).map(|(_, field)| *field)
    }

    /// The name on the wire.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<F> {
    /// The field to sort by.
    pub field: F,
    /// Whether the largest value comes first.
    pub descending: bool,
}

impl<F: SortField> Default for Sort<F> {
    fn default() -> Self {
        Self { field: F::DEFAULT, descending: true }
    }
}

/// A request for a part of a list.
#[derive(Debug, Clone)]
pub struct ListRequest<F> {
    /// The page. After a cursor, its number only appears in the response.
    pub page: PageRequest,
    /// The order.
    pub sort: Sort<F>,
    /// The position after which the page begins.
    pub after: Option<ListPosition>,
}

impl<F> ListRequest<F> {
    /// Whether the store must skip other pages to find this one. The caller first counts the list, so that nobody
    /// skips pages for a page that does not exist.
    pub const fn is_deep(&self) -> bool {
        self.after.is_none() && self.page.number() > 1
    }
}

/// A position in the order of a list: the sort value of an entry, followed by the entry's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListPosition(pub String);

/// The maximum size of the text in a position, in bytes. With an id behind it, it must fit into a key of the store.
const ORDERED_TEXT_MAX: usize = 900;

impl ListPosition {
    /// In an order by time.
    pub fn by_time(at: Timestamp, id: impl Display) -> Self {
        Self(format!("{:015}#{id}", at.millis()))
    }

    /// In an order by number.
    pub fn by_number(number: u64, id: impl Display) -> Self {
        Self(format!("{number:020}#{id}"))
    }

    /// In an order by text that ignores case. The separator sorts before all letters, so a text comes before the
    /// texts that begin with it.
    pub fn by_text(text: &str, id: impl Display) -> Self {
        let mut folded = text.to_lowercase();
        while folded.len() > ORDERED_TEXT_MAX {
            folded.pop();
        }
        Self(format!("{folded}\u{1}{id}"))
    }
}

/// A page of a list, and the position where the next one begins.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// The page.
    pub page: Page<T>,
    /// The position of the page's last entry. `None` at the end of the list.
    pub next: Option<ListPosition>,
}

impl<T> Listed<T> {
    /// A page of a list of `total`.
    pub const fn new(items: Vec<T>, total: u64, request: PageRequest, next: Option<ListPosition>) -> Self {
        Self { page: Page { items, total, request }, next }
    }

    /// An empty page of a list of `total`.
    pub const fn empty(request: PageRequest, total: u64) -> Self {
        Self { page: Page { items: Vec::new(), total, request }, next: None }
    }

    /// A page of a short list that was read as a whole.
    pub fn of_all(
        mut all: Vec<T>,
        request: &ListRequest<impl SortField>,
        position: impl Fn(&T) -> ListPosition,
    ) -> Self {
        all.sort_by_cached_key(|entry| position(entry).0);
        if request.sort.descending {
            all.reverse();
        }
        let total = all.len() as u64;
        let begin = match &request.after {
            None => usize::try_from(request.page.skipped()).unwrap_or(usize::MAX),
            Some(ListPosition(after)) => {
                let is_later = |entry: &T| {
                    if request.sort.descending { position(entry).0 < *after } else { position(entry).0 > *after }
                };
                all.iter().position(is_later).unwrap_or(all.len())
            }
        };
        let mut rest = all.into_iter().skip(begin);
        let items: Vec<T> = rest.by_ref().take(request.page.size()).collect();
        let next = items.last().map(&position).filter(|_| rest.next().is_some());
        Self { page: Page { items, total, request: request.page }, next }
    }
}

/// The sort fields of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationField {
    /// The time of creation.
    CreatedAt,
    /// The time of the last change.
    UpdatedAt,
    /// The title.
    Title,
}

impl SortField for ConversationField {
    const ALL: &'static [(&'static str, Self)] =
        &[("created_at", Self::CreatedAt), ("updated_at", Self::UpdatedAt), ("title", Self::Title)];
    const CHOICES: &'static str = "created_at, updated_at, title";
    const DEFAULT: Self = Self::CreatedAt;
}

/// The sort fields of assistants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssistantField {
    /// The time of creation.
    CreatedAt,
    /// The time of the last change.
    UpdatedAt,
    /// The name.
    Name,
}

impl SortField for AssistantField {
    const ALL: &'static [(&'static str, Self)] =
        &[("created_at", Self::CreatedAt), ("updated_at", Self::UpdatedAt), ("name", Self::Name)];
    const CHOICES: &'static str = "created_at, updated_at, name";
    const DEFAULT: Self = Self::CreatedAt;
}

/// The sort fields of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileField {
    /// The time of the upload.
    CreatedAt,
    /// The name.
    Filename,
    /// The size.
    Size,
}

impl SortField for FileField {
    const ALL: &'static [(&'static str, Self)] =
        &[("created_at", Self::CreatedAt), ("filename", Self::Filename), ("size", Self::Size)];
    const CHOICES: &'static str = "created_at, filename, size";
    const DEFAULT: Self = Self::CreatedAt;
}

/// The sort fields of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserField {
    /// The time of registration.
    CreatedAt,
    /// The username.
    Username,
    /// The e-mail address. Users without one come first.
    Email,
}

impl SortField for UserField {
    const ALL: &'static [(&'static str, Self)] =
        &[("created_at", Self::CreatedAt), ("username", Self::Username), ("email", Self::Email)];
    const CHOICES: &'static str = "created_at, username, email";
    const DEFAULT: Self = Self::CreatedAt;
}

/// The sort fields of tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolField {
    /// The time of creation. Built-in tools come first.
    CreatedAt,
    /// The name.
    Name,
}

impl SortField for ToolField {
    const ALL: &'static [(&'static str, Self)] = &[("created_at", Self::CreatedAt), ("name", Self::Name)];
    const CHOICES: &'static str = "created_at, name";
    const DEFAULT: Self = Self::CreatedAt;
}

/// The sort fields of API keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyField {
    /// The time of creation.
    CreatedAt,
    /// The name.
    Name,
}

impl SortField for ApiKeyField {
    const ALL: &'static [(&'static str, Self)] = &[("created_at", Self::CreatedAt), ("name", Self::Name)];
    const CHOICES: &'static str = "created_at, name";
    const DEFAULT: Self = Self::CreatedAt;
}

/// The sort fields of webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookField {
    /// The time of creation.
    CreatedAt,
    /// The address.
    Url,
}

impl SortField for WebhookField {
    const ALL: &'static [(&'static str, Self)] = &[("created_at", Self::CreatedAt), ("url", Self::Url)];
    const CHOICES: &'static str = "created_at, url";
    const DEFAULT: Self = Self::CreatedAt;
}

/// The sort fields of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryField {
    /// The time of the event.
    CreatedAt,
}

impl SortField for DeliveryField {
    const ALL: &'static [(&'static str, Self)] = &[("created_at", Self::CreatedAt)];
    const CHOICES: &'static str = "created_at";
    const DEFAULT: Self = Self::CreatedAt;
}
