//! Puts the calls of tools together from their pieces, which providers number and name in different ways.

use super::{Delta, End, EndReason, ModelError, PromptMessage, ToolCall};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The most calls in one answer.
const CALLS_MAX: usize = 128;
/// The most bytes of the arguments of all calls in one answer.
const ARGUMENTS_MAX: usize = 1 << 20;

/// The calls of an answer, as far as they have come.
#[derive(Default)]
pub(super) struct Calls {
    calls: Vec<PartialCall>,
    size: usize,
}

/// A piece of a call. What is absent is empty.
pub(super) struct CallPiece {
    /// The number of the call in the answer.
    pub index: Option<u64>,
    pub id: String,
    pub name: String,
    /// A string, which may be a part, or an object.
    pub arguments: Value,
}

#[derive(Default)]
struct PartialCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Calls {
    /// Takes a piece of a call.
    ///
    /// # Errors
    /// `Broken` when there are too many calls, or their arguments are too long.
    pub fn push(&mut self, piece: CallPiece) -> Result<(), ModelError> {
        let CallPiece { index, id, name, arguments } = piece;
        let (arguments, are_whole) = match arguments {
            Value::Null => (String::new(), false),
            Value::String(part) => (part, false),
            whole => (whole.to_string(), true),
        };
        self.size += id.len() + name.len() + arguments.len();
        let at = self.call_of(index, &id, &name, &arguments).unwrap_or(self.calls.len());
        if at == self.calls.len() {
            self.calls.push(PartialCall::default());
        }
        if self.calls.len() > CALLS_MAX || self.size > ARGUMENTS_MAX {
            return Err(ModelError::Broken("there are too many tool calls"));
        }
        let call = &mut self.calls[at];
        call.index = call.index.or(index);
        for (known, new) in [(&mut call.id, id), (&mut call.name, name)] {
            if known.is_empty() {
                *known = new;
            }
        }
        if are_whole {
            call.arguments = arguments;
        } else {
            call.arguments.push_str(&arguments);
        }
        Ok(())
    }

    /// The place of the call that a piece continues. `None` if it begins another call.
    fn call_of(&self, index: Option<u64>, id: &str, name: &str, arguments: &str) -> Option<usize> {
        let is_same = |call: &PartialCall| {
            !id.is_empty() && call.id == id && (index.is_none() || call.index.is_none() || call.index == index)
        };
        if let Some(at) = self.calls.iter().position(is_same) {
            return Some(at);
        }
        let at = match index {
            Some(_) => self.calls.iter().rposition(|call| call.index == index)?,
            None => self.calls.len().checked_sub(1)?,
        };
        let call = &self.calls[at];
        // A piece without a name continues a call. Otherwise, another id tells another call from a repeated name, and so
        // do arguments after complete ones.
        let is_another = !name.is_empty()
            && ((!id.is_empty() && !call.id.is_empty()) || (!arguments.is_empty() && is_object(&call.arguments)));
        (!is_another).then_some(at)
    }

    /// Appends the calls and the end of an answer that stopped for `end.reason`, in a conversation with `earlier` calls.
    /// There is at least one call if the reason becomes [`ToolCalls`](EndReason::ToolCalls), and none otherwise.
    ///
    /// # Errors
    /// `Broken` when a call has no name.
    pub fn end(self, earlier: usize, mut end: End, deltas: &mut Vec<Delta>) -> Result<(), ModelError> {
        let calls = self.finish(earlier, end.reason == EndReason::Length)?;
        end.reason = match end.reason {
            EndReason::Filtered => EndReason::Filtered,
            _ if !calls.is_empty() => EndReason::ToolCalls,
            EndReason::ToolCalls => EndReason::Complete,
            reason => reason,
        };
        if end.reason == EndReason::ToolCalls {
            deltas.extend(calls.into_iter().map(Delta::ToolCall));
        }
        deltas.push(Delta::End(end));
        Ok(())
    }

    /// The complete calls. Missing and repeated ids are replaced by nine letters and digits, numbered from `earlier`
    /// on. Calls whose arguments are not an object are left out if the answer was `cut`.
    ///
    /// # Errors
    /// `Broken` when a call has no name.
    fn finish(self, earlier: usize, cut: bool) -> Result<Vec<ToolCall>, ModelError> {
        let given: HashSet<String> = self.calls.iter().map(|call| call.id.clone()).collect();
        let mut made = (earlier..).map(|number| format!("call{number:05}")).filter(|id| !given.contains(id));
        let (mut taken, mut calls) = (HashSet::from([String::new()]), Vec::new());
        for PartialCall { index: _, id, name, arguments } in self.calls {
            let arguments = if arguments.trim().is_empty() { "{}".to_owned() } else { arguments };
            if cut && !is_object(&arguments) {
                continue;
            }
            if name.is_empty() {
                return Err(ModelError::Broken("a tool call has no name"));
            }
            let id = if taken.insert(id.clone()) { id } else { made.next().unwrap_or(id) };
            calls.push(ToolCall { id, name, arguments });
        }
        Ok(calls)
    }
}

/// How many calls a conversation has.
pub(super) fn calls_in(messages: &[PromptMessage]) -> usize {
    let calls = messages.iter().map(|message| match message {
        PromptMessage::Assistant { calls, .. } => calls.len(),
        PromptMessage::User(_) | PromptMessage::ToolResult { .. } => 0,
    });
    calls.sum()
}

/// Whether `text` is a JSON object.
pub(crate) fn is_object(text: &str) -> bool {
    text.trim_end().ends_with('}') && serde_json::from_str::<Map<String, Value>>(text).is_ok()
}
