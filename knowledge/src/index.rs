//! The index of a file: its bytes, and what is read from them.
//!
//! ```text
//! "QKI" 1 language
//! pages passages terms bytes-of-dictionary
//! pages × (number + 1, or 0; passages)
//! passages × (bytes; words × 2, + 1 for a list of contents)
//! terms × (length; term; passages with it; bytes of postings)     sorted by term: the dictionary
//! terms × postings: (distance to the previous passage × 2, + 1 if the term is there several times; times − 2)
//! ```
//!
//! All numbers are varints. Terms are stems, joined words and pairs of characters, as `words` and `language` make them.

use crate::{language::Language, varint};
use std::{collections::HashMap, fmt, ops::Range};

const MAGIC: &[u8] = b"QKI";
/// Changes with the format, and with every change of how words become terms.
const VERSION: u8 = 1;
/// One of this many terms is kept in memory with its place.
const STRIDE: usize = 16;

/// A passage, as it is written.
#[derive(Debug)]
pub struct Passage {
    pub bytes: u32,
    pub words: u32,
    pub is_list: bool,
}

/// A term, as it is collected.
#[derive(Debug, Default)]
pub struct Term {
    /// How many passages contain it.
    pub passages: u32,
    /// The first passage that may be added.
    pub next: u32,
    pub postings: Vec<u8>,
}

/// The bytes of an index.
pub fn write(
    language: Language,
    pages: &[(Option<u32>, u32)],
    passages: &[Passage],
    terms: HashMap<String, u32>,
    postings: &[Term],
) -> Vec<u8> {
    let mut sorted: Vec<(String, u32)> = terms.into_iter().collect();
    sorted.sort_unstable();
    let mut dictionary = Vec::new();
    for (term, number) in &sorted {
        let Some(collected) = postings.get(*number as usize) else { continue };
        varint::write(&mut dictionary, term.len() as u64);
        dictionary.extend_from_slice(term.as_bytes());
        varint::write(&mut dictionary, u64::from(collected.passages));
        varint::write(&mut dictionary, collected.postings.len() as u64);
    }
    let mut bytes = [MAGIC, &[VERSION, language as u8]].concat();
    for count in [pages.len(), passages.len(), sorted.len(), dictionary.len()] {
        varint::write(&mut bytes, count as u64);
    }
    for (number, passages) in pages {
        varint::write(&mut bytes, number.map_or(0, |number| u64::from(number) + 1));
        varint::write(&mut bytes, u64::from(*passages));
    }
    for passage in passages {
        varint::write(&mut bytes, u64::from(passage.bytes));
        varint::write(&mut bytes, (u64::from(passage.words) << 1) | u64::from(passage.is_list));
    }
    bytes.append(&mut dictionary);
    for (_, number) in &sorted {
        bytes.extend_from_slice(postings.get(*number as usize).map_or(&[], |term| &term.postings));
    }
    bytes
}

/// The bytes are no index of this version, or are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadIndex;

impl fmt::Display for BadIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the index of a file is damaged or of another version")
    }
}

impl std::error::Error for BadIndex {}

/// Where a passage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// `None` in documents without pages.
    pub page: Option<u32>,
    /// First byte in the text.
    pub start: u64,
    /// The byte after the last one. The passage may end with line breaks.
    pub end: u64,
}

/// A page and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRange {
    /// `None` in documents without pages.
    pub number: Option<u32>,
    /// First byte in the text.
    pub start: u64,
    /// The byte after the last one. Equal to `start` on a page without text.
    pub end: u64,
}

