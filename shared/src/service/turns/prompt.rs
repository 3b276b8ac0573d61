//! What a model is told: the assistant's instructions, as much of the conversation as fits, and the question.

use crate::{
    domain::{
        assistant::{Assistant, Character},
        conversation::{Said, Turn},
        models::Models,
    },
    model::{Grounding, Prompt, PromptMessage},
};
use std::time::Duration;

/// The sizes that a prompt must keep to.
#[derive(Debug, Clone, Copy)]
pub struct ContextLimits {
    /// The length of the model's context, in tokens.
    pub context_tokens: usize,
    /// The maximum length of an answer, in tokens. `None` for the provider's default.
    pub output_tokens: Option<u32>,
}

/// The part of the context that is kept for an answer whose length is not limited.
const OUTPUT_SHARE: usize = 4;
/// The part of a prompt that passages of files may have.
const PASSAGES_PERCENT: usize = 45;
/// What an image counts for, in tokens.
const IMAGE_TOKENS: usize = 1_000;
/// The mark in place of what was cut out of a message that is longer than the context.
const CUT_MARK: &str = "\n[…]\n";

impl ContextLimits {
    /// The tokens for instructions, history and question.
    fn prompt_tokens(self) -> usize {
        let output = self.output_tokens.map_or(self.context_tokens / OUTPUT_SHARE, |tokens| tokens as usize);
        self.context_tokens.saturating_sub(output).max(self.context_tokens / OUTPUT_SHARE)
    }

    /// The most tokens that an answer to `prompt` can have.
    pub(super) fn longest_answer(self, prompt: &Prompt) -> u64 {
        let left = (self.context_tokens as u64).saturating_sub(tokens_of(prompt)).max(1);
        self.output_tokens.map_or(left, u64::from)
    }

    /// How many bytes of passages are told for a question to an assistant, so that most of the context is left for the
    /// conversation.
    pub(super) fn passages_bytes(self, assistant: Option<&Assistant>, said: &Said) -> usize {
        let instructions = assistant.and_then(|assistant| instructions(&assistant.character));
        let needed = instructions.as_deref().map_or(0, tokens) + tokens(said.text.as_str());
        self.prompt_tokens().saturating_sub(needed) * BYTES_PER_TOKEN * PASSAGES_PERCENT / 100
    }

    /// About how many bytes more fit into a prompt of so many tokens, when half of what is left is kept.
    pub(super) fn bytes_left(self, tokens: u64) -> usize {
        let tokens = usize::try_from(tokens).unwrap_or(usize::MAX);
        self.prompt_tokens().saturating_sub(tokens) * BYTES_PER_TOKEN / 2
    }

    /// The most bytes of history that can be useful.
    pub fn history_bytes(self) -> usize {
        self.prompt_tokens() * BYTES_PER_TOKEN
    }
}

/// An estimate that is right for few models and safe for most: three bytes are a token.
const BYTES_PER_TOKEN: usize = 3;
/// What each message costs besides its text.
const TOKENS_PER_MESSAGE: usize = 4;

fn tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE
}

/// The tokens of a prompt, as an estimate.
pub(super) fn tokens_of(prompt: &Prompt) -> u64 {
    let messages = prompt.messages.iter().map(|message| match message {
        PromptMessage::User(text) | PromptMessage::Assistant { text, .. } | PromptMessage::ToolResult { text, .. } => {
            tokens(text)
        }
    });
    let grounding = tokens_of_grounding(&prompt.grounding);
    let all = messages.sum::<usize>() + prompt.instructions.as_deref().map_or(0, tokens) + grounding;
    all as u64
}

fn tokens_of_grounding(grounding: &Grounding) -> usize {
    grounding.preface(true).len().div_ceil(BYTES_PER_TOKEN) + grounding.images.len() * IMAGE_TOKENS
}

/// The tokens of an answer, as an estimate.
pub(super) const fn tokens_of_answer(text: &str) -> u64 {
    text.len().div_ceil(BYTES_PER_TOKEN) as u64
}

