//! What to show of a line that is still being written. A line whose kind is unknown is held back: `-` may begin an
//! item, a rule or a heading. In other lines, open emphasis is closed, and a link without its end is shown as its text.
//!
//! These rules look at characters, not at the syntax tree, and need not be exact: a wrong guess lasts until the line
//! ends.

use std::borrow::Cow;

/// A longer unfinished line is shown as it is.
const MAX_LINE: usize = 8_000;
/// The longest text of a link that is held back.
const MAX_LINK_TEXT: usize = 160;
/// The longest target of a link, HTML tag and entity that is held back.
const MAX_TARGET: usize = 500;
const MAX_ENTITY: usize = 32;
/// More open emphasis than this is not emphasis.
const MAX_OPEN: usize = 8;

/// `text` without the lines at its end whose kind is unknown.
pub(crate) fn without_held_lines(text: &str) -> &str {
    let start = last_line(text);
    let text = if is_kind_unknown(&text[start..]) { &text[..start] } else { text };
    let table = table_lines(text);
    if is_table_begun(&text[table..]) { &text[..table] } else { text }
}

/// `text` whose last line, if it is unfinished, is changed so that no markup is shown as text.
pub(crate) fn with_repaired_line(text: &str) -> Cow<'_, str> {
    let start = last_line(text);
    let line = &text[start..];
    if line.is_empty() || line.len() > MAX_LINE {
        return Cow::Borrowed(text);
    }
    let content = without_containers(line);
    match Repair::of(content) {
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

fn is_kind_unknown(line: &str) -> bool {
    let content = without_containers(line).trim_end();
    let number = content.trim_start_matches(|char: char| char.is_ascii_digit());
    content.bytes().all(|byte| b"-=|:*_+#>~` \t".contains(&byte))
        || (number.len() < content.len() && matches!(number, "" | "." | ")"))
        || matches!(content, "[ ]" | "[x]" | "[X]")
        || content.starts_with("```")
        || content.starts_with("~~~")
        || (content.starts_with('[') && content.contains("]:"))
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

/// A run of `*`, `_` or `~` that opens emphasis.
struct Opener {
    start: usize,
    char: u8,
    length: usize,
}

/// Reads one line from left to right.
struct Repair<'a> {
    line: &'a str,
    openers: Vec<Opener>,
    brackets: Vec<usize>,
}

/// What an unfinished line is shown as.
enum End {
    /// The line up to here.
    At(usize),
    /// An open code span, whose content begins at `content`.
    Code { content: usize, fence: usize },
    /// A link whose text lies between the two brackets.
    Link { open: usize, close: usize },
}

impl<'a> Repair<'a> {
    /// What `line` is shown as, if not as it is.
    fn of(line: &'a str) -> Option<String> {
        let mut repair = Repair { line, openers: Vec::new(), brackets: Vec::new() };
        let end = repair.read();
        let end = repair.before_bracket(end);
        repair.text(end)
    }

    fn read(&mut self) -> End {
        let bytes = self.line.as_bytes();
        let is_row = bytes.first() == Some(&b'|');
        let mut at = 0;
        while at < bytes.len() {
            let rest = &self.line[at..];
            at += match bytes[at] {
                b'\\' | b'!' if rest.len() == 1 => return End::At(at),
                // Only ASCII can be escaped.
                b'\\' if bytes[at + 1].is_ascii() => 2,
                b'`' => {
                    let fence = run(rest);
                    match closing_fence(&rest[fence..], fence) {
                        Some(length) => fence + length,
                        None => return End::Code { content: at + fence, fence },
                    }
                }
                b'<' => match tag(rest) {
                    Some(length) => length,
                    None if is_tag_begun(rest) => return End::At(at),
                    None => 1,
                },
                b'&' if is_entity_begun(rest) => return End::At(at),
                b'|' if is_row => {
                    self.openers.clear();
                    self.brackets.clear();
                    1
                }
                b'[' => {
                    self.brackets.push(at);
                    1
                }
                b']' => match self.bracket_closed(at) {
                    Ok(length) => length,
                    Err(end) => return end,
                },
                b'*' | b'_' | b'~' => {
                    let length = run(rest);
                    if length == rest.len() {
                        return End::At(at);
                    }
                    self.emphasis(at, length);
                    length
                }
                _ => rest.chars().next().map_or(1, char::len_utf8),
            };
        }
        End::At(bytes.len())
    }

    /// Handles `]` at `at`, and returns the length of what it ends, or where the line ends.
    fn bracket_closed(&mut self, at: usize) -> Result<usize, End> {
        let Some(&open) = self.brackets.last() else { return Ok(1) };
        let after = &self.line[at + 1..];
        if after.is_empty() {
            return Ok(1);
        }
        self.brackets.pop();
        if !after.starts_with('(') {
            return Ok(1);
        }
        match target(after) {
            Some(length) => Ok(1 + length),
            None if after.len() > MAX_TARGET => Ok(1),
            None if self.is_image(open) => Err(End::At(open - 1)),
            None => Err(End::Link { open, close: at }),
        }
    }

    fn is_image(&self, bracket: usize) -> bool {
        self.line[..bracket].ends_with('!')
    }

    /// Holds back an open bracket, whose end decides what it is.
    fn before_bracket(&self, end: End) -> End {
        let length = match &end {
            End::At(at) => *at,
            End::Code { .. } => self.line.len(),
            End::Link { open, .. } => *open,
        };
        match self.brackets.first() {
            Some(&open) if open < length && length - open <= MAX_LINK_TEXT => {
                End::At(if self.is_image(open) { open - 1 } else { open })
            }
            _ => end,
        }
    }

    /// Handles a run of `*`, `_` or `~`, by the rules of CommonMark.
    fn emphasis(&mut self, start: usize, mut length: usize) {
        let char = self.line.as_bytes()[start];
        let before = self.line[..start].chars().next_back().unwrap_or(' ');
        let after = self.line[start + length..].chars().next().unwrap_or(' ');
        let left = !after.is_whitespace() && (!is_punctuation(after) || !before.is_alphanumeric());
        let right = !before.is_whitespace() && (!is_punctuation(before) || !after.is_alphanumeric());
        let (opens, closes) = match char {
            b'_' => (left && (!right || is_punctuation(before)), right && (!left || is_punctuation(after))),
            // Two words around one star are a product more often than emphasis.
            b'*' => (left && (length > 1 || !before.is_alphanumeric()), right),
            // One tilde is "about" more often than a deletion.
            _ => (left && length == 2, right && length == 2),
        };
        while closes && length > 0 {
            let Some(index) = self.openers.iter().rposition(|opener| opener.char == char) else { break };
            self.openers.truncate(index + 1);
            let opener = &mut self.openers[index];
            let used = opener.length.min(length).min(2);
            opener.length -= used;
            length -= used;
            if opener.length == 0 {
                self.openers.pop();
            }
        }
        if opens && length > 0 {
            self.openers.push(Opener { start, char, length });
        }
    }

    fn text(mut self, end: End) -> Option<String> {
        let mut shown = match end {
            End::At(at) => self.line[..at].to_owned(),
            End::Code { content, fence } => {
                let code = self.line[content..].trim_end_matches('`');
                if code.trim().is_empty() {
                    self.line[..content - fence].to_owned()
                } else {
                    format!("{}{code}{}", &self.line[..content], "`".repeat(fence))
                }
            }
            End::Link { open, close } => {
                self.openers.retain(|opener| opener.start < open);
                format!("{}{}", &self.line[..open], &self.line[open + 1..close])
            }
        };
        shown.truncate(shown.trim_end().len());
        self.openers.retain(|opener| opener.start < shown.len());
        while let Some(opener) = self.openers.pop_if(|opener| run(&shown[opener.start..]) + opener.start == shown.len())
        {
            shown.truncate(opener.start);
            shown.truncate(shown.trim_end().len());
        }
        if self.openers.len() <= MAX_OPEN {
            for opener in self.openers.iter().rev() {
                shown.extend(std::iter::repeat_n(char::from(opener.char), opener.length));
            }
        }
        (shown != self.line.trim_end()).then_some(shown)
    }
}

/// How often the first character of `text`, in ASCII, is repeated.
fn run(text: &str) -> usize {
    let bytes = text.as_bytes();
    bytes.iter().take_while(|byte| Some(*byte) == bytes.first()).count()
}

/// The length up to the end of a code span with `fence` backticks.
fn closing_fence(text: &str, fence: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = text[at..].find('`') {
        at += next;
        let length = run(&text[at..]);
        at += length;
        if length == fence {
            return Some(at);
        }
    }
    None
}

/// The first bytes of `text`, at most `limit`.
fn bounded(text: &str, limit: usize) -> &[u8] {
    &text.as_bytes()[..text.len().min(limit)]
}

/// The length of the tag or link in angle brackets that `text` begins with.
fn tag(text: &str) -> Option<usize> {
    let begins = text.as_bytes().get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || b"/!?".contains(byte));
    let end = bounded(text, MAX_TARGET).iter().position(|byte| *byte == b'>')?;
    begins.then_some(end + 1)
}

/// Whether `text` is the beginning of a tag or of a link in angle brackets.
fn is_tag_begun(text: &str) -> bool {
    let mut rest = text[1..].bytes();
    text.len() <= MAX_TARGET
        && rest.next().is_none_or(|byte| byte.is_ascii_alphabetic() || b"/!".contains(&byte))
        && !rest.any(|byte| byte.is_ascii_whitespace())
}

fn is_entity_begun(text: &str) -> bool {
    text.len() <= MAX_ENTITY && text[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
}

/// The length of the target in parentheses that `text` begins with.
fn target(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut escaped = false;
    for (index, byte) in bounded(text, MAX_TARGET).iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(index + 1),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn is_punctuation(char: char) -> bool {
    !char.is_alphanumeric() && !char.is_whitespace()
}
