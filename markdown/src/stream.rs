//! An answer that is still being written: which blocks each new piece of text changes.

use crate::{
    Words,
    blocks::{Renderer, shown_code},
    code,
    outline::Outline,
    parse, render_clean, unfinished,
};
use comrak::{
    Arena, node_matches,
    nodes::{Node, NodeValue},
};
use std::borrow::Cow;

/// A change to the blocks that a reader sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// The block at `index` is new or replaced. A new one is added at the end.
    Block {
        /// The position among the blocks, from 0.
        index: usize,
        /// One element.
        html: String,
    },
    /// Text that follows in the `code` element of the block at `index`. It is not HTML.
    Text {
        /// The position among the blocks, from 0.
        index: usize,
        /// To be appended as text.
        text: String,
    },
    /// The blocks from `count` on are gone. This is rare: a paragraph turned out to define links.
    Count {
        /// The number of blocks that stay.
        count: usize,
    },
}

/// The text of an answer so far, and its blocks as they are shown.
///
/// What is shown depends on the text only, not on how it was cut into pieces. Markup whose end has not arrived is
/// never shown as text: it is either taken as finished, as in `**bo`, or held back until its meaning is known. The
/// blocks before the last one are not parsed again, so a piece costs what its block costs.
pub struct Stream<'a> {
    words: Words<'a>,
    text: String,
    /// Whether the last piece ended with `\r`.
    after_return: bool,
    blocks: Vec<Shown>,
    /// Whether the text may define links, which change blocks anywhere. Then all of it is parsed each time.
    has_definitions: bool,
    settled: Settled,
}

/// What later text cannot change.
#[derive(Default)]
struct Settled {
    bytes: usize,
    blocks: usize,
    /// The headings in these blocks.
    outline: Outline,
}

struct Shown {
    html: String,
    /// The code of an open block, which can grow by [`Update::Text`].
    code: Option<String>,
}

impl<'a> Stream<'a> {
    /// An answer without text.
    pub fn new(words: Words<'a>) -> Stream<'a> {
        Stream {
            words,
            text: String::new(),
            after_return: false,
            blocks: Vec::new(),
            has_definitions: false,
            settled: Settled::default(),
        }
    }

    /// Adds a piece of text, and says what it changes. The caller collects pieces for a while if they are short: each
    /// call parses the last block.
    pub fn push(&mut self, piece: &str) -> Vec<Update> {
        let seen = self.text.len();
        parse::push_clean(&mut self.text, piece, &mut self.after_return);
        if !self.has_definitions && unfinished::may_define_links(&self.text, seen) {
            self.has_definitions = true;
            self.settled = Settled::default();
        }
        let text = unfinished::without_held_lines(&self.text);
        let text = text.get(self.settled.bytes..).unwrap_or("").to_owned();
        let repaired = unfinished::with_repaired_line(&text);
        let arena = Arena::new();
        let mut document = parse::document(&arena, &repaired);
        if matches!(repaired, Cow::Owned(_)) && ends_verbatim(document) {
            document = parse::document(&arena, &text);
        }
        self.show(document, &text)
    }

    /// Ends the answer, and says what is left to change. The blocks then are those of [`render`](crate::render).
    pub fn finish(&mut self) -> Vec<Update> {
        let blocks = render_clean(&self.text, &self.words);
        let blocks = blocks.into_iter().map(|html| Shown { html, code: None }).collect();
        self.replace(0, blocks)
    }

    /// The blocks as they are shown.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = &str> {
        self.blocks.iter().map(|block| block.html.as_str())
    }

    fn show(&mut self, document: Node<'_>, text: &str) -> Vec<Update> {
        let mut outline = self.settled.outline.clone();
        let mut before_last = outline.clone();
        let mut shown = Vec::new();
        for node in document.children() {
            before_last = outline.clone();
            let html = Renderer::unfinished(&self.words, &mut outline).block(node);
            shown.push(Shown { html, code: open_code(node) });
        }
        let first = self.settled.blocks;
        let before = shown.len().saturating_sub(1);
        if let Some(start) = document.last_child().and_then(|last| settled_before(last, text))
            && before > 0
            && !self.has_definitions
        {
            self.settled.bytes += start;
            self.settled.blocks += before;
            self.settled.outline = before_last;
        }
        self.replace(first, shown)
    }

    /// Makes `blocks` those from `first` on.
    fn replace(&mut self, first: usize, blocks: Vec<Shown>) -> Vec<Update> {
        let mut updates = Vec::new();
        let count = first + blocks.len();
        if count < self.blocks.len() {
            self.blocks.truncate(count);
            updates.push(Update::Count { count });
        }
        for (index, block) in (first..).zip(blocks) {
            match self.blocks.get_mut(index) {
                Some(shown) => {
                    updates.extend(change(shown, &block, index));
                    *shown = block;
                }
                None => {
                    updates.push(Update::Block { index, html: block.html.clone() });
                    self.blocks.push(block);
                }
            }
        }
        updates
    }
}

/// How `old` becomes `new`.
fn change(old: &Shown, new: &Shown, index: usize) -> Option<Update> {
    if old.html == new.html {
        return None;
    }
    if let (Some(old_code), Some(new_code)) = (&old.code, &new.code)
        && let Some(start) = old.html.strip_suffix(code::END)
        && new.html.starts_with(start)
        && let Some(text) = new_code.strip_prefix(old_code.as_str())
    {
        return Some(Update::Text { index, text: text.to_owned() });
    }
    Some(Update::Block { index, html: new.html.clone() })
}

/// Where `last` begins, if its first line is complete. The blocks before it are closed then, and parsing from there on
/// gives the same blocks.
fn settled_before(last: Node<'_>, text: &str) -> Option<usize> {
    // The first line of a table can have been the last line of a paragraph, where a number is not a list.
    if node_matches!(last, NodeValue::Table(_))
        && last.previous_sibling().is_some_and(|before| node_matches!(before, NodeValue::Paragraph))
    {
        return None;
    }
    let line = last.data().sourcepos.start.line;
    let mut ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(end, _)| end + 1);
    let start = if line > 1 { ends.nth(line - 2)? } else { 0 };
    ends.next()?;
    // A parser ignores this character at the beginning of a document.
    (!text[start..].starts_with('\u{feff}')).then_some(start)
}

fn open_code(node: Node<'_>) -> Option<String> {
    match &node.data().value {
        NodeValue::CodeBlock(block) if !block.closed => Some(shown_code(&block.literal).to_owned()),
        _ => None,
    }
}

/// Whether the document ends inside code or HTML, where no character is markup.
fn ends_verbatim(document: Node<'_>) -> bool {
    let mut node = document;
    while let Some(last) = node.last_child() {
        node = last;
    }
    match &node.data().value {
        NodeValue::CodeBlock(block) => !block.fenced || !block.closed,
        NodeValue::HtmlBlock(_) => true,
        _ => false,
    }
}
