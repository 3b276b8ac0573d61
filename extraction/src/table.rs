//! Tables in CSV. Each row becomes a paragraph in which each value follows the name of its column, so that a passage is
//! understood, and found, without the first row.

use crate::{Problem, pages::TEXT_MAX, text};
use csv::{ReaderBuilder, StringRecord};

/// The delimiters that are detected.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// How many rows are inspected to detect the delimiter.
const INSPECTED: usize = 20;

/// The text of a table. Something else than a table with names of columns becomes plain text.
pub fn read(content: Vec<u8>) -> Result<String, Problem> {
    let text = text::decode(content);
    let rows = delimiter(&text).and_then(|delimiter| rows(&text, delimiter));
    Ok(rows.unwrap_or(text))
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

/// The delimiter with which most of the first rows have as many columns as the very first one, at least two.
fn delimiter(text: &str) -> Option<u8> {
    let scores = DELIMITERS.into_iter().filter_map(|delimiter| {
        let records: Vec<usize> =
            reader(text, delimiter).records().take(INSPECTED).map_while(Result::ok).map(|row| row.len()).collect();
        let columns = *records.first()?;
        let fitting = records.iter().filter(|length| **length == columns).count();
        (columns > 1 && fitting * 2 > records.len()).then_some((fitting, columns, delimiter))
    });
    // Of equal ones, the first in the list.
    scores.rev().max_by_key(|(fitting, columns, _)| (*fitting, *columns)).map(|(.., delimiter)| delimiter)
}

/// The rows with the names of their columns. `None` if the first row has no names, or if the text becomes too long.
fn rows(text: &str, delimiter: u8) -> Option<String> {
    let mut records = reader(text, delimiter).into_records().map_while(Result::ok);
    let names = records.next()?;
    let is_name = |field: &str| field.chars().any(char::is_alphabetic);
    if names.iter().filter(|field| is_name(field)).count() * 2 <= names.len() {
        return None;
    }
    let mut paragraphs = String::new();
    for record in records {
        add_row(&mut paragraphs, &names, &record);
        if paragraphs.len() > TEXT_MAX {
            return None;
        }
    }
    // A table of names only.
    (!paragraphs.is_empty()).then_some(paragraphs)
}

fn add_row(paragraphs: &mut String, names: &StringRecord, record: &StringRecord) {
    for (position, value) in record.iter().enumerate().filter(|(_, value)| !value.trim().is_empty()) {
        if let Some(name) = names.get(position).map(str::trim).filter(|name| !name.is_empty()) {
            paragraphs.push_str(name);
            paragraphs.push_str(": ");
        }
        paragraphs.push_str(value.trim());
        paragraphs.push('\n');
    }
    paragraphs.push('\n');
}
