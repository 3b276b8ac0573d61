//! Turns the body of an answer into deltas.

use super::{
    error::ProviderError,
    events::{Body, Event},
    surrogates::Surrogates,
    think_tags::ThinkTags,
    wire::{Choice, Chunk, ChunkUsage, Piece},
};
use crate::model::{Delta, End, EndReason, ModelError, Usage, calls::Calls};
use serde::Deserialize;
use serde_json::Value;

/// An answer, as far as it has come.
pub(super) struct Reader {
    body: Body,
    surrogates: Surrogates,
    text: ThinkTags,
    calls: Calls,
    /// How many calls the conversation has already.
    earlier_calls: usize,
    reason: Option<EndReason>,
    /// Whether `[DONE]` came.
    is_done: bool,
    usage: Option<Usage>,
    model: Option<String>,
    sends_reasoning_content: bool,
}

impl Reader {
    /// For an answer to a conversation with this many calls of tools.
    pub fn new(earlier_calls: usize) -> Self {
        Self {
            body: Body::Unknown(Vec::new()),
            surrogates: Surrogates::default(),
            text: ThinkTags::default(),
            calls: Calls::default(),
            earlier_calls,
            reason: None,
            is_done: false,
            usage: None,
            model: None,
            sends_reasoning_content: false,
        }
    }

    /// Takes the next bytes, and appends what they tell to `deltas`, also when there is an error in the end.
    ///
    /// # Errors
    /// When the answer is broken, or the provider tells of an error.
    pub fn push(&mut self, bytes: &[u8], deltas: &mut Vec<Delta>) -> Result<(), ModelError> {
        let mut events = Vec::new();
        let result = self.body.push(bytes, &mut events);
        self.read(events, deltas)?;
        if self.is_done { Ok(()) } else { result }
    }

    /// Takes the end of the body, and appends the rest, with [`Delta::End`] as the last.
    ///
    /// # Errors
    /// When the answer is broken, or ended before its end.
    pub fn finish(&mut self, deltas: &mut Vec<Delta>) -> Result<(), ModelError> {
        let mut events = Vec::new();
        let result = self.body.finish(&mut events).and_then(|()| self.read(events, deltas));
        self.text.finish(deltas);
        if !self.has_ended() {
            result?;
            return Err(ModelError::Broken("the body ended without a finish reason"));
        }
        let reason = self.reason.unwrap_or(EndReason::Complete);
        let end = End { reason, usage: self.usage, model: self.model.take() };
        std::mem::take(&mut self.calls).end(self.earlier_calls, end, deltas)
    }

    /// Whether nothing more is to be read.
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Whether the answer is complete. Its usage may still come.
    pub const fn has_ended(&self) -> bool {
        self.is_done || self.reason.is_some()
    }

    /// Whether the provider sends its reasoning as `reasoning_content`.
    pub const fn sends_reasoning_content(&self) -> bool {
        self.sends_reasoning_content
    }

    fn read(&mut self, events: Vec<Event>, deltas: &mut Vec<Delta>) -> Result<(), ModelError> {
        for event in events {
            self.read_event(&event, deltas)?;
        }
        Ok(())
    }

    fn read_event(&mut self, event: &Event, deltas: &mut Vec<Delta>) -> Result<(), ModelError> {
        if event.is_error && !self.is_done {
            return Err(ProviderError::read(STREAM_STATUS, event.data.as_bytes()).error());
        }
        // Some providers leave out the blank lines between events. JSON has no line breaks that matter.
        let is_whole =
            self.body.is_document() || !event.data.contains('\n') || serde_json::from_str::<Value>(&event.data).is_ok();
        let parts: Vec<&str> = if is_whole { vec![&event.data] } else { event.data.lines().collect() };
        for data in parts.into_iter().map(str::trim) {
            // A colon begins a comment that was sent as data.
            if self.is_done || data.is_empty() || data.starts_with(':') {
                continue;
            }
            if data == "[DONE]" {
                self.is_done = true;
                continue;
            }
            self.read_chunk(data, deltas)?;
        }
        Ok(())
    }

