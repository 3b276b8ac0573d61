//! What a request tells of its browser: language, theme and other preferences, and the secret of its forms.

use crate::words::{EN, NL, Words};
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, Method, Uri, header, request::Parts},
};
use sha2::{Digest, Sha256};
use shared::{
    domain::{Error, ids::LoginId},
    http::{App, Failure, Pages, cookie, pages::ServedAt},
};
use std::sync::{Arc, Mutex, PoisonError};

/// The cookie of the secret that ties forms to a browser.
pub const FORM_COOKIE: &str = "quintet_form";
/// The cookie of the language: `en` or `nl`.
pub const LANGUAGE_COOKIE: &str = "quintet_language";
/// The cookie of the theme: `light` or `dark`.
pub const THEME_COOKIE: &str = "quintet_theme";
/// The cookie of what Enter does: `send` or `line`.
pub const ENTER_COOKIE: &str = "quintet_enter";
/// The cookie of what is read to users of screen readers: `all`, `short` or `ready`.
pub const SAY_COOKIE: &str = "quintet_say";
/// The cookie of the time zone: minutes east of UTC. A script sets it.
const ZONE_COOKIE: &str = "quintet_zone";
/// The cookie of the list of chats: `off` if it is hidden on a wide screen. A script sets it.
const SIDE_COOKIE: &str = "quintet_side";

/// The form of the answer that a browser asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// A page.
    Page,
    /// JSON, for a script.
    Json,
    /// Server-sent events, for a script.
    Events,
}

/// What is known of a browser before anything is read.
#[derive(Clone)]
pub struct Visit(Arc<Inner>);

/// See [`Visit`].
pub struct Inner {
    /// What comes before all paths: `/v1` behind a gateway with a stage, or nothing.
    pub root: String,
    /// The address of this service, such as `https://api.example.com/v1`.
    pub served_at: String,
    /// Whether a gateway is in front of this service. Live updates then have another host, where no cookie of this one is sent.
    pub has_gateway: bool,
    /// Whether the browser came by https.
    pub is_https: bool,
    /// The texts of its language.
    pub words: &'static Words,
    /// `light` or `dark`. `None` as the device.
    pub theme: Option<&'static str>,
    /// `send` or `line`.
    pub enter: &'static str,
    /// `all`, `short` or `ready`.
    pub say: &'static str,
    /// Minutes east of UTC.
    pub zone: i64,
    /// Whether the list of chats is hidden on a wide screen.
    pub hides_side: bool,
    /// The form of the answer.
    pub wants: Wants,
    /// Whether the request asks for something, and changes nothing.
    pub is_reading: bool,
    /// The path with the query, without the root.
    pub here: String,
    /// A guess at the browser, in words.
    pub device: Option<String>,
    form_secret: String,
    set_cookies: Mutex<Vec<HeaderValue>>,
}

impl std::ops::Deref for Visit {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Visit {
    /// Reads a request. `new_secret` makes a secret for a browser that has none.
    pub fn of(request: &Request, has_gateway: bool, new_secret: impl FnOnce() -> String) -> Self {
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        let ServedAt(served_at) = ServedAt::of(request.extensions(), headers);
        let public = served_at.parse::<Uri>().ok();
        let is_https = public.as_ref().is_some_and(|url| url.scheme_str() == Some("https"));
        let root = public.map_or_else(String::new, |url| url.path().trim_end_matches('/').to_owned());
        let one_of = |name: &str, known: &[&'static str]| {
            let value = cookie(headers, name)?;
            known.iter().find(|known| **known == value).copied()
        };
        let kept = cookie(headers, FORM_COOKIE).filter(|secret| is_secret(secret)).map(str::to_owned);
        let is_new = kept.is_none();
        let visit = Inner {
            words: language(headers),
            theme: one_of(THEME_COOKIE, &["light", "dark"]),
            enter: one_of(ENTER_COOKIE, &["send", "line"]).unwrap_or("send"),
            say: one_of(SAY_COOKIE, &["all", "short", "ready"]).unwrap_or("short"),
            zone: cookie(headers, ZONE_COOKIE)
                .and_then(|zone| zone.parse().ok())
                .filter(|zone| (-900..=900).contains(zone))
                .unwrap_or(0),
            hides_side: one_of(SIDE_COOKIE, &["off"]).is_some(),
            wants: if is_for_scripts(uri.path()) { Wants::Json } else { wants(headers) },
            is_reading: matches!(*method, Method::GET | Method::HEAD),
            here: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            device: headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).and_then(device),
            form_secret: kept.unwrap_or_else(new_secret),
            set_cookies: Mutex::default(),
            has_gateway,
            is_https,
            root,
            served_at,
        };
        let visit = Self(Arc::new(visit));
        if is_new {
            visit.set_cookie(FORM_COOKIE, &visit.form_secret, None, true);
        }
        visit
    }

