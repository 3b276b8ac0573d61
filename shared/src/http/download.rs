//! The content of a file as an answer. It is nobody's web page: it is to be saved, not shown, its type is
//! not to be guessed, and a browser that shows it all the same gives it no rights.

use crate::{
    blobs::Content,
    domain::file::{File, FileName},
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// 200 with a file's bytes, as they come from the storage.
pub struct Download {
    /// What is known of it.
    pub file: File,
    /// The bytes.
    pub content: Content,
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let Self { file, content } = self;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type.as_str()));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
        headers.insert(header::CONTENT_DISPOSITION, attachment(&file.name));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
        let content = content.inspect_err(|error| {
            tracing::error!(error = %crate::log::Causes(error), "a file broke off while it was sent");
        });
        (headers, Body::from_stream(content)).into_response()
    }
}

/// What RFC 8187 allows to stand in `filename*` as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `attachment; filename="r_sum_.pdf"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf`: the first for clients that do
/// not know the second.
fn attachment(name: &FileName) -> HeaderValue {
    let name = name.as_str();
    let plain: String =
        name.chars().map(|c| if (' '..='~').contains(&c) && !"\"\\%".contains(c) { c } else { '_' }).collect();
    let encoded = utf8_percent_encode(name, PLAIN);
    let value = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"));
    value.unwrap_or(HeaderValue::from_static("attachment"))
}
