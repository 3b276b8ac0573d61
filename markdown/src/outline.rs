//! The levels of headings. The page's own headings are `h1` to `h3`.

/// The headings that the next one may be below.
#[derive(Clone, Default)]
pub(crate) struct Outline {
    /// The levels in the text of the open headings, each deeper than the one before.
    open: Vec<u8>,
}

impl Outline {
    /// The level in the page of the next heading, which has `level` in the text: 4 to 6, at most one deeper than the
    /// heading before.
    pub(crate) fn place(&mut self, level: u8) -> usize {
        while self.open.last().is_some_and(|open| *open >= level) {
            self.open.pop();
        }
        self.open.push(level);
        (3 + self.open.len()).min(6)
    }
}
