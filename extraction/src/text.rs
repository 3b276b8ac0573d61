//! Decodes text.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes are inspected to detect UTF-16 without a byte order mark.
const INSPECTED: usize = 4096;

/// Decodes UTF-8, UTF-16 and, if it is neither, Windows-1252. A byte order mark decides.
pub fn decode(content: Vec<u8>) -> String {
    decode_declared(content, None)
}

/// Like [`decode`], but text that is neither UTF-8 nor UTF-16 has the encoding of this name.
pub fn decode_declared(content: Vec<u8>, declared: Option<&str>) -> String {
    if let Some((encoding, _)) = Encoding::for_bom(&content) {
        return encoding.decode(&content).0.into_owned();
    }
    if let Some(encoding) = utf_16(&content) {
        return encoding.decode(&content).0.into_owned();
    }
    match String::from_utf8(content) {
        Ok(text) => text,
        Err(error) => {
            let declared = declared.and_then(|name| Encoding::for_label(name.as_bytes()));
            let encoding = declared.filter(|encoding| *encoding != UTF_8).unwrap_or(WINDOWS_1252);
            encoding.decode_without_bom_handling(error.as_bytes()).0.into_owned()
        }
    }
}

/// Detects UTF-16 of mostly Western text, whose every second byte is zero.
fn utf_16(content: &[u8]) -> Option<&'static Encoding> {
    let head = content.get(..INSPECTED).unwrap_or(content);
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, units) = (zeros(0), zeros(1), head.len() / 2);
    if !content.len().is_multiple_of(2) || units == 0 {
        None
    } else if odd * 2 > units && even * 8 < units {
        Some(UTF_16LE)
    } else if even * 2 > units && odd * 8 < units {
        Some(UTF_16BE)
    } else {
        None
    }
}
