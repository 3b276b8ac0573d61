//! What each kind of Markdown becomes.

use crate::{ANSWER, WORDS, html::assert_valid};
use markdown::{Words, render};

fn html(text: &str) -> String {
    render(text, &WORDS).concat()
}

const REL: &str = r#"rel="noopener noreferrer nofollow""#;

#[test]
fn each_top_level_block_is_one_element() {
    assert_eq!(
        render("A\n\nB\n***\n> C", &WORDS),
        ["<p>A</p>", "<p>B</p>", "<hr>", "<blockquote><p>C</p></blockquote>"]
    );
    assert_eq!(render("", &WORDS), [""; 0]);
    assert_eq!(render(" \n\n\t\n", &WORDS), [""; 0]);
    render(ANSWER, &WORDS).iter().for_each(|block| assert_valid(block));
}

#[test]
fn inline_markup() {
    assert_eq!(
        html("*a* **b** ~~c~~ `d < e` \\*f\\*\ng  \nh"),
        "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d &lt; e</code> *f*\ng<br>h</p>"
    );
    assert_eq!(html("as [1] and [2, 3] say"), "<p>as [1] and [2, 3] say</p>");
}

#[test]
fn headings_begin_at_four_and_skip_no_level() {
    let levels =
        |text: &str| -> Vec<String> { render(text, &WORDS).iter().map(|block| block[1..3].to_owned()).collect() };
    assert_eq!(levels("# A\n# B\n## C\n# D"), ["h4", "h4", "h5", "h4"]);
    assert_eq!(levels("### A\n##### B\n#### C\n## D\n### E"), ["h4", "h5", "h5", "h4", "h5"]);
    assert_eq!(levels("# A\n## B\n### C\n#### D\n##### E\n### F"), ["h4", "h5", "h6", "h6", "h6", "h6"]);
    assert_eq!(levels("A\n===\nB\n---\n"), ["h4", "h5"]);
    assert_eq!(html("> ### A\n\n## B"), "<blockquote><h4>A</h4></blockquote><h4>B</h4>");
}

