//! Parsing of settings, and the messages for invalid ones.

use super::{AdminSettings, ModelProvider, ModelSettings};
use crate::{
    domain::{
        Problem,
        models::{Model, Models, ModelsProblem},
        money::{Refill, TOKENS_MAX, UsePrices},
        text::Label,
        webhook::RetrySchedule,
    },
    model::EmbeddingsSettings,
    outbound::{Block, OutboundRules},
    search::SearchSettings,
    secrets::KEY_MIN,
};
use secrecy::{ExposeSecret, SecretString};
use std::{str::FromStr, time::Duration};
use url::Url;

/// An invalid setting, with a message of one line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{name}: {problem}")]
pub struct SettingError {
    name: &'static str,
    problem: String,
}

/// The longest time of an answer in seconds. The gateway gives up after 900, and a turn is settled afterwards.
const TIMEOUT_MAX: u32 = 780;
/// The shortest context, in tokens.
const CONTEXT_TOKENS_MIN: u32 = 512;

/// Looks up settings by name.
pub(super) struct Settings<F>(pub(super) F);

impl<F: Fn(&str) -> Option<String>> Settings<F> {
    pub(super) fn text(&self, name: &'static str, default: &str) -> String {
        (self.0)(name).unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn number<N: FromStr>(&self, name: &'static str, default: N) -> Result<N, SettingError> {
        match (self.0)(name) {
            None => Ok(default),
            Some(text) => {
                text.trim().parse().map_err(|_| wrong(name, &format!("`{text}` is not a whole number in range")))
            }
        }
    }

    /// A number from `least` to `most`.
    fn number_within(&self, name: &'static str, default: u32, (least, most): (u32, u32)) -> Result<u32, SettingError> {
        let number = self.number(name, default)?;
        match (least..=most).contains(&number) {
            true => Ok(number),
            false => Err(wrong(name, &format!("`{number}` is not from {least} to {most}"))),
        }
    }

    /// `1` or `0`; `false` when absent.
    pub(super) fn switch(&self, name: &'static str) -> Result<bool, SettingError> {
        match self.text(name, "0").trim() {
            "1" => Ok(true),
            "0" => Ok(false),
            _ => Err(wrong(name, "is neither `1` nor `0`")),
        }
    }

    pub(super) fn tokens(&self, name: &'static str, default: u64) -> Result<u64, SettingError> {
        let tokens = self.number(name, default)?;
        if tokens > TOKENS_MAX { Err(wrong(name, &format!("is more than {TOKENS_MAX}"))) } else { Ok(tokens) }
    }

    /// A number from 0 to 1.
    pub(super) fn share(&self, name: &'static str, default: f32) -> Result<f32, SettingError> {
        let Some(text) = (self.0)(name) else { return Ok(default) };
        let number = text.trim().parse().ok().filter(|number| (0.0..=1.0).contains(number));
        number.ok_or_else(|| wrong(name, &format!("`{text}` is not a number from 0 to 1")))
    }

    pub(super) fn embeddings(&self) -> Result<Option<EmbeddingsSettings>, SettingError> {
        let api_key = (self.0)("EMBEDDINGS_API_KEY").map(SecretString::from);
        match ((self.0)("EMBEDDINGS_BASE_URL"), (self.0)("EMBEDDINGS_MODEL")) {
            (None, None) => Ok(None),
            (Some(url), Some(model)) => {
                let base_url = parse_url("EMBEDDINGS_BASE_URL", &url, "https://api.openai.com/v1")?;
                Ok(Some(EmbeddingsSettings { base_url, api_key, model }))
            }
            (Some(_), None) => Err(wrong("EMBEDDINGS_MODEL", "is needed with EMBEDDINGS_BASE_URL")),
            (None, Some(_)) => Err(wrong("EMBEDDINGS_BASE_URL", "is needed with EMBEDDINGS_MODEL")),
        }
    }

    pub(super) fn search(&self) -> Result<Option<SearchSettings>, SettingError> {
        let key = (self.0)("SEARCH_API_KEY").map(SecretString::from);
        let key_secret_id = (self.0)("SEARCH_API_KEY_SECRET_ID");
        let Some(url) = (self.0)("SEARCH_URL") else { return Ok(None) };
        let url = parse_url("SEARCH_URL", &url, "https://search.example.com")?;
        Ok(Some(SearchSettings { url, key, key_secret_id }))
    }

    /// Prices by use, unless both are 0.
    pub(super) fn use_prices(&self) -> Result<Option<UsePrices>, SettingError> {
        let per_1k_input = self.tokens("TOKENS_PER_1K_INPUT", 0)?;
        let per_1k_output = self.tokens("TOKENS_PER_1K_OUTPUT", 0)?;
        Ok((per_1k_input > 0 || per_1k_output > 0).then_some(UsePrices { per_1k_input, per_1k_output }))
    }

    pub(super) fn model(&self) -> Result<ModelSettings, SettingError> {
        let base_url = match (self.0)("MODEL_BASE_URL") {
            None => None,
            Some(url) => Some(parse_url("MODEL_BASE_URL", &url, "https://api.openai.com/v1")?),
        };
        let api_key = (self.0)("MODEL_API_KEY").map(SecretString::from);
        // An address alone selects the provider.
        let default = if base_url.is_some() { "openai" } else { "echo" };
        let provider = match (self.text("MODEL_PROVIDER", default).as_str(), base_url) {
            ("echo", _) => ModelProvider::Echo,
            ("openai", Some(base_url)) => ModelProvider::OpenAi { base_url, api_key },
            ("openai", None) => return Err(wrong("MODEL_BASE_URL", "is needed with MODEL_PROVIDER=openai")),
            ("bedrock", _) => bedrock()?,
            (other, _) => {
                let problem = format!("`{other}` is not known; there are `echo`, `openai` and `bedrock`");
                return Err(wrong("MODEL_PROVIDER", &problem));
            }
        };
        let fallback = match provider {
            ModelProvider::Echo => Some("echo"),
            // Servers with a single model answer whatever name they are asked for.
            ModelProvider::OpenAi { .. } => Some("default"),
            #[cfg(feature = "bedrock")]
            ModelProvider::Bedrock => None,
        };
        let models = self.models(fallback)?;
        let echo_scripts = self.switch("ECHO_SCRIPTS")?;
        if echo_scripts && !matches!(provider, ModelProvider::Echo) {
            return Err(wrong("ECHO_SCRIPTS", "needs MODEL_PROVIDER=echo"));
        }
        let max_output_tokens: u32 = self.number("MODEL_MAX_OUTPUT_TOKENS", 0)?;
        Ok(ModelSettings {
            provider,
            models,
            echo_scripts,
            timeout: Duration::from_secs(self.number_within("MODEL_TIMEOUT_SECONDS", 240, (1, TIMEOUT_MAX))?.into()),
            context_tokens: self.number_within("MODEL_CONTEXT_TOKENS", 8_192, (CONTEXT_TOKENS_MIN, u32::MAX))?,
            api_key_secret_id: (self.0)("MODEL_API_KEY_SECRET_ID"),
            max_output_tokens: (max_output_tokens > 0).then_some(max_output_tokens),
        })
    }

    /// `fallback` is the model without settings that name one.
    fn models(&self, fallback: Option<&str>) -> Result<Models, SettingError> {
        let listed = match (self.0)("MODELS") {
            Some(list) => list.split(',').map(listed_model).collect::<Result<Vec<_>, _>>()?,
            None => Vec::new(),
        };
        let default = (self.0)("MODEL_NAME");
        let default = default.as_deref().or(fallback.filter(|_| listed.is_empty()));
        let default = default.map(|name| label("MODEL_NAME", name)).transpose()?;
        Models::new(listed, default).map_err(|problem| match problem {
            ModelsProblem::Empty => wrong("MODEL_NAME", "is needed with MODEL_PROVIDER=bedrock, unless MODELS is set"),
            ModelsProblem::Twice(_) => wrong("MODELS", &problem.to_string()),
        })
    }

    pub(super) fn refill(&self) -> Result<Option<Refill>, SettingError> {
        let tokens = self.tokens("REFILL_TOKENS", 0)?;
        let hours: u32 = self.number("REFILL_HOURS", 0)?;
        match (tokens, hours) {
            (0, 0) => Ok(None),
            (0, _) => Err(wrong("REFILL_HOURS", "needs REFILL_TOKENS beside it")),
            (_, 0) => Err(wrong("REFILL_TOKENS", "needs REFILL_HOURS beside it")),
            _ => Ok(Some(Refill { tokens, every: Duration::from_secs(u64::from(hours) * 3600) })),
        }
    }

    /// A comma-separated list. `form` describes an entry, for the error message.
    pub(super) fn list<T>(
        &self,
        name: &'static str,
        form: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, SettingError> {
        let list = self.text(name, "");
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(|entry| parse(entry).ok_or_else(|| wrong(name, &format!("`{entry}` is not {form}")))).collect()
    }

    pub(super) fn retries(&self, name: &'static str) -> Result<RetrySchedule, SettingError> {
        let seconds = |text: &str| Duration::try_from_secs_f64(text.parse().ok()?).ok();
        let waits = self.list(name, "a number of seconds", seconds)?;
        Ok(if waits.is_empty() { RetrySchedule::default() } else { RetrySchedule(waits) })
    }

    /// `info`, or a list of levels and `target=level`.
    pub(super) fn log_level(&self, name: &'static str) -> Result<String, SettingError> {
        let is_level = |text: &str| {
            ["off", "error", "warn", "info", "debug", "trace"].iter().any(|level| text.eq_ignore_ascii_case(level))
        };
        let is_target =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:".contains(&b));
        let levels = self.list(name, "a level like `info`, or `target=level`", |entry| {
            let fits = match entry.split_once('=') {
                Some((target, level)) => is_target(target) && is_level(level),
                None => is_level(entry),
            };
            fits.then(|| entry.to_owned())
        })?;
        Ok(if levels.is_empty() { "info".to_owned() } else { levels.join(",") })
    }

    pub(super) fn origins(&self, name: &'static str) -> Result<Vec<String>, SettingError> {
        self.list(name, "an origin like https://chat.example.com", |text| {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
            let origin = url.origin().ascii_serialization();
            // Browsers send origins in this form: in lower case, and without the scheme's own port. A path, a user or
            // a wildcard is no part of an origin.
            let is_origin =
                url.as_str().strip_suffix('/') == Some(origin.as_str()) && !text.contains(['*', '?', '#', '@']);
            is_origin.then_some(origin)
        })
    }

    pub(super) fn outbound(&self) -> Result<OutboundRules, SettingError> {
        let place = "a host name, an IP address or a block like 10.0.0.0/8, with or without a port";
        let allowed = self.list("OUTBOUND_ALLOW", place, |entry| entry.parse().ok())?;
        let refused = self.list("OUTBOUND_DENY", "a host name like api.example.com", |entry| entry.parse().ok())?;
        Ok(OutboundRules::new(allowed, refused))
    }

    /// A list of addresses and blocks of addresses.
    pub(super) fn blocks(&self, name: &'static str) -> Result<Vec<Block>, SettingError> {
        self.list(name, "an IP address or a block like 10.0.0.0/8", |entry| entry.parse().ok())
    }

    pub(super) fn secret(&self, name: &'static str) -> Result<Option<SecretString>, SettingError> {
        let secret = (self.0)(name).map(SecretString::from);
        match &secret {
            Some(key) if key.expose_secret().len() < KEY_MIN => Err(wrong(name, "is shorter than 32 bytes")),
            _ => Ok(secret),
        }
    }

    pub(super) fn admin(&self) -> Result<Option<AdminSettings>, SettingError> {
        let Some(email) = (self.0)("QUINTET_ADMIN_EMAIL") else { return Ok(None) };
        match self.admin_password() {
            Some(password) => Ok(Some(AdminSettings { email, password })),
            None => Err(wrong("QUINTET_ADMIN_EMAIL", "needs QUINTET_ADMIN_PASSWORD beside it")),
        }
    }

    pub(super) fn admin_password(&self) -> Option<SecretString> {
        (self.0)("QUINTET_ADMIN_PASSWORD").map(SecretString::from)
    }
}

impl SettingError {
    /// A required setting.
    pub fn missing(name: &'static str) -> Self {
        wrong(name, "is not set")
    }
}

pub(super) fn wrong(name: &'static str, problem: &str) -> SettingError {
    SettingError { name, problem: problem.to_owned() }
}

/// A model in the form `id` or `id=Name`.
fn listed_model(entry: &str) -> Result<Model, SettingError> {
    let (id, name) = entry.split_once('=').unwrap_or((entry, entry));
    if id.trim().is_empty() {
        return Err(wrong("MODELS", "has an entry without an id; each entry is `id` or `id=Name`"));
    }
    Ok(Model { id: label("MODELS", id)?, name: label("MODELS", name)? })
}

fn label(setting: &'static str, text: &str) -> Result<Label, SettingError> {
    let text = text.trim();
    Label::parse(text).map_err(|problem| match problem {
        Problem::Blank => wrong(setting, "has an entry with an empty name; each entry is `id` or `id=Name`"),
        _ => wrong(setting, &format!("`{text}` is longer than 255 characters")),
    })
}

#[cfg(feature = "bedrock")]
fn bedrock() -> Result<ModelProvider, SettingError> {
    Ok(ModelProvider::Bedrock)
}

#[cfg(not(feature = "bedrock"))]
fn bedrock() -> Result<ModelProvider, SettingError> {
    Err(wrong("MODEL_PROVIDER", "`bedrock` needs a program that was built with the Cargo feature `bedrock`"))
}

fn parse_url(name: &'static str, text: &str, example: &str) -> Result<Url, SettingError> {
    let url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| wrong(name, &format!("is not an address like `{example}`")))
}
