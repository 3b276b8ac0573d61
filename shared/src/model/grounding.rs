//! What a model is given of files: passages, and what the user attached. It goes with the user's last message. Texts of
//! files are data.

use super::fence::{Fence, as_data};
use bytes::Bytes;

/// What the user's last message is answered from, besides the conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grounding {
    /// Stands around passages.
    pub fence: Fence,
    /// Passages of files, best first.
    pub passages: Vec<Passage>,
    /// Images that the user attached.
    pub images: Vec<Image>,
    /// What else the user attached, and why it cannot be read.
    pub unread: Vec<String>,
}

/// A passage of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Where it is: `report.pdf, p. 12`.
    pub place: String,
    /// The passage.
    pub text: String,
}

/// An image.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Bytes,
}

impl Grounding {
    /// What the model has to know about passages. `None` without any.
    pub fn instructions(&self) -> Option<String> {
        (!self.passages.is_empty()).then(|| {
            let data = self.fence.explained("Passages of files");
            format!(
                "{data} Answer from them where they fit, and name the file and the page. If they do not answer the \
                 question, say so."
            )
        })
    }

    /// What stands before the user's last message. Without `sends_images`, images are named. Empty if there is nothing.
    pub fn preface(&self, sends_images: bool) -> String {
        let mut text = String::new();
        if !self.passages.is_empty() {
            let numbered =
                |(at, Passage { place, text }): (usize, &Passage)| format!("[{}] {place}\n{}", at + 1, text.trim());
            let passages: Vec<String> = self.passages.iter().enumerate().map(numbered).collect();
            text = self.fence.around(&passages.join("\n\n")) + "\n\n";
        }
        for unread in &self.unread {
            text.push_str(&format!("(Attached, but not readable: {})\n", as_data(unread)));
        }
        for image in self.images.iter().filter(|_| !sends_images) {
            text.push_str(&format!("(Attached, but not visible to you: the image {})\n", as_data(&image.name)));
        }
        text
    }
}
