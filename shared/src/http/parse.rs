//! Functions that read the value of a [`Field`](super::Field). Most are the `parse` functions of domain types.

use crate::domain::Problem;
use serde_json::Value;

/// A function that reads a field's value. The parameter `I` says what the function takes: [`Text`] or
/// [`AnyJson`]. The compiler infers it.
pub trait Parse<I, T> {
    /// Reads a value other than `null`.
    fn parse(self, value: Value) -> Result<T, Problem>;

    /// Whether `value` removes the stored value in [`Form::change`](super::Form::change).
    fn removes(value: &Value) -> bool;
}

/// Marks functions of a text.
pub struct Text;

/// Marks functions of a JSON value.
pub struct AnyJson;

impl<T, F: FnOnce(&str) -> Result<T, Problem>> Parse<Text, T> for F {
    fn parse(self, value: Value) -> Result<T, Problem> {
        match value {
            Value::String(text) => self(&text),
            _ => Err(Problem::NotText),
        }
    }

    fn removes(value: &Value) -> bool {
        value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
    }
}

impl<T, F: FnOnce(Value) -> Result<T, Problem>> Parse<AnyJson, T> for F {
    fn parse(self, value: Value) -> Result<T, Problem> {
        self(value)
    }

    fn removes(value: &Value) -> bool {
        value.is_null()
    }
}

/// Any text.
pub fn any_text(text: &str) -> Result<String, Problem> {
    Ok(text.to_owned())
}

/// Any text but the empty one.
pub fn filled(text: &str) -> Result<String, Problem> {
    if text.is_empty() { Err(Problem::Blank) } else { any_text(text) }
}

/// `true` or `false`.
pub fn boolean(value: Value) -> Result<bool, Problem> {
    value.as_bool().ok_or(Problem::NotABoolean)
}

/// A number.
pub fn number(value: Value) -> Result<f64, Problem> {
    value.as_f64().ok_or(Problem::NotANumber)
}

/// A whole number from `min` to `max`.
pub fn integer(min: u32, max: u32) -> impl FnOnce(Value) -> Result<u32, Problem> {
    move |value| {
        if !value.is_i64() && !value.is_u64() {
            return Err(Problem::NotAnInteger);
        }
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let fitting = number.filter(|number| (min..=max).contains(number));
        fitting.ok_or(Problem::OutOfRange { min: min.into(), max: max.into() })
    }
}

/// A list of at most `max` entries, each read by `parse`.
pub fn list<T>(
    max: usize,
    parse: impl Fn(Value) -> Result<T, Problem>,
) -> impl FnOnce(Value) -> Result<Vec<T>, Problem> {
    move |value| match value {
        Value::Array(entries) if entries.len() <= max => entries.into_iter().map(parse).collect(),
        Value::Array(_) => Err(Problem::TooMany { max }),
        _ => Err(Problem::NotAList),
    }
}

/// A list of at most `max` texts, each read by `parse`. Repeated entries count once.
pub fn set<T: PartialEq>(
    max: usize,
    parse: impl Fn(&str) -> Result<T, Problem>,
) -> impl FnOnce(Value) -> Result<Vec<T>, Problem> {
    move |value| {
        let mut kept = Vec::new();
        for entry in list(max, |entry| Parse::<Text, T>::parse(&parse, entry))(value)? {
            if !kept.contains(&entry) {
                kept.push(entry);
            }
        }
        Ok(kept)
    }
}
