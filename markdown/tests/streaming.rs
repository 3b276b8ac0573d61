//! What a reader sees while an answer is being written.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use crate::{
    ANSWER, WORDS,
    html::{assert_valid, visible},
    safety::{markup, pieces_of},
};
use markdown::{Stream, Update, render};
use proptest::prelude::*;

/// The blocks as a page has them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page(Vec<String>);

impl Page {
    fn apply(&mut self, updates: Vec<Update>) {
        for update in updates {
            match update {
                Update::Block { index, html } if index == self.0.len() => self.0.push(html),
                Update::Block { index, html } => self.0[index] = html,
                Update::Text { index, text } => {
                    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                    let text = text.replace('\u{a0}', "&nbsp;");
                    let end = self.0[index].find("</code>").unwrap();
                    self.0[index].insert_str(end, &text);
                }
                Update::Count { count } => self.0.truncate(count),
            }
        }
    }

    /// After the pieces, without the end.
    fn after<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Page {
        let mut page = Page::default();
        let mut stream = Stream::new(WORDS);
        for piece in pieces {
            page.apply(stream.push(piece));
        }
        page
    }

    fn text(&self) -> String {
        self.0.iter().map(|block| visible(block)).collect::<Vec<_>>().join("\n")
    }
}

fn shown(text: &str) -> Vec<String> {
    Page::after([text]).0
}

fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|_| true)
}

#[test]
fn what_a_reader_has_seen_of_an_answer_does_not_change() {
    let end = Page(render(ANSWER, &WORDS)).text();
    let mut page = Page::default();
    let mut stream = Stream::new(WORDS);
    let mut text = String::new();
    for character in characters(ANSWER) {
        text.push_str(character);
        page.apply(stream.push(character));
        assert!(end.starts_with(page.text().trim_end()), "{text}\n---\n{}", page.text());
    }
    page.apply(stream.finish());
    assert_eq!(page.0, render(ANSWER, &WORDS));
}

#[test]
fn little_of_an_answer_is_held_back() {
    let end = Page(render(ANSWER, &WORDS)).text();
    let mut text = String::new();
    let mut longest_wait = 0;
    let mut last = (0, 0);
    for character in characters(ANSWER) {
        text.push_str(character);
        let seen = shown(&text).iter().map(|block| visible(block).len()).sum::<usize>();
        if seen > last.1 {
            last = (text.len(), seen);
        }
        longest_wait = longest_wait.max(text.len() - last.0);
    }
    assert!(!end.is_empty());
    // The first two lines of the table, whose kind the second one decides.
    assert!(longest_wait < 90, "{longest_wait}");
}

#[test]
fn emphasis_is_formatted_before_its_end_has_arrived() {
    assert_eq!(shown("**bo"), ["<p><strong>bo</strong></p>"]);
    assert_eq!(shown("**bold*"), ["<p><strong>bold</strong></p>"]);
    assert_eq!(shown("a **b *c"), ["<p>a <strong>b <em>c</em></strong></p>"]);
    assert_eq!(shown("a **b _c"), ["<p>a <strong>b <em>c</em></strong></p>"]);
    assert_eq!(shown("~~go"), ["<p><del>go</del></p>"]);
    assert_eq!(shown("run `ls -"), ["<p>run <code>ls -</code></p>"]);
    assert_eq!(shown("``a`"), ["<p><code>a</code></p>"]);
    assert_eq!(shown("> - **bo"), ["<blockquote><ul><li><strong>bo</strong></li></ul></blockquote>"]);
}

#[test]
fn what_is_no_emphasis_is_shown_as_it_is() {
    for text in ["3 * 4", "5*3 = 15", "snake_case", "about ~5 days", "a ** b", "x_y*z"] {
        assert_eq!(shown(text), [format!("<p>{text}</p>")]);
    }
    assert_eq!(shown(r"\*\*a"), ["<p>**a</p>"]);
    assert_eq!(shown("`**` is"), ["<p><code>**</code> is</p>"]);
}

#[test]
fn a_link_is_text_until_its_end() {
    assert_eq!(shown("see [the rep"), ["<p>see</p>"]);
    assert_eq!(shown("see [the report]"), ["<p>see</p>"]);
    assert_eq!(shown("see [the report](htt"), ["<p>see the report</p>"]);
    assert_eq!(shown("**see [the report](htt"), ["<p><strong>see the report</strong></p>"]);
    assert_eq!(shown("see ![a cat](htt"), ["<p>see</p>"]);
    assert_eq!(shown("rose [1]."), ["<p>rose [1].</p>"]);
}

#[test]
fn a_line_of_unknown_kind_is_held_back() {
    for line in [
        "-",
        "- ",
        "1",
        "1.",
        "12) ",
        "#",
        "## ",
        ">",
        "=",
        "---",
        "```",
        "```py",
        "~~~",
        "| a",
        "| a | b |",
        "| a |\n|--",
        "- [ ]",
        "- [x] ",
        "* **",
        "> 1.",
        "[1]: htt",
        "!",
        "<",
        "<b",
        "&am",
        "\\",
    ] {
        assert_eq!(shown(line), [""; 0], "{line}");
        assert_eq!(shown(&format!("A\n\n{line}")), ["<p>A</p>"], "{line}");
    }
    assert_eq!(shown("Text\n-"), ["<p>Text</p>"]);
    assert_eq!(shown("Text\n- a"), ["<p>Text</p>", "<ul><li>a</li></ul>"]);
}

