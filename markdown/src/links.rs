//! Where links may lead, and what a reader is told about it.

use url::Url;

/// The longest target that is shown as text, in characters. A `data:` URL can hold a whole file.
const MAX_SHOWN: usize = 100;

/// A target that a link may lead to.
pub(crate) struct Target {
    url: Url,
}

impl Target {
    /// Reads `url` as a browser would. `None` for relative URLs and for schemes other than `http`, `https` and
    /// `mailto`.
    pub(crate) fn parse(url: &str) -> Option<Target> {
        let url = Url::parse(url).ok()?;
        matches!(url.scheme(), "http" | "https" | "mailto").then_some(Target { url })
    }

    /// The value of `href`.
    pub(crate) fn href(&self) -> &str {
        self.url.as_str()
    }

    /// What a reader should know before following the link: the host, with international names in punycode, or the
    /// address of an e-mail.
    pub(crate) fn place(&self) -> String {
        shortened(self.url.host_str().unwrap_or(self.url.path()))
    }

    /// Whether a link with this `text` needs to show its place: the text is not the URL itself, or it could be read
    /// as another one.
    pub(crate) fn needs_place(&self, text: &str) -> bool {
        let text = text.trim();
        if text.chars().any(reorders) || !self.url.username().is_empty() || self.url.password().is_some() {
            return true;
        }
        if self.url.scheme() == "mailto" {
            return text.strip_prefix("mailto:").unwrap_or(text) != self.url.path();
        }
        let named = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("https://{text}")) };
        named.map_or(true, |named| named.host_str() != self.url.host_str())
    }
}

/// A target that no link may have, as text.
pub(crate) fn shortened(target: &str) -> String {
    match target.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &target[..end]),
        None => target.to_owned(),
    }
}

/// Characters that change the order in which others are displayed.
fn reorders(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