/// A parsed index, in about the memory of its bytes. Damaged bytes give an error or find wrong passages, but never make
/// this code panic or take more memory than a small multiple of theirs.
#[derive(Debug)]
pub struct Index {
    pub(crate) language: Language,
    /// The number of each page, and the passages before its end.
    pages: Vec<(Option<u32>, u32)>,
    /// The byte of the text after each passage.
    ends: Vec<u32>,
    /// The words of each passage × 2, + 1 for a list of contents.
    lengths: Vec<u16>,
    pub(crate) words: u64,
    /// The place of every 16th term in the dictionary, and of its postings.
    marks: Vec<(u32, u32)>,
    dictionary: Box<[u8]>,
    postings: Box<[u8]>,
}

/// A term of a dictionary.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub term: &'a [u8],
    pub passages: u32,
    pub postings: Range<usize>,
}

impl Index {
    /// Reads the bytes of [`crate::Built::index`].
    ///
    /// # Errors
    ///
    /// The bytes are not those of an index of this version.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadIndex> {
        Self::read(bytes).ok_or(BadIndex)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (&[version, language], mut bytes) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
        let language = Language::from_number(language).filter(|_| version == VERSION)?;
        let bytes = &mut bytes;
        let [pages, passages, terms, dictionary] = [
            varint::read_u32(bytes)? as usize,
            varint::read_u32(bytes)? as usize,
            varint::read_u32(bytes)? as usize,
            varint::read_u32(bytes)? as usize,
        ];
        // Each entry has at least so many bytes. Thus the counts cannot ask for more memory than the bytes justify.
        if pages.checked_add(passages)?.checked_mul(2)? > bytes.len() || terms > bytes.len() / 4 {
            return None;
        }
        let pages = read_pages(bytes, pages, passages)?;
        let (mut ends, mut lengths, mut end, mut words) =
            (Vec::with_capacity(passages), Vec::with_capacity(passages), 0_u32, 0);
        for _ in 0..passages {
            end = end.checked_add(varint::read_u32(bytes)?)?;
            let length = varint::read_u32(bytes)?;
            words += u64::from(length >> 1);
            ends.push(end);
            lengths.push(length.min((u32::from(u16::MAX) - 1) | (length & 1)) as u16);
        }
        let (dictionary, postings) = bytes.split_at_checked(dictionary)?;
        let marks = check(dictionary, terms, postings.len())?;
        let [dictionary, postings] = [dictionary.into(), postings.into()];
        Some(Self { language, pages, ends, lengths, words, marks, dictionary, postings })
    }

    /// The number of passages.
    pub fn passages(&self) -> u32 {
        self.ends.len() as u32
    }

    /// Where passage `n` is, counted from 0.
    pub fn passage(&self, n: u32) -> Option<Place> {
        let end = *self.ends.get(n as usize)?;
        let page =
            self.pages.get(self.pages.partition_point(|(_, passages)| *passages <= n)).and_then(|(page, _)| *page);
        Some(Place { page, start: self.end_before(n), end: u64::from(end) })
    }

    /// All pages in their order, also those without text.
    pub fn pages(&self) -> impl ExactSizeIterator<Item = PageRange> {
        let mut before = 0;
        self.pages.iter().map(move |(number, passages)| {
            let [start, end] = [before, *passages].map(|passage| self.end_before(passage));
            before = *passages;
            PageRange { number: *number, start, end }
        })
    }

    /// The memory that it takes, in bytes.
    pub fn heap_bytes(&self) -> usize {
        self.dictionary.len()
            + self.postings.len()
            + size_of_val(self.pages.as_slice())
            + size_of_val(self.ends.as_slice())
            + size_of_val(self.lengths.as_slice())
            + size_of_val(self.marks.as_slice())
    }

    fn end_before(&self, passage: u32) -> u64 {
        (passage as usize).checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| u64::from(*end))
    }

    /// The number of words of a passage, and whether it is a list of contents.
    pub(crate) fn length(&self, passage: u32) -> (u16, bool) {
        let length = self.lengths.get(passage as usize).copied().unwrap_or_default();
        (length >> 1, length & 1 == 1)
    }

    /// The entries of the dictionary from the first that is not before `term`.
    pub(crate) fn entries_from<'a>(&'a self, term: &'a [u8]) -> impl Iterator<Item = Entry<'a>> {
        self.entries_near(term).skip_while(move |entry| entry.term < term)
    }

    /// The entry of a term.
    pub(crate) fn entry<'a>(&'a self, term: &[u8]) -> Option<Entry<'a>> {
        self.entries_near(term).find(|entry| entry.term >= term).filter(|entry| entry.term == term)
    }

    /// The entries from the last mark that is not after `term`.
    fn entries_near<'a>(&'a self, term: &[u8]) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let after = self.marks.partition_point(|&(at, postings)| {
            self.entries_at(at as usize, postings as usize).next().is_some_and(|entry| entry.term <= term)
        });
        let (at, postings) = after.checked_sub(1).and_then(|mark| self.marks.get(mark)).copied().unwrap_or_default();
        self.entries_at(at as usize, postings as usize)
    }

    fn entries_at(&self, at: usize, postings: usize) -> impl Iterator<Item = Entry<'_>> {
        entries(self.dictionary.get(at..).unwrap_or_default(), postings).map(|(_, entry)| entry)
    }

    /// The passages with a term, and how many times each has it.
    pub(crate) fn postings(&self, entry: &Entry<'_>) -> impl Iterator<Item = (u32, u32)> {
        let mut bytes = self.postings.get(entry.postings.clone()).unwrap_or_default();
        let mut next = 0_u32;
        std::iter::from_fn(move || {
            let distance = varint::read(&mut bytes)?;
            let passage = next.checked_add((distance >> 1).try_into().ok()?)?;
            let times = if distance & 1 == 1 { varint::read_u32(&mut bytes)?.saturating_add(2) } else { 1 };
            next = passage.checked_add(1)?;
            (passage < self.passages()).then_some((passage, times))
        })
    }
}

