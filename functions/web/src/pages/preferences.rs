//! Preferences of a browser, which it keeps in cookies: language, theme, the Enter key, announcements.

use crate::{
    member::{Posted, Refused, see},
    visit::{ENTER_COOKIE, LANGUAGE_COOKIE, SAY_COOKIE, THEME_COOKIE},
};
use axum::response::{IntoResponse, Response};

/// How long a browser keeps preferences, in seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// The fields, their cookies, and the values that they may have. An empty value removes the cookie.
const FIELDS: [(&str, &str, &[&str]); 4] = [
    ("language", LANGUAGE_COOKIE, &["en", "nl"]),
    ("theme", THEME_COOKIE, &["light", "dark"]),
    ("enter", ENTER_COOKIE, &["send", "line"]),
    ("announcements", SAY_COOKIE, &["all", "short", "ready"]),
];

/// `POST /preferences/`: changes preferences. Absent fields stay as they are.
#[utoipa::path(post, path = "/preferences/", responses((status = 303)))]
pub async fn change(posted: Posted) -> Result<Response, Refused> {
    let visit = &posted.member.visit;
    for (field, cookie, values) in FIELDS {
        let Some(value) = posted.given(field) else { continue };
        match values.iter().find(|known| **known == value) {
            Some(value) => visit.set_cookie(cookie, value, Some(YEAR), false),
            None => visit.set_cookie(cookie, "", Some(0), false),
        }
    }
    Ok(see(visit, "/account/#preferences").into_response())
}
