//! Whether a file is accepted: looked at chunk by chunk as it arrives. Nothing is unpacked.

use super::{ContentType, FileName};
use crate::domain::{Error, Problem};

/// How much of a text's beginning is looked at to tell what it is.
const HEAD_BYTES: usize = 1024;

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It breaks a rule.
    Problem(Problem),
    /// It is larger than it may be.
    TooLarge {
        /// The most bytes that are allowed.
        max_bytes: u64,
    },
}

impl Unfit {
    /// The same as an error about the input's field.
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

/// Looks at a file's content as it passes by.
#[derive(Debug)]
pub struct Check {
    promised: ContentType,
    max_bytes: u64,
    size: u64,
    /// The beginning; of a text without the mark and the spaces before it.
    head: Vec<u8>,
    is_text: bool,
    /// The beginning of a character whose end has not arrived.
    cut_character: Vec<u8>,
}

impl Check {
    /// Of a file with this name and declared type, of at most `max_bytes` bytes or what its kind allows,
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

    /// What the file is, if its content does not break the promise.
    pub const fn content_type(&self) -> ContentType {
        self.promised
    }

    /// Looks at the next bytes.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Unfit> {
        self.size += chunk.len() as u64;
        if self.size > self.max_bytes {
            return Err(Unfit::TooLarge { max_bytes: self.max_bytes });
        }
        if self.is_text { self.feed_text(chunk) } else { self.feed_binary(chunk) }
    }

    /// Looks at the whole, now that all of it was fed.
    pub fn finish(&self) -> Result<(), Unfit> {
        if self.size == 0 {
            return Err(Problem::FileEmpty.into());
        }
        let fits = match self.is_text {
            true => self.cut_character.is_empty() && is_text_of(self.promised, &self.head),
            false => self.promised.begins_like(&self.head),
        };
        if fits { Ok(()) } else { Err(Problem::FileContent.into()) }
    }

    fn feed_binary(&mut self, chunk: &[u8]) -> Result<(), Unfit> {
        if self.head.len() < ContentType::MAGIC_BYTES {
            let missing = ContentType::MAGIC_BYTES - self.head.len();
            self.head.extend(chunk.iter().take(missing));
            if self.head.len() == ContentType::MAGIC_BYTES && !self.promised.begins_like(&self.head) {
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

    /// Whether everything up to here is UTF-8, but for a character that may still be completed.
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

/// How HTML begins, in lower case, after comments and the like.
const HTML: [&[u8]; 9] =
    [b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<style", b"<title", b"<meta"];

/// Whether a text may be what it promises to be, as far as its beginning tells: no HTML and no script, and
/// JSON and XML begin as such.
fn is_text_of(promised: ContentType, head: &[u8]) -> bool {
    let is_program = head.starts_with(b"#!");
    let first = without_preface(&head.to_ascii_lowercase()).to_vec();
    let is_html = HTML.iter().any(|html| first.starts_with(html));
    let begins_well = match promised {
        ContentType::Json => {
            head.first().is_some_and(|byte| b"{[\"-0123456789".contains(byte))
                || [&b"true"[..], b"false", b"null"].iter().any(|word| head.starts_with(word))
        }
        ContentType::Xml => head.first() == Some(&b'<'),
        _ => true,
    };
    begins_well && !is_program && !is_html
}

/// What follows processing instructions, comments and spaces.
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
