//! Splits the body of an answer into server-sent events, more leniently than the standard: an event at the end of the
//! body needs no blank line, and a field `error` is an event. A body that is one JSON document counts as one event.

use crate::model::ModelError;
use std::mem;

/// The most bytes that are kept of one event, or of a body that is one document.
const EVENT_MAX: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Whether the provider calls it an error.
    pub is_error: bool,
    /// Its data. Empty only in errors.
    pub data: String,
}

/// The body of an answer, as far as it has come.
pub(super) enum Body {
    /// The first bytes, which do not tell yet what it is.
    Unknown(Vec<u8>),
    /// Server-sent events.
    Events(Lines),
    /// One JSON document.
    Document(Vec<u8>),
}

/// The lines of an event stream.
#[derive(Default)]
pub(super) struct Lines {
    /// The line that has not ended.
    line: Vec<u8>,
    /// Whether the last byte was a carriage return, whose line feed may still come.
    after_return: bool,
    event: Option<Event>,
}

impl Body {
    /// Takes the next bytes, and appends the events that they end to `events`.
    ///
    /// # Errors
    /// `Broken` when an event is too long or not UTF-8, or when the body is a page.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), ModelError> {
        match self {
            Self::Events(lines) => lines.push(bytes, events),
            Self::Document(document) => append(document, bytes, 0),
            Self::Unknown(start) => {
                append(start, bytes, 0)?;
                if start.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(start) {
                    return Ok(());
                }
                let content = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start).trim_ascii_start();
                match content.first() {
                    None => {}
                    Some(b'{') => *self = Self::Document(content.to_vec()),
                    Some(b'<') => return Err(ModelError::Broken("the body is an HTML page")),
                    Some(_) => {
                        let (content, mut lines) = (content.to_vec(), Lines::default());
                        lines.push(&content, events)?;
                        *self = Self::Events(lines);
                    }
                }
                Ok(())
            }
        }
    }

    /// Appends the event that the end of the body ends.
    ///
    /// # Errors
    /// `Broken` when it is not UTF-8.
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), ModelError> {
        match self {
            Self::Events(lines) => lines.finish(events),
            Self::Document(document) => {
                let data = String::from_utf8(mem::take(document)).map_err(|_| NOT_UTF_8)?;
                events.push(Event { is_error: false, data });
                Ok(())
            }
            Self::Unknown(_) => Ok(()),
        }
    }

    /// Whether the body is one JSON document.
    pub const fn is_document(&self) -> bool {
        matches!(self, Self::Document(_))
    }
}

const NOT_UTF_8: ModelError = ModelError::Broken("the body is not UTF-8");

/// Appends `bytes` to `buffer`, which with `more` bytes elsewhere may not exceed the limit.
fn append(buffer: &mut Vec<u8>, bytes: &[u8], more: usize) -> Result<(), ModelError> {
    if buffer.len() + bytes.len() + more > EVENT_MAX {
        return Err(ModelError::Broken("an event is longer than 1 MiB"));
    }
    buffer.extend_from_slice(bytes);
    Ok(())
}

impl Lines {
    fn push(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) -> Result<(), ModelError> {
        if mem::take(&mut self.after_return) {
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, rest) = bytes.split_at(end);
            self.append(line)?;
            self.end_line(events)?;
            bytes = match rest {
                [b'\r', b'\n', rest @ ..] => rest,
                [b'\r'] => {
                    self.after_return = true;
                    &[]
                }
                [_, rest @ ..] => rest,
                [] => &[],
            };
        }
        self.append(bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        let more = self.event.as_ref().map_or(0, |event| event.data.len());
        append(&mut self.line, bytes, more)
    }

    fn end_line(&mut self, events: &mut Vec<Event>) -> Result<(), ModelError> {
        let line = String::from_utf8(mem::take(&mut self.line)).map_err(|_| NOT_UTF_8)?;
        if line.is_empty() {
            events.extend(self.event.take().filter(|event| event.is_error || !event.data.is_empty()));
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        let is_error = field == "error" || (field == "event" && value == "error");
        if is_error || field == "data" {
            let event = self.event.get_or_insert(Event { is_error: false, data: String::new() });
            event.is_error |= is_error;
            if field != "event" {
                if !event.data.is_empty() {
                    event.data.push('\n');
                }
                event.data.push_str(value);
            }
        }
        Ok(())
    }

    fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), ModelError> {
        if !self.line.is_empty() {
            self.end_line(events)?;
        }
        self.end_line(events)
    }
}
