//! Reads HTML as it must have been written: every element is closed, in order.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

/// A piece of HTML.
#[derive(Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// An opening tag: its name, and its attributes as written.
    Open(&'a str, &'a str),
    Close(&'a str),
    /// Text, still escaped.
    Text(&'a str),
}

pub fn tokens(html: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        if let Some(tag) = rest.strip_prefix('<') {
            let (tag, after) = tag.split_once('>').expect("an unfinished tag");
            tokens.push(match tag.strip_prefix('/') {
                Some(name) => Token::Close(name),
                None => {
                    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
                    Token::Open(name, attributes)
                }
            });
            rest = after;
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            tokens.push(Token::Text(&rest[..end]));
            rest = &rest[end..];
        }
    }
    tokens
}

/// What a reader sees, without the words of the page around code.
pub fn visible(html: &str) -> String {
    let mut text = String::new();
    for token in tokens(html) {
        match token {
            Token::Text(piece) => text.push_str(piece),
            Token::Open("br", _) => text.push('\n'),
            Token::Open("td" | "th" | "li", _) => text.push(' '),
            _ => {}
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}

/// Checks that `html` is one element, with elements that may be inside each other, at most 24 deep.
pub fn assert_valid(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for (index, token) in tokens(html).iter().enumerate() {
        assert!(index == 0 || !open.is_empty() || matches!(token, Token::Close(_)), "not one element: {html}");
        match token {
            Token::Open(name, attributes) => {
                assert_allowed(&open, name, html);
                assert!(open.len() < 24, "too deep: {html}");
                assert!(!attributes.contains("style=") && !attributes.contains(" id="), "{html}");
                if !matches!(*name, "br" | "hr") {
                    open.push(name);
                }
            }
            Token::Close(name) => assert_eq!(open.pop(), Some(*name), "{html}"),
            Token::Text(_) => assert!(
                !matches!(open.last(), None | Some(&("ul" | "ol" | "table" | "thead" | "tbody" | "tr" | "figure"))),
                "text outside of a paragraph: {html}"
            ),
        }
    }
    assert!(open.is_empty(), "{html}");
}

fn assert_allowed(open: &[&str], name: &str, html: &str) {
    const INLINE: [&str; 9] = ["a", "bdi", "br", "button", "code", "del", "em", "span", "strong"];
    let parent = open.last().copied();
    let allowed = match parent {
        None => ["blockquote", "div", "figure", "h4", "h5", "h6", "hr", "ol", "p", "ul"].contains(&name),
        Some("ul" | "ol") => name == "li",
        Some("div") => name == "table",
        Some("table") => name == "thead" || name == "tbody",
        Some("thead" | "tbody") => name == "tr",
        Some("tr") => name == "th" || name == "td",
        Some("figure") => name == "figcaption" || name == "pre",
        Some("figcaption") => name == "button",
        Some("pre") => name == "code",
        Some("code") => name == "span",
        Some("a") => INLINE.contains(&name),
        Some("blockquote") => !INLINE.contains(&name) && !["li", "table", "tr"].contains(&name),
        Some("li") => !["li", "table", "tr"].contains(&name),
        Some(_) => INLINE.contains(&name),
    };
    assert!(allowed, "{name} in {parent:?}: {html}");
    assert!(name != "a" || !open.contains(&"a"), "a link in a link: {html}");
}
