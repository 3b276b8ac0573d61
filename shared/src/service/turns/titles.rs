//! Titles of conversations that their users did not name. The first answered turn gives one, from the first words of the
//! question; the model then may suggest a better one. Nobody waits for that, and nobody pays for it.

use super::Turns;
use crate::{
    domain::{
        Error,
        conversation::Turn,
        event::{EventDetails, OutboxEntry},
        title::suggested,
    },
    log::Causes,
    model::{Delta, Grounding, Prompt, PromptMessage},
    store::turns::TurnLocation,
};
use futures::StreamExt;
use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::task::JoinSet;
use tracing::Instrument;

/// The tasks that ask for titles.
pub(super) type Suggestions = Arc<Mutex<JoinSet<()>>>;

/// How long a suggestion may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// The most bytes of a suggestion, with the model's reasoning.
const SUGGESTION_BYTES_MAX: usize = 16_000;
/// The maximum number of characters of question and answer that the model is told.
const TOLD_MAX: usize = 1_000;

const TASK: &str = "Write a title for the conversation: at most six words, in its language, without quotation marks. Reply \
                    with the title alone.";

impl Turns {
    /// Asks the model for a title, in the background.
    pub(super) fn suggest_title(&self, place: &TurnLocation, turn: &Turn) {
        if !self.model.writes_titles() {
            return;
        }
        let (turns, place) = (self.clone(), place.clone());
        let prompt = prompt(turn, self.time_limit.min(TIME_LIMIT));
        let suggest = async move {
            if let Err(error) = turns.take_title(place, prompt).await {
                tracing::warn!(error = %Causes(&error), "a suggested title was not stored");
            }
        };
        let mut tasks = self.suggestions.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(suggest.in_current_span());
    }

    /// Waits until the titles that were asked for have come. A function may be suspended before, but not while it waits.
    pub async fn finish_titles(&self) {
        let tasks = mem::take(&mut *self.suggestions.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.join_all().await;
    }

    async fn take_title(&self, place: TurnLocation, prompt: Prompt) -> Result<(), Error> {
        let TurnLocation { user, conversation, assistant, turn, begins: _ } = place;
        let Some(title) = self.answer_of(prompt).await.as_deref().and_then(suggested) else { return Ok(()) };
        let updated = EventDetails::ConversationUpdated { conversation, assistant, turn };
        let entry = OutboxEntry::new(user, self.clock.now(), vec![updated]);
        self.store.title_if_unset(user, conversation, &title, &entry).await?;
        Ok(())
    }

    /// The whole answer of the model. `None` if it fails.
    async fn answer_of(&self, prompt: Prompt) -> Option<String> {
        let mut pieces = self.model.answer(prompt);
        let mut text = String::new();
        while text.len() < SUGGESTION_BYTES_MAX {
            match pieces.next().await?.ok()? {
                Delta::Text(piece) => text.push_str(&piece),
                Delta::Reasoning(_) | Delta::ToolCall(_) => {}
                Delta::End(_) => return Some(text),
            }
        }
        None
    }
}

fn prompt(turn: &Turn, time_limit: Duration) -> Prompt {
    let beginning = |text: &str| text.chars().take(TOLD_MAX).collect::<String>();
    let (question, answer) = (beginning(turn.message.as_str()), beginning(&turn.response));
    Prompt {
        model: turn.about.model.clone(),
        instructions: Some(TASK.to_owned()),
        messages: vec![PromptMessage::User(format!("The user: {question}\n\nThe assistant: {answer}"))],
        grounding: Grounding::default(),
        tools: Vec::new(),
        temperature: None,
        max_output_tokens: None,
        time_limit,
    }
}
