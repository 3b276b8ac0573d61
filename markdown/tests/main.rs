//! The tests of the crate: what is rendered, what is safe, and what a reader sees while an answer is being written.

mod html;
mod rendering;
mod safety;
mod streaming;

use markdown::Words;

const WORDS: Words<'static> = Words { code: "Code", table: "Table", image: "Image", copy: "Copy" };

/// A realistic answer, with everything that models write.
const ANSWER: &str = include_str!("answer.md");
