//! Lists that can be asked for in several orders, by number of page or from a cursor on.

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

    /// Their names, for people.
    const CHOICES: &'static str;

    /// The field that is newest first when nothing was asked for.
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

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<F> {
    /// By this field.
    pub field: F,
    /// The largest first.
    pub descending: bool,
}

impl<F: SortField> Default for Sort<F> {
    fn default() -> Self {
        Self { field: F::DEFAULT, descending: true }
    }
}

/// Which part of a list is wanted, in which order.
#[derive(Debug, Clone)]
pub struct ListRequest<F> {
    /// The page; behind a cursor it only says what to call the page.
    pub page: PageRequest,
    /// The order.
    pub sort: Sort<F>,
    /// The place in the order that the page begins after.
    pub after: Option<ListPosition>,
}

impl<F> ListRequest<F> {
    /// Whether finding the page means walking over others, which nobody should do for a page that there is not:
    /// the list is counted first.
    pub const fn is_deep(&self) -> bool {
        self.after.is_none() && self.page.number() > 1
    }
}

/// A place in a list's order: the sort value of an entry, which ends with the entry's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListPosition(pub String);

/// The most bytes of text in a place: with an id behind it, it is still a possible key of the store.
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

    /// In an order by text, in which cases do not matter. The separator sorts before all letters, so that a
    /// text comes before those that begin with it.
    pub fn by_text(text: &str, id: impl Display) -> Self {
        let mut folded = text.to_lowercase();
        while folded.len() > ORDERED_TEXT_MAX {
            folded.pop();
        }
        Self(format!("{folded}\u{1}{id}"))
    }
}

/// A page of a list, and the place where the next one begins.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// The page.
    pub page: Page<T>,
    /// After the page's last entry; none at the end.
    pub next: Option<ListPosition>,
}

impl<T> Listed<T> {
    /// A page of a list of `total`.
    pub const fn new(items: Vec<T>, total: u64, request: PageRequest, next: Option<ListPosition>) -> Self {
        Self { page: Page { items, total, request }, next }
    }

    /// A page without entries of a list of `total`.
    pub const fn empty(request: PageRequest, total: u64) -> Self {
        Self { page: Page { items: Vec::new(), total, request }, next: None }
    }

    /// A page of a list that was read as a whole, which is short.
    pub fn of_all(mut all: Vec<T>, request: &ListRequest<impl SortField>, place: impl Fn(&T) -> ListPosition) -> Self {
        all.sort_by_cached_key(|entry| place(entry).0);
        if request.sort.descending {
            all.reverse();
        }
        let total = all.len() as u64;
        let begin = match &request.after {
            None => usize::try_from(request.page.skipped()).unwrap_or(usize::MAX),
            Some(ListPosition(after)) => {
                let is_later =
                    |entry: &T| if request.sort.descending { place(entry).0 < *after } else { place(entry).0 > *after };
                all.iter().position(is_later).unwrap_or(all.len())
            }
        };
        let mut rest = all.into_iter().skip(begin);
        let items: Vec<T> = rest.by_ref().take(request.page.size()).collect();
        let next = items.last().map(&place).filter(|_| rest.next().is_some());
        Self { page: Page { items, total, request: request.page }, next }
    }
}

/// What conversations are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationField {
    /// When they were begun.
    CreatedAt,
    /// When they last changed.
    UpdatedAt,
    /// Their titles.
    Title,
}

impl SortField for ConversationField {
    const ALL: &'static [(&'static str, Self)] =
        &[("created_at", Self::CreatedAt), ("updated_at", Self::UpdatedAt), ("title", Self::Title)];
    const CHOICES: &'static str = "created_at, updated_at, title";
    const DEFAULT: Self = Self::CreatedAt;
}

/// What assistants are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssistantField {
    /// When they were made.
    CreatedAt,
    /// When they last changed.
    UpdatedAt,
    /// Their names.
    Name,
}

impl SortField for AssistantField {
    const ALL: &'static [(&'static str, Self)] =
        &[("created_at", Self::CreatedAt), ("updated_at", Self::UpdatedAt), ("name", Self::Name)];
    const CHOICES: &'static str = "created_at, updated_at, name";
    const DEFAULT: Self = Self::CreatedAt;
}

/// What users are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserField {
    /// When they registered.
    CreatedAt,
    /// Their usernames.
    Username,
    /// Their e-mail addresses; those without one come first.
    Email,
}

impl SortField for UserField {
    const ALL: &'static [(&'static str, Self)] =
        &[("created_at", Self::CreatedAt), ("username", Self::Username), ("email", Self::Email)];
    const CHOICES: &'static str = "created_at, username, email";
    const DEFAULT: Self = Self::CreatedAt;
}

/// What tools are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolField {
    /// When they were made; built-in ones come first.
    CreatedAt,
    /// Their names.
    Name,
}

impl SortField for ToolField {
    const ALL: &'static [(&'static str, Self)] = &[("created_at", Self::CreatedAt), ("name", Self::Name)];
    const CHOICES: &'static str = "created_at, name";
    const DEFAULT: Self = Self::CreatedAt;
}

/// What API keys are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyField {
    /// When they were made.
    CreatedAt,
    /// Their names.
    Name,
}

impl SortField for ApiKeyField {
    const ALL: &'static [(&'static str, Self)] = &[("created_at", Self::CreatedAt), ("name", Self::Name)];
    const CHOICES: &'static str = "created_at, name";
    const DEFAULT: Self = Self::CreatedAt;
}

/// What webhooks are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookField {
    /// When they were made.
    CreatedAt,
    /// Their addresses.
    Url,
}

impl SortField for WebhookField {
    const ALL: &'static [(&'static str, Self)] = &[("created_at", Self::CreatedAt), ("url", Self::Url)];
    const CHOICES: &'static str = "created_at, url";
    const DEFAULT: Self = Self::CreatedAt;
}

/// What deliveries are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryField {
    /// When the event was.
    CreatedAt,
}

impl SortField for DeliveryField {
    const ALL: &'static [(&'static str, Self)] = &[("created_at", Self::CreatedAt)];
    const CHOICES: &'static str = "created_at";
    const DEFAULT: Self = Self::CreatedAt;
}
