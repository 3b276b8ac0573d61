//! The styles of a document. Their ids depend on the language of Word, their names do not.

use super::part::attribute;
use quick_xml::{Reader, events::Event};
use std::collections::HashMap;

/// The styles that are headings, by their id, with their level from 1 to 9. The title has level 1.
#[derive(Default)]
pub struct Styles(HashMap<String, usize>);

impl Styles {
    /// Reads `styles.xml`, up to the first error.
    pub fn read(xml: &str) -> Self {
        let (mut reader, mut styles, mut id) = (Reader::from_str(xml), Self::default(), String::new());
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(element) if element.local_name().as_ref() == b"style" => {
                    id = attribute(&element, "styleId").unwrap_or_default();
                }
                Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == b"name" => {
                    let name = attribute(&element, "val").unwrap_or_default().to_lowercase();
                    if let Some(level) = level_of(&name) {
                        styles.0.insert(id.clone(), level);
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        styles
    }

    /// The level of a heading. `None` for other styles.
    pub fn level(&self, id: &str) -> Option<usize> {
        // The English ids, for documents without a list of styles.
        self.0.get(id).copied().or_else(|| level_of(&id.to_lowercase()))
    }
}

/// The level of a heading from the style's name, in lower case.
fn level_of(name: &str) -> Option<usize> {
    if name == "title" {
        return Some(1);
    }
    let level: usize = name.strip_prefix("heading")?.trim().parse().ok()?;
    (1..=9).contains(&level).then_some(level)
}
