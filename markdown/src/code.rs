//! Code blocks: the frame with language and button, and the colours.

use crate::{Words, escape};
use hl_lite::{Kind, Lang};

/// Larger blocks and blocks with longer lines, in bytes, have no colours. Such a block is data or generated code, and
/// colours would make several times as much HTML of it.
const MAX_COLOURED: usize = 65_536;
const MAX_COLOURED_LINE: usize = 2_000;

/// The end of every code block. A stream adds text before it.
pub(crate) const END: &str = "</code></pre></figure>";

/// Appends the block whose opening fence has `info`. Without `coloured`, the code is plain.
pub(crate) fn block(html: &mut String, words: &Words, info: &str, code: &str, coloured: bool) {
    let language = language(info);
    html.push_str(r#"<figure class="block"><figcaption>"#);
    escape::text(html, if language.is_empty() { words.code } else { language });
    // The button needs a script, which shows it.
    html.push_str(r#"<button type="button" class="copy-code" hidden="">"#);
    escape::text(html, words.copy);
    html.push_str(r#"</button></figcaption><pre tabindex="0" role="group" aria-label=""#);
    escape::attribute(html, words.code);
    if !language.is_empty() {
        html.push_str(", ");
        escape::attribute(html, language);
    }
    html.push_str(r#""><code>"#);
    match Lang::from_slug(language) {
        Some(language) if coloured && is_readable(code) => spans(html, language, code),
        _ => escape::text(html, code),
    }
    html.push_str(END);
}

/// The language that an info string begins with, such as `python` in `python title="x"`.
fn language(info: &str) -> &str {
    let word = info.split(|char: char| char.is_whitespace() || matches!(char, ',' | '{' | ':')).next().unwrap_or("");
    if word.len() <= 40 { word } else { "" }
}

fn is_readable(code: &str) -> bool {
    code.len() <= MAX_COLOURED && code.lines().all(|line| line.len() <= MAX_COLOURED_LINE)
}

fn spans(html: &mut String, language: Lang, code: &str) {
    for span in hl_lite::highlight(language, code) {
        match class(span.kind) {
            Some(class) => {
                html.push_str(r#"<span class=""#);
                html.push_str(class);
                html.push_str(r#"">"#);
                escape::text(html, span.text);
                html.push_str("</span>");
            }
            None => escape::text(html, span.text),
        }
    }
}

/// The page's classes: keyword, string, number, comment, function or name, type.
fn class(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Keyword | Kind::Tag => Some("k"),
        Kind::String => Some("s"),
        Kind::Number | Kind::Constant => Some("m"),
        Kind::Comment => Some("c"),
        Kind::Function | Kind::Property => Some("f"),
        Kind::Type | Kind::Attribute | Kind::Variable => Some("t"),
        Kind::Plain | Kind::Operator | Kind::Punctuation => None,
    }
}
