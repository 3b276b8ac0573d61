//! What an error of a provider means. Its texts are searched for what is known, and are neither kept, logged nor shown.

use super::request::{Adjustments, Parameter, Request};
use crate::model::{ModelError, failure::tells_too_long};
use serde_json::Value;

/// An error that a provider tells of.
pub(super) struct ProviderError {
    status: u16,
    /// The parameter that the provider blames.
    parameter: Option<String>,
    /// All codes and messages, in lower case.
    text: String,
}

impl ProviderError {
    /// Reads the body of an error: `{"error": {"code": 400, "message": "…"}}`, `{"object": "error", "message": "…"}`,
    /// `{"detail": […]}`, or any text. A code in it that is a status of an error goes before `status` when that is 200.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let Ok(value) = serde_json::from_str::<Value>(&text) else {
            return Self { status, parameter: None, text: text.to_lowercase() };
        };
        let value = value.get(0).unwrap_or(&value);
        let error = value.get("error").filter(|error| !error.is_null()).unwrap_or(value);
        let mut said = String::new();
        collect(value, &mut said);
        let said = said.to_lowercase();
        let status = if status == 200 { told_status(error, &said).unwrap_or(status) } else { status };
        Self { status, parameter: error["param"].as_str().map(str::to_owned), text: said }
    }

    /// The status that decides.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// What the caller is told.
    pub fn error(&self) -> ModelError {
        if self.is_too_long() { ModelError::ContextTooLong } else { ModelError::of_status(self.status) }
    }

    /// Whether a later request would be refused too, whatever the status says.
    pub fn is_final(&self) -> bool {
        self.is_too_long() || self.text.contains("insufficient_quota")
    }

    /// How to repeat `request` without what the provider refuses. `None` if it names nothing, or more than one thing.
    pub fn adjusted(&self, request: &Request, adjustments: Adjustments) -> Option<Adjustments> {
        if self.is_too_long() || !matches!(self.status, 400 | 404 | 415 | 422 | 500 | 501) {
            return None;
        }
        if request.has_images && self.tells_of_images() {
            return Some(Adjustments { no_images: true, ..adjustments });
        }
        // For example: "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9."
        if self.text.contains("tool call id") && self.text.contains('9') && !adjustments.short_ids {
            return Some(Adjustments { short_ids: true, ..adjustments });
        }
        if !matches!(self.status, 400 | 422) {
            return None;
        }
        request.without(self.named(request)?, adjustments)
    }

    /// The one parameter of `request` that the provider names.
    fn named(&self, request: &Request) -> Option<Parameter> {
        let blamed = request.parameters.iter().find(|parameter| self.parameter.as_deref() == Some(parameter.name()));
        let mut named = request.parameters.iter().filter(|parameter| contains_word(&self.text, parameter.name()));
        match (blamed, named.next(), named.next()) {
            (Some(parameter), _, _) | (None, Some(parameter), None) => Some(*parameter),
            _ => None,
        }
    }

    /// Whether images are what the provider refuses. Some that take none say only that the content must be a string.
    fn tells_of_images(&self) -> bool {
        const SAID: [&str; 6] = ["image", "vision", "multimodal", "mmproj", "a string", "a valid string"];
        SAID.iter().any(|said| self.text.contains(said))
    }

    fn is_too_long(&self) -> bool {
        self.status == 413 || (matches!(self.status, 200 | 400 | 422 | 500) && tells_too_long(&self.text))
    }
}

/// The status that an error in an answer with status 200 tells, as a number, a string or a name.
fn told_status(error: &Value, said: &str) -> Option<u16> {
    let code = match &error["code"] {
        Value::Number(code) => code.as_u64(),
        Value::String(code) => code.parse().ok(),
        _ => None,
    };
    let code = code.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
    let names = [("rate_limit", 429), ("insufficient_quota", 429), ("overloaded", 529)];
    code.or_else(|| names.iter().find(|(name, _)| said.contains(name)).map(|(_, status)| *status))
}

/// Appends all strings and numbers in `value`, except what providers repeat of the request.
fn collect(value: &Value, said: &mut String) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::String(text) => said.extend([text, "\n"]),
        Value::Number(number) => said.extend([number.to_string().as_str(), "\n"]),
        Value::Array(items) => items.iter().for_each(|item| collect(item, said)),
        Value::Object(fields) => {
            let told = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "input" | "failed_generation"));
            told.for_each(|(_, field)| collect(field, said));
        }
    }
}

/// Whether `name` stands in `text` and is not a part of a longer name.
fn contains_word(text: &str, name: &str) -> bool {
    let is_inside = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_inside) && !text[at + name.len()..].starts_with(is_inside)
    })
}
