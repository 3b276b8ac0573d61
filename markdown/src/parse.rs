//! The dialect of Markdown: which extensions of CommonMark are on, and which characters its text has.

use crate::escape;
use comrak::{
    Arena, Options,
    nodes::{Node, NodeValue},
    parse_document,
};

/// The syntax tree of `text`.
pub(crate) fn document<'a>(arena: &'a Arena<'a>, text: &str) -> Node<'a> {
    let mut options = Options::default();
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    parse_document(arena, text, &options)
}

/// Appends `piece` with `\n` as the end of each line and without control characters. `text` and `piece` are parts of one
/// text. `after_return` is whether the part before `piece` ended with `\r`, which a `\n` may follow.
pub(crate) fn push_clean(text: &mut String, piece: &str, after_return: &mut bool) {
    for char in piece.chars() {
        match char {
            '\n' if *after_return => {}
            '\r' => text.push('\n'),
            _ => text.push(escape::visible(char)),
        }
        *after_return = char == '\r';
    }
}

/// The text below `node`, without markup. Blocks, cells and lines are separated by a space.
pub(crate) fn plain_text(node: Node<'_>) -> String {
    let mut text = String::new();
    for descendant in node.descendants() {
        match &descendant.data().value {
            NodeValue::Text(literal) => text.push_str(literal),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::HtmlInline(literal) => text.push_str(literal),
            NodeValue::CodeBlock(code) => push_apart(&mut text, &code.literal),
            NodeValue::HtmlBlock(html) => push_apart(&mut text, &html.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => push_apart(&mut text, ""),
            value if value.block() => push_apart(&mut text, ""),
            _ => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn push_apart(text: &mut String, more: &str) {
    if !text.is_empty() && !text.ends_with(char::is_whitespace) {
        text.push(' ');
    }
    text.push_str(more);
}
