//! Renders the Markdown that models write as safe HTML. [`render`] takes a whole answer. [`Stream`] takes an answer in
//! pieces, and says which blocks change with each piece. Both return one HTML element for each top-level block.
//!
//! Markdown is CommonMark with tables, strikethrough, task lists and bare links, parsed by comrak. The HTML is written
//! here, from the syntax tree, so the output can only have the elements and attributes that this crate writes:
//!
//! - No `id`, no `style`, no scripts. Raw HTML is shown as text, except for `<br>`, which breaks the line.
//! - Links lead to `http`, `https` and `mailto` only. A link whose text does not name its host shows the host.
//! - The target of any other link is shown as text.
//! - Images are links, because loading one would tell its server who reads the answer.
//! - Headings begin at `h4`, below those of the page, and skip no level.
//! - Elements are nested at most 24 deep. What lies deeper is shown as text.
//!
//! Nothing here reads files, waits or keeps state between answers.

mod blocks;
mod code;
mod escape;
mod inlines;
mod links;
mod outline;
mod parse;
mod repair;
mod stream;
mod unfinished;

pub use stream::{Stream, Update};

use comrak::Arena;

/// The words of the page's language that appear in the HTML.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// Names a code block: "Code", or "Code, python".
    pub code: &'a str,
    /// Names a table: "Table: Name, Price".
    pub table: &'a str,
    /// Begins the link to an image: "Image: a cat (example.com)".
    pub image: &'a str,
    /// On the button that copies a code block: "Copy".
    pub copy: &'a str,
}

/// Elements inside each other, at most. A browser's own limit is 512.
const MAX_DEPTH: usize = 24;

/// The blocks of `text`: one HTML element each, in their order. Text that is not blank has at least one block.
pub fn render(text: &str, words: &Words) -> Vec<String> {
    let mut clean = String::with_capacity(text.len());
    parse::push_clean(&mut clean, text, &mut false);
    render_clean(&clean, words)
}

fn render_clean(text: &str, words: &Words) -> Vec<String> {
    let arena = Arena::new();
    let document = parse::document(&arena, text);
    let mut outline = outline::Outline::default();
    let blocks: Vec<String> =
        document.children().map(|node| blocks::Renderer::finished(words, &mut outline).block(node)).collect();
    if blocks.is_empty() && !text.trim().is_empty() {
        // Link definitions alone have no blocks.
        return vec![blocks::paragraph(text.trim())];
    }
    blocks
}
