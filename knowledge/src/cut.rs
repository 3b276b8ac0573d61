//! Where a page is cut into passages. The text is looked at through a window of one passage, so that the time is linear
//! whatever the text is.

use crate::heading;
use unicode_segmentation::UnicodeSegmentation;

/// Characters of a passage, at most.
const MOST: usize = 1_200;
/// Characters of a passage, unless a heading or the end of the page comes earlier.
const FEWEST: usize = 600;
/// Characters after which a heading begins a new passage.
const BEFORE_HEADING: usize = 400;
/// Characters of the last passage of a page that has several.
const TAIL: usize = 300;

/// The passages of a cleaned page. Together they are the page.
pub fn passages(page: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = page.get(start..).filter(|rest| !rest.is_empty())?;
        let end = start + first(page, start, rest);
        let passage = start..end;
        start = end;
        Some(passage)
    })
}

/// The length in bytes of the first passage of `rest`, at least one character.
fn first(page: &str, start: usize, rest: &str) -> usize {
    let most = match (byte_of(rest, MOST), byte_of(rest, MOST + TAIL)) {
        // Headings still separate what would fit into one passage.
        (None, _) => return last_heading(page, start, rest, before_tail(rest)).unwrap_or(rest.len()),
        (Some(_), None) => before_tail(rest),
        (Some(most), Some(_)) => most,
    };
    let window = rest.get(..most).unwrap_or(rest);
    let cut = last_heading(page, start, rest, most).unwrap_or_else(|| {
        let fewest = byte_of(window, FEWEST).unwrap_or_default();
        last_paragraph(window, fewest)
            .or_else(|| last_sentence(window, fewest))
            .or_else(|| last_end_of_line(window, fewest))
            .or_else(|| last_whitespace(window, fewest))
            .unwrap_or(window.len())
    });
    // Whitespace belongs to the passage before it.
    let blank = rest.get(cut..).unwrap_or_default();
    cut + (blank.len() - blank.trim_start_matches(['\n', ' ', '\t']).len())
}

/// The byte at which character `n` begins. `None` if the text is not longer than that.
fn byte_of(text: &str, n: usize) -> Option<usize> {
    text.char_indices().nth(n).map(|(byte, _)| byte)
}

/// The byte before the last [`TAIL`] characters.
fn before_tail(text: &str) -> usize {
    text.char_indices().rev().nth(TAIL).map_or(0, |(byte, _)| byte)
}

/// The last heading up to byte `most` that has enough text before it. Of headings that follow each other, the first.
fn last_heading(page: &str, start: usize, rest: &str, most: usize) -> Option<usize> {
    let window = rest.get(..most)?;
    let fewest = byte_of(window, BEFORE_HEADING)?;
    let (mut found, mut level, mut follows) = (None, u8::MAX, false);
    let mut line = 0;
    while line < window.len() {
        let heading = heading::at(page, start + line);
        let blank = window.get(line..)?.trim_start_matches(' ').starts_with('\n');
        if let Some(heading) = &heading
            && !follows
            && line >= fewest
            && heading.level <= level
        {
            (found, level) = (Some(line), heading.level);
        }
        follows = heading.is_some() || follows && blank;
        line += window.get(line..)?.find('\n').map_or(window.len(), |end| end + 1);
    }
    found
}

fn last_paragraph(window: &str, fewest: usize) -> Option<usize> {
    window.rfind("\n\n").map(|at| at + 2).filter(|&at| at >= fewest)
}

/// The last end of a sentence. A line break is no end, because paragraphs have line breaks in PDF documents.
fn last_sentence(window: &str, fewest: usize) -> Option<usize> {
    let line = window.replace('\n', " ");
    let last = line.split_sentence_bound_indices().map(|(start, _)| start).filter(|&start| start > 0).last();
    last.filter(|&start| start >= fewest && ends_sentence(line.get(..start).unwrap_or_default()))
}

/// A bound before the end of the window is one only after a full stop.
fn ends_sentence(text: &str) -> bool {
    text.trim_end().ends_with(['.', '!', '?', '"', '\'', '”', '’', ')', '。', '！', '？', '」', '…', ':', ';'])
}

fn last_end_of_line(window: &str, fewest: usize) -> Option<usize> {
    window.rfind('\n').map(|at| at + 1).filter(|&at| at >= fewest)
}

fn last_whitespace(window: &str, fewest: usize) -> Option<usize> {
    window.rfind([' ', '\t', '\n']).map(|at| at + 1).filter(|&at| at >= fewest)
}
