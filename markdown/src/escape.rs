//! Escapes text for HTML, as browsers themselves do when they write HTML.

/// Appends `text` as the content of an element.
pub(crate) fn text(html: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '\u{a0}' => html.push_str("&nbsp;"),
            _ => html.push(visible(char)),
        }
    }
}

/// Appends `value` as the value of an attribute in double quotes.
pub(crate) fn attribute(html: &mut String, value: &str) {
    for char in value.chars() {
        match char {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\u{a0}' => html.push_str("&nbsp;"),
            _ => html.push(visible(char)),
        }
    }
}

/// Control characters have no meaning in HTML, and browsers change some of them.
pub(crate) fn visible(char: char) -> char {
    match char {
        '\n' | '\t' => char,
        '\0'..='\u{1f}' | '\u{7f}' => char::REPLACEMENT_CHARACTER,
        _ => char,
    }
}
