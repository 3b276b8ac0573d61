//! A search engine for the web, which the operator chose: SearXNG, or Brave's API.

use crate::log::Causes;
use reqwest::{Client, Response, header::ACCEPT, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout_at},
};
use url::Url;

/// How many results are returned at most.
const RESULTS_MAX: usize = 8;
/// The most bytes of a response.
const RESPONSE_MAX: usize = 1 << 20;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The host of Brave's API.
const BRAVE: &str = "api.search.brave.com";

/// The settings of a [`Search`].
#[derive(Debug, Clone)]
pub struct SearchSettings {
    /// The address: of an instance of SearXNG, or Brave's API.
    pub url: Url,
    /// The key for Brave's API.
    pub key: Option<SecretString>,
    /// The secret of Secrets Manager that holds the key, instead of a setting.
    pub key_secret_id: Option<String>,
}

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The title of the page.
    pub title: String,
    /// Its address.
    pub url: String,
    /// A part of its text.
    pub text: String,
}

/// Why there are no results. The messages are shown to models and users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// The engine does not answer.
    #[error("The search service could not be reached.")]
    Unreachable,
    /// The engine took too long.
    #[error("The search service took too long.")]
    TimedOut,
    /// SearXNG answers with pages only.
    #[error("The search service does not allow JSON (`search.formats` in its settings).")]
    NoJson,
    /// The key is missing or wrong.
    #[error("The search service refused the key.")]
    WrongKey,
    /// There were too many searches.
    #[error("The search service is busy. Try again later.")]
    Busy,
    /// The answer cannot be read.
    #[error("The search service failed.")]
    Failed,
}

/// Searches the web.
pub struct Search {
    settings: SearchSettings,
    /// Created for the first search, because it loads the root certificates.
    client: OnceCell<Client>,
}

/// An answer of SearXNG.
#[derive(Deserialize)]
struct OfSearXng {
    results: Vec<SearXngResult>,
}

#[derive(Deserialize)]
struct SearXngResult {
    #[serde(default)]
    title: String,
    url: String,
    #[serde(default)]
    content: Option<String>,
}

/// An answer of Brave.
#[derive(Deserialize)]
struct OfBrave {
    #[serde(default)]
    web: Option<BraveResults>,
}

#[derive(Deserialize)]
struct BraveResults {
    #[serde(default)]
    results: Vec<BraveResult>,
}

#[derive(Deserialize)]
struct BraveResult {
    #[serde(default)]
    title: String,
    url: String,
    #[serde(default)]
    description: String,
}

impl Search {
    /// Asks the search engine of `settings`.
    pub fn new(settings: SearchSettings) -> Self {
        Self { settings, client: OnceCell::new() }
    }

    /// The best results for `query`, within `limit`.
    ///
    /// # Errors
    /// When there are none because the engine does not work.
    pub async fn find(&self, query: &str, limit: Duration) -> Result<Vec<Found>, SearchError> {
        let deadline = Instant::now() + limit;
        let client = self.client.get_or_try_init(|| async { build() }).await.map_err(not_reached)?;
        let mut request = client.get(self.address(query)).header(ACCEPT, "application/json");
        if let Some(key) = &self.settings.key {
            request = request.header("x-subscription-token", key.expose_secret());
        }
        let response = timeout_at(deadline, request.send()).await.map_err(|_| SearchError::TimedOut)?;
        let response = response.map_err(not_reached)?;
        match response.status().as_u16() {
            200..=299 => {}
            401 | 422 => return Err(SearchError::WrongKey),
            403 if self.is_brave() => return Err(SearchError::WrongKey),
            403 => return Err(SearchError::NoJson),
            429 => return Err(SearchError::Busy),
            _ => return Err(SearchError::Failed),
        }
        let body = timeout_at(deadline, whole(response)).await.map_err(|_| SearchError::TimedOut)??;
        self.read(&body).ok_or(SearchError::Failed)
    }

    fn is_brave(&self) -> bool {
        self.settings.url.host_str() == Some(BRAVE)
    }

    fn address(&self, query: &str) -> Url {
        let mut url = self.settings.url.clone();
        let path: &[&str] = if self.is_brave() { &["res", "v1", "web", "search"] } else { &["search"] };
        if url.path().trim_matches('/').rsplit('/').next() != Some("search")
            && let Ok(mut segments) = url.path_segments_mut()
        {
            segments.pop_if_empty().extend(path);
        }
        url.query_pairs_mut().append_pair("q", query);
        if !self.is_brave() {
            url.query_pairs_mut().append_pair("format", "json");
        }
        url
    }

    fn read(&self, body: &[u8]) -> Option<Vec<Found>> {
        let found: Vec<Found> = match self.is_brave() {
            true => {
                let answer: OfBrave = serde_json::from_slice(body).ok()?;
                let results = answer.web.map(|web| web.results).unwrap_or_default().into_iter();
                let found =
                    |it: BraveResult| Found { title: it.title, url: it.url, text: without_tags(&it.description) };
                results.map(found).collect()
            }
            false => {
                let answer: OfSearXng = serde_json::from_slice(body).ok()?;
                let found =
                    |it: SearXngResult| Found { title: it.title, url: it.url, text: it.content.unwrap_or_default() };
                answer.results.into_iter().map(found).collect()
            }
        };
        Some(found.into_iter().take(RESULTS_MAX).collect())
    }
}

/// Brave marks the words that were searched for.
fn without_tags(text: &str) -> String {
    text.replace("<strong>", "").replace("</strong>", "")
}

/// Logs why a search failed, without the address, which has the user's words.
fn not_reached(error: reqwest::Error) -> SearchError {
    tracing::warn!(error = %Causes(&error.without_url()), "the search service cannot be reached");
    SearchError::Unreachable
}

fn build() -> reqwest::Result<Client> {
    Client::builder().no_proxy().redirect(Policy::none()).http1_only().connect_timeout(CONNECT_LIMIT).build()
}

/// The body, if it is not too long.
async fn whole(mut response: Response) -> Result<Vec<u8>, SearchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(not_reached)? {
        body.extend_from_slice(&chunk);
        if body.len() > RESPONSE_MAX {
            return Err(SearchError::Failed);
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(url: &str) -> Search {
        Search::new(SearchSettings { url: url.parse().unwrap(), key: None, key_secret_id: None })
    }

    #[test]
    fn the_address_depends_on_the_engine() {
        let cases = [
            ("https://search.example.com", "https://search.example.com/search?q=a+%26+b&format=json"),
            ("https://example.com/searx/", "https://example.com/searx/search?q=a+%26+b&format=json"),
            ("https://example.com/search", "https://example.com/search?q=a+%26+b&format=json"),
            ("https://api.search.brave.com", "https://api.search.brave.com/res/v1/web/search?q=a+%26+b"),
            (
                "https://api.search.brave.com/res/v1/web/search",
                "https://api.search.brave.com/res/v1/web/search?q=a+%26+b",
            ),
        ];
        for (url, address) in cases {
            assert_eq!(search(url).address("a & b").as_str(), address);
        }
    }

    #[test]
    fn what_brave_answers() {
        let brave = search("https://api.search.brave.com");
        let body = br#"{"web": {"results": [{"title": "T", "url": "https://example.com", "description": "A <strong>b</strong>."}]}}"#;
        let found = Found { title: "T".to_owned(), url: "https://example.com".to_owned(), text: "A b.".to_owned() };
        assert_eq!(brave.read(body), Some(vec![found]));
        assert_eq!(brave.read(br#"{"type": "search"}"#), Some(Vec::new()), "nothing was found");
        assert_eq!(brave.read(b"<html>"), None);
    }
}
