//! Characters that a provider cut in half: it escapes the two surrogates (UTF-16 surrogates) in two events, and neither is
//! JSON that can be read.

/// The first half of a character that was cut.
#[derive(Default)]
pub(super) struct Surrogates {
    first: Option<String>,
}

impl Surrogates {
    /// `json` without a first half whose second one is missing. It is kept, and put before the second half in one of the
    /// next events. A second half alone becomes U+FFFD.
    pub fn joined(&mut self, json: &str) -> String {
        let (mut joined, mut rest) = (String::with_capacity(json.len()), json);
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            joined.push_str(before);
            let next = escape.get(6..).unwrap_or_default();
            rest = match half(escape) {
                Some(Half::First) if matches!(half(next), Some(Half::Second)) => {
                    joined.push_str(&escape[..12]);
                    &escape[12..]
                }
                Some(Half::First) => {
                    self.first = Some(escape[..6].to_owned());
                    next
                }
                Some(Half::Second) => {
                    match self.first.take() {
                        Some(first) => joined.extend([&first, &escape[..6]]),
                        None => joined.push('\u{fffd}'),
                    }
                    next
                }
                None => {
                    // The backslash and what it escapes.
                    let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
                    joined.push_str(&escape[..length]);
                    &escape[length..]
                }
            };
        }
        joined + rest
    }
}

enum Half {
    First,
    Second,
}

/// Which half `text` begins with, if it begins with one.
fn half(text: &str) -> Option<Half> {
    let code = u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()?;
    match code {
        0xd800..=0xdbff => Some(Half::First),
        0xdc00..=0xdfff => Some(Half::Second),
        _ => None,
    }
}
