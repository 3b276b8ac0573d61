//! Asks the model until it answers: whenever it calls tools, they run, and it is asked again with their results. After a
//! number of calls it is asked for an answer without tools.

use super::{
    Turns,
    live::LiveTurn,
    prompt::tokens_of,
    run::{Asked, Heard, Held},
};
use crate::{
    domain::{
        conversation::{MessageStatus, Step, StepEvent, TurnFailure, Usage},
        ids::UserId,
    },
    model::{Prompt, PromptMessage, ToolCall, is_object},
    service::{
        realtime::Feed,
        toolbox::{ARGUMENTS_MAX, RESULT_MAX, ToolOutcome, Toolbox, cut},
    },
};
use tokio::time::Instant;

/// The most tool calls of a turn.
const STEPS_MAX: usize = 8;
/// The most bytes of a result that is shown.
const SHOWN_MAX: usize = 8_000;
/// The least that the model is given of a result, in bytes, however little of the context is left.
const RESULT_MIN: usize = 1_000;

impl Turns {
    pub(super) async fn converse(
        &self,
        held: &Held,
        prompt: &mut Prompt,
        live: &LiveTurn,
        feed: Option<&Feed>,
    ) -> Heard {
        let deadline = Instant::now() + self.time_limit;
        let mut used = Some(Usage { input_tokens: 0, output_tokens: 0 });
        let mut steps = 0;
        loop {
            prompt.time_limit = deadline.saturating_duration_since(Instant::now());
            let Asked { calls, text, reasoning, usage } =
                match self.hear_whole(held, prompt, deadline, (live, feed)).await {
                    Heard::Calls(asked) => asked,
                    Heard::Answer { status, usage, model } => {
                        return Heard::Answer { status, usage: together(used, usage), model };
                    }
                    heard => return heard,
                };
            // A model that calls tools although it has none gets no further chance.
            if prompt.tools.is_empty() {
                return match live.len() {
                    0 => Heard::Failure(TurnFailure::Model),
                    _ => Heard::Answer { status: MessageStatus::Complete, usage: together(used, usage), model: None },
                };
            }
            used = together(used, usage);
            let reasoning = Some(reasoning).filter(|reasoning| !reasoning.is_empty());
            prompt.messages.push(PromptMessage::Assistant { text, reasoning, calls: calls.clone() });
            for call in calls {
                let outcome = if steps == STEPS_MAX {
                    ToolOutcome { text: "No more tools can be called in this turn.".to_owned(), has_failed: true }
                } else {
                    steps += 1;
                    let step = self.step(held.place.user, &held.toolbox, &call, live);
                    tokio::select! {
                        outcome = step => outcome,
                        () = live.cancelled() => {
                            return Heard::Answer { status: MessageStatus::Cancelled, usage: None, model: None };
                        }
                        () = tokio::time::sleep_until(deadline) => return Heard::Failure(TurnFailure::Timeout),
                    }
                };
                let ToolOutcome { text, has_failed: is_error } = outcome;
                let text = held.toolbox.fenced(&text, self.room(prompt));
                prompt.messages.push(PromptMessage::ToolResult { call: call.id, name: call.name, text, is_error });
            }
            if steps == STEPS_MAX {
                prompt.tools = Vec::new();
            }
        }
    }

    /// Runs a tool, and tells those who follow the turn.
    async fn step(&self, user: UserId, toolbox: &Toolbox, call: &ToolCall, live: &LiveTurn) -> ToolOutcome {
        let is_shown = call.arguments.len() <= ARGUMENTS_MAX && is_object(&call.arguments);
        let arguments = if is_shown { &call.arguments } else { "{}" };
        let step = Step {
            at: live.len(),
            tool: cut(&call.name, 64).to_owned(),
            arguments: arguments.to_owned(),
            result: String::new(),
            has_failed: false,
        };
        live.push_step(StepEvent { step: step.clone(), has_ended: false });
        let outcome = self.tools.call(user, toolbox, &call.name, &call.arguments).await;
        let result = cut(&outcome.text, SHOWN_MAX).to_owned();
        let step = Step { result, has_failed: outcome.has_failed, ..step };
        live.push_step(StepEvent { step, has_ended: true });
        outcome
    }

    /// How many bytes of a result fit into the context.
    fn room(&self, prompt: &Prompt) -> usize {
        self.limits.bytes_left(tokens_of(prompt)).clamp(RESULT_MIN, RESULT_MAX)
    }
}

/// The usage of several answers. Unknown if that of one is.
fn together(one: Option<Usage>, other: Option<Usage>) -> Option<Usage> {
    one.zip(other).map(|(one, other)| Usage {
        input_tokens: one.input_tokens.saturating_add(other.input_tokens),
        output_tokens: one.output_tokens.saturating_add(other.output_tokens),
    })
}
