//! XML. The text of each element becomes a line that begins with the element's name, and each attribute another one:
//! `price: 12` and `price currency: EUR`. Elements inside a text, such as emphasis, have no lines of their own.

use crate::{Problem, markup, pages::TEXT_MAX, text};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// The text of an XML file. Something that is not XML becomes plain text.
pub fn read(content: Vec<u8>) -> Result<String, Problem> {
    let declared = declared_encoding(&content);
    let text = text::decode_declared(content, declared.as_deref());
    Ok(lines(&text).unwrap_or(text))
}

/// The encoding in the declaration of a file in an encoding like ASCII.
fn declared_encoding(content: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(content.get(..256).unwrap_or(content)).into_owned();
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
    value.split(quote).nth(1).map(str::to_owned)
}

/// The lines of all elements. `None` if the text is not XML, or if the lines become too long.
fn lines(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => lines.begin(&element),
            Event::Empty(element) => {
                lines.begin(&element);
                lines.end();
            }
            Event::End(_) => lines.end(),
            Event::Text(text) => lines.add(&text.decode().ok()?),
            Event::CData(text) => lines.add(&text.decode().ok()?),
            Event::GeneralRef(reference) => {
                if let Some(character) = markup::character(&reference) {
                    lines.add(character.encode_utf8(&mut [0; 4]));
                }
            }
            Event::Eof => return lines.finish(),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
        if lines.text.len() > TEXT_MAX {
            return None;
        }
    }
}

/// The lines so far.
#[derive(Default)]
struct Lines {
    text: String,
    /// The name of the innermost element, if it has no text yet.
    name: String,
    /// The attributes of elements inside the current line. They follow it.
    attributes: String,
    depth: usize,
    /// The depth of the element whose text the current line is.
    line: Option<usize>,
}

impl Lines {
    fn begin(&mut self, element: &BytesStart) {
        self.depth += 1;
        let name = String::from_utf8_lossy(element.local_name().as_ref()).into_owned();
        for attribute in element.attributes().with_checks(false).flatten() {
            let (key, value) = (attribute.key, markup::value(&attribute));
            if key.as_namespace_binding().is_some() || value.trim().is_empty() {
                continue;
            }
            let key = String::from_utf8_lossy(key.local_name().as_ref()).into_owned();
            self.attributes.push_str(&format!("{name} {key}: {}\n", value.trim()));
        }
        if self.line.is_none() {
            self.text.push_str(&std::mem::take(&mut self.attributes));
            self.name = name;
        }
    }

    fn end(&mut self) {
        if self.line == Some(self.depth) {
            self.end_line();
        }
        // The text after an element belongs to the one around it, whose name was told or is no help.
        self.name.clear();
        self.depth = self.depth.saturating_sub(1);
    }

    fn add(&mut self, text: &str) {
        if self.line.is_none() {
            if text.trim().is_empty() {
                return;
            }
            if !self.name.is_empty() {
                self.text.push_str(&std::mem::take(&mut self.name));
                self.text.push_str(": ");
            }
            self.line = Some(self.depth);
            self.text.push_str(text.trim_start());
        } else {
            self.text.push_str(text);
        }
    }

    fn end_line(&mut self) {
        self.line = None;
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
        self.text.push_str(&std::mem::take(&mut self.attributes));
    }

    /// All lines. `None` if an element has no end.
    fn finish(mut self) -> Option<String> {
        self.end_line();
        (self.depth == 0).then_some(self.text)
    }
}
