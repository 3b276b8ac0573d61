//! Follows a turn: its events from a position on, while it runs and afterwards, in any process.

use super::{
    Answered, Turns,
    live::{Live, LiveEnd, Next, Piece, Told},
};
use crate::{
    domain::{
        Error,
        conversation::{Message, StepEvent, StreamPosition},
        ids::{ConversationId, TurnNumber, UserId},
    },
    store::running::{Followed, FollowedState, Progress},
};
use futures::{
    StreamExt,
    stream::{self, Stream},
};
use std::{sync::Arc, time::Duration};

/// How often a turn that runs elsewhere is read.
const READ_EVERY: Duration = Duration::from_millis(250);
/// How often it is read while nothing is new.
const QUIET_READ_EVERY: Duration = Duration::from_secs(1);
/// After how many reads without news a turn counts as quiet.
const QUIET_AFTER: u32 = 40;

/// An event of a turn.
#[derive(Debug)]
pub struct TurnEvent {
    /// How much of the answer comes before and with this event. A stream that goes on from here repeats nothing.
    pub position: StreamPosition,
    /// What happened.
    pub news: TurnNews,
}

/// What happens in a turn, in this order.
#[derive(Debug)]
pub enum TurnNews {
    /// The user's message was stored.
    Said(ConversationId, Box<Message>),
    /// A piece of the answer.
    Delta(String),
    /// A tool call began or ended.
    Step(StepEvent),
    /// The answer was stored and paid for.
    Done(Box<Answered>),
    /// The turn failed and costs nothing.
    Failed(Error),
}

/// Somebody who follows a turn.
struct Follower {
    turns: Turns,
    user: UserId,
    place: (ConversationId, TurnNumber),
    position: StreamPosition,
    source: Source,
    has_ended: bool,
}

/// Where the text comes from.
enum Source {
    /// From the task in this process that runs the turn.
    Here(Arc<Live>),
    /// From the database. `quiet` reads in a row found nothing new.
    Stored { told: Told, quiet: u32 },
    /// The turn has ended: all that it told, and what comes after it.
    Ended { told: Told, end: Option<TurnNews> },
}

impl Turns {
    /// The events of a turn of the user that come after `after`. From the beginning, with the user's message, if that is
    /// `None`.
    ///
    /// # Errors
    /// `NotFound`. Later errors are the stream's last event.
    pub async fn follow(
        &self,
        user: UserId,
        (conversation, turn): (ConversationId, TurnNumber),
        after: Option<StreamPosition>,
    ) -> Result<impl Stream<Item = TurnEvent> + Send + use<>, Error> {
        let Followed { question, state } = self.store.follow(user, conversation, turn).await?.ok_or(Error::NotFound)?;
        let said = after.is_none().then(|| TurnEvent::said(conversation, question));
        let place = (conversation, turn);
        let source = match Source::ended(conversation, state) {
            Ok(ended) => ended,
            Err(StillRuns) => {
                self.live.get(place).map_or(Source::Stored { told: Told::default(), quiet: 0 }, Source::Here)
            }
        };
        Ok(stream::iter(said).chain(self.events_from(source, user, place, after.unwrap_or_default())))
    }

    /// The events of a turn that begins in this process.
    pub(super) fn events_of(
        &self,
        user: UserId,
        (conversation, question): (ConversationId, Message),
        live: Arc<Live>,
    ) -> impl Stream<Item = TurnEvent> + Send + use<> {
        let place = (conversation, question.id.turn);
        let later = self.events_from(Source::Here(live), user, place, StreamPosition::default());
        stream::iter([TurnEvent::said(conversation, question)]).chain(later)
    }

    fn events_from(
        &self,
        source: Source,
        user: UserId,
        place: (ConversationId, TurnNumber),
        position: StreamPosition,
    ) -> impl Stream<Item = TurnEvent> + Send + use<> {
        let follower = Follower { turns: self.clone(), user, place, position, source, has_ended: false };
        stream::unfold(follower, async |mut follower| follower.next().await.map(|event| (event, follower)))
    }
}

/// A turn has not ended.
struct StillRuns;

