//! The text of a part: paragraphs, headings, lists and tables. The elements are read one after another, without
//! recursion, so that their depth does not matter.

use super::styles::Styles;
use crate::{Problem, markup, pages::TEXT_MAX};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// Elements whose content is not part of the text: what was deleted or moved away, codes of fields, a second form of a
/// drawing, and the pronunciation of Chinese characters.
const SKIPPED: [&[u8]; 7] = [b"del", b"moveFrom", b"delText", b"instrText", b"delInstrText", b"Fallback", b"rt"];

/// The text of parts that were read.
pub struct Part<'a> {
    /// Paragraphs with an empty line between them. A row of a table is one line, with tabs between its cells.
    pub text: String,
    styles: &'a Styles,
    /// How many elements are open inside one that is skipped, with itself.
    skipped: usize,
    /// How many runs are open. `tab` means a tab only inside a run, and the position of one elsewhere.
    runs: usize,
    /// Whether the text of a `t` element is being read.
    is_text: bool,
    tables: usize,
    /// What the current paragraph begins with: the marks of a heading, or of an item of a list.
    mark: String,
    /// Where the current paragraph begins.
    start: usize,
}

impl<'a> Part<'a> {
    /// Nothing was read so far.
    pub fn new(styles: &'a Styles) -> Self {
        let (text, mark) = (String::new(), String::new());
        Self { text, styles, skipped: 0, runs: 0, is_text: false, tables: 0, mark, start: 0 }
    }

    /// Adds the text of a part.
    pub fn read(&mut self, xml: &str) -> Result<(), Problem> {
        let mut reader = Reader::from_str(xml);
        (self.skipped, self.runs, self.is_text, self.tables) = (0, 0, false, 0);
        loop {
            match reader.read_event().map_err(|_| Problem::Damaged)? {
                Event::Start(_) if self.skipped > 0 => self.skipped += 1,
                Event::End(_) if self.skipped > 0 => self.skipped -= 1,
                Event::Eof => return Ok(()),
                _ if self.skipped > 0 => {}
                Event::Start(element) => self.begin(&element),
                Event::Empty(element) => {
                    self.begin(&element);
                    // An element that is skipped has no content.
                    self.skipped = 0;
                    self.end(element.local_name().as_ref());
                }
                Event::End(element) => self.end(element.local_name().as_ref()),
                Event::Text(text) if self.is_text => self.text += &text.decode().map_err(|_| Problem::Damaged)?,
                Event::CData(text) if self.is_text => self.text += &text.decode().map_err(|_| Problem::Damaged)?,
                Event::GeneralRef(reference) if self.is_text => self.text.extend(markup::character(&reference)),
                _ => {}
            }
            if self.text.len() > TEXT_MAX {
                return Err(Problem::TooLong);
            }
        }
    }

    fn begin(&mut self, element: &BytesStart) {
        match element.local_name().as_ref() {
            b"p" => (self.start, self.mark) = (self.text.len(), String::new()),
            b"pStyle" => {
                let level = attribute(element, "val").and_then(|id| self.styles.level(&id));
                if let Some(level) = level.filter(|_| self.tables == 0) {
                    self.mark = format!("{} ", "#".repeat(level.min(6)));
                }
            }
            b"numPr" if self.mark.is_empty() && self.tables == 0 => self.mark = "- ".to_owned(),
            b"r" => self.runs += 1,
            b"t" => self.is_text = true,
            b"tab" | b"ptab" if self.runs > 0 => self.text.push('\t'),
            b"br" | b"cr" if self.runs > 0 => self.text.push(if self.tables > 0 { ' ' } else { '\n' }),
            b"noBreakHyphen" => self.text.push('-'),
            b"tbl" => self.tables += 1,
            name if SKIPPED.contains(&name) => self.skipped = 1,
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"r" => self.runs = self.runs.saturating_sub(1),
            b"t" => self.is_text = false,
            b"p" => self.end_paragraph(),
            // A table inside a cell is told in the row of the outer one.
            b"tc" if self.tables == 1 => self.replace_end(&[' '], '\t'),
            b"tr" if self.tables == 1 => self.replace_end(&[' ', '\t'], '\n'),
            b"tbl" => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 && !self.text.is_empty() {
                    self.text.push('\n');
                }
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        // A paragraph with a text box ends after those inside the box.
        let start = self.start.min(self.text.len());
        let is_empty = self.text.get(start..).unwrap_or_default().trim().is_empty();
        if self.tables > 0 {
            self.text.push(' ');
        } else if is_empty {
            self.text.truncate(start);
        } else {
            self.text.insert_str(start, &self.mark);
            self.text.push_str("\n\n");
        }
        self.mark.clear();
        self.start = self.text.len();
    }

    /// Ends a cell or a row, in place of what ends the last paragraph in it.
    fn replace_end(&mut self, replaced: &[char], separator: char) {
        self.text.truncate(self.text.trim_end_matches(replaced).len());
        self.text.push(separator);
        self.start = self.text.len();
    }
}

/// The value of an attribute, whatever the prefix of its name.
pub fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let mut valid = attributes.with_checks(false).flatten();
    let found = valid.find(|attribute| attribute.key.local_name().as_ref() == name.as_bytes())?;
    Some(markup::value(&found).into_owned())
}
