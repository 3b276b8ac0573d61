//! Files: their names and types. The extension, the declared type and the content together decide whether a file is
//! accepted (see `check`). `state` is about reading their text.

mod check;
mod encoding;
mod state;

use super::{Problem, ids::FileId, time::Timestamp};
pub use check::{Check, Unfit};
use serde::{Deserialize, Serialize};
pub use state::{FileState, FileStatus, Unreadable};

/// A megabyte, as the documents count.
pub const MIB: u64 = 1024 * 1024;
/// The maximum length of a name, in characters.
const NAME_MAX: usize = 255;

/// An uploaded file, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The file's UUID.
    pub id: FileId,
    /// The name that the client sent.
    pub name: FileName,
    /// The checked type.
    pub content_type: ContentType,
    /// The size, in bytes.
    pub size: u64,
    /// Whether its text can be searched.
    pub state: FileState,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

impl File {
    /// A file that was just received.
    pub fn new(id: FileId, name: FileName, content_type: ContentType, size: u64, created_at: Timestamp) -> Self {
        let state = if content_type.is_read() { FileState::Processing } else { FileState::Stored };
        Self { id, name, content_type, size, state, created_at }
    }
}

/// A file that a client is going to send to the storage itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The UUID that the file will have.
    pub id: FileId,
    /// Its name.
    pub name: FileName,
    /// The type that its name promises.
    pub content_type: ContentType,
    /// Its size, in bytes.
    pub size: u64,
    /// Until when it may be sent.
    pub expires_at: Timestamp,
}

/// A file's name without folders: 1–255 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// Keeps the part of the client's name after the last `/` or `\`, trimmed, without characters that control a
    /// terminal or the direction of writing. A name that is too long keeps its extension, and its stem is cut.
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
        Ok(Self(stem.trim_end().to_owned() + &extension))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the last dot, in lower case. Empty without a dot.
    fn extension(&self) -> String {
        self.0.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
    }
}

/// Characters that change the direction of writing, so that `exe.png` could look like `gnp.exe`.
const fn turns_writing(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The type of a file. The store and the wire use its media type.
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
    /// A document of Word before 2007.
    #[serde(rename = "application/msword")]
    Doc,
    /// A document of Word since 2007.
    #[serde(rename = "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    Docx,
    /// Text.
    #[serde(rename = "text/plain")]
    Text,
    /// Text with markup.
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

/// The accepted extensions, and the type that each promises.
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

/// What a PDF contains in its first bytes.
const PDF: &[u8] = b"%PDF-";

/// Declared types that carry no information.
const ANYTHING: [&str; 3] = ["", "application/octet-stream", "binary/octet-stream"];

impl ContentType {
    /// The type that the extension of `name` promises.
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

    /// Whether the text of such files is read, so that assistants can answer from it.
    pub const fn is_read(self) -> bool {
        match self {
            Self::Pdf | Self::Docx | Self::Text | Self::Markdown | Self::Csv | Self::Json | Self::Xml => true,
            Self::Png | Self::Jpeg | Self::Gif | Self::Webp | Self::Doc | Self::Zip | Self::Rar => false,
        }
    }

    /// The maximum size (spec 001, "File Upload"): images 10 MiB, documents and archives 50 MiB, data 100 MiB.
    pub const fn max_bytes(self) -> u64 {
        match self {
            Self::Png | Self::Jpeg | Self::Gif | Self::Webp => 10 * MIB,
            Self::Pdf | Self::Doc | Self::Docx | Self::Text | Self::Markdown | Self::Zip | Self::Rar => 50 * MIB,
            Self::Csv | Self::Json | Self::Xml => 100 * MIB,
        }
    }

    /// Other media types that clients declare for the same type.
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

    /// Whether `declared`, a `Content-Type` header, names this type.
    fn is_declared_by(self, declared: &str) -> bool {
        let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let essence = essence.as_str();
        ANYTHING.contains(&essence) || self.as_str() == essence || self.aliases().contains(&essence)
    }

    /// The bytes that a file of this type must contain, with their offsets. `None` for text.
    const fn magic(self) -> Option<&'static [(usize, &'static [u8])]> {
        match self {
            Self::Png => Some(&[(0, b"\x89PNG\r\n\x1a\n")]),
            Self::Jpeg => Some(&[(0, b"\xff\xd8\xff")]),
            Self::Gif => Some(&[(0, b"GIF87a"), (0, b"GIF89a")]),
            Self::Webp => Some(&[(8, b"WEBP")]),
            // Anywhere in the head, see `check`.
            Self::Pdf => Some(&[(0, PDF)]),
            Self::Doc => Some(&[(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")]),
            Self::Docx => Some(&[(0, b"PK\x03\x04")]),
            Self::Zip => Some(&[(0, b"PK\x03\x04"), (0, b"PK\x05\x06"), (0, b"PK\x07\x08")]),
            Self::Rar => Some(&[(0, b"Rar!\x1a\x07\x00"), (0, b"Rar!\x1a\x07\x01\x00")]),
            Self::Text | Self::Markdown | Self::Csv | Self::Json | Self::Xml => None,
        }
    }

    /// How many bytes at the beginning identify a binary file.
    const fn head_bytes(self) -> usize {
        match self {
            Self::Pdf => 1024,
            _ => 12,
        }
    }

    fn begins_like(self, head: &[u8]) -> bool {
        let Some(beginnings) = self.magic() else { return true };
        let found = beginnings.iter().any(|&(at, magic)| head.get(at..).is_some_and(|rest| rest.starts_with(magic)));
        found && (self != Self::Webp || head.starts_with(b"RIFF"))
    }
}