#[test]
fn what_was_held_back_is_shown_at_the_end() {
    for text in ["42", "-", "a [b", "!", "| a |", "x <y", "[a]: b"] {
        let mut page = Page::default();
        let mut stream = Stream::new(WORDS);
        page.apply(stream.push(text));
        page.apply(stream.finish());
        assert_eq!(page.0, render(text, &WORDS));
        assert!(!page.text().trim().is_empty() || text == "-", "{text}");
    }
}

#[test]
fn text_is_appended_to_open_code_and_coloured_once() {
    let mut stream = Stream::new(WORDS);
    let begin = r#"<figure class="block"><figcaption>rust<button type="button" class="copy-code" hidden="">Copy</button></figcaption><pre tabindex="0" role="group" aria-label="Code, rust"><code>"#;
    let end = "</code></pre></figure>";
    let text = |text: &str| vec![Update::Text { index: 1, text: text.to_owned() }];
    let block = |code: &str| vec![Update::Block { index: 1, html: format!("{begin}{code}{end}") }];
    stream.push("A:\n\n```ru");
    assert_eq!(stream.push("st"), []);
    assert_eq!(stream.push("\n"), block(""));
    assert_eq!(stream.push("let a = &"), text("let a = &"));
    assert_eq!(stream.push("b;"), text("b;"));
    assert_eq!(stream.push("\n"), []);
    assert_eq!(stream.push("**c"), text("\n**c"));
    assert_eq!(stream.push("\n``"), []);
    assert_eq!(stream.push("`"), []);
    assert_eq!(
        stream.push("\n"),
        block(
            r#"<span class="k">let</span> a = &amp;b;
**c"#
        )
    );
    assert_eq!(stream.finish(), []);
}

#[test]
fn code_that_was_shown_stays() {
    let text = "```toml\n[x]\n[a]: 1\n| b |\n**c [d](e\n&amp;\n---\n1. x\n- [ ] y\n";
    let mut stream = Stream::new(WORDS);
    let mut blocks = 0;
    for character in characters(text) {
        let updates = stream.push(character);
        blocks += updates.iter().filter(|update| matches!(update, Update::Block { .. })).count();
    }
    assert_eq!(blocks, 1, "the block is sent once, then only text");
}

#[test]
fn code_without_an_end_is_coloured_at_the_end() {
    let mut stream = Stream::new(WORDS);
    stream.push("```rust\nlet");
    let updates = stream.finish();
    assert!(matches!(&updates[..], [Update::Block { index: 0, html }] if html.contains("class=\"k\"")), "{updates:?}");
}

#[test]
fn a_block_is_sent_when_it_changes_only() {
    let mut stream = Stream::new(WORDS);
    assert_eq!(
        stream.push("A\n\nB"),
        [
            Update::Block { index: 0, html: "<p>A</p>".to_owned() },
            Update::Block { index: 1, html: "<p>B</p>".to_owned() },
        ]
    );
    assert_eq!(stream.push("c"), [Update::Block { index: 1, html: "<p>Bc</p>".to_owned() }]);
    assert_eq!(stream.push("\n\n"), []);
    assert_eq!(stream.finish(), []);
}

#[test]
fn headings_go_on_from_earlier_blocks() {
    let text = "# A\n\n## B\n\ntext\n\n### C\n\ntext\n\n## D\n\ntext";
    let tags: Vec<String> = Page::after(characters(text)).0.iter().map(|block| block[1..3].to_owned()).collect();
    assert_eq!(tags, ["h4", "h5", "p>", "h6", "p>", "h5", "p>"]);
}

#[test]
fn a_table_can_begin_in_a_paragraph() {
    for text in ["a\n\t|b|\n|-|\n|c|\nd", "a\n2. b|c\n-|-\nd|e\n", "a\n|b|\n|-|\n\nd"] {
        let page = Page::after(characters(text));
        assert_eq!(page, Page::after([text]), "{text}");
        assert!(page.0[1].contains("<table>"), "{text}: {page:?}");
    }
}

#[test]
fn a_definition_changes_earlier_links() {
    let mut page = Page::default();
    let mut stream = Stream::new(WORDS);
    page.apply(stream.push("See [the report].\n\nMore.\n\n"));
    assert_eq!(page.0[0], "<p>See [the report].</p>");
    page.apply(stream.push("[the report]: https://example.com/\n"));
    assert!(page.0[0].contains("href"), "{}", page.0[0]);
    page.apply(stream.finish());
    assert_eq!(page.0.len(), 2);
}

#[test]
fn definitions_are_found_wherever_they_may_stand() {
    for definition in ["[a]: /b", "- [a]: /b", "> 1. [a]: /b", "[c\n[a]: /b", "   [a\n  b]: /b", "text\n\n[a]:\n/b"] {
        let text = format!("[a] and [a b]\n\n{definition}\n\nend");
        let page = Page::after(characters(&text));
        assert_eq!(page, Page(render(&text, &WORDS)), "{definition}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(600)))]

    #[test]
    fn the_updates_give_what_is_rendered_as_a_whole((text, pieces) in pieces_of(markup())) {
        let mut page = Page::default();
        let mut stream = Stream::new(WORDS);
        for piece in &pieces {
            page.apply(stream.push(piece));
            page.0.iter().for_each(|block| assert_valid(block));
        }
        page.apply(stream.finish());
        prop_assert_eq!(page.0, render(&text, &WORDS));
    }

    #[test]
    fn what_is_shown_depends_on_the_text_only((text, pieces) in pieces_of(markup())) {
        let in_pieces = Page::after(pieces.iter().map(String::as_str));
        prop_assert_eq!(in_pieces, Page::after([text.as_str()]), "{:?}", pieces);
    }
}