/// The most tokens that a provider may count in a prompt. Texts with many digits and signs have more than the estimate.
pub(super) fn most_tokens_of(prompt: &Prompt) -> u64 {
    tokens_of(prompt) * 3 / 2
}

/// The prompt with the later half of its history and the better half of its passages, for a model whose context is shorter
/// than expected. `None` if it has neither to halve. A single passage stays, because the instructions speak of it.
pub(super) fn halved(mut prompt: Prompt) -> Option<Prompt> {
    let messages = prompt.messages.iter().enumerate();
    let questions: Vec<usize> =
        messages.filter(|(_, message)| matches!(message, PromptMessage::User(_))).map(|(at, _)| at).collect();
    let (earlier, passages) = (questions.len().saturating_sub(1), prompt.grounding.passages.len());
    if earlier == 0 && passages < 2 {
        return None;
    }
    let first = questions.get(earlier.div_ceil(2)).copied().unwrap_or_default();
    prompt.messages.drain(..first);
    prompt.grounding.passages.truncate(passages.div_ceil(2));
    Some(prompt)
}

/// The prompt for a question that is answered from `grounding`. `history` is the conversation's answered turns, oldest
/// first: the latest ones that fit are told, whole.
pub(super) fn prompt(
    (said, grounding): (&Said, Grounding),
    assistant: Option<&Assistant>,
    history: &[Turn],
    models: &Models,
    limits: ContextLimits,
    time_limit: Duration,
) -> Prompt {
    let character = assistant.map(|assistant| &assistant.character);
    let wanted = said.model.as_ref().or_else(|| character?.model.as_ref());
    let parts = [character.and_then(instructions), grounding.instructions()];
    let instructions = joined(parts);
    let taken = instructions.as_deref().map_or(0, tokens) + tokens_of_grounding(&grounding);
    let room = limits.prompt_tokens().saturating_sub(taken);
    let question = cut_to_fit(said.text.as_str(), room);
    let mut left = room.saturating_sub(tokens(&question));
    let fitting = history.iter().rev().take_while(|turn| {
        let needed = tokens(turn.message.as_str()) + tokens(&turn.response);
        let fits = needed <= left;
        left = left.saturating_sub(needed);
        fits
    });
    let first = history.len() - fitting.count();
    let earlier = history[first..].iter().flat_map(|turn| {
        let answer = PromptMessage::Assistant { text: turn.response.clone(), reasoning: None, calls: Vec::new() };
        [PromptMessage::User(turn.message.as_str().to_owned()), answer]
    });
    Prompt {
        model: Some(models.answering(wanted).id.as_str().to_owned()),
        instructions,
        messages: earlier.chain([PromptMessage::User(question)]).collect(),
        grounding,
        tools: Vec::new(),
        temperature: character.and_then(|own| own.temperature).map(|temperature| temperature.degree()),
        max_output_tokens: limits.output_tokens,
        time_limit,
    }
}

/// What the assistant's owner says about it.
fn instructions(character: &Character) -> Option<String> {
    let Character { system_prompt, personality, company_name, .. } = character;
    let parts = [
        system_prompt.as_ref().map(|text| text.as_str().to_owned()),
        personality.as_ref().map(|text| format!("Your personality: {}", text.as_str())),
        company_name.as_ref().map(|name| format!("You work for {}.", name.as_str())),
    ];
    joined(parts)
}

/// The paragraphs that there are, as one text.
pub(super) fn joined(parts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// The text, or its beginning and its end if it needs more than `room` tokens.
fn cut_to_fit(text: &str, room: usize) -> String {
    if tokens(text) <= room {
        return text.to_owned();
    }
    let half = room.saturating_sub(TOKENS_PER_MESSAGE) * BYTES_PER_TOKEN / 2;
    let (head, tail) = (text.floor_char_boundary(half), text.ceil_char_boundary(text.len().saturating_sub(half)));
    format!("{}{CUT_MARK}{}", &text[..head], &text[tail..])
}
