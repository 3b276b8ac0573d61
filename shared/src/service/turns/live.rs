//! The turns that run in this process, for those who follow them here. Others read the parts of the answer from the
//! database.

use super::Answered;
use crate::domain::{
    Error,
    conversation::{StepEvent, StreamPosition, TurnFailure},
    ids::{ConversationId, TurnNumber},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, watch};

type Place = (ConversationId, TurnNumber);

/// The turns that run in this process.
#[derive(Clone, Default)]
pub(super) struct LiveTurns(Arc<Mutex<HashMap<Place, Arc<Live>>>>);

/// A turn that runs in this process.
pub(super) struct Live {
    progress: Mutex<Progress>,
    changed: watch::Sender<()>,
    cancel: Notify,
}

#[derive(Default)]
struct Progress {
    told: Told,
    end: Option<LiveEnd>,
}

/// What a turn has told so far.
#[derive(Default)]
pub(super) struct Told {
    /// The text of the answer.
    pub text: String,
    /// The events about tool calls.
    pub steps: Vec<StepEvent>,
}

/// What a turn tells next.
pub(super) enum Piece {
    Text(String),
    Step(StepEvent),
}

impl Told {
    /// What comes after `position`, and the position after that. A position in a character counts as the start of that
    /// character.
    pub fn after(&self, position: StreamPosition) -> Option<(Piece, StreamPosition)> {
        let step = self.steps.get(position.steps);
        let bytes = position.bytes.min(self.text.len());
        if let Some(event) = step.filter(|event| event.step.at <= bytes) {
            let next = StreamPosition { bytes, steps: position.steps + 1 };
            return Some((Piece::Step(event.clone()), next));
        }
        let end = step.map_or(self.text.len(), |event| event.step.at.min(self.text.len()));
        let text = after(&self.text[..end], bytes);
        let next = StreamPosition { bytes: end, steps: position.steps };
        (!text.is_empty()).then(|| (Piece::Text(text.to_owned()), next))
    }
}

/// How a turn ended.
#[derive(Clone)]
pub(super) enum LiveEnd {
    Answered(Box<Answered>),
    Failed(LiveFailure),
}

/// Why a turn failed, for those who follow it.
#[derive(Debug, Clone, Copy)]
pub(super) enum LiveFailure {
    Turn(TurnFailure),
    /// The conversation was deleted.
    ConversationGone,
    /// The account was deleted.
    AccountGone,
    /// The turn could not be ended. It will be when its lease is over.
    Stuck,
}

/// What comes next in a turn.
pub(super) enum Next {
    /// A piece, and the position after it.
    Piece(Piece, StreamPosition),
    End(LiveEnd),
}

impl LiveTurns {
    /// Adds a turn. It is there until the returned value is dropped.
    pub(super) fn begin(&self, place: Place) -> LiveTurn {
        let (changed, _) = watch::channel(());
        let live = Arc::new(Live { progress: Mutex::default(), changed, cancel: Notify::new() });
        lock(&self.0).insert(place, live.clone());
        LiveTurn { turns: self.clone(), place, live }
    }

    pub(super) fn get(&self, place: Place) -> Option<Arc<Live>> {
        lock(&self.0).get(&place).cloned()
    }
}

/// A turn, for the task that runs it.
pub(super) struct LiveTurn {
    turns: LiveTurns,
    place: Place,
    live: Arc<Live>,
}

impl LiveTurn {
    pub(super) fn shared(&self) -> Arc<Live> {
        self.live.clone()
    }

    /// Adds a piece of the answer.
    pub(super) fn push(&self, piece: &str) {
        lock(&self.live.progress).told.text.push_str(piece);
        self.live.changed.send_replace(());
    }

    /// The text of the answer that comes after `start` bytes.
    pub(super) fn text_after(&self, start: usize) -> String {
        lock(&self.live.progress).told.text.get(start..).unwrap_or_default().to_owned()
    }

    /// The length of the answer's text, in bytes.
    pub(super) fn len(&self) -> usize {
        lock(&self.live.progress).told.text.len()
    }

    /// Adds an event about a tool call.
    pub(super) fn push_step(&self, event: StepEvent) {
        lock(&self.live.progress).told.steps.push(event);
        self.live.changed.send_replace(());
    }

    /// The events about tool calls that come after `start` of them.
    pub(super) fn steps_after(&self, start: usize) -> Vec<StepEvent> {
        lock(&self.live.progress).told.steps.get(start..).unwrap_or_default().to_vec()
    }

    /// The text of the answer.
    pub(super) fn text(&self) -> String {
        self.text_after(0)
    }

    /// Waits until somebody in this process wants the turn to stop.
    pub(super) async fn cancelled(&self) {
        self.live.cancel.notified().await;
    }

    /// The turn has ended.
    pub(super) fn end(&self, end: LiveEnd) {
        lock(&self.live.progress).end = Some(end);
        self.live.changed.send_replace(());
    }
}

impl Drop for LiveTurn {
    fn drop(&mut self) {
        let mut progress = lock(&self.live.progress);
        progress.end.get_or_insert(LiveEnd::Failed(LiveFailure::Stuck));
        drop(progress);
        self.live.changed.send_replace(());
        lock(&self.turns.0).remove(&self.place);
    }
}

impl Live {
    /// Stops the turn.
    pub(super) fn cancel(&self) {
        self.cancel.notify_one();
    }

    /// What comes after `position`, as soon as there is something.
    pub(super) async fn next(&self, position: StreamPosition) -> Next {
        let mut changed = self.changed.subscribe();
        loop {
            {
                let progress = lock(&self.progress);
                if let Some((piece, next)) = progress.told.after(position) {
                    return Next::Piece(piece, next);
                }
                if let Some(end) = &progress.end {
                    return Next::End(end.clone());
                }
            }
            // Fails when the turn is gone, which has ended it.
            drop(changed.changed().await);
        }
    }
}

impl From<LiveFailure> for Error {
    fn from(failure: LiveFailure) -> Self {
        match failure {
            LiveFailure::Turn(failure) => failure.into(),
            LiveFailure::ConversationGone => Self::NotFound,
            LiveFailure::AccountGone => Self::InvalidCredential,
            LiveFailure::Stuck => Self::Unavailable("the turn could not be ended".into()),
        }
    }
}

/// The text after `start` bytes. A `start` in a character counts as the start of that character.
fn after(text: &str, start: usize) -> &str {
    &text[text.floor_char_boundary(start)..]
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