#[test]
fn lists() {
    assert_eq!(html("- a\n- b\n  - c"), "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>");
    assert_eq!(html("- a\n\n- b"), "<ul><li><p>a</p></li><li><p>b</p></li></ul>");
    assert_eq!(html("3. a\n4. b"), r#"<ol start="3"><li>a</li><li>b</li></ol>"#);
    assert_eq!(html("1. a"), "<ol><li>a</li></ol>");
}

#[test]
fn tasks_have_symbols() {
    assert_eq!(
        html("- [ ] a\n- [x] *b*\n- c"),
        r#"<ul><li class="task">☐ a</li><li class="task">☑ <em>b</em></li><li>c</li></ul>"#
    );
    assert_eq!(html("- [ ] a\n\n  b"), r#"<ul><li class="task"><p>☐ a</p><p>b</p></li></ul>"#);
}

#[test]
fn tables_scroll_and_are_named_by_their_columns() {
    assert_eq!(
        html("| A | *B* | C |\n|---|--:|:-:|\n| 1 | 2 | 3 |"),
        r#"<div class="table" role="group" aria-label="Table: A, B, C" tabindex="0"><table><thead><tr><th scope="col">A</th><th scope="col" class="n"><em>B</em></th><th scope="col" class="mid">C</th></tr></thead><tbody><tr><td>1</td><td class="n">2</td><td class="mid">3</td></tr></tbody></table></div>"#
    );
    assert_eq!(
        html("| | |\n|-|-|"),
        r#"<div class="table" role="group" aria-label="Table" tabindex="0"><table><thead><tr><th scope="col"></th><th scope="col"></th></tr></thead></table></div>"#
    );
    assert!(html(&format!("| A | {} |\n|-|-|", "b".repeat(100))).contains(r#"aria-label="Table: A""#));
}

#[test]
fn code_has_its_language_colours_and_a_hidden_button() {
    assert_eq!(
        html("```python title=\"x\"\ndef f():  # <1>\n    return \"a\"\n```"),
        r#"<figure class="block"><figcaption>python<button type="button" class="copy-code" hidden="">Copy</button></figcaption><pre tabindex="0" role="group" aria-label="Code, python"><code><span class="k">def</span> <span class="f">f</span>():  <span class="c"># &lt;1&gt;</span>
    <span class="k">return</span> <span class="s">"a"</span></code></pre></figure>"#
    );
}

#[test]
fn code_without_a_known_language_is_plain() {
    let plain = |label: &str, name: &str, code: &str| {
        format!(
            r#"<figure class="block"><figcaption>{label}<button type="button" class="copy-code" hidden="">Copy</button></figcaption><pre tabindex="0" role="group" aria-label="{name}"><code>{code}</code></pre></figure>"#
        )
    };
    assert_eq!(html("```\na\n\n```"), plain("Code", "Code", "a\n"));
    assert_eq!(html("    a"), plain("Code", "Code", "a"));
    assert_eq!(html("```cobol\nMOVE 1 TO A\n```"), plain("cobol", "Code, cobol", "MOVE 1 TO A"));
    assert_eq!(html("```{.x}\na\n```"), plain("Code", "Code", "a"));
}

#[test]
fn code_that_nobody_reads_is_plain() {
    let long = format!("```json\n[{}]\n```", "1,".repeat(2_000));
    assert!(!html(&long).contains("<span"));
    let large = format!("```json\n{}```", "[1]\n".repeat(20_000));
    assert!(!html(&large).contains("<span"));
}

#[test]
fn a_link_shows_the_host_that_its_text_hides() {
    let link = |href: &str, content: &str| format!("<p><a href=\"{href}\" {REL}>{content}</a></p>");
    assert_eq!(
        html("[Our bank](https://evil.example/bank)"),
        link("https://evil.example/bank", r#"Our bank <bdi class="host">(evil.example)</bdi>"#)
    );
    assert_eq!(
        html("[bank.example](https://evil.example)"),
        link("https://evil.example/", r#"bank.example <bdi class="host">(evil.example)</bdi>"#)
    );
    assert_eq!(
        html("[https://bank.example@evil.example](https://bank.example@evil.example)"),
        link(
            "https://bank.example@evil.example/",
            r#"https://bank.example@evil.example <bdi class="host">(evil.example)</bdi>"#
        )
    );
    assert_eq!(
        html("[](https://evil.example)"),
        link("https://evil.example/", r#"<bdi class="host">evil.example</bdi>"#)
    );
    assert_eq!(
        html("[Ask](mailto:a@b.example)"),
        link("mailto:a@b.example", r#"Ask <bdi class="host">(a@b.example)</bdi>"#)
    );
    assert_eq!(
        html("[a](https://bücher.example)"),
        link("https://xn--bcher-kva.example/", r#"a <bdi class="host">(xn--bcher-kva.example)</bdi>"#)
    );
    assert_eq!(
        html("[example.com\u{202e}](https://example.com)"),
        link("https://example.com/", "example.com\u{202e} <bdi class=\"host\">(example.com)</bdi>")
    );
}

#[test]
fn a_link_that_names_its_host_is_short() {
    let link = |href: &str, text: &str| format!("<p><a href=\"{href}\" {REL}>{text}</a></p>");
    assert_eq!(
        html("https://example.com/a?b=1&c=2"),
        link("https://example.com/a?b=1&amp;c=2", "https://example.com/a?b=1&amp;c=2")
    );
    assert_eq!(html("<https://example.com>"), link("https://example.com/", "https://example.com"));
    assert_eq!(html("[Example.com](https://example.com)"), link("https://example.com/", "Example.com"));
    assert_eq!(html("www.example.com"), link("http://www.example.com/", "www.example.com"));
    assert_eq!(html("me@example.com"), link("mailto:me@example.com", "me@example.com"));
}

#[test]
fn other_targets_are_shown_as_text() {
    assert_eq!(html("[x](javascript:alert(1))"), "<p>x (javascript:alert(1))</p>");
    assert_eq!(html("[**x**](/users/)"), "<p><strong>x</strong> (/users/)</p>");
    assert_eq!(html("<ftp://example.com>"), "<p>ftp://example.com</p>");
    assert_eq!(html("[x]()"), "<p>x</p>");
    let long = html(&format!("![x](data:image/png;base64,{})", "A".repeat(5_000)));
    assert!(long.starts_with("<p>Image: x (data:image/png;base64,AAA") && long.ends_with("A…)</p>"), "{long}");
    assert!(long.len() < 200);
}

#[test]
fn images_are_links() {
    assert_eq!(
        html("![a *cat*](https://img.example/a.png)"),
        format!(
            r#"<p><a href="https://img.example/a.png" {REL}>Image: a cat <bdi class="host">(img.example)</bdi></a></p>"#
        )
    );
    assert_eq!(
        html("![](https://img.example/a.png)"),
        format!(r#"<p><a href="https://img.example/a.png" {REL}>Image <bdi class="host">(img.example)</bdi></a></p>"#)
    );
    assert_eq!(
        html("[![build](https://img.example/b.svg)](https://ci.example/)"),
        format!(
            r#"<p><a href="https://ci.example/" {REL}>Image: build (img.example) <bdi class="host">(ci.example)</bdi></a></p>"#
        )
    );
}

#[test]
fn html_is_text_except_for_line_breaks() {
    assert_eq!(html("a <b>b</b>"), "<p>a &lt;b&gt;b&lt;/b&gt;</p>");
    assert_eq!(html("<div>\n<i>x</i>\n</div>"), "<p>&lt;div&gt;<br>&lt;i&gt;x&lt;/i&gt;<br>&lt;/div&gt;</p>");
    assert_eq!(html("a<br>b<br/>c<BR />d<br class=\"x\">"), "<p>a<br>b<br>c<br>d&lt;br class=\"x\"&gt;</p>");
    assert_eq!(html("<!-- a -->"), "<p>&lt;!-- a --&gt;</p>");
}

#[test]
fn link_definitions_alone_are_shown() {
    assert_eq!(html("[a]: https://example.com"), "<p>[a]: https://example.com</p>");
}

#[test]
fn the_words_are_those_of_the_page() {
    let words = Words { code: "Code", table: "Tabel", image: "Afbeelding", copy: "Kopiëren" };
    let text = "```\na\n```\n\n![b](https://c.example)\n\n|d|\n|-|";
    let html = render(text, &words).concat();
    for word in [">Kopiëren</button>", ">Afbeelding: b ", "\"Tabel: d\""] {
        assert!(html.contains(word), "{word}: {html}");
    }
}
