//! Renders what stands inside paragraphs, headings and cells.

use crate::{
    MAX_DEPTH,
    blocks::Renderer,
    escape,
    links::{Target, shortened},
    parse::plain_text,
};
use comrak::nodes::{Node, NodeValue};

/// Where an inline stands.
#[derive(Clone, Copy)]
pub(crate) struct Inside {
    /// The number of open elements.
    pub(crate) depth: usize,
    /// A link cannot contain another one.
    pub(crate) link: bool,
}

impl Inside {
    fn deeper(self) -> Inside {
        Inside { depth: self.depth + 1, ..self }
    }
}

impl Renderer<'_> {
    pub(crate) fn inlines(&mut self, parent: Node<'_>, inside: Inside) {
        for node in parent.children() {
            self.inline(node, inside);
        }
    }

    fn inline(&mut self, node: Node<'_>, inside: Inside) {
        match &node.data().value {
            NodeValue::Text(text) => escape::text(&mut self.html, text),
            NodeValue::HtmlInline(html) if is_line_break(html) => self.line_break(inside),
            NodeValue::HtmlInline(html) => escape::text(&mut self.html, html),
            NodeValue::SoftBreak => self.html.push('\n'),
            NodeValue::LineBreak => self.line_break(inside),
            // A link has an element for its host inside.
            _ if inside.depth + 2 > MAX_DEPTH => escape::text(&mut self.html, &plain_text(node)),
            NodeValue::Code(code) => {
                self.html.push_str("<code>");
                escape::text(&mut self.html, &code.literal);
                self.html.push_str("</code>");
            }
            NodeValue::Emph => self.marked("em", node, inside),
            NodeValue::Strong => self.marked("strong", node, inside),
            NodeValue::Strikethrough => self.marked("del", node, inside),
            NodeValue::Link(link) => self.link(node, &link.url, inside),
            NodeValue::Image(link) => self.image(node, &link.url, inside),
            // Of extensions that are off.
            _ => self.inlines(node, inside),
        }
    }

    fn line_break(&mut self, inside: Inside) {
        self.html.push_str(if inside.depth < MAX_DEPTH { "<br>" } else { "\n" });
    }

    fn marked(&mut self, element: &str, node: Node<'_>, inside: Inside) {
        self.html.push('<');
        self.html.push_str(element);
        self.html.push('>');
        self.inlines(node, inside.deeper());
        self.html.push_str("</");
        self.html.push_str(element);
        self.html.push('>');
    }

    fn link(&mut self, node: Node<'_>, url: &str, inside: Inside) {
        let text = plain_text(node);
        match Target::parse(url) {
            Some(target) if !inside.link => {
                self.open_link(&target);
                self.inlines(node, Inside { link: true, ..inside.deeper() });
                if target.needs_place(&text) {
                    self.place(&target.place(), !text.trim().is_empty());
                }
                self.html.push_str("</a>");
            }
            _ => {
                self.inlines(node, inside);
                if text != url && !url.is_empty() {
                    escape::text(&mut self.html, &format!(" ({})", shortened(url)));
                }
            }
        }
    }

    /// The description of an image, as a link to it.
    fn image(&mut self, node: Node<'_>, url: &str, inside: Inside) {
        let alternative = plain_text(node);
        let colon = if alternative.trim().is_empty() { "" } else { ": " };
        let description = format!("{}{colon}{alternative}", self.words.image);
        match Target::parse(url) {
            Some(target) if !inside.link => {
                self.open_link(&target);
                escape::text(&mut self.html, &description);
                self.place(&target.place(), true);
                self.html.push_str("</a>");
            }
            target => {
                let place = target.map_or_else(|| shortened(url), |target| target.place());
                escape::text(&mut self.html, &format!("{description} ({place})"));
            }
        }
    }

    fn open_link(&mut self, target: &Target) {
        self.html.push_str(r#"<a href=""#);
        escape::attribute(&mut self.html, target.href());
        self.html.push_str(r#"" rel="noopener noreferrer nofollow">"#);
    }

    /// The host of a link, isolated from the direction of the text before it.
    fn place(&mut self, place: &str, after_text: bool) {
        let (before, after) = if after_text { (" <bdi class=\"host\">(", ")") } else { ("<bdi class=\"host\">", "") };
        self.html.push_str(before);
        escape::text(&mut self.html, place);
        self.html.push_str(after);
        self.html.push_str("</bdi>");
    }
}

/// Cells of a table have no other way to break a line, so models write `<br>` there.
fn is_line_break(html: &str) -> bool {
    let inner = html.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or("");
    inner.strip_suffix('/').unwrap_or(inner).trim_end().eq_ignore_ascii_case("br")
}
