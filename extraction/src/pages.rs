//! Collects the pages of a document, within limits.

use crate::Problem;
use knowledge::{Builder, Built, Page};

/// The maximum length of a document's text, in bytes.
pub const TEXT_MAX: usize = 16 * 1024 * 1024;
/// The maximum number of pages.
pub const PAGES_MAX: usize = 10_000;

/// The pages of a document.
#[derive(Default)]
pub struct Pages {
    builder: Builder,
    bytes: usize,
    /// The number of the last page. `None` for a kind without pages.
    last: Option<u32>,
    have_text: bool,
}

impl Pages {
    /// Adds a page, or the whole text of a document without pages.
    pub fn add(&mut self, number: Option<u32>, text: String) -> Result<(), Problem> {
        self.bytes += text.len();
        self.last = number;
        if self.bytes > TEXT_MAX {
            return Err(Problem::TooLong);
        }
        self.have_text |= text.chars().any(char::is_alphanumeric);
        self.builder.add(Page { number, text });
        Ok(())
    }

    /// Whether there is a letter or a digit on any page.
    pub const fn have_text(&self) -> bool {
        self.have_text
    }

    /// The objects that are stored, and the number of pages.
    pub fn finish(self) -> (Built, Option<u32>) {
        (self.builder.finish(), self.last)
    }
}
