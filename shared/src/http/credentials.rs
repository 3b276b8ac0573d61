//! Name and password, as four of the five documents send them, and the cookie of a browser's session.

use super::Field;
use crate::{
    domain::{
        Error,
        error::Problems,
        names::{SignInName, Username},
        text::NewPassword,
        user::Role,
    },
    service::accounts::Registration,
};
use axum::http::{HeaderMap, HeaderName, Uri, header};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// `{"username": "string", "password": "string"}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"username": "newuser", "password": "password123"}))]
pub struct UsernameAndPassword {
    #[schema(value_type = String, required, min_length = 1, max_length = 254)]
    username: Field,
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
}

impl UsernameAndPassword {
    /// For signing in.
    pub fn into_sign_in(self) -> Result<(SignInName, SecretString), Error> {
        sign_in(("username", self.username), self.password)
    }

    /// For registering.
    pub fn into_registration(self) -> Result<Registration, Error> {
        let mut problems = Problems::default();
        let username = problems.note("username", self.username.required().and_then(|text| Username::parse(&text)));
        let password = problems.note("password", self.password.required().and_then(NewPassword::parse));
        match username.zip(password) {
            Some((username, password)) => {
                Ok(Registration { username: Some(username), email: None, full_name: None, password, role: Role::User })
            }
            None => Err(problems.into_error()),
        }
    }
}

/// A name, whatever its field is called, and a password. Neither is checked beyond being there: what
/// cannot be right is answered like what is wrong.
pub fn sign_in((field, name): (&'static str, Field), password: Field) -> Result<(SignInName, SecretString), Error> {
    let mut problems = Problems::default();
    let name = problems.note(field, name.filled());
    let password = problems.note("password", password.filled());
    match name.zip(password) {
        Some((name, password)) => Ok((SignInName::new(&name), password.into())),
        None => Err(problems.into_error()),
    }
}

/// The cookie of a browser's session: an access token.
pub const SESSION_COOKIE: &str = "quintet_session";

/// The session of a browser that asks for a WebSocket connection. Browsers send cookies along from pages of
/// any site, so the page's origin must be our own host or one of `allowed`.
pub fn session_of_page<'a>(headers: &'a HeaderMap, allowed: &[String]) -> Option<&'a str> {
    let origin = only(headers, header::ORIGIN)?;
    let is_own = || {
        let page: Uri = origin.parse().ok()?;
        let has_scheme = matches!(page.scheme_str(), Some("http" | "https"));
        let host = page.authority().filter(|_| has_scheme)?;
        Some(host.as_str().eq_ignore_ascii_case(only(headers, header::HOST)?))
    };
    if !allowed.iter().any(|allowed| allowed == origin) && is_own() != Some(true) {
        return None;
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    cookies.find(|(name, _)| *name == SESSION_COOKIE).map(|(_, value)| value)
}

/// The header's value, if it is there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
