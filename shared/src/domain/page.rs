//! Numbered pages of a list.

/// The most bytes that a response may have, so that it fits into a function's response (6 MB) and into memory.
pub const RESPONSE_BYTES_MAX: usize = 5_000_000;

/// A request for a page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    number: u64,
    size: usize,
}

impl PageRequest {
    /// The page `number`, counted from 1, with `size` items per page.
    pub fn new(number: u64, size: usize) -> Option<Self> {
        (number >= 1 && size >= 1).then_some(Self { number, size })
    }

    /// Counted from 1.
    pub const fn number(self) -> u64 {
        self.number
    }

    /// Items per page.
    pub const fn size(self) -> usize {
        self.size
    }

    /// The number of items before this page.
    pub const fn skipped(self) -> u64 {
        (self.number - 1).saturating_mul(self.size as u64)
    }

    /// Whether a list of `total` items has this page. The first page always exists.
    pub const fn exists_in(self, total: u64) -> bool {
        self.number == 1 || self.skipped() < total
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The page's items, in the list's order.
    pub items: Vec<T>,
    /// The number of items in the whole list.
    pub total: u64,
    /// The request for this page.
    pub request: PageRequest,
}

impl<T> Page<T> {
    /// Whether a later page has items.
    pub const fn has_next(&self) -> bool {
        self.request.skipped().saturating_add(self.request.size as u64) < self.total
    }

    /// Whether there is an earlier page.
    pub const fn has_previous(&self) -> bool {
        self.request.number > 1
    }
}
