//! Styles, scripts and the mark, which the binary contains. `build.rs` compresses them and computes their version.

use axum::{
    extract::RawPathParams,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use shared::{
    domain::Error,
    http::{HandlerResult, Pages, accepts_gzip},
};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file.
struct Asset {
    name: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
}

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// `GET /assets/{version}/{asset}`: returns a file. Pages link to the current version, which never changes and may be kept
/// for ever. Another version gets the current file, which may not be kept: its page was made before or after a deployment.
#[utoipa::path(
    get,
    path = "/assets/{version}/{asset}",
    responses((status = 200, content_type = "*/*", body = String)),
)]
pub async fn show(parameters: RawPathParams, headers: HeaderMap) -> HandlerResult<Pages, Response> {
    let mut values = parameters.iter().map(|(_, value)| value);
    let (version, name) = (values.next().unwrap_or_default(), values.next().unwrap_or_default());
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Error::NotFound)?;
    let takes_gzip = accepts_gzip(&headers);
    let content = if takes_gzip { asset.gzip } else { asset.plain };
    let mut response =
        ([(header::CONTENT_TYPE, media_type(name)), (header::VARY, "Accept-Encoding")], content).into_response();
    let keep = if version == VERSION { FOR_EVER } else { "no-store" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if takes_gzip {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
