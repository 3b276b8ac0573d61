//! Header values with parameters, such as `multipart/form-data; boundary=x` and `form-data; name="files"`. Whitespace
//! may surround each part, names are in any case, and values may be quoted, as clients send them.

use percent_encoding::percent_decode_str;

/// A header value and its parameters.
pub(super) struct Parameters<'a> {
    value: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Parameters<'a> {
    /// Splits a header's text.
    pub(super) fn parse(text: &'a str) -> Self {
        let mut parts = outside_quotes(text);
        let value = parts.next().unwrap_or_default().trim();
        let parameters = parts.filter_map(|part| part.split_once('='));
        Self { value, parameters: parameters.map(|(name, value)| (name.trim(), value.trim())).collect() }
    }

    /// The part before the first parameter, in lower case.
    pub(super) fn value(&self) -> String {
        self.value.to_ascii_lowercase()
    }

    /// A parameter, without quotes.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = self.find(name)?;
        let quoted = value.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or(rest));
        Some(quoted.map_or_else(|| value.to_owned(), unescaped))
    }

    /// A parameter whose name ends with an asterisk: `filename*=UTF-8''r%C3%A9sum%C3%A9.pdf` (RFC 8187).
    pub(super) fn get_extended(&self, name: &str) -> Option<String> {
        let (charset, value) = self.find(name)?.split_once('\'')?;
        let (_, value) = value.split_once('\'')?;
        let text = percent_decode_str(value).decode_utf8().ok()?;
        charset.eq_ignore_ascii_case("utf-8").then(|| text.into_owned())
    }

    fn find(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// A quoted string without its backslashes before quotes and backslashes. Other backslashes are kept: browsers of old
/// send names with them.
fn unescaped(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut characters = quoted.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('"' | '\\')) => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    text
}

/// Splits at semicolons that are not in quotes.
fn outside_quotes(text: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| match c {
        _ if std::mem::take(&mut is_escaped) => false,
        '\\' if is_quoted => {
            is_escaped = true;
            false
        }
        '"' => {
            is_quoted = !is_quoted;
            false
        }
        ';' => !is_quoted,
        _ => false,
    })
}
