//! Files: their names, and which contents are accepted. A file is judged by its name's extension, the type
//! that the client declares and the content together, chunk by chunk as it arrives. Nothing is unpacked.

use super::{Error, Problem, ids::FileId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// A megabyte of the documents.
pub const MIB: u64 = 1024 * 1024;
/// The most characters of a name.
const NAME_MAX: usize = 255;
/// How much of a text's beginning is looked at to tell what it is.
const HEAD_BYTES: usize = 1024;

/// An uploaded file, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The UUID.
    pub id: FileId,
    /// What the client called it.
    pub name: FileName,
    /// What it is.
    pub content_type: ContentType,
    /// How many bytes it has.
    pub size: u64,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// A file's name without folders: 1–255 characters, none of which controls anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// What is left of a client's name: its last part after `/` or `\`, trimmed, without characters that
    /// control a terminal or the direction of writing. A long name loses the end of its stem, so that the
    /// extension stays.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let visible: String = last.chars().filter(|&c| !c.is_control() && !turns_writing(c)).collect();
        let name = visible.trim();
        if matches!(name, "" | "." | "..") {
            return Err(Problem::FileName);
        }
        let length = name.chars().count();
        if length <= NAME_MAX {
            return Ok(Self(name.to_owned()));
        }
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if extension.chars().count() < NAME_MAX - 1 => (stem, format!(".{extension}")),
            _ => (name, String::new()),
        };
        let stem: String = stem.chars().take(NAME_MAX - extension.chars().count()).collect();
        Ok(Self(stem + &extension))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last dot, in lower case; empty when there is none.
    fn extension(&self) -> String {
        self.0.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
    }
}

/// Characters by which `exe.png` can be shown as `gnp.exe`.
const fn turns_writing(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What a file is. Stored and shown as its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentType {
    /// An image.
    #[serde(rename = "image/png")]
    Png,
    /// An image.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// An image.
    #[serde(rename = "image/gif")]
    Gif,
    /// An image.
    #[serde(rename = "image/webp")]
    Webp,
    /// A document.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// A document of Word until 2003.
    #[serde(rename = "application/msword")]
    Doc,
    /// A document of Word since 2007.
    #[serde(rename = "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    Docx,
    /// Text.
    #[serde(rename = "text/plain")]
    Text,
    /// Text with marks.
    #[serde(rename = "text/markdown")]
    Markdown,
    /// A table.
    #[serde(rename = "text/csv")]
    Csv,
    /// Data.
    #[serde(rename = "application/json")]
    Json,
    /// Data.
    #[serde(rename = "application/xml")]
    Xml,
    /// An archive.
    #[serde(rename = "application/zip")]
    Zip,
    /// An archive.
    #[serde(rename = "application/vnd.rar")]
    Rar,
}

/// The extensions that are accepted, and what they promise.
pub const EXTENSIONS: [(&str, ContentType); 15] = [
    ("png", ContentType::Png),
    ("jpg", ContentType::Jpeg),
    ("jpeg", ContentType::Jpeg),
    ("gif", ContentType::Gif),
    ("webp", ContentType::Webp),
    ("pdf", ContentType::Pdf),
    ("doc", ContentType::Doc),
    ("docx", ContentType::Docx),
    ("txt", ContentType::Text),
    ("md", ContentType::Markdown),
    ("csv", ContentType::Csv),
    ("json", ContentType::Json),
    ("xml", ContentType::Xml),
    ("zip", ContentType::Zip),
    ("rar", ContentType::Rar),
];

/// Declared types that say nothing.
const ANYTHING: [&str; 3] = ["", "application/octet-stream", "binary/octet-stream"];

impl ContentType {
    /// What a name promises.
    pub fn promised_by(name: &FileName) -> Result<Self, Problem> {
        let extension = name.extension();
        let known = EXTENSIONS.iter().find(|(known, _)| *known == extension);
        known.map(|&(_, promised)| promised).ok_or(Problem::FileExtension)
    }

    /// The media type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Doc => "application/msword",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Csv => "text/csv",
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::Zip => "application/zip",
            Self::Rar => "application/vnd.rar",
        }
    }

    /// How large such a file may be (spec 001, "File Upload"): images 10 MiB, documents and archives 50 MiB,
    /// data 100 MiB.
    pub const fn max_bytes(self) -> u64 {
        match self {
            Self::Png | Self::Jpeg | Self::Gif | Self::Webp => 10 * MIB,
            Self::Pdf | Self::Doc | Self::Docx | Self::Text | Self::Markdown | Self::Zip | Self::Rar => 50 * MIB,
            Self::Csv | Self::Json | Self::Xml => 100 * MIB,
        }
    }

    /// Other media types by which clients declare the same thing.
    const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["image/x-png"],
            Self::Jpeg => &["image/jpg", "image/pjpeg"],
            Self::Gif | Self::Webp | Self::Text => &[],
            Self::Pdf => &["application/x-pdf"],
            Self::Doc => &["application/vnd.ms-word"],
            Self::Docx => &["application/zip"],
            Self::Markdown => &["text/plain", "text/x-markdown"],
            Self::Csv => &["text/plain", "application/csv", "text/comma-separated-values", "application/vnd.ms-excel"],
            Self::Json => &["text/plain", "text/json"],
            Self::Xml => &["text/plain", "text/xml"],
            Self::Zip => &["application/x-zip-compressed", "application/x-zip"],
            Self::Rar => &["application/x-rar-compressed", "application/x-rar", "application/rar"],
        }
    }

    /// Whether `declared`, a `Content-Type` header, is a word for this.
    fn is_declared_by(self, declared: &str) -> bool {
        let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let essence = essence.as_str();
        ANYTHING.contains(&essence) || self.as_str() == essence || self.aliases().contains(&essence)
    }

    /// Where and how such a file must begin. `None`: it is text.
    const fn magic(self) -> Option<&'static [(usize, &'static [u8])]> {
        match self {
            Self::Png => Some(&[(0, b"\x89PNG\r\n\x1a\n")]),
            Self::Jpeg => Some(&[(0, b"\xff\xd8\xff")]),
            Self::Gif => Some(&[(0, b"GIF87a"), (0, b"GIF89a")]),
            Self::Webp => Some(&[(8, b"WEBP")]),
            Self::Pdf => Some(&[(0, b"%PDF-")]),
            Self::Doc => Some(&[(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")]),
            Self::Docx => Some(&[(0, b"PK\x03\x04")]),
            Self::Zip => Some(&[(0, b"PK\x03\x04"), (0, b"PK\x05\x06"), (0, b"PK\x07\x08")]),
            Self::Rar => Some(&[(0, b"Rar!\x1a\x07\x00"), (0, b"Rar!\x1a\x07\x01\x00")]),
            Self::Text | Self::Markdown | Self::Csv | Self::Json | Self::Xml => None,
        }
    }

    /// The bytes after which the beginning of a binary file is known.
    const MAGIC_BYTES: usize = 12;

    fn begins_like(self, head: &[u8]) -> bool {
        let Some(beginnings) = self.magic() else { return true };
        let found = beginnings.iter().any(|&(at, magic)| head.get(at..).is_some_and(|rest| rest.starts_with(magic)));
        found && (self != Self::Webp || head.starts_with(b"RIFF"))
    }
}

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
