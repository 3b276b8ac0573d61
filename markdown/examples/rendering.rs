//! Measures rendering: `cargo run --release -p markdown --example rendering`. It prints the time of an answer of 10 KB as a
//! whole and in pieces, and of inputs that are slow in some parsers.

#![expect(clippy::disallowed_methods, reason = "it measures time")]

use markdown::{Stream, Update, Words, render};
use std::{hint::black_box, time::Instant};

const WORDS: Words<'static> = Words { code: "Code", table: "Table", image: "Image", copy: "Copy" };
const ANSWER: &str = include_str!("../tests/answer.md");

fn main() {
    let answer = ANSWER.repeat(10_240 / ANSWER.len() + 1);
    let list = "- An item with **bold** words and a [link](https://example.com/a).\n".repeat(160);
    let code = format!("```python\n{}", "for row in rows:  # each\n    print(f\"{row}\")\n".repeat(230));
    for (name, text) in [("answer", &answer), ("one list", &list), ("one code block", &code)] {
        println!("{name}, {} bytes", text.len());
        time("  whole", || drop(black_box(render(text, &WORDS))));
        for size in [3, 30, 300] {
            let mut updates = 0;
            time(&format!("  in pieces of {size} bytes"), || updates = stream(text, size));
            println!("    {updates} updates");
        }
    }
    println!("120,000 bytes of");
    for (name, piece) in [
        ("[", "["),
        ("![", "!["),
        ("[](", "[]("),
        ("*", "*"),
        ("*a **a ", "*a **a "),
        ("_a", "_a"),
        ("`a``", "`a``"),
        (">", ">"),
        ("> in lines", "> > > >\n"),
        ("- ", "- "),
        ("<", "<"),
        ("<a ", "<a "),
        ("<!--", "<!--"),
        ("&", "&"),
        ("|", "|"),
        ("a@", "a@"),
        ("www.a", "www.a"),
        ("http://", "http://"),
        ("[a]:", "[a]: b\n[a]\n"),
        ("~a~~", "~a~~"),
        ("table", "|a|b|\n|-|-|\n|c|d|\n"),
        ("\\", "\\"),
    ] {
        let text = piece.repeat(120_000 / piece.len());
        time(&format!("  {name}"), || drop(black_box(render(&text, &WORDS))));
        time("    streamed in 400 pieces", || _ = black_box(stream(&text, 300)));
    }
    let nested: String = (0..300).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect();
    time("lists nested 300 deep", || drop(black_box(render(&nested, &WORDS))));
    let wide = format!("{}\n{}\n", "|a".repeat(2_000), "|-".repeat(2_000)) + &"|\n".repeat(20_000);
    time("a table of 2,000 columns and 20,000 empty rows", || {
        println!("{} bytes", black_box(render(&wide, &WORDS)).iter().map(String::len).sum::<usize>());
    });
}

fn stream(text: &str, size: usize) -> usize {
    let mut stream = Stream::new(WORDS);
    let mut updates: Vec<Update> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.ceil_char_boundary(size));
        updates.extend(stream.push(piece));
        rest = after;
    }
    updates.extend(stream.finish());
    updates.len()
}

fn time(name: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    println!("{name}: {:.2} ms", start.elapsed().as_secs_f64() * 1000.0);
}
