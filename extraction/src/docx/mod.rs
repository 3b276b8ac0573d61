//! Documents of Word since 2007: a zip with parts in XML. Read are the body, the footnotes and the endnotes. Every part
//! is inflated within a common limit.

mod part;
mod styles;

use crate::{Problem, text};
use part::Part;
use quick_xml::{Reader, events::Event};
use std::io::{Cursor, Read as _};
use styles::Styles;
use zip::{ZipArchive, result::ZipError};

/// The maximum size of all parts that are read, inflated, in bytes.
const XML_MAX: u64 = 64 * 1024 * 1024;
/// How an encrypted document begins. It is no zip.
const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// How the type of the relation to the body ends. The beginning depends on the edition of the format.
const BODY_RELATION: &str = "/officeDocument";
/// The body, if no relation names it.
const BODY: &str = "word/document.xml";

/// The text of a document.
pub fn read(content: Vec<u8>) -> Result<String, Problem> {
    if content.starts_with(COMPOUND_FILE) {
        return Err(Problem::Encrypted);
    }
    let archive = ZipArchive::new(Cursor::new(content)).map_err(|_| Problem::Damaged)?;
    let mut parts = Parts { archive, left: XML_MAX };
    let relations = parts.read("_rels/.rels")?;
    let body = relations.and_then(|relations| target(&relations)).unwrap_or_else(|| BODY.to_owned());
    let folder = body.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let styles = parts.read(&format!("{folder}styles.xml"))?.map(|xml| Styles::read(&xml)).unwrap_or_default();
    let mut part = Part::new(&styles);
    part.read(&parts.read(&body)?.ok_or(Problem::Damaged)?)?;
    for notes in ["footnotes.xml", "endnotes.xml"] {
        if let Some(xml) = parts.read(&format!("{folder}{notes}"))? {
            part.read(&xml)?;
        }
    }
    Ok(part.text)
}

/// The name of the body's part, from the relations of the package.
fn target(relations: &str) -> Option<String> {
    let mut reader = Reader::from_str(relations);
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) | Event::Empty(element) => {
                let attribute = |name| part::attribute(&element, name);
                if attribute("Type").is_some_and(|kind| kind.ends_with(BODY_RELATION)) {
                    return attribute("Target").map(|target| target.trim_start_matches('/').to_owned());
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The parts of a package.
struct Parts {
    archive: ZipArchive<Cursor<Vec<u8>>>,
    /// How many bytes may still be inflated.
    left: u64,
}

impl Parts {
    /// A part's XML. `None` if the package does not have it.
    fn read(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => return Err(Problem::Encrypted),
            Err(_) => return Err(Problem::Damaged),
        };
        let mut content = Vec::new();
        // The size in the file's header may be a lie.
        file.take(self.left + 1).read_to_end(&mut content).map_err(|_| Problem::Damaged)?;
        self.left = self.left.checked_sub(content.len() as u64).ok_or(Problem::TooLong)?;
        Ok(Some(text::decode(content)))
    }
}
