//! The encodings of texts, followed chunk by chunk: UTF-8, UTF-16 with a byte order mark, and Windows-1252, of which
//! Latin-1 is a part. Nothing is converted; files are stored as they are.

/// The length of the longest byte order mark, in bytes.
const MARK_BYTES: usize = 3;

/// How many characters of the beginning of a text are kept.
const HEAD_LENGTH: usize = 1024;

/// The beginning of a text without its byte order mark and leading whitespace, one byte for each unit. Units of UTF-16
/// that are not in ASCII are 0x80.
#[derive(Debug, Default)]
pub(super) struct Head(Vec<u8>);

impl Head {
    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    const fn is_full(&self) -> bool {
        self.0.len() == HEAD_LENGTH
    }

    fn push(&mut self, byte: u8) {
        let is_leading_space = self.0.is_empty() && byte.is_ascii_whitespace();
        if !self.is_full() && !is_leading_space {
            self.0.push(byte);
        }
    }
}

/// What the bytes of a text can be, as far as they have arrived.
#[derive(Debug)]
pub(super) enum Encoding {
    /// The first bytes, too few to see whether they are a byte order mark.
    Unknown(Vec<u8>),
    /// Marked as UTF-16.
    Utf16(Utf16),
    /// UTF-8 until now.
    Utf8 {
        /// The bytes of a character that has not arrived completely.
        cut: Vec<u8>,
        /// Whether the text can also be Windows-1252.
        or_windows: bool,
    },
    /// Windows-1252.
    Windows,
    /// None of them, or not a text.
    Broken,
}

/// Where in UTF-16 a chunk ended.
#[derive(Debug)]
pub(super) struct Utf16 {
    is_big_endian: bool,
    /// The first byte of a unit whose second has not arrived.
    half: Option<u8>,
    /// Whether the low surrogate of a pair must come next.
    needs_low: bool,
}

impl Encoding {
    /// Before the first byte.
    pub(super) const fn new() -> Self {
        Self::Unknown(Vec::new())
    }

    /// Reads the next bytes. The first of them also go to `head`.
    pub(super) fn feed(&mut self, bytes: &[u8], head: &mut Head) {
        match self {
            Self::Unknown(first) => {
                let (missing, rest) = bytes.split_at(bytes.len().min(MARK_BYTES - first.len()));
                first.extend(missing);
                if first.len() == MARK_BYTES {
                    self.decide(head);
                    self.feed(rest, head);
                }
            }
            Self::Utf16(text) => {
                if !text.feed(bytes, head) {
                    *self = Self::Broken;
                }
            }
            Self::Utf8 { .. } | Self::Windows => self.feed_bytes(bytes, head),
            Self::Broken => {}
        }
    }

    /// Notes that no more bytes come.
    pub(super) fn end(&mut self, head: &mut Head) {
        if matches!(self, Self::Unknown(_)) {
            self.decide(head);
        }
        match self {
            Self::Utf16(Utf16 { half: None, needs_low: false, .. }) => {}
            Self::Utf16(_) => *self = Self::Broken,
            Self::Utf8 { cut, or_windows } if !cut.is_empty() => *self = Self::without_utf8(*or_windows),
            Self::Unknown(_) | Self::Utf8 { .. } | Self::Windows | Self::Broken => {}
        }
    }

    /// Whether this is no text.
    pub(super) const fn is_broken(&self) -> bool {
        matches!(self, Self::Broken)
    }

    /// Selects what the first bytes are a mark of.
    fn decide(&mut self, head: &mut Head) {
        let Self::Unknown(first) = std::mem::replace(self, Self::Broken) else { return };
        let utf16 = |is_big_endian| Self::Utf16(Utf16 { is_big_endian, half: None, needs_low: false });
        let (encoding, rest) = match first.as_slice() {
            [0xff, 0xfe, rest @ ..] => (utf16(false), rest),
            [0xfe, 0xff, rest @ ..] => (utf16(true), rest),
            [0xef, 0xbb, 0xbf] => (Self::Utf8 { cut: Vec::new(), or_windows: false }, &[][..]),
            rest => (Self::Utf8 { cut: Vec::new(), or_windows: true }, rest),
        };
        *self = encoding;
        self.feed(rest, head);
    }

    fn feed_bytes(&mut self, bytes: &[u8], head: &mut Head) {
        if bytes.iter().any(|&byte| is_binary(byte.into())) {
            *self = Self::Broken;
            return;
        }
        let can_be_windows = !bytes.iter().any(|&byte| is_undefined_in_windows(byte));
        match self {
            Self::Utf8 { cut, or_windows } => {
                *or_windows &= can_be_windows;
                if !continue_utf8(cut, bytes) {
                    *self = Self::without_utf8(*or_windows);
                }
            }
            Self::Windows if !can_be_windows => *self = Self::Broken,
            Self::Unknown(_) | Self::Utf16(_) | Self::Windows | Self::Broken => {}
        }
        for &byte in bytes {
            if head.is_full() {
                break;
            }
            head.push(byte);
        }
    }

    const fn without_utf8(or_windows: bool) -> Self {
        if or_windows { Self::Windows } else { Self::Broken }
    }
}

impl Utf16 {
    /// Whether the text up to here can be UTF-16.
    fn feed(&mut self, bytes: &[u8], head: &mut Head) -> bool {
        for &byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let pair = [first, byte];
            let unit = if self.is_big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            let is_low = matches!(unit, 0xdc00..=0xdfff);
            if is_low != self.needs_low || is_binary(unit) {
                return false;
            }
            self.needs_low = matches!(unit, 0xd800..=0xdbff);
            head.push(u8::try_from(unit).map_or(0x80, |byte| byte.min(0x80)));
        }
        true
    }
}

/// Whether a character is in no text: the control characters of ASCII, except for those that separate lines, columns and
/// pages, and the escape of terminals.
const fn is_binary(unit: u16) -> bool {
    matches!(unit, 0..=0x08 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f)
}

/// Whether Windows-1252 has no character for a byte.
const fn is_undefined_in_windows(byte: u8) -> bool {
    matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)
}

/// Whether `bytes` go on in UTF-8 after the beginning of a character in `cut`, where the beginning of the next one is
/// kept.
fn continue_utf8(cut: &mut Vec<u8>, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !cut.is_empty() {
        let Some((&next, after)) = rest.split_first() else { return true };
        cut.push(next);
        rest = after;
        match std::str::from_utf8(cut) {
            Ok(_) => cut.clear(),
            Err(error) if error.error_len().is_none() => {}
            Err(_) => return false,
        }
    }
    match std::str::from_utf8(rest) {
        Ok(_) => true,
        Err(error) if error.error_len().is_none() => {
            cut.extend(&rest[error.valid_up_to()..]);
            true
        }
        Err(_) => false,
    }
}
