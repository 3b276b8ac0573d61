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

/// The state of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status", content = "detail")]
pub enum FileState {
    /// Its text is being read.
    Processing,
    /// Its text can be searched.
    Ready,
    /// Its text could not be read, for this reason: a sentence for people.
    Failed(String),
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

    /// A sentence for people. Empty for a file that can be searched.
    pub fn detail(&self) -> &str {
        match self {
            Self::Processing => "The text of the file is being read.",
            Self::Ready => "",
            Self::Failed(reason) => reason,
            Self::Stored => "The text of files of this kind is not read.",
        }
    }
}
