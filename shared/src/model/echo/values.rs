//! Reads the values in scripts. `None` is a value that cannot be read, or that is out of bounds.

use super::script::Failure;
use crate::model::{EndReason, ModelError, Usage};
use serde_json::Value;
use std::{ops::RangeInclusive, time::Duration};

/// The longest pause, before an answer and before each piece.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// The most tokens of a prompt or an answer.
const USAGE_MAX: u64 = 1_000_000_000;

/// What comes before the first space.
pub(super) fn first_word(text: &str) -> &str {
    text.split(char::is_whitespace).next().unwrap_or_default()
}

/// A string in quotes as in JSON, or a word, and what follows.
pub(super) fn string(text: &str) -> Option<(String, &str)> {
    if !text.starts_with('"') {
        let word = first_word(text);
        return Some((word.to_owned(), &text[word.len()..]));
    }
    let (value, after) = json(text)?;
    Some((value.as_str()?.to_owned(), after))
}

/// The JSON at the beginning of a text, and what follows.
fn json(text: &str) -> Option<(Value, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, &text[values.byte_offset()..]))
}

/// `web_search{"query": "Rust"}`: a name with an object of arguments, with a string in their place, or alone. The
/// arguments are kept as they are written.
pub(super) fn call(text: &str) -> Option<((String, String), &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let (name, rest) = text.split_at(text.find(|c| !is_name(c)).unwrap_or(text.len()));
    if name.is_empty() {
        return None;
    }
    let (arguments, after) = match rest.chars().next() {
        Some('{') => {
            let (_, after) = json(rest)?;
            (rest[..rest.len() - after.len()].to_owned(), after)
        }
        Some('"') => string(rest)?,
        _ => ("{}".to_owned(), rest),
    };
    Some(((name.to_owned(), arguments), after))
}

/// A number in a range.
pub(super) fn number(text: &str, range: RangeInclusive<usize>) -> Option<usize> {
    text.parse().ok().filter(|number| range.contains(number))
}

/// `200ms`, `2s` or `0.5s`.
pub(super) fn pause(text: &str) -> Option<Duration> {
    let pause = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(millis), _) => Duration::from_millis(millis.parse().ok()?),
        (None, Some(seconds)) => Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?,
        (None, None) => return None,
    };
    (pause <= PAUSE_MAX).then_some(pause)
}

/// The name of a failure.
pub(super) fn failure(text: &str) -> Option<Failure> {
    Some(match text {
        "error" => Failure::At(ModelError::Failed(500)),
        "busy" => Failure::At(ModelError::Busy(429)),
        "refused" => Failure::At(ModelError::Refused(400)),
        "broken" => Failure::At(ModelError::Broken("the script breaks off")),
        "timeout" => Failure::At(ModelError::TimedOut),
        "hang" => Failure::Hang,
        _ => return None,
    })
}

/// `10,20`.
pub(super) fn usage(text: &str) -> Option<Usage> {
    let (input, output) = text.split_once(',')?;
    let tokens = |text: &str| text.parse().ok().filter(|tokens| *tokens <= USAGE_MAX);
    Some(Usage { input_tokens: tokens(input)?, output_tokens: tokens(output)? })
}

/// Why an answer ends.
pub(super) fn end(text: &str) -> Option<EndReason> {
    Some(match text {
        "complete" => EndReason::Complete,
        "length" => EndReason::Length,
        "filtered" => EndReason::Filtered,
        _ => return None,
    })
}
