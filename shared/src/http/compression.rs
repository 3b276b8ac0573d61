//! Compressed responses, for the few large ones that are the same for everybody.

use axum::http::{HeaderMap, header};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// Whether the client accepts gzip. Its `Accept-Encoding` then names it, with any weight above zero.
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = accepted.flat_map(|value| value.split(','));
    codings.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        is_gzip && !parts.any(super::events::refuses)
    })
}

/// The content, compressed with gzip: fast, because it happens for each response.
pub fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    let written = encoder.write_all(content).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}
