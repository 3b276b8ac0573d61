//! Separates reasoning that a model writes into its text, between `<think>` and `</think>`.

use crate::model::Delta;
use std::mem;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// When this many bytes of white space wait for text, more is dropped.
const LEAD_MAX: usize = 1024;

/// The text of an answer, as far as it has come.
#[derive(Default)]
pub(super) struct ThinkTags {
    /// Whether the text is between the tags.
    inside: bool,
    /// The end of what came, which may be the beginning of a tag.
    held: String,
    /// White space at the beginning of the text, which is dropped if reasoning follows.
    lead: String,
    /// The last character of the text that was given out.
    last: Option<char>,
    /// Whether white space is dropped until there is text.
    trims: bool,
}

impl ThinkTags {
    /// Takes a piece of the content, and appends what it tells to `deltas`.
    pub fn push(&mut self, piece: &str, deltas: &mut Vec<Delta>) {
        let mut content = mem::take(&mut self.held);
        content.push_str(piece);
        let mut rest = content.as_str();
        loop {
            let tag = if self.inside { CLOSE } else { OPEN };
            let Some(at) = rest.find(tag) else { break };
            let (before, after) = (&rest[..at], &rest[at + tag.len()..]);
            rest = after;
            let preceding = before.chars().next_back().or(self.last);
            if !self.inside && preceding == Some('`') {
                // The answer is about the tag.
                self.give(before, deltas);
                self.give(tag, deltas);
                continue;
            }
            self.give(before, deltas);
            self.inside = !self.inside;
            self.begin_text();
        }
        let tag = if self.inside { CLOSE } else { OPEN };
        let held = (1..tag.len()).rev().find(|&length| rest.ends_with(&tag[..length])).unwrap_or(0);
        let (now, later) = rest.split_at(rest.len() - held);
        self.give(now, deltas);
        later.clone_into(&mut self.held);
    }

    /// Notes that reasoning came by another way: white space after it is not part of the text.
    pub fn begin_text(&mut self) {
        self.lead.clear();
        self.trims = self.last.is_none_or(char::is_whitespace);
    }

    /// Appends what is left at the end of the answer.
    pub fn finish(&mut self, deltas: &mut Vec<Delta>) {
        let held = mem::take(&mut self.held);
        self.give(&held, deltas);
    }

    fn give(&mut self, piece: &str, deltas: &mut Vec<Delta>) {
        if self.inside {
            if !piece.is_empty() {
                deltas.push(Delta::Reasoning(piece.to_owned()));
            }
            return;
        }
        let piece = if self.trims { piece.trim_start() } else { piece };
        if self.last.is_none() && piece.trim().is_empty() {
            if self.lead.len() < LEAD_MAX {
                self.lead.push_str(piece);
            }
            return;
        }
        let Some(last) = piece.chars().next_back() else { return };
        self.last = Some(last);
        self.trims = false;
        deltas.push(Delta::Text(mem::take(&mut self.lead) + piece));
    }
}
