//! The fields of a request, before anything is decided about them. Wire types consist of [`Field`]s, and a
//! [`Form`] reads them, so that the response names every wrong field and not only the first.

use super::parse::Parse;
use crate::domain::{Error, Problem, error::Problems};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A field: absent, or a JSON value. Dialects that follow Django REST framework turn numbers into text before
/// they get here (see [`Body`](super::Body)).
///
/// `utoipa` needs `Serialize` to write the defaults of a wire type into its schema.
#[derive(Debug, Default, Serialize)]
pub struct Field(Option<Value>);

impl<'de> Deserialize<'de> for Field {
    /// Tells `null` from an absent field, which `Option` does not.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Some).map(Self)
    }
}

impl From<Option<String>> for Field {
    fn from(text: Option<String>) -> Self {
        Self(text.map(Value::String))
    }
}

impl Field {
    /// `None` if the field is absent, an inner `None` if `is_none` holds for its value.
    fn read<I, T, P: Parse<I, T>>(
        self,
        is_none: impl FnOnce(&Value) -> bool,
        parse: P,
    ) -> Result<Option<Option<T>>, Problem> {
        match self.0 {
            None => Ok(None),
            Some(value) if is_none(&value) => Ok(Some(None)),
            Some(value) => parse.parse(value).map(Some).map(Some),
        }
    }

    fn optional<I, T, P: Parse<I, T>>(self, parse: P) -> Result<Option<T>, Problem> {
        self.read(Value::is_null, parse)?.map(|value| value.ok_or(Problem::Null)).transpose()
    }
}

/// Reads the fields of one request and collects their problems. A method returns `None` for a wrong field, too;
/// [`finish`](Self::finish) then fails.
#[derive(Debug, Default)]
pub struct Form(Problems);

impl Form {
    /// A field that must be present and not `null`.
    pub fn required<I, T>(&mut self, name: &'static str, field: Field, parse: impl Parse<I, T>) -> Option<T> {
        self.0.note(name, field.optional(parse).and_then(|value| value.ok_or(Problem::Required)))
    }

    /// A field that may be absent, but not `null`.
    pub fn optional<I, T>(&mut self, name: &'static str, field: Field, parse: impl Parse<I, T>) -> Option<T> {
        self.0.note(name, field.optional(parse)).flatten()
    }

    /// A field that may be absent or `null`.
    pub fn nullable<I, T>(&mut self, name: &'static str, field: Field, parse: impl Parse<I, T>) -> Option<T> {
        self.0.note(name, field.read(Value::is_null, parse)).flatten().flatten()
    }

    /// A field that changes an optional value: `None` keeps the value, an inner `None` removes it. `null` removes
    /// it, and so does blank text.
    pub fn change<I, T, P: Parse<I, T>>(&mut self, name: &'static str, field: Field, parse: P) -> Option<Option<T>> {
        self.0.note(name, field.read(P::removes, parse)).flatten()
    }

    /// A field that changes an optional value, which cannot be removed: `None` keeps the value, and an inner `None` is
    /// `null`, which fits only a value that is absent.
    pub fn change_or_null<I, T>(
        &mut self,
        name: &'static str,
        field: Field,
        parse: impl Parse<I, T>,
    ) -> Option<Option<T>> {
        self.0.note(name, field.read(Value::is_null, parse)).flatten()
    }

    /// What `build` makes of the fields, or all their problems. `build` returns `None` only if a required field is
    /// missing.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, Error> {
        self.0.or(build())
    }
}
