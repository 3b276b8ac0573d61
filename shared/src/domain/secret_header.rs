//! A header that an administrator adds to the calls of a tool. Its value is a secret: it is stored and sent, and shown
//! to nobody.

use super::Problem;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// The maximum length of a name, in characters.
const NAME_MAX: usize = 128;
/// The maximum length of a value, in bytes.
const VALUE_MAX: usize = 4_096;
/// What is shown in place of a value.
pub const HIDDEN: &str = "***";

/// Names, in lower case, that cannot be set: the call sets them itself, or they are about the connection or the form of
/// the message, or about sessions of browsers.
const FORBIDDEN: [&str; 22] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "cookie2",
    "date",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// The name of a header, in the administrator's spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HeaderName(String);

impl HeaderName {
    /// 1–128 characters of a token (RFC 9110, section 5.6.2), and a name that can be set.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let fits = (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(is_token);
        let is_forbidden = FORBIDDEN.iter().any(|name| text.eq_ignore_ascii_case(name));
        if fits && !is_forbidden { Ok(Self(text.to_owned())) } else { Err(Problem::HeaderName) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value of a secret header.
#[derive(Clone)]
pub struct HeaderSecret(SecretString);

impl HeaderSecret {
    /// 1–4,096 visible characters of ASCII. Spaces may stand between them.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let fits = (1..=VALUE_MAX).contains(&text.len())
            && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            && text.trim_ascii() == text;
        if fits { Ok(Self(text.to_owned().into())) } else { Err(Problem::HeaderValue) }
    }

    /// The value, for the call.
    pub const fn value(&self) -> &SecretString {
        &self.0
    }

    /// `text` without the secret, as it is and as a string of JSON contains it. If `is_cut`, the text may end within the
    /// secret, and the beginning of it is removed, too.
    pub fn hidden_in(&self, text: &str, is_cut: bool) -> String {
        let value = self.0.expose_secret();
        let in_json = value.replace('\\', "\\\\").replace('"', "\\\"");
        let mut text = text.replace(&in_json, HIDDEN).replace(value, HIDDEN);
        let is_part = |text: &str, part: &str| !part.is_empty() && text.ends_with(part);
        for form in [&in_json, value] {
            let part = (1..form.len()).rev().find(|&length| is_part(&text, &form[..length]));
            if let Some(length) = part.filter(|_| is_cut) {
                text.truncate(text.len() - length);
            }
        }
        text
    }
}

/// A secret header as a request gives it.
#[derive(Clone)]
pub struct SecretHeader {
    /// The name.
    pub name: HeaderName,
    /// The value. Absent if the stored one stays.
    pub value: Option<HeaderSecret>,
}
