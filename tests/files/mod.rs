//! Uploaded files: what is accepted, what is left of what is not, and how the bytes come back.

mod check;
mod content;
mod receive;

/// The first bytes of a PNG.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
