//! JSON. Each value becomes a line with its path, such as `customer.address.city: Utrecht`, and each object of a list a
//! paragraph, so that a passage is understood, and found, without what is around it.

use crate::{Problem, pages::TEXT_MAX, text};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt::{self, Display, Write as _};

/// The text of one or several JSON values. Something else, and values that are nested deeper than 128 levels, become
/// plain text.
pub fn read(content: Vec<u8>) -> Result<String, Problem> {
    let text = text::decode(content);
    Ok(lines(text.trim_start_matches('\u{feff}')).unwrap_or(text))
}

/// The lines of all values. `None` if the text is not JSON, or if the lines become too long.
fn lines(text: &str) -> Option<String> {
    let mut lines = Lines::default();
    let mut values = serde_json::Deserializer::from_str(text);
    // Some files have a value on each line.
    while values.end().is_err() {
        Value(&mut lines).deserialize(&mut values).ok()?;
        lines.end_paragraph();
    }
    Some(lines.text)
}

/// The lines so far.
#[derive(Default)]
struct Lines {
    text: String,
    /// The names on the way to the current value, with dots between them.
    path: String,
}

impl Lines {
    fn add<E: Error>(&mut self, value: impl Display) -> Result<(), E> {
        let separator = if self.path.is_empty() { "" } else { ": " };
        writeln!(self.text, "{}{separator}{value}", self.path).map_err(E::custom)?;
        if self.text.len() > TEXT_MAX { Err(E::custom("too long")) } else { Ok(()) }
    }

    fn end_paragraph(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }
}

/// Adds a value to the lines.
struct Value<'a>(&'a mut Lines);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.0.add(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.0.add(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.0.add(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.0.add(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        if value.trim().is_empty() { Ok(()) } else { self.0.add(value) }
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        loop {
            let before = self.0.text.len();
            if elements.next_element_seed(Value(self.0))?.is_none() {
                return Ok(());
            }
            // An object with several values, and not a list of numbers or words.
            let added = self.0.text.get(before..).unwrap_or_default();
            if added.lines().nth(1).is_some() {
                self.0.end_paragraph();
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let outer = self.0.path.len();
        while let Some(name) = entries.next_key::<String>()? {
            if outer > 0 {
                self.0.path.push('.');
            }
            self.0.path.push_str(&name);
            entries.next_value_seed(Value(self.0))?;
            self.0.path.truncate(outer);
        }
        Ok(())
    }
}