    fn read_chunk(&mut self, data: &str, deltas: &mut Vec<Delta>) -> Result<(), ModelError> {
        // As a `Value` first: of repeated keys the last one counts.
        let value: Result<Value, _> =
            serde_json::from_str(data).or_else(|_| serde_json::from_str(&self.surrogates.joined(data)));
        let value = value.map_err(|_| ModelError::Broken("an event is not JSON"))?;
        let chunk = Chunk::deserialize(value).map_err(|_| ModelError::Broken("an event is not a JSON object"))?;
        let Chunk { choices, usage, model, error, object } = chunk;
        if error.is_some() || object.as_deref() == Some("error") {
            return Err(ProviderError::read(STREAM_STATUS, data.as_bytes()).error());
        }
        self.usage = usage.and_then(read_usage).or(self.usage);
        self.model = self.model.take().or(model).filter(|model| !model.is_empty());
        let Some(choice) = choices.into_iter().flatten().next() else { return Ok(()) };
        let Choice { delta, message, finish_reason } = choice;
        if let Some(piece) = delta.or(message) {
            self.read_piece(piece, deltas)?;
        }
        match finish_reason.as_deref() {
            Some("error") => return Err(ModelError::Failed(STREAM_STATUS)),
            Some("length" | "max_tokens" | "model_length") => self.reason = Some(EndReason::Length),
            Some("tool_calls" | "function_call" | "tool_use") => self.reason = Some(EndReason::ToolCalls),
            Some("content_filter" | "safety") => self.reason = Some(EndReason::Filtered),
            None | Some("") => {}
            Some(_) => self.reason = Some(EndReason::Complete),
        }
        // A whole completion needs no mark of its end.
        self.is_done |= self.body.is_document();
        Ok(())
    }

    fn read_piece(&mut self, piece: Piece, deltas: &mut Vec<Delta>) -> Result<(), ModelError> {
        let Piece { content, reasoning_content, reasoning, tool_calls } = piece;
        let reasoning_content = reasoning_content.filter(|thought| !thought.is_empty());
        self.sends_reasoning_content |= reasoning_content.is_some();
        // Some providers send the same under both names.
        self.reason_with(&reasoning_content.or(reasoning).unwrap_or_default(), deltas);
        match content {
            Some(Value::String(text)) => self.text.push(&text, deltas),
            Some(Value::Array(parts)) => parts.iter().for_each(|part| self.read_part(part, deltas)),
            _ => {}
        }
        tool_calls.into_iter().flatten().try_for_each(|call| self.calls.push(call.into()))
    }

    /// `{"type": "text", "text": "Hi"}` or `{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}`
    fn read_part(&mut self, part: &Value, deltas: &mut Vec<Delta>) {
        match part["type"].as_str() {
            Some("text") => self.text.push(part["text"].as_str().unwrap_or_default(), deltas),
            Some(kind @ ("thinking" | "reasoning")) => match &part[kind] {
                Value::Array(thoughts) => {
                    for thought in thoughts {
                        self.reason_with(thought["text"].as_str().unwrap_or_default(), deltas);
                    }
                }
                thought => self.reason_with(thought.as_str().unwrap_or_default(), deltas),
            },
            _ => {}
        }
    }

    fn reason_with(&mut self, thought: &str, deltas: &mut Vec<Delta>) {
        if !thought.is_empty() {
            self.text.begin_text();
            deltas.push(Delta::Reasoning(thought.to_owned()));
        }
    }
}

/// The status of an answer that tells of an error without a status.
const STREAM_STATUS: u16 = 200;

/// Reasoning is part of the output, although some providers count it in the total only.
fn read_usage(usage: ChunkUsage) -> Option<Usage> {
    let ChunkUsage { prompt_tokens, completion_tokens, total_tokens } = usage;
    let (input_tokens, completion) = (prompt_tokens?, completion_tokens?);
    let output_tokens = total_tokens.unwrap_or(0).saturating_sub(input_tokens).max(completion);
    (input_tokens > 0 || output_tokens > 0).then_some(Usage { input_tokens, output_tokens })
}
