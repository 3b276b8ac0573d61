//! Finishes the markup of an unfinished line. Open emphasis and open code are closed, a link without its end is shown as
//! its text, and what could become a link, a tag or an entity is held back.

/// The longest text of a link that is held back.
const MAX_LINK_TEXT: usize = 160;
/// The longest target of a link, HTML tag and entity that is held back.
const MAX_TARGET: usize = 500;
const MAX_ENTITY: usize = 32;
/// More open emphasis than this is not emphasis.
const MAX_OPEN: usize = 8;

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

/// What `line`, without its containers, is shown as, if not as it is.
pub(crate) fn finished(line: &str) -> Option<String> {
    let mut repair = Repair { line, openers: Vec::new(), brackets: Vec::new() };
    let end = repair.read();
    let end = repair.before_bracket(end);
    repair.text(end)
}

impl Repair<'_> {
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
