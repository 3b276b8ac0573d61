//! Builds the two objects of a file from its pages.

use crate::{
    clean::clean,
    cut, heading,
    index::{self, Term},
    language::Language,
    varint,
    words::words,
};
use std::{collections::HashMap, mem, ops::Range};

/// One page of a document, or the whole of a document without pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// As people count: from 1. `None` in documents without pages.
    pub number: Option<u32>,
    /// As extracted. Lines may end inside of paragraphs and words.
    pub text: String,
}

/// What is stored for a file: two objects that never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// UTF-8: the passages one after another. Whitespace is tidied.
    pub text: Vec<u8>,
    /// What [`crate::Index::parse`] reads.
    pub index: Vec<u8>,
    /// Number of passages. 0 if the file has no text.
    pub passages: u32,
}

/// The language is found in this many bytes of text, which are kept until then.
const SAMPLE: usize = 16 * 1_024;
/// Known words, so that most are not reduced to their stems again.
const CACHED: usize = 100_000;
/// Headings that stand above a passage and are indexed with it.
const HEADINGS: usize = 3;

/// Cuts pages into passages and indexes them, page by page.
#[derive(Debug, Default)]
pub struct Builder {
    /// Cleaned pages that wait for the language.
    waiting: Vec<Page>,
    waiting_bytes: usize,
    language: Option<Language>,
    text: String,
    pages: Vec<(Option<u32>, u32)>,
    passages: Vec<index::Passage>,
    terms: HashMap<String, u32>,
    postings: Vec<Term>,
    /// The term of each word, `None` for stop words.
    known: HashMap<String, Option<u32>>,
    title: Option<String>,
    headings: Vec<(u8, String)>,
}

impl Builder {
    /// A builder without pages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next page. Text beyond 4 GiB in all is left out.
    pub fn add(&mut self, page: Page) {
        let page = Page { number: page.number, text: clean(&page.text) };
        self.waiting_bytes += page.text.len();
        self.waiting.push(page);
        if self.language.is_some() || self.waiting_bytes >= SAMPLE {
            self.index_waiting();
        }
    }

    /// The objects of the pages so far.
    pub fn finish(mut self) -> Built {
        self.index_waiting();
        let passages = self.passages.len() as u32;
        let index = index::write(
            self.language.unwrap_or(Language::Other),
            &self.pages,
            &self.passages,
            self.terms,
            &self.postings,
        );
        Built { text: self.text.into_bytes(), index, passages }
    }

    fn index_waiting(&mut self) {
        let language = match self.language {
            Some(language) => language,
            None => {
                let mut sample = String::new();
                for page in &self.waiting {
                    let left = SAMPLE.saturating_sub(sample.len());
                    sample.push_str(page.text.get(..page.text.floor_char_boundary(left)).unwrap_or_default());
                }
                Language::of(&sample)
            }
        };
        self.language = Some(language);
        self.waiting_bytes = 0;
        for page in mem::take(&mut self.waiting) {
            self.index_page(&page, language);
        }
    }

    fn index_page(&mut self, page: &Page, language: Language) {
        let mut passages = 0;
        if u32::try_from(self.text.len() + page.text.len()).is_ok() {
            self.text.push_str(&page.text);
            for passage in cut::passages(&page.text) {
                self.index_passage(&page.text, passage, language);
                passages += 1;
            }
        }
        self.pages.push((page.number, passages));
    }

    fn index_passage(&mut self, page: &str, passage: Range<usize>, language: Language) {
        let Some(text) = page.get(passage.clone()) else { return };
        let mut terms = Vec::new();
        let mut length = 0;
        let above: Vec<String> =
            self.title.iter().cloned().chain(self.headings.iter().map(|(_, title)| title.clone())).collect();
        words(text, |word| {
            length += 1;
            self.add_word(&word, language, &mut terms);
        });
        for title in above.into_iter().chain(self.follow_headings(page, passage.clone())) {
            words(&title, |word| self.add_word(&word, language, &mut terms));
        }
        let number = self.passages.len() as u32;
        let is_list = text.lines().filter(|line| heading::is_leader(line)).count() >= 3;
        self.passages.push(index::Passage { bytes: passage.len() as u32, words: length, is_list });
        terms.sort_unstable();
        for same in terms.chunk_by(|one, other| one == other) {
            if let Some(term) = same.first().and_then(|&term| self.postings.get_mut(term as usize)) {
                term.add(number, same.len() as u32);
            }
        }
    }

    /// Remembers the headings of a passage for those that follow. Returns all of them.
    fn follow_headings(&mut self, page: &str, passage: Range<usize>) -> Vec<String> {
        let mut found = Vec::new();
        let mut line = passage.start;
        while line < passage.end {
            if let Some(heading) = heading::at(page, line) {
                if self.title.is_none() && self.passages.is_empty() {
                    self.title = Some(heading.title.to_owned());
                } else {
                    self.headings.retain(|(level, _)| *level < heading.level);
                    self.headings.push((heading.level, heading.title.to_owned()));
                    if self.headings.len() > HEADINGS {
                        self.headings.remove(0);
                    }
                }
                found.push(heading.title.to_owned());
            }
            let rest = page.get(line..passage.end).unwrap_or_default();
            line += rest.find('\n').map_or(rest.len().max(1), |end| end + 1);
        }
        found
    }

    fn add_word(&mut self, word: &crate::words::Word, language: Language, terms: &mut Vec<u32>) {
        for joined in &word.joined {
            terms.push(self.term(joined));
        }
        for part in word.together.iter().chain(&word.parts) {
            let term = match self.known.get(part) {
                Some(term) => *term,
                None => {
                    let term = (!language.is_stop_word(part)).then(|| self.term(&language.stem(part)));
                    if self.known.len() >= CACHED {
                        self.known.clear();
                    }
                    self.known.insert(part.clone(), term);
                    term
                }
            };
            terms.extend(term);
        }
    }

    fn term(&mut self, term: &str) -> u32 {
        if let Some(number) = self.terms.get(term) {
            return *number;
        }
        let number = self.postings.len() as u32;
        self.postings.push(Term::default());
        self.terms.insert(term.to_owned(), number);
        number
    }
}

impl Term {
    /// Adds the next passage that contains the term, `times` times.
    fn add(&mut self, passage: u32, times: u32) {
        let distance = u64::from(passage - self.next);
        varint::write(&mut self.postings, (distance << 1) | u64::from(times > 1));
        if times > 1 {
            varint::write(&mut self.postings, u64::from(times - 2));
        }
        self.next = passage + 1;
        self.passages += 1;
    }
}