    /// The address of a path of this service.
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    /// The token of the forms of this browser, in this sign-in.
    pub fn form_token(&self, login: Option<LoginId>) -> String {
        let login = login.map_or_else(String::new, |login| login.to_string());
        hex::encode(Sha256::digest(format!("quintet form {} {login}", self.form_secret)))
    }

    /// Has the browser keep a cookie, for `max_age` seconds or until it ends. Scripts cannot read a hidden one.
    pub fn set_cookie(&self, name: &str, value: &str, max_age: Option<u64>, is_hidden: bool) {
        let age = max_age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let hidden = if is_hidden { "; HttpOnly" } else { "" };
        let secure = if self.is_https { "; Secure" } else { "" };
        if let Ok(cookie) = HeaderValue::from_str(&format!("{name}={value}; Path=/; SameSite=Lax{age}{hidden}{secure}"))
        {
            self.set_cookies.lock().unwrap_or_else(PoisonError::into_inner).push(cookie);
        }
    }

    /// The cookies that the response sets.
    pub fn cookies_to_set(&self) -> Vec<HeaderValue> {
        std::mem::take(&mut *self.set_cookies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FromRequestParts<App<Pages>> for Visit {
    type Rejection = Failure<Pages>;

    async fn from_request_parts(parts: &mut Parts, _: &App<Pages>) -> Result<Self, Failure<Pages>> {
        Ok(parts.extensions.get().cloned().ok_or_else(|| Error::internal("a page without a visit"))?)
    }
}

/// The language that the browser chose, or the first one that it accepts.
fn language(headers: &HeaderMap) -> &'static Words {
    let named = |name: &str| [&EN, &NL].into_iter().find(|words| words.language == name);
    if let Some(words) = cookie(headers, LANGUAGE_COOKIE).and_then(named) {
        return words;
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut ranges: Vec<(f32, &str)> = accepted.split(',').filter_map(range).collect();
    ranges.sort_by(|one, other| other.0.total_cmp(&one.0));
    ranges.into_iter().filter(|(weight, _)| *weight > 0.0).find_map(|(_, language)| named(language)).unwrap_or(&EN)
}

/// The weight and the language of a range, such as `nl-BE;q=0.8`.
fn range(range: &str) -> Option<(f32, &str)> {
    let mut parts = range.split(';').map(str::trim);
    let language = parts.next()?.split('-').next()?;
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |weight| weight.parse().ok());
    Some((weight?, language))
}

/// Whether a path is one of the document's JSON routes, which answer in JSON whatever a client accepts.
fn is_for_scripts(path: &str) -> bool {
    ["/chat/session/", "/load_session/"].iter().any(|prefix| path.starts_with(prefix))
}

fn wants(headers: &HeaderMap) -> Wants {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match accepted {
        _ if accepted.contains("text/event-stream") => Wants::Events,
        _ if accepted.contains("text/html") => Wants::Page,
        _ if accepted.contains("application/json") => Wants::Json,
        _ => Wants::Page,
    }
}

fn is_secret(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A browser and its system, such as `Firefox on Linux`, from a `User-Agent` header.
fn device(agent: &str) -> Option<String> {
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // Browsers name those that came before them, so the order matters.
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ])?;
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    Some(system.map_or_else(|| browser.to_owned(), |system| format!("{browser} on {system}")))
}
