//! Assembles the OpenAPI documents from the parts of the endpoint groups, and returns them.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::http::{
    Chatbot, Dialect, Metered, Platform, Reports, Webchat, accepts_gzip, gzipped,
    openapi::{About, Edition, document},
    pages::ServedAt,
};
use std::sync::LazyLock;

/// Documents and viewer change only with a release.
pub const CACHE: &str = "public, max-age=300";
/// A document contains the address that it was requested at, so that a shared cache must not keep it.
const PRIVATE: &str = "private, max-age=300";

const ABOUT_REPORTS: About = About {
    title: "Quintet: reports",
    description: "Assistants for report writing. Accounts and balances are those of the other four APIs.",
};
const ABOUT_PLATFORM: About = About {
    title: "Quintet: platform",
    description: "A platform of assistants, conversations, tools and users. Accounts, conversations and balances are \
                  those of the other four APIs.",
};
const ABOUT_WEBCHAT: About = About {
    title: "Quintet: webchat",
    description: "A web chat with sessions. Accounts, conversations and balances are those of the other four APIs.",
};
const ABOUT_CHATBOT: About = About {
    title: "Quintet: chatbot",
    description: "A small chatbot with one conversation per user. Accounts and balances are those of the other four \
                  APIs.",
};
const ABOUT_METERED: About = About {
    title: "Quintet: metered",
    description: "A chat in which every answer costs tokens. Accounts and balances are those of the other four APIs.",
};

/// All documents, with the names of their dialects.
pub fn all(edition: Edition) -> [(&'static str, Value); 5] {
    let groups = crate::groups();
    [
        (Reports::NAME, document::<Reports>(&ABOUT_REPORTS, &groups, edition)),
        (Platform::NAME, document::<Platform>(&ABOUT_PLATFORM, &groups, edition)),
        (Webchat::NAME, document::<Webchat>(&ABOUT_WEBCHAT, &groups, edition)),
        (Chatbot::NAME, document::<Chatbot>(&ABOUT_CHATBOT, &groups, edition)),
        (Metered::NAME, document::<Metered>(&ABOUT_METERED, &groups, edition)),
    ]
}

/// A published document as JSON, without `servers` and the last brace: the address depends on the request.
pub struct Published(String);

impl Published {
    fn new<D: Dialect>(about: &About) -> Self {
        let mut document = document::<D>(about, &crate::groups(), Edition::Published);
        if let Some(members) = document.as_object_mut() {
            members.remove("servers");
        }
        let mut text = document.to_string();
        text.pop();
        Self(text)
    }

    /// The document of a service that is reached at `here`.
    fn at(&self, here: &str) -> String {
        format!("{},\"servers\":[{{\"url\":{}}}]}}", self.0, Value::from(here))
    }
}

/// The document of the reports dialect.
pub static REPORTS: LazyLock<Published> = LazyLock::new(|| Published::new::<Reports>(&ABOUT_REPORTS));

/// The document of the platform dialect.
pub static PLATFORM: LazyLock<Published> = LazyLock::new(|| Published::new::<Platform>(&ABOUT_PLATFORM));

/// The document of the webchat dialect.
pub static WEBCHAT: LazyLock<Published> = LazyLock::new(|| Published::new::<Webchat>(&ABOUT_WEBCHAT));

/// The document of the chatbot dialect.
pub static CHATBOT: LazyLock<Published> = LazyLock::new(|| Published::new::<Chatbot>(&ABOUT_CHATBOT));

/// The document of the metered dialect.
pub static METERED: LazyLock<Published> = LazyLock::new(|| Published::new::<Metered>(&ABOUT_METERED));

/// Returns a document. Its `servers` have the address that the request was sent to. 304 if the client has it already;
/// compressed if the client accepts it.
pub async fn answer(document: &'static LazyLock<Published>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let ServedAt(here) = ServedAt::of(&parts.extensions, &parts.headers);
    let text = document.at(&here);
    // The tag is weak, because it stands for the compressed document, too.
    let tag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&text)[..16]));
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(PRIVATE));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if knows(&parts.headers, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if !accepts_gzip(&parts.headers) {
        return (headers, text).into_response();
    }
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    (headers, gzipped(text.as_bytes())).into_response()
}

/// Whether `If-None-Match` names the tag. Weak and strong tags compare alike (RFC 9110, section 13.1.2).
fn knows(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    known.flat_map(|tags| tags.split(',')).map(str::trim).any(|known| known == "*" || opaque(known) == opaque(tag))
}
