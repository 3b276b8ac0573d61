//! Makes text of characters with positions: spaces between words, and the breaks of lines and paragraphs.

use crate::pages::TEXT_MAX;
use pdf_extract::{MediaBox, OutputDev, OutputError, Transform};

/// A gap that is wider is a space. Gaps, lines and paragraphs are measured in sizes of the font.
const SPACE: f64 = 0.1;
/// A step backwards that is longer begins another piece of text, on the same line.
const BACKWARDS: f64 = 1.0;
/// A step across the direction of writing that is longer begins a line. Superscripts are nearer.
const LINE: f64 = 0.5;
/// A step across that is longer begins a paragraph.
const PARAGRAPH: f64 = 1.9;

/// Collects the text of a page.
#[derive(Default)]
pub struct Layout {
    /// The text so far.
    pub text: String,
    /// The last character. `None` at the beginning.
    last: Option<Placed>,
    /// Whether the next character begins a string, so that it may be anywhere.
    is_first: bool,
}

/// Where a character is, in the coordinates of the page.
#[derive(Clone, Copy)]
struct Placed {
    start: (f64, f64),
    end: (f64, f64),
    /// The direction of writing, with length 1.
    direction: (f64, f64),
    /// The size of the font.
    size: f64,
}

impl Placed {
    fn new(transform: &Transform, width: f64, font_size: f64) -> Option<Self> {
        let start = (transform.m31, transform.m32);
        let scale = transform.m11.hypot(transform.m12);
        let size = font_size.abs() * transform.m21.hypot(transform.m22);
        let direction = (transform.m11 / scale * font_size.signum(), transform.m12 / scale * font_size.signum());
        let advance = width * font_size.abs() * scale;
        let end = (start.0 + direction.0 * advance, start.1 + direction.1 * advance);
        let placed = Self { start, end, direction, size };
        [start.0, start.1, end.0, end.1, size].iter().all(|number| number.is_finite()).then_some(placed)
    }

    /// What is between the last character and this one: nothing, a space, or the end of a line or a paragraph.
    fn separator_after(&self, last: &Self) -> &'static str {
        let size = self.size.max(last.size);
        let step = (self.start.0 - last.end.0, self.start.1 - last.end.1);
        let (along_x, along_y) = last.direction;
        let (along, across) = (step.0 * along_x + step.1 * along_y, step.1 * along_x - step.0 * along_y);
        let is_turned = self.direction.0 * along_x + self.direction.1 * along_y < 0.5;
        if across.abs() > PARAGRAPH * size {
            "\n\n"
        } else if across.abs() > LINE * size || is_turned {
            "\n"
        } else if along > SPACE * self.size.min(last.size) || along < -BACKWARDS * size {
            " "
        } else {
            ""
        }
    }
}

impl OutputDev for Layout {
    fn begin_page(&mut self, _: u32, _: &MediaBox, _: Option<(f64, f64, f64, f64)>) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        transform: &Transform,
        width: f64,
        _: f64,
        font_size: f64,
        character: &str,
    ) -> Result<(), OutputError> {
        if self.text.len() > TEXT_MAX {
            return Err(OutputError::FormatError(std::fmt::Error));
        }
        let placed = Placed::new(transform, width, font_size);
        if let (Some(placed), Some(last), true) = (&placed, &self.last, self.is_first) {
            self.text.push_str(placed.separator_after(last));
        }
        self.text.extend(character.chars().map(|c| if c.is_control() { ' ' } else { c }));
        self.is_first = false;
        self.last = placed.or(self.last);
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        self.is_first = true;
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}