fn read_pages(bytes: &mut &[u8], pages: usize, passages: usize) -> Option<Vec<(Option<u32>, u32)>> {
    let (mut read, mut before) = (Vec::with_capacity(pages), 0_u32);
    for _ in 0..pages {
        let number = varint::read(bytes)?.checked_sub(1).map(u32::try_from).transpose().ok()?;
        before = before.checked_add(varint::read_u32(bytes)?)?;
        read.push((number, before));
    }
    (before as usize == passages).then_some(read)
}

/// Reads a dictionary, with where the postings of its first entry begin. Also gives the place of each entry.
fn entries(dictionary: &[u8], mut postings: usize) -> impl Iterator<Item = (usize, Entry<'_>)> {
    let mut rest = dictionary;
    std::iter::from_fn(move || {
        let at = dictionary.len() - rest.len();
        let length = varint::read_u32(&mut rest)? as usize;
        let (term, after) = rest.split_at_checked(length)?;
        rest = after;
        let passages = varint::read_u32(&mut rest)?;
        let bytes = varint::read_u32(&mut rest)? as usize;
        let start = postings;
        postings = start.checked_add(bytes)?;
        Some((at, Entry { term, passages, postings: start..postings }))
    })
}

/// Checks that a dictionary is sorted, complete, and fits its postings. Returns the places that are kept.
fn check(dictionary: &[u8], terms: usize, postings: usize) -> Option<Vec<(u32, u32)>> {
    let mut marks = Vec::with_capacity(terms.div_ceil(STRIDE));
    let (mut count, mut end, mut last): (_, _, Option<&[u8]>) = (0, 0, None);
    for (at, entry) in entries(dictionary, 0) {
        if last.is_some_and(|last| last >= entry.term) || entry.passages == 0 {
            return None;
        }
        if count % STRIDE == 0 {
            marks.push((at.try_into().ok()?, entry.postings.start.try_into().ok()?));
        }
        count += 1;
        end = entry.postings.end;
        last = Some(entry.term);
    }
    (count == terms && end == postings).then_some(marks)
}