impl Source {
    /// What a turn that has ended still has to tell.
    fn ended(conversation: ConversationId, state: FollowedState) -> Result<Self, StillRuns> {
        match state {
            FollowedState::Running(_) => Err(StillRuns),
            FollowedState::Answered(turn, left) => {
                let steps = turn.about.steps.iter().flat_map(StepEvent::both).collect();
                let told = Told { text: turn.response.clone(), steps };
                let answered = Answered { conversation, turn, left };
                Ok(Self::Ended { told, end: Some(TurnNews::Done(Box::new(answered))) })
            }
            FollowedState::Failed(text, failure) => {
                let told = Told { text, steps: Vec::new() };
                Ok(Self::Ended { told, end: Some(TurnNews::Failed(failure.into())) })
            }
        }
    }
}

impl TurnEvent {
    /// The user's message was stored.
    pub(super) fn said(conversation: ConversationId, message: Message) -> Self {
        Self { position: StreamPosition::default(), news: TurnNews::Said(conversation, Box::new(message)) }
    }
}

impl Follower {
    async fn next(&mut self) -> Option<TurnEvent> {
        if self.has_ended {
            return None;
        }
        let (position, news) = self.news().await.unwrap_or_else(|error| (self.position, TurnNews::Failed(error)));
        self.position = position;
        self.has_ended = matches!(news, TurnNews::Done(_) | TurnNews::Failed(_));
        Some(TurnEvent { position, news })
    }

    /// What happens next, and the position then.
    async fn news(&mut self) -> Result<(StreamPosition, TurnNews), Error> {
        let position = self.position;
        loop {
            let found = match &mut self.source {
                Source::Here(live) => Some(match live.next(position).await {
                    Next::Piece(piece, next) => (next, piece.into()),
                    Next::End(LiveEnd::Answered(answered)) => (end_of(&answered), TurnNews::Done(answered)),
                    Next::End(LiveEnd::Failed(failure)) => (position, TurnNews::Failed(failure.into())),
                }),
                Source::Ended { told, end } => Some(match told.after(position) {
                    Some((piece, next)) => (next, piece.into()),
                    None => {
                        let next = StreamPosition { bytes: told.text.len(), steps: told.steps.len() };
                        (next, end.take().unwrap_or(TurnNews::Failed(Error::NotFound)))
                    }
                }),
                Source::Stored { .. } => self.stored().await?,
            };
            if let Some(found) = found {
                return Ok(found);
            }
        }
    }

    /// What is new in the database. `None` if nothing is, after a pause.
    async fn stored(&mut self) -> Result<Option<(StreamPosition, TurnNews)>, Error> {
        let Source::Stored { told, quiet } = &mut self.source else { return Ok(None) };
        if let Some((piece, next)) = told.after(self.position) {
            *quiet = 0;
            return Ok(Some((next, piece.into())));
        }
        let (conversation, turn) = self.place;
        let read = (told.text.len(), told.steps.len());
        let Some(Progress { turn: running, text, steps }) = self.turns.store.progress(conversation, turn, read).await?
        else {
            let followed = self.turns.store.follow(self.user, conversation, turn).await?.ok_or(Error::NotFound)?;
            if let Ok(ended) = Source::ended(conversation, followed.state) {
                self.source = ended;
            }
            return Ok(None);
        };
        let is_new = !text.is_empty() || !steps.is_empty();
        told.text.push_str(&text);
        told.steps.extend(steps);
        if is_new {
            return Ok(None);
        }
        if running.alive_until <= self.turns.clock.now() {
            self.turns.recovery.end(running).await?;
            return Ok(None);
        }
        *quiet += 1;
        tokio::time::sleep(if *quiet > QUIET_AFTER { QUIET_READ_EVERY } else { READ_EVERY }).await;
        Ok(None)
    }
}

fn end_of(answered: &Answered) -> StreamPosition {
    StreamPosition { bytes: answered.turn.response.len(), steps: 2 * answered.turn.about.steps.len() }
}

impl From<Piece> for TurnNews {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Text(text) => Self::Delta(text),
            Piece::Step(event) => Self::Step(event),
        }
    }
}
