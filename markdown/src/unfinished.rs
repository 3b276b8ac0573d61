//! What to show of a line that is still being written. A line whose kind is unknown is held back: `-` may begin an
//! item, a rule or a heading. In other lines, `repair` finishes what is open.
//!
//! These rules look at characters, not at the syntax tree, and need not be exact: a wrong guess lasts until the line
//! ends.

use crate::repair;
use std::borrow::Cow;

/// A longer unfinished line is shown as it is.
const MAX_LINE: usize = 8_000;

/// More bytes than the label of a link and its indentation can have. CommonMark's limit is 999 characters.
const MAX_LABEL: usize = 8_192;

/// `text` without the lines at its end whose kind is unknown.
pub(crate) fn without_held_lines(text: &str) -> &str {
    let start = last_line(text);
    let text = if is_kind_unknown(&text[start..]) { &text[..start] } else { text };
    let table = table_lines(text);
    if is_table_begun(&text[table..]) { &text[..table] } else { text }
}

/// Whether a definition of a link, `[label]: target`, may end its label in `text` after the first `seen` bytes. A label
/// can have several lines.
pub(crate) fn may_define_links(text: &str, seen: usize) -> bool {
    let unseen = seen.saturating_sub(1);
    text.as_bytes()[unseen..].windows(2).enumerate().filter(|(_, pair)| pair == b"]:").any(|(index, _)| {
        let end = unseen + index;
        let label = &text[text.ceil_char_boundary(end.saturating_sub(MAX_LABEL))..end];
        label
            .rsplit('\n')
            .take_while(|line| !line.trim().is_empty())
            .any(|line| without_containers(line).starts_with('['))
    })
}

/// `text` whose last line, if it is unfinished, is changed so that no markup is shown as text.
pub(crate) fn with_repaired_line(text: &str) -> Cow<'_, str> {
    let start = last_line(text);
    let line = &text[start..];
    if line.is_empty() || line.len() > MAX_LINE {
        return Cow::Borrowed(text);
    }
    let content = without_containers(line);
    if is_meaning_unknown(content) {
        return Cow::Owned(text[..start].to_owned());
    }
    match repair::finished(content) {
        None => Cow::Borrowed(text),
        Some(repaired) => {
            let line = format!("{}{repaired}", &line[..line.len() - content.len()]);
            let line = if is_kind_unknown(&line) { "" } else { &line };
            Cow::Owned(format!("{}{line}", &text[..start]))
        }
    }
}

fn last_line(text: &str) -> usize {
    text.rfind('\n').map_or(0, |end| end + 1)
}

/// What is left of `line` inside quotations and list items.
fn without_containers(line: &str) -> &str {
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let inner = match rest.as_bytes().first() {
            Some(b'>') => Some(&rest[1..]),
            Some(b'-' | b'*' | b'+') => Some(&rest[1..]).filter(|rest| rest.starts_with([' ', '\t'])),
            Some(b'0'..=b'9') => rest
                .trim_start_matches(|char: char| char.is_ascii_digit())
                .strip_prefix(['.', ')'])
                .filter(|rest| rest.starts_with([' ', '\t'])),
            _ => None,
        };
        match inner {
            Some(inner) => rest = inner,
            None => return rest,
        }
    }
}

/// Whether the first characters of `line` may begin more than one kind of block. In code, this holds back the line until
/// it has another character.
fn is_kind_unknown(line: &str) -> bool {
    let content = without_containers(line).trim_end();
    let number = content.trim_start_matches(|char: char| char.is_ascii_digit());
    content.bytes().all(|byte| b"-=|:*_+#>~` \t".contains(&byte))
        || (number.len() < content.len() && matches!(number, "" | "." | ")"))
        || content.starts_with("```")
        || content.starts_with("~~~")
}

/// Whether the text of a line may begin a task, or be the definition of a link, which is not shown.
fn is_meaning_unknown(content: &str) -> bool {
    matches!(content.trim_end(), "[ ]" | "[x]" | "[X]") || (content.starts_with('[') && content.contains("]:"))
}

/// Where the lines begin, at the end of `text`, that could be a table.
fn table_lines(text: &str) -> usize {
    let mut start = text.len();
    loop {
        let before = text[..start].strip_suffix('\n').unwrap_or(&text[..start]);
        let line = last_line(before);
        if line == start || !without_containers(&text[line..start]).starts_with('|') {
            return start;
        }
        start = line;
    }
}

/// Whether `lines` may become a table: the second line would decide, and is not there or unfinished.
fn is_table_begun(lines: &str) -> bool {
    let mut lines = lines.split_inclusive('\n');
    let (header, second) = (lines.next(), lines.next());
    header.is_some() && second.is_none_or(|second| !second.ends_with('\n') && is_kind_unknown(second))
}
