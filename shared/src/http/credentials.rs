//! Usernames and passwords, as four of the five documents send them, and the cookie of a browser's session.

use super::{Field, Form, parse::filled};
use crate::{
    domain::{
        Error,
        names::{Email, SignInName, Username},
        text::NewPassword,
        user::Role,
    },
    service::accounts::Registration,
};
use axum::http::{HeaderMap, HeaderName, Uri, header};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// `{"username": "string", "password": "string"}`. For signing in.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"username": "newuser", "password": "password123"}))]
pub struct Credentials {
    /// The username or the e-mail address.
    #[schema(value_type = String, required, min_length = 1)]
    username: Field,
    /// The password.
    #[schema(value_type = String, required, min_length = 1, format = Password)]
    password: Field,
}

/// `{"username": "string", "password": "string"}`. For registering.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"username": "newuser", "password": "password123"}))]
pub struct NewAccount {
    /// The username. Each is given once, in any case.
    #[schema(value_type = String, required, min_length = 1, max_length = 150)]
    username: Field,
    /// The password.
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
}

impl Credentials {
    /// Reads the sign-in.
    pub fn into_sign_in(self) -> Result<(SignInName, SecretString), Error> {
        sign_in(("username", self.username), self.password)
    }
}

impl NewAccount {
    /// Reads the registration.
    pub fn into_registration(self) -> Result<Registration, Error> {
        let mut form = Form::default();
        let username = form.required("username", self.username, Username::parse);
        let password = form.required("password", self.password, NewPassword::parse);
        form.finish(|| Some(registration(username?, None, password?)))
    }
}

/// The registration of a user without a role or a full name, which three of the five documents do not have.
pub const fn registration(username: Username, email: Option<Email>, password: NewPassword) -> Registration {
    Registration { username: Some(username), email, full_name: None, password, role: Role::User }
}

/// Reads a sign-in. `field` is the document's name for the username or e-mail address. Neither value is checked
/// further: a value that no account can have gets the same answer as a wrong one.
pub fn sign_in((field, name): (&'static str, Field), password: Field) -> Result<(SignInName, SecretString), Error> {
    let mut form = Form::default();
    let name = form.required(field, name, filled);
    let password = form.required("password", password, filled);
    form.finish(|| Some((SignInName::new(&name?), password?.into())))
}

/// The cookie of a browser's session. It holds an access token.
pub const SESSION_COOKIE: &str = "quintet_session";

/// The session of a browser that requests a WebSocket connection. Browsers send cookies with requests from pages
/// of any site, so the page's origin must be this host or one of `allowed`.
pub fn session_of_page<'a>(headers: &'a HeaderMap, allowed: &[String]) -> Option<&'a str> {
    let origin = only(headers, header::ORIGIN)?;
    if !allowed.iter().any(|allowed| allowed == origin) && !is_same_origin(headers) {
        return None;
    }
    cookie(headers, SESSION_COOKIE)
}

/// Whether the `Origin` of a request is the host that it was sent to.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let is_own = || {
        let page: Uri = only(headers, header::ORIGIN)?.parse().ok()?;
        let has_scheme = matches!(page.scheme_str(), Some("http" | "https"));
        let host = page.authority().filter(|_| has_scheme)?;
        Some(host.as_str().eq_ignore_ascii_case(only(headers, header::HOST)?))
    };
    is_own() == Some(true)
}

/// The value of the first cookie called `name`.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    cookies.find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// The header's value, if the request has the header exactly once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
