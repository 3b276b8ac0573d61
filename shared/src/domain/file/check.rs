//! Checks whether a file is accepted, chunk by chunk as it arrives. Archives are not unpacked.

use super::{
    ContentType, EXTENSIONS, FileName, PDF,
    encoding::{Encoding, Head},
};
use crate::domain::{Error, Problem};

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It breaks a rule.
    Problem(Problem),
    /// It is too large.
    TooLarge {
        /// The maximum size, in bytes.
        max_bytes: u64,
    },
}

impl Unfit {
    /// Converts this to an error about an input field.
    pub fn in_field(self, field: &'static str) -> Error {
        match self {
            Self::Problem(problem) => Error::invalid(field, problem),
            Self::TooLarge { max_bytes } => Error::TooLarge { max_bytes },
        }
    }
}

impl From<Problem> for Unfit {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Checks a file's content while it is received.
#[derive(Debug)]
pub struct Check {
    promised: ContentType,
    max_bytes: u64,
    size: u64,
    content: Content,
}

/// What is known of the content.
#[derive(Debug)]
enum Content {
    /// The first bytes of a binary file.
    Binary(Vec<u8>),
    /// A text.
    Text(Encoding, Head),
}

impl Check {
    /// Checks a file with this name and declared type. The maximum size is `max_bytes` or the maximum of the type,
    /// whichever is less.
    pub fn new(name: &FileName, declared: Option<&str>, max_bytes: u64) -> Result<Self, Unfit> {
        let promised = ContentType::promised_by(name)?;
        if !promised.is_declared_by(declared.unwrap_or_default()) {
            return Err(Problem::FileContent.into());
        }
        let content = match promised.magic() {
            Some(_) => Content::Binary(Vec::new()),
            None => Content::Text(Encoding::new(), Head::default()),
        };
        Ok(Self { promised, max_bytes: max_bytes.min(promised.max_bytes()), size: 0, content })
    }

    /// The type that the name promises. The content has this type if all checks succeed.
    pub const fn content_type(&self) -> ContentType {
        self.promised
    }

    /// Checks the next bytes.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Unfit> {
        self.size += chunk.len() as u64;
        if self.size > self.max_bytes {
            return Err(Unfit::TooLarge { max_bytes: self.max_bytes });
        }
        let fits = match &mut self.content {
            Content::Binary(head) => {
                let missing = self.promised.head_bytes() - head.len();
                head.extend(chunk.iter().take(missing));
                let is_new = missing > 0 && head.len() == self.promised.head_bytes();
                !is_new || begins_like(self.promised, head)
            }
            Content::Text(encoding, head) => {
                encoding.feed(chunk, head);
                !encoding.is_broken()
            }
        };
        if fits { Ok(()) } else { Err(Problem::FileContent.into()) }
    }

    /// Checks the whole file after its last bytes.
    pub fn finish(&mut self) -> Result<(), Unfit> {
        if self.size == 0 {
            return Err(Problem::FileEmpty.into());
        }
        let fits = match &mut self.content {
            Content::Binary(head) => begins_like(self.promised, head),
            Content::Text(encoding, head) => {
                encoding.end(head);
                !encoding.is_broken() && is_text_of(self.promised, head.bytes())
            }
        };
        if fits { Ok(()) } else { Err(Problem::FileContent.into()) }
    }
}

/// The tags that begin HTML, in lower case.
const HTML: [&[u8]; 9] =
    [b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<style", b"<title", b"<meta"];

/// Whether a text may have its promised type, judging by its beginning: it is no HTML, no script and no binary file of
/// the known types, and JSON and XML have a valid beginning.
fn is_text_of(promised: ContentType, head: &[u8]) -> bool {
    let is_program = head.starts_with(b"#!");
    let is_binary = EXTENSIONS.iter().any(|(_, kind)| kind.magic().is_some() && kind.begins_like(head));
    let first = without_preface(&head.to_ascii_lowercase()).to_vec();
    let begins_well = match promised {
        ContentType::Json => {
            head.first().is_some_and(|byte| b"{[\"-0123456789".contains(byte))
                || [&b"true"[..], b"false", b"null"].iter().any(|word| head.starts_with(word))
        }
        ContentType::Xml => head.first() == Some(&b'<'),
        _ => true,
    };
    begins_well && !is_program && !is_binary && !begins_with_html(&first)
}

/// Whether a binary file may have its promised type. A PDF may begin later than the file, as readers accept it, but
/// not after HTML, which a browser could show instead.
fn begins_like(promised: ContentType, head: &[u8]) -> bool {
    if promised != ContentType::Pdf {
        return promised.begins_like(head);
    }
    let Some(at) = head.windows(PDF.len()).position(|window| window == PDF) else { return false };
    // Without the NULs, a tag in UTF-16 looks like any other.
    let before: Vec<u8> = head[..at].iter().copied().filter(|&byte| byte != 0).collect();
    let is_tag = |pair: &[u8]| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || b"!/?".contains(&pair[1]));
    !before.windows(2).any(is_tag)
}

/// Whether `text`, in lower case, begins with a tag of HTML. The name of the tag must be complete: `<header>` is none.
fn begins_with_html(text: &[u8]) -> bool {
    let ends = |rest: &[u8]| rest.first().is_none_or(|byte| byte.is_ascii_whitespace() || b"/>".contains(byte));
    HTML.iter().any(|tag| text.strip_prefix(*tag).is_some_and(ends))
}

/// The text after processing instructions, comments and whitespace.
fn without_preface(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii_start();
        let end: &[u8] = match text {
            [b'<', b'?', ..] => b"?>",
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            _ => return text,
        };
        let Some(at) = text.windows(end.len()).position(|window| window == end) else { return text };
        text = &text[at + end.len()..];
    }
}
