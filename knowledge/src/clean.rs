//! Whitespace of extracted text. The result is what is stored and shown.

/// Deeper indentation is cut: it positions text on a page, and has no meaning.
const INDENTATION: usize = 16;

/// The text of a page with tidy whitespace: runs of spaces become one (a tab, if one is among them), trailing whitespace
/// of lines and control characters go, and at most one blank line separates paragraphs. Indentation stays, up to
/// 16 columns. A text that is not empty ends with one line break.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len() + 1);
    let mut line = Line::default();
    let mut breaks = 0_usize;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                breaks += 1;
                line = Line::default();
            }
            '\t' => line.tab(),
            // A soft hyphen shows only at the end of a line.
            '\u{ad}' if matches!(characters.peek(), Some('\n' | '\r')) => {
                line.begin(&mut cleaned, &mut breaks);
                cleaned.push('-');
            }
            '\u{ad}' | '\u{200b}' | '\u{feff}' => {}
            _ if character.is_whitespace() => line.space(),
            _ if character.is_control() => {}
            _ => {
                line.begin(&mut cleaned, &mut breaks);
                cleaned.push(character);
            }
        }
    }
    if !cleaned.is_empty() {
        cleaned.push('\n');
    }
    cleaned
}

/// The whitespace before the next character of a line.
#[derive(Default)]
struct Line {
    started: bool,
    columns: usize,
    tab: bool,
}

impl Line {
    fn space(&mut self) {
        self.columns += 1;
    }

    fn tab(&mut self) {
        self.columns += 4;
        self.tab = true;
    }

    /// Writes the line breaks and the whitespace that a character needs before it.
    fn begin(&mut self, cleaned: &mut String, breaks: &mut usize) {
        if !self.started {
            if !cleaned.is_empty() {
                cleaned.push_str(if *breaks > 1 { "\n\n" } else { "\n" });
            }
            for _ in 0..self.columns.min(INDENTATION) {
                cleaned.push(' ');
            }
        } else if self.columns > 0 {
            cleaned.push(if self.tab { '\t' } else { ' ' });
        }
        *self = Self { started: true, columns: 0, tab: false };
        *breaks = 0;
    }
}
