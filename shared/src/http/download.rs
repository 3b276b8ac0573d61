//! The content of a file as a response. Users upload these files, so a browser must not treat one as a page of
//! this site: the response is an attachment, its type is not to be guessed, and a browser that shows it anyway
//! must sandbox it.

use crate::{
    blobs::Content,
    domain::{
        file::{File, FileName},
        ids::FileId,
    },
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The address of a file's content, for a service that is reached at `here`.
pub fn content_url(here: &str, file: FileId) -> String {
    format!("{here}/api/v1/files/{file}/content")
}

/// 200 with the bytes of a file, streamed from the storage.
pub struct Download {
    /// The file's metadata.
    pub file: File,
    /// The file's bytes.
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
            tracing::error!(error = %crate::log::Causes(error), "could not read the rest of a file while sending it");
        });
        (headers, Body::from_stream(content)).into_response()
    }
}

/// The characters that `filename*` may contain unescaped (RFC 8187).
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

/// `attachment; filename="r_sum_.pdf"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf`. The first name serves clients that
/// do not know the second.
fn attachment(name: &FileName) -> HeaderValue {
    let name = name.as_str();
    let plain: String =
        name.chars().map(|c| if (' '..='~').contains(&c) && !"\"\\%".contains(c) { c } else { '_' }).collect();
    let encoded = utf8_percent_encode(name, PLAIN);
    let value = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"));
    value.unwrap_or(HeaderValue::from_static("attachment"))
}
