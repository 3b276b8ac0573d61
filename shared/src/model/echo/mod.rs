//! The embedded default model. It answers every message at once with the same sentence, or with what it was given of
//! files, without cost. For tests of
//! clients, a message can be a script of its answers; `script` reads it.

mod script;
mod values;

use super::{ChatModel, Delta, End, EndReason, ModelError, Passage, Prompt, PromptMessage, ToolCall};
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use script::{Failure, Script, ScriptedAnswer};
use std::time::Duration;
use tokio::time::sleep;

/// Answers `This is a dummy response from the AI.` (source: spec 004, "Chat API"), or quotes the passages that it is given.
#[derive(Debug, Clone, Copy)]
pub struct Echo;

/// Answers like [`Echo`], but plays messages whose first line begins with `/echo`. `docs/testing-clients.md` has the
/// syntax.
#[derive(Debug, Clone, Copy)]
pub struct EchoScripts;

/// The most passages that are quoted.
const QUOTED_MAX: usize = 3;
const REPLY: &str = "This is a dummy response from the AI.";

/// A part of an answer, after a pause.
type Played = (Duration, Result<Delta, ModelError>);

impl ChatModel for Echo {
    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Delta, ModelError>> {
        say(quoted(&prompt.grounding.passages).unwrap_or_else(|| REPLY.to_owned()))
    }

    fn writes_titles(&self) -> bool {
        false
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        ready(Ok(())).boxed()
    }
}

impl ChatModel for EchoScripts {
    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Delta, ModelError>> {
        let (message, answered) = question(&prompt);
        match Script::parse(message) {
            None => Echo.answer(prompt),
            Some(Err(mistake)) => say(mistake.explained()),
            Some(Ok(script)) => match script.answers.into_iter().nth(answered) {
                None => say(REPLY.to_owned()),
                Some(answer) => stream::iter(played(answer, answered, prompt.time_limit)).then(after_pause).boxed(),
            },
        }
    }

    fn writes_titles(&self) -> bool {
        false
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        Echo.probe()
    }
}

fn say(text: String) -> BoxStream<'static, Result<Delta, ModelError>> {
    let end = End { reason: EndReason::Complete, usage: None, model: None };
    stream::iter([Ok(Delta::Text(text)), Ok(Delta::End(end))]).boxed()
}

/// The best passages, with their places. `None` without any.
fn quoted(passages: &[Passage]) -> Option<String> {
    let quote = |Passage { place, text }: &Passage| {
        let lines = text.trim().lines().map(|line| format!("> {line}"));
        format!("From {place}:\n\n{}", lines.collect::<Vec<_>>().join("\n"))
    };
    let quotes: Vec<String> = passages.iter().take(QUOTED_MAX).map(quote).collect();
    (!quotes.is_empty()).then(|| quotes.join("\n\n"))
}

/// The user's last message, and how often the model already answered it with calls of tools.
fn question(prompt: &Prompt) -> (&str, usize) {
    let mut answered = 0;
    for message in prompt.messages.iter().rev() {
        match message {
            PromptMessage::User(text) => return (text, answered),
            PromptMessage::Assistant { .. } => answered += 1,
            PromptMessage::ToolResult { .. } => {}
        }
    }
    ("", answered)
}

async fn after_pause((pause, part): Played) -> Result<Delta, ModelError> {
    if !pause.is_zero() {
        sleep(pause).await;
    }
    part
}

/// The parts of the answer. `number` is that of the answer in its turn.
fn played(answer: ScriptedAnswer, number: usize, time_limit: Duration) -> Vec<Played> {
    let ScriptedAnswer { text, pieces, wait, delay, reasoning, calls, failure, usage, end } = answer;
    let text = text.unwrap_or_else(|| if calls.is_empty() { REPLY.to_owned() } else { String::new() });
    let mut said = cut(&text, pieces);
    let failure = failure.map(|(failure, after)| {
        said.truncate(after);
        failure
    });
    let reasoning = reasoning.into_iter().map(Delta::Reasoning);
    let mut parts: Vec<Played> =
        reasoning.chain(said.into_iter().map(Delta::Text)).map(|part| (delay, Ok(part))).collect();
    match failure {
        Some(Failure::Hang) => parts.push((time_limit, Err(ModelError::TimedOut))),
        Some(Failure::At(error)) => parts.push((delay, Err(error))),
        None => {
            let reason = if calls.is_empty() { end } else { EndReason::ToolCalls };
            let calls = calls.into_iter().enumerate().map(|(at, (name, arguments))| {
                let id = format!("call_{}_{}", number + 1, at + 1);
                (delay, Ok(Delta::ToolCall(ToolCall { id, name, arguments })))
            });
            parts.extend(calls);
            parts.push((Duration::ZERO, Ok(Delta::End(End { reason, usage, model: None }))));
        }
    }
    if let Some((first, _)) = parts.first_mut() {
        *first += wait;
    }
    parts
}

/// The text in `pieces` of about the same length, or one of each character if there are fewer.
fn cut(text: &str, pieces: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let pieces = pieces.min(characters.len());
    let begin = |piece: usize| piece * characters.len() / pieces;
    (0..pieces).map(|piece| characters[begin(piece)..begin(piece + 1)].iter().collect()).collect()
}
