//! Turns the events of an answer into deltas.

use crate::model::{
    Delta, End, EndReason, ModelError, Usage,
    calls::{CallPiece, Calls},
};
use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockStart, ConverseStreamOutput as Event, ReasoningContentBlockDelta, StopReason,
    TokenUsage,
};
use serde_json::Value;
use std::mem;

/// An answer, as far as it has come.
pub(super) struct Reader {
    calls: Calls,
    /// How many calls the conversation has already.
    earlier_calls: usize,
    reason: Option<EndReason>,
    usage: Option<Usage>,
    /// The model that was asked.
    model: String,
}

impl Reader {
    /// For an answer of `model` to a conversation with this many calls of tools.
    pub fn new(model: String, earlier_calls: usize) -> Self {
        Self { calls: Calls::default(), earlier_calls, reason: None, usage: None, model }
    }

    /// Takes the next event, and appends what it tells to `deltas`.
    ///
    /// # Errors
    /// When the answer is broken.
    pub fn push(&mut self, event: Event, deltas: &mut Vec<Delta>) -> Result<(), ModelError> {
        match event {
            Event::ContentBlockStart(event) => {
                if let Some(ContentBlockStart::ToolUse(call)) = event.start {
                    let index = u64::try_from(event.content_block_index).ok();
                    let arguments = Value::Null;
                    self.calls.push(CallPiece { index, id: call.tool_use_id, name: call.name, arguments })?;
                }
            }
            Event::ContentBlockDelta(event) => match event.delta {
                Some(ContentBlockDelta::Text(text)) if !text.is_empty() => deltas.push(Delta::Text(text)),
                Some(ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Text(thought)))
                    if !thought.is_empty() =>
                {
                    deltas.push(Delta::Reasoning(thought));
                }
                Some(ContentBlockDelta::ToolUse(piece)) => {
                    let (index, nothing) = (u64::try_from(event.content_block_index).ok(), String::new());
                    let arguments = Value::String(piece.input);
                    self.calls.push(CallPiece { index, id: nothing.clone(), name: nothing, arguments })?;
                }
                _ => {}
            },
            Event::MessageStop(event) => self.reason = Some(read_reason(&event.stop_reason)?),
            Event::Metadata(event) => self.usage = event.usage.as_ref().and_then(read_usage),
            // The beginning of the answer, the end of a part, and events that are not known.
            _ => {}
        }
        Ok(())
    }

    /// Takes the end of the events, and appends the rest, with [`Delta::End`] as the last.
    ///
    /// # Errors
    /// When the answer is broken, or ended before its end.
    pub fn finish(&mut self, deltas: &mut Vec<Delta>) -> Result<(), ModelError> {
        let reason = self.reason.ok_or(ModelError::Broken("the events ended without a stop reason"))?;
        let end = End { reason, usage: self.usage, model: Some(mem::take(&mut self.model)) };
        mem::take(&mut self.calls).end(self.earlier_calls, end, deltas)
    }

    /// Whether the answer is complete. Its usage may still come.
    pub const fn has_ended(&self) -> bool {
        self.reason.is_some()
    }
}

fn read_reason(reason: &StopReason) -> Result<EndReason, ModelError> {
    match reason {
        StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => Ok(EndReason::Length),
        StopReason::ToolUse => Ok(EndReason::ToolCalls),
        StopReason::GuardrailIntervened | StopReason::ContentFiltered => Ok(EndReason::Filtered),
        StopReason::MalformedModelOutput => Err(ModelError::Broken("the output of the model is malformed")),
        StopReason::MalformedToolUse => Err(ModelError::Broken("a tool call of the model is malformed")),
        // `end_turn`, `stop_sequence`, and reasons that are not known.
        _ => Ok(EndReason::Complete),
    }
}

/// What was read from a cache and written to one is not part of the number of input tokens, but of the prompt.
fn read_usage(usage: &TokenUsage) -> Option<Usage> {
    let count = |tokens: i32| u64::try_from(tokens).unwrap_or(0);
    let cached = [usage.cache_read_input_tokens, usage.cache_write_input_tokens].into_iter().flatten();
    let input_tokens = count(usage.input_tokens) + cached.map(count).sum::<u64>();
    let output_tokens = count(usage.output_tokens);
    (input_tokens > 0 || output_tokens > 0).then_some(Usage { input_tokens, output_tokens })
}
