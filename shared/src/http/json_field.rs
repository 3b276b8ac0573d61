//! Fields of a request body that are not text, before anything is decided about them.

use crate::domain::Problem;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What a body says about a field of any type.
#[derive(Debug, Default, Serialize)]
pub struct JsonField(Option<Value>);

impl<'de> Deserialize<'de> for JsonField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Some).map(Self)
    }
}

impl JsonField {
    /// What `parse` makes of the value, if the field is there and not `null`.
    pub fn nullable<T>(self, parse: impl FnOnce(Value) -> Result<T, Problem>) -> Result<Option<T>, Problem> {
        self.change(parse).map(Option::flatten)
    }

    /// What `parse` makes of the value, if the field is there; `null` is a mistake.
    pub fn optional<T>(self, parse: impl FnOnce(Value) -> Result<T, Problem>) -> Result<Option<T>, Problem> {
        self.change(parse)?.map(|value| value.ok_or(Problem::Null)).transpose()
    }

    /// What `parse` makes of the value, which must be there.
    pub fn required<T>(self, parse: impl FnOnce(Value) -> Result<T, Problem>) -> Result<T, Problem> {
        self.optional(parse)?.ok_or(Problem::Required)
    }

    /// `None` when the field is missing, an inner `None` when it is `null`.
    pub fn change<T>(self, parse: impl FnOnce(Value) -> Result<T, Problem>) -> Result<Option<Option<T>>, Problem> {
        match self.0 {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(value) => parse(value).map(Some).map(Some),
        }
    }
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

/// True or false.
pub fn boolean(value: Value) -> Result<bool, Problem> {
    value.as_bool().ok_or(Problem::NotABoolean)
}

/// A list of at most `max` entries.
pub fn list(max: usize) -> impl FnOnce(Value) -> Result<Vec<Value>, Problem> {
    move |value| match value {
        Value::Array(entries) if entries.len() <= max => Ok(entries),
        Value::Array(_) => Err(Problem::TooMany { max }),
        _ => Err(Problem::NotAList),
    }
}

/// A text.
pub fn text(value: Value) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Problem::NotText),
    }
}
