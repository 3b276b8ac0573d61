//! What has become of a file: whether its text is read, and when it can be searched.

use crate::domain::Problem;
use serde::{Deserialize, Serialize};

/// The kind of a state, by which lists are filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStatus {
    /// Its text is being read.
    Processing,
    /// Its text can be searched.
    Ready,
    /// Its text could not be read.
    Failed,
    /// A kind of file that is not read.
    Stored,
}

impl FileStatus {
    /// All of them, with their names on the wire.
    pub const ALL: [(&'static str, Self); 4] =
        [("processing", Self::Processing), ("ready", Self::Ready), ("failed", Self::Failed), ("stored", Self::Stored)];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Stored => "stored",
        }
    }

    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|&(_, status)| status).ok_or(Problem::NotAChoice { choices: "processing, ready, failed, stored" })
    }
}

/// Why the text of a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    /// It needs a password.
    Encrypted,
    /// It is not a valid document of its kind.
    Damaged,
    /// It contains no text, such as a scan.
    NoText,
    /// It has more text or pages than are read.
    TooLong,
    /// Reading it reached a limit of memory or time, or crashed.
    TooComplex,
    /// Several attempts to read it ended without a result. Reasons that this version does not know count as this one.
    #[serde(other)]
    GivenUp,
}

impl Unreadable {
    /// The name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::NoText => "no_text",
            Self::TooLong => "too_long",
            Self::TooComplex => "too_complex",
            Self::GivenUp => "given_up",
        }
    }

    /// What is wrong, in English, for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Encrypted => "The document is encrypted.",
            Self::Damaged => "The document is damaged.",
            Self::NoText => "The document contains no text.",
            Self::TooLong => "The document is too long.",
            Self::TooComplex => "The document is too complex.",
            Self::GivenUp => "The text of the file could not be read.",
        }
    }
}

/// The state of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status", content = "detail")]
pub enum FileState {
    /// Its text is being read.
    Processing,
    /// Its text can be searched.
    Ready,
    /// Its text could not be read.
    Failed(Unreadable),
    /// A kind of file that is not read.
    Stored,
}

impl FileState {
    /// Its kind.
    pub const fn status(&self) -> FileStatus {
        match self {
            Self::Processing => FileStatus::Processing,
            Self::Ready => FileStatus::Ready,
            Self::Failed(_) => FileStatus::Failed,
            Self::Stored => FileStatus::Stored,
        }
    }

    /// A sentence in English, for people. Empty for a file that can be searched.
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::Processing => "The text of the file is being read.",
            Self::Ready => "",
            Self::Failed(why) => why.sentence(),
            Self::Stored => "The text of files of this kind is not read.",
        }
    }
}
