//! Headings: lines that name what follows them. Marked ones (Markdown, underlined, numbered) are certain; a short line
//! with a blank line before it is taken for one if it looks like a title.

/// Longer lines are no headings.
const CHARACTERS: usize = 100;
/// Bytes that are looked at after the beginning of a line. A line may have megabytes.
const AHEAD: usize = 1_024;

/// The level of a title without a mark. Any marked heading stands above it.
const UNMARKED: u8 = 9;

/// A line that is a heading.
#[derive(Debug, PartialEq)]
pub struct Heading<'a> {
    /// 1 is the highest.
    pub level: u8,
    /// Without marks and whitespace around it.
    pub title: &'a str,
}

/// The heading that begins at byte `start` of a cleaned page, which must be the beginning of a line.
pub fn at(page: &str, start: usize) -> Option<Heading<'_>> {
    let mut lines = ahead(page.get(start..)?).split('\n');
    let line = lines.next()?.trim();
    if line.is_empty() || line.chars().nth(CHARACTERS).is_some() {
        return None;
    }
    let next = lines.next().unwrap_or_default().trim();
    let follows = if next.is_empty() { lines.next().unwrap_or_default().trim() } else { next };
    let level = markdown(line).or_else(|| underlined(line, next)).or_else(|| {
        let blank_before = start == 0 || page.get(..start)?.ends_with("\n\n");
        title(line, next, follows, blank_before)
    })?;
    Some(Heading { level, title: line.trim_start_matches('#').trim() })
}

/// The next kilobyte of a text.
fn ahead(text: &str) -> &str {
    text.get(..text.floor_char_boundary(AHEAD)).unwrap_or(text)
}

fn markdown(line: &str) -> Option<u8> {
    let marks = line.bytes().take_while(|&byte| byte == b'#').count();
    let rest = line.get(marks..)?;
    (marks <= 6 && rest.starts_with(' ') && rest.chars().any(char::is_alphanumeric))
        .then_some(marks as u8)
        .filter(|&level| level > 0)
}

fn underlined(line: &str, next: &str) -> Option<u8> {
    let mark = next.chars().next().filter(|mark| "=-~*^".contains(*mark))?;
    let long = next.len() >= 3 && 2 * next.len() >= line.len();
    let title = line.chars().any(char::is_alphanumeric) && !line.contains(['|', '\t']);
    (long && title && next.chars().all(|character| character == mark)).then_some(if mark == '=' { 1 } else { 2 })
}

fn title(line: &str, next: &str, follows: &str, blank_before: bool) -> Option<u8> {
    let length = line.chars().count();
    let first = line.chars().next()?;
    let looks_like_one = length <= 80
        && (first.is_uppercase() || first.is_numeric())
        && line.chars().any(char::is_alphabetic)
        && line.split_whitespace().count() <= 12
        && !line.ends_with(['.', ',', ';', ':', '!', '-', '\\'])
        && !line.contains(['|', '\t', '=', '{', '}'])
        && !is_leader(line);
    if !looks_like_one || follows.is_empty() || is_leader(follows) {
        return None;
    }
    let numbered = numbered(line);
    let stands_out = blank_before && (next.is_empty() || 5 * length < 3 * next.chars().count());
    match numbered {
        Some(level) if blank_before || next.is_empty() || length < next.chars().count() => Some(level),
        None if stands_out && !ends_in_number(line) => Some(UNMARKED),
        _ => None,
    }
}

/// The depth of a number such as `3.2.1` before a title.
fn numbered(line: &str) -> Option<u8> {
    let (number, rest) = line.split_once(' ')?;
    let number = number.trim_end_matches('.');
    let digits = !number.is_empty() && number.len() <= 12;
    let valid = digits
        && number
            .split('.')
            .all(|part| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit()));
    (valid && rest.trim_start().starts_with(char::is_uppercase)).then(|| number.split('.').count().min(6) as u8)
}

/// A row of figures, or a line of a list of contents.
fn ends_in_number(line: &str) -> bool {
    let last = line.split_whitespace().next_back().unwrap_or_default();
    last.len() != 4 && last.chars().any(char::is_numeric) && !last.chars().any(char::is_alphabetic)
}

/// Dots that lead to a page number in a list of contents.
pub fn is_leader(line: &str) -> bool {
    line.contains("....") || line.contains(". . .") || line.contains("……")
}
