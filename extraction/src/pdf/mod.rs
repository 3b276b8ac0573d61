//! PDF. Each page is read by itself, so that a page that cannot be read does not take the others with it.

mod content;
mod layout;

use crate::{
    Pages, Problem,
    pages::{PAGES_MAX, TEXT_MAX},
};
use layout::Layout;
use pdf_extract::{Dictionary, Document, Error, Object, ObjectId, output_doc};
use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// How many ancestors a page may have in the tree of pages.
const DEPTH_MAX: usize = 256;

/// Adds the pages of a document.
pub fn read(content: Vec<u8>, pages: &mut Pages) -> Result<(), Problem> {
    let mut document = Document::load_mem(&content).map_err(|error| problem(&error))?;
    drop(content);
    if document.is_encrypted() {
        // With the password that a document has which everybody may read.
        document.decrypt("").map_err(|error| problem(&error))?;
    }
    let mut seen = HashSet::new();
    let ids: Vec<ObjectId> = document.page_iter().filter(|id| seen.insert(*id)).take(PAGES_MAX + 1).collect();
    if ids.is_empty() {
        return Err(Problem::Damaged);
    }
    if ids.len() > PAGES_MAX {
        return Err(Problem::TooLong);
    }
    let mut single = SinglePage::of(document).ok_or(Problem::Damaged)?;
    let mut are_complete = true;
    for (number, id) in (1..).zip(ids) {
        let (text, is_complete) = single.read(id);
        are_complete &= is_complete;
        pages.add(Some(number), text)?;
    }
    if pages.have_text() || are_complete { Ok(()) } else { Err(Problem::Damaged) }
}

fn problem(error: &Error) -> Problem {
    match error {
        Error::Decryption(_) | Error::InvalidPassword => Problem::Encrypted,
        _ => Problem::Damaged,
    }
}

/// A document of which one page at a time is visible. `pdf-extract` reads whole documents, or walks through the list of
/// pages for each page.
struct SinglePage {
    document: Document,
    /// The list of pages that replaces that of the document.
    list: ObjectId,
    /// The content that replaces that of a page.
    content: ObjectId,
}

impl SinglePage {
    fn of(mut document: Document) -> Option<Self> {
        let list = document.add_object(Dictionary::new());
        let content = document.add_object(Object::Null);
        document.catalog_mut().ok()?.set("Pages", list);
        Some(Self { document, list, content })
    }

    /// The text of a page, and whether all of it was read.
    fn read(&mut self, page: ObjectId) -> (String, bool) {
        let mut list = Dictionary::new();
        list.set("Type", "Pages");
        list.set("Kids", vec![Object::Reference(page)]);
        self.document.objects.insert(self.list, Object::Dictionary(list));
        self.cut_off(page);
        self.rewrite(page, content::has_hidden_text, content::completed);
        let (text, is_complete) = self.try_read();
        if is_complete || text.len() > TEXT_MAX {
            return (text, is_complete);
        }
        // The library gives up at things that do not matter for the text.
        self.rewrite(page, |_| true, content::only_text);
        let (second, is_complete) = self.try_read();
        (if second.len() > text.len() { second } else { text }, is_complete)
    }

    /// Removes the parent of a page that is its own ancestor. The library would look for what the page inherits for ever.
    fn cut_off(&mut self, page: ObjectId) {
        let parent = |id| self.document.get_dictionary(id).and_then(|node| node.get(b"Parent")?.as_reference()).ok();
        if std::iter::successors(Some(page), |id| parent(*id)).nth(DEPTH_MAX).is_some()
            && let Ok(page) = self.document.get_dictionary_mut(page)
        {
            page.remove(b"Parent");
        }
    }

    fn try_read(&self) -> (String, bool) {
        let mut layout = Layout::default();
        let outcome = catch_unwind(AssertUnwindSafe(|| output_doc(&self.document, &mut layout)));
        (layout.text, matches!(outcome, Ok(Ok(()))))
    }

    /// Replaces the content of a page if `is_needed`.
    fn rewrite(&mut self, page: ObjectId, is_needed: fn(&[u8]) -> bool, change: fn(&[u8]) -> Option<Vec<u8>>) {
        let rewritten = catch_unwind(AssertUnwindSafe(|| {
            let content = self.document.get_page_content(page).ok().filter(|content| is_needed(content))?;
            change(&content)
        }));
        let Ok(Some(content)) = rewritten else { return };
        let stream = pdf_extract::Stream::new(Dictionary::new(), content);
        self.document.objects.insert(self.content, Object::Stream(stream));
        if let Ok(page) = self.document.get_dictionary_mut(page) {
            page.set("Contents", self.content);
            if !page.has(b"MediaBox") {
                // Positions are compared with each other only.
                page.set("MediaBox", [0, 0, 612, 792].map(Object::Integer).to_vec());
            }
        }
    }
}
