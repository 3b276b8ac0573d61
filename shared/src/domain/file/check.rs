//! Checks whether a file is accepted, chunk by chunk as it arrives. Archives are not unpacked.

use super::{ContentType, FileName, PDF};
use crate::domain::{Error, Problem};

/// How many bytes of the beginning of a text are inspected to detect its type.
const HEAD_BYTES: usize = 1024;

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
    /// The first bytes. For a text, without the byte order mark and leading whitespace.
    head: Vec<u8>,
    is_text: bool,
    /// The bytes of a UTF-8 character that has not arrived completely.
    cut_character: Vec<u8>,
}

impl Check {
    /// Checks a file with this name and declared type. The maximum size is `max_bytes` or the maximum of the type,
    /// whichever is less.
    pub fn new(name: &FileName, declared: Option<&str>, max_bytes: u64) -> Result<Self, Unfit> {
        let promised = ContentType::promised_by(name)?;
        if !promised.is_declared_by(declared.unwrap_or_default()) {
            return Err(Problem::FileContent.into());
        }
        Ok(Self {
            promised,
            max_bytes: max_bytes.min(promised.max_bytes()),
            size: 0,
            head: Vec::new(),
            is_text: promised.magic().is_none(),
            cut_character: Vec::new(),
        })
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
        if self.is_text { self.feed_text(chunk) } else { self.feed_binary(chunk) }
    }

    /// Checks the whole file after its last bytes.
    pub fn finish(&self) -> Result<(), Unfit> {
        if self.size == 0 {
            return Err(Problem::FileEmpty.into());
        }
        let fits = match self.is_text {
            true => self.cut_character.is_empty() && is_text_of(self.promised, &self.head),
            false => begins_like(self.promised, &self.head),
        };
        if fits { Ok(()) } else { Err(Problem::FileContent.into()) }
    }

    fn feed_binary(&mut self, chunk: &[u8]) -> Result<(), Unfit> {
        let needed = self.promised.head_bytes();
        if self.head.len() < needed {
            self.head.extend(chunk.iter().take(needed - self.head.len()));
            if self.head.len() == needed && !begins_like(self.promised, &self.head) {
                return Err(Problem::FileContent.into());
            }
        }
        Ok(())
    }

    fn feed_text(&mut self, chunk: &[u8]) -> Result<(), Unfit> {
        if chunk.contains(&0) || !self.is_utf8(chunk) {
            return Err(Problem::FileContent.into());
        }
        for &byte in chunk {
            if self.head.len() == HEAD_BYTES {
                break;
            }
            self.head.push(byte);
            if self.head == b"\xef\xbb\xbf" || (self.head.len() == 1 && byte.is_ascii_whitespace()) {
                self.head.clear();
            }
        }
        Ok(())
    }

    /// Whether the text up to here is valid UTF-8, except for a character that may still be completed.
    fn is_utf8(&mut self, chunk: &[u8]) -> bool {
        let mut rest = chunk;
        while !self.cut_character.is_empty() {
            let Some((&next, after)) = rest.split_first() else { return true };
            self.cut_character.push(next);
            rest = after;
            match std::str::from_utf8(&self.cut_character) {
                Ok(_) => self.cut_character.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return false,
            }
        }
        match std::str::from_utf8(rest) {
            Ok(_) => true,
            Err(error) => {
                self.cut_character.extend(&rest[error.valid_up_to()..]);
                error.error_len().is_none()
            }
        }
    }
}

/// The tags that begin HTML, in lower case.
const HTML: [&[u8]; 9] =
    [b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<style", b"<title", b"<meta"];

/// Whether a text may have its promised type, judging by its beginning: it is no HTML and no script, and JSON and XML
/// have a valid beginning.
fn is_text_of(promised: ContentType, head: &[u8]) -> bool {
    let is_program = head.starts_with(b"#!");
    let first = without_preface(&head.to_ascii_lowercase()).to_vec();
    let begins_well = match promised {
        ContentType::Json => {
            head.first().is_some_and(|byte| b"{[\"-0123456789".contains(byte))
                || [&b"true"[..], b"false", b"null"].iter().any(|word| head.starts_with(word))
        }
        ContentType::Xml => head.first() == Some(&b'<'),
        _ => true,
    };
    begins_well && !is_program && !begins_with_html(&first)
}

/// Whether a binary file may have its promised type. A PDF may begin later than the file, as readers accept it, but
/// not after HTML, which a browser could show instead.
fn begins_like(promised: ContentType, head: &[u8]) -> bool {
    if promised != ContentType::Pdf {
        return promised.begins_like(head);
    }
    let Some(at) = head.windows(PDF.len()).position(|window| window == PDF) else { return false };
    let is_tag = |pair: &[u8]| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || b"!/?".contains(&pair[1]));
    !head[..at].windows(2).any(is_tag)
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
