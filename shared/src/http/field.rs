//! A text field of a request body, before anything is decided about it. Wire types consist of these, so
//! that every wrong field can be reported, not only the first.

use crate::domain::Problem;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// What a body says about a text field.
#[derive(Debug, Default)]
pub enum Field {
    /// Nothing.
    #[default]
    Missing,
    /// `null`.
    Null,
    /// Text.
    Text(String),
    /// Something that is not text.
    NotText,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Self::Null,
            Value::String(text) => Self::Text(text),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Self::NotText,
        })
    }
}

impl Serialize for Field {
    /// What a field is when nothing is said about it. Schemas of wire types ask for that.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

impl Field {
    /// The text, which must be there.
    pub fn required(self) -> Result<String, Problem> {
        match self {
            Self::Missing => Err(Problem::Required),
            Self::Null => Err(Problem::Null),
            Self::Text(text) => Ok(text),
            Self::NotText => Err(Problem::NotText),
        }
    }

    /// Like [`Field::required`], and not empty.
    pub fn filled(self) -> Result<String, Problem> {
        match self.required() {
            Ok(text) if text.is_empty() => Err(Problem::Blank),
            other => other,
        }
    }

    /// The text, if the field is there; `null` is a mistake.
    pub fn optional(self) -> Result<Option<String>, Problem> {
        match self {
            Self::Missing => Ok(None),
            given => given.required().map(Some),
        }
    }

    /// The text, if the field is there and not `null`.
    pub fn nullable(self) -> Result<Option<String>, Problem> {
        match self {
            Self::Null => Ok(None),
            given => given.optional(),
        }
    }

    /// What `parse` makes of the text, for changing a value: `None` when the field is missing, an inner `None`
    /// when it is `null` or blank, which takes the value away.
    pub fn change<T>(self, parse: impl FnOnce(&str) -> Result<T, Problem>) -> Result<Option<Option<T>>, Problem> {
        match self {
            Self::Missing => Ok(None),
            Self::Null => Ok(Some(None)),
            given => match given.required()? {
                text if text.trim().is_empty() => Ok(Some(None)),
                text => parse(&text).map(Some).map(Some),
            },
        }
    }
}
