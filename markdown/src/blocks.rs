//! Renders blocks: paragraphs, headings, lists, quotations, tables, code.

use crate::{MAX_DEPTH, Words, code, escape, inlines::Inside, outline::Outline, parse::plain_text};
use comrak::nodes::{ListType, Node, NodeTable, NodeValue, TableAlignment};

/// The longest name of a table, in characters.
const MAX_LABEL: usize = 80;

/// Renders one top-level block.
pub(crate) struct Renderer<'a> {
    pub(crate) words: &'a Words<'a>,
    outline: &'a mut Outline,
    /// Whether more text may follow, so that the colours of an open code block would change.
    unfinished: bool,
    pub(crate) html: String,
}

impl<'a> Renderer<'a> {
    pub(crate) fn finished(words: &'a Words<'a>, outline: &'a mut Outline) -> Renderer<'a> {
        Renderer { words, outline, unfinished: false, html: String::new() }
    }

    pub(crate) fn unfinished(words: &'a Words<'a>, outline: &'a mut Outline) -> Renderer<'a> {
        Renderer { words, outline, unfinished: true, html: String::new() }
    }

    /// The HTML of a child of the document: one element.
    pub(crate) fn block(mut self, node: Node<'_>) -> String {
        self.nested(node, 0);
        self.html
    }

    /// Appends a block inside `depth` open elements.
    fn nested(&mut self, node: Node<'_>, depth: usize) {
        let value = &node.data().value;
        if depth + elements(value) > MAX_DEPTH {
            return self.html.push_str(&paragraph(&plain_text(node)));
        }
        match value {
            NodeValue::Paragraph => self.element("p", node, depth),
            NodeValue::Heading(heading) => {
                let level = self.outline.place(heading.level);
                self.element(["h4", "h5", "h6"][level - 4], node, depth);
            }
            NodeValue::BlockQuote => {
                self.html.push_str("<blockquote>");
                self.children(node, depth + 1);
                self.html.push_str("</blockquote>");
            }
            NodeValue::List(list) => match list.list_type {
                ListType::Bullet => self.list(node, "<ul>", "</ul>", list.tight, depth),
                ListType::Ordered if list.start == 1 => self.list(node, "<ol>", "</ol>", list.tight, depth),
                ListType::Ordered => {
                    let open = format!(r#"<ol start="{}">"#, list.start);
                    self.list(node, &open, "</ol>", list.tight, depth);
                }
            },
            NodeValue::ThematicBreak => self.html.push_str("<hr>"),
            NodeValue::CodeBlock(block) => {
                let coloured = block.closed || !self.unfinished;
                code::block(&mut self.html, self.words, &block.info, shown_code(&block.literal), coloured);
            }
            NodeValue::HtmlBlock(html) => {
                let text = paragraph(html.literal.trim_end());
                self.html.push_str(&text.replace('\n', "<br>"));
            }
            NodeValue::Table(table) => self.table(node, table, depth),
            // Of extensions that are off.
            _ => self.html.push_str(&paragraph(&plain_text(node))),
        }
    }

    fn children(&mut self, parent: Node<'_>, depth: usize) {
        for node in parent.children() {
            self.nested(node, depth);
        }
    }

    fn element(&mut self, name: &str, node: Node<'_>, depth: usize) {
        self.html.push('<');
        self.html.push_str(name);
        self.html.push('>');
        self.inlines(node, Inside { depth: depth + 1, link: false });
        self.html.push_str("</");
        self.html.push_str(name);
        self.html.push('>');
    }

    fn list(&mut self, list: Node<'_>, open: &str, close: &str, tight: bool, depth: usize) {
        self.html.push_str(open);
        for item in list.children() {
            let mut symbol = match &item.data().value {
                NodeValue::TaskItem(task) if task.symbol.is_some() => "☑ ",
                NodeValue::TaskItem(_) => "☐ ",
                _ => "",
            };
            self.html.push_str(if symbol.is_empty() { "<li>" } else { r#"<li class="task">"# });
            for child in item.children() {
                if !matches!(child.data().value, NodeValue::Paragraph) {
                    self.nested(child, depth + 2);
                    continue;
                }
                if !tight {
                    self.html.push_str("<p>");
                }
                self.html.push_str(std::mem::take(&mut symbol));
                self.inlines(child, Inside { depth: depth + 3, link: false });
                if !tight {
                    self.html.push_str("</p>");
                }
            }
            self.html.push_str("</li>");
        }
        self.html.push_str(close);
    }

    fn table(&mut self, node: Node<'_>, table: &NodeTable, depth: usize) {
        self.html.push_str(r#"<div class="table" role="group" aria-label=""#);
        let label = self.table_label(node);
        escape::attribute(&mut self.html, &label);
        self.html.push_str(r#"" tabindex="0"><table>"#);
        let mut has_body = false;
        for row in node.children() {
            if matches!(row.data().value, NodeValue::TableRow(true)) {
                self.html.push_str("<thead>");
                self.row(row, table, "th scope=\"col\"", "</th>", depth + 4);
                self.html.push_str("</thead>");
            } else {
                if !has_body {
                    self.html.push_str("<tbody>");
                    has_body = true;
                }
                self.row(row, table, "td", "</td>", depth + 4);
            }
        }
        if has_body {
            self.html.push_str("</tbody>");
        }
        self.html.push_str("</table></div>");
    }

    fn row(&mut self, row: Node<'_>, table: &NodeTable, open: &str, close: &str, depth: usize) {
        self.html.push_str("<tr>");
        for (column, cell) in row.children().enumerate() {
            self.html.push('<');
            self.html.push_str(open);
            self.html.push_str(match table.alignments.get(column) {
                Some(TableAlignment::Right) => r#" class="n""#,
                Some(TableAlignment::Center) => r#" class="mid""#,
                _ => "",
            });
            self.html.push('>');
            self.inlines(cell, Inside { depth: depth + 1, link: false });
            self.html.push_str(close);
        }
        self.html.push_str("</tr>");
    }

    /// "Table: " and the names of the columns.
    fn table_label(&self, table: Node<'_>) -> String {
        let mut names = String::new();
        for cell in table.first_child().iter().flat_map(|header| header.children()) {
            let name = plain_text(cell);
            if names.chars().count() + name.chars().count() > MAX_LABEL {
                break;
            }
            if !name.is_empty() {
                names.push_str(if names.is_empty() { ": " } else { ", " });
                names.push_str(&name);
            }
        }
        format!("{}{names}", self.words.table)
    }
}

/// The elements that a block needs inside each other, including a paragraph for what would be too deep.
fn elements(value: &NodeValue) -> usize {
    match value {
        NodeValue::Table(_) => 5,
        NodeValue::CodeBlock(_) => 4,
        NodeValue::List(_) => 3,
        NodeValue::BlockQuote | NodeValue::HtmlBlock(_) => 2,
        _ => 1,
    }
}

/// The code of a block: its last line does not end with a new line.
pub(crate) fn shown_code(literal: &str) -> &str {
    literal.strip_suffix('\n').unwrap_or(literal)
}

/// A paragraph of unformatted text.
pub(crate) fn paragraph(text: &str) -> String {
    let mut html = "<p>".to_owned();
    let mut lines = text.lines();
    escape::text(&mut html, lines.next().unwrap_or(""));
    for line in lines {
        html.push('\n');
        escape::text(&mut html, line);
    }
    html.push_str("</p>");
    html
}
