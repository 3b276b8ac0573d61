//! Why a document cannot be read.

/// Why a document cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It needs a password.
    Encrypted,
    /// It is not a valid document of its kind.
    Damaged,
    /// It contains no text, such as a scan.
    NoText,
    /// It has more text or pages than are read.
    TooLong,
}

impl Problem {
    /// The name in the answer to the parent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::NoText => "no_text",
            Self::TooLong => "too_long",
        }
    }
}
