//! Runs a turn: holds its tokens, asks the model, and settles the hold or gives it back. Nobody needs to listen. The
//! process that runs a turn is the only one that writes its answer. It says that it is alive every two seconds; if it
//! dies, `recovery` ends the turn.

use super::{
    Answered, Saying, TurnTarget, Turns,
    events::{answered_in, said_in},
    live::{Live, LiveEnd, LiveFailure, LiveTurn},
    preparing::Ready,
    prompt::{halved, tokens_of, tokens_of_answer},
};
use crate::{
    domain::{
        Error,
        conversation::{AboutReply, MessageStatus, Said, Source, Step, Turn, TurnFailure, Usage},
        event::OutboxEntry,
        ids::{MessageId, Speaker, UserId},
        money::Tokens,
        time::Timestamp,
        title::first_words,
    },
    log::Causes,
    model::{Delta, End, EndReason, ModelError, Prompt, ToolCall},
    service::{balance::HOLD_OUTLASTS, idempotency::Keyed, realtime::Feed, retry::Attempt, toolbox::Toolbox},
    store::{
        balances::Hold,
        running::{Lease, RunningTurn},
        turns::{Failed, Refusal, TurnLocation},
    },
};
use futures::{FutureExt, StreamExt};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, MissedTickBehavior},
};
use tracing::Instrument;
use uuid::Uuid;

/// The maximum size of an answer in bytes. It fits into one item of the store.
const ANSWER_BYTES_MAX: usize = 120_000;
/// What stands between what a model said before a tool call and after it.
const BETWEEN_ANSWERS: &str = "\n\n";
/// How often the new text of an answer is stored while the turn runs.
const PART_EVERY: Duration = Duration::from_secs(1);
/// After how many parts the process says that it is alive.
const LEASE_RENEWED_EVERY: u32 = 2;
/// How long a process is taken to be alive after it said so.
const LEASE: Duration = Duration::from_secs(15);
/// A model that answered this fast is asked again if the conversation was deleted meanwhile. The caller waits for both.
const ASKED_AGAIN_WITHIN: Duration = Duration::from_secs(2);
/// How long a turn that has ended waits until live connections have received the last pieces.
const FAREWELL: Duration = Duration::from_secs(2);

/// A turn that was started.
pub(super) struct Started {
    /// Told as soon as the tokens are held. Dropped if they cannot be.
    pub held: oneshot::Receiver<Arc<Live>>,
    /// The turn's end.
    pub ended: Ended,
}

/// The task that runs a turn.
pub(super) type Ended = JoinHandle<Result<Attempt<Answered>, Error>>;

/// A turn whose tokens are held.
pub(super) struct Held {
    pub place: TurnLocation,
    pub toolbox: Toolbox,
    sources: Vec<Source>,
    said: Said,
    hold_id: Uuid,
    amount: Tokens,
    /// The tokens that the user can spend beside them.
    left: Tokens,
    wants_title: bool,
    created_at: Timestamp,
    keyed: Option<Keyed>,
}

/// How the model's part of a turn ended.
pub(super) enum Heard {
    /// It answered.
    Answer { status: MessageStatus, usage: Option<Usage>, model: Option<String> },
    /// It failed.
    Failure(TurnFailure),
    /// It waits for the results of tools.
    Calls(Asked),
    /// The prompt is longer than its context.
    TooLong,
    /// Somebody else ended the turn, or its conversation was deleted.
    Lost,
}

/// The tools that a model called.
pub(super) struct Asked {
    pub calls: Vec<ToolCall>,
    /// What it said before.
    pub text: String,
    pub reasoning: String,
    pub usage: Option<Usage>,
}

impl Turns {
    /// Starts a turn in a task of its own, so that it does not depend on the caller's connection.
    pub(super) fn start(&self, ready: (Ready, Tokens), saying: Arc<Saying>, prompt: Prompt, now: Timestamp) -> Started {
        let (tell, held) = oneshot::channel();
        let turns = self.clone();
        let is_streamed = saying.is_streamed;
        let run = async move { turns.hold_and_run(ready, &saying, prompt, now, (tell, is_streamed)).await };
        Started { held, ended: tokio::spawn(run.in_current_span()) }
    }

    async fn hold_and_run(
        &self,
        ready: (Ready, Tokens),
        saying: &Saying,
        prompt: Prompt,
        now: Timestamp,
        (tell, is_streamed): (oneshot::Sender<Arc<Live>>, bool),
    ) -> Result<Attempt<Answered>, Error> {
        let held = match self.hold(ready, saying, now).await? {
            Ok(held) => held,
            Err(refused) => return Ok(refused),
        };
        let TurnLocation { user, conversation, turn, .. } = held.place;
        let live = self.live.begin((conversation, turn));
        drop(tell.send(live.shared()));
        let (feed, fed) = match is_streamed {
            true => Some(self.realtime.feed(user)).unzip(),
            false => (None, None),
        };
        let ended = self.ask_and_settle(held, &saying.place, prompt, (&live, feed)).await;
        live.end(match &ended {
            Ok(Attempt::Done(answered)) => LiveEnd::Answered(Box::new(answered.clone())),
            Ok(Attempt::LostRace | Attempt::KeyClaimed) => LiveEnd::Failed(LiveFailure::ConversationGone),
            Err(error) => LiveEnd::Failed(failure_of(error)),
        });
        // A function may be suspended as soon as its last response has ended.
        tokio::time::timeout(FAREWELL, async {
            if let Some(fed) = fed {
                drop(fed.await);
            }
            // A turn that could not be ended is not over: its process may yet be taken for dead.
            if let Err(LiveFailure::Turn(_)) = ended.as_ref().map_err(failure_of) {
                let reply = MessageId { turn, speaker: Speaker::Assistant };
                if let Err(error) = self.realtime.tell_failure(user, (conversation, reply)).await {
                    tracing::warn!(error = %Causes(&error), "live connections were not told of a failed turn");
                }
            }
        })
        .await
        .ok();
        ended
    }

    async fn hold(
        &self,
        (ready, amount): (Ready, Tokens),
        saying: &Saying,
        now: Timestamp,
    ) -> Result<Result<Held, Attempt<Answered>>, Error> {
        let Ready { place, toolbox, sources, available, wants_title, assistant: _ } = ready;
        let Saying { said, keyed, .. } = saying;
        let hold_id = self.entropy.uuid(now);
        let held_until = now.plus(self.time_limit + HOLD_OUTLASTS);
        let hold = Hold { amount, expires_at: held_until, conversation: place.conversation, turn: place.turn };
        let running = RunningTurn {
            user: place.user,
            conversation: place.conversation,
            turn: place.turn,
            hold_id,
            amount,
            key_hash: keyed.as_ref().map(|keyed| keyed.hash().to_owned()),
            held_until,
            alive_until: now.plus(LEASE),
            is_cancelled: false,
        };
        let record = keyed.as_ref().map(|keyed| keyed.running(now, held_until));
        let outbox_entry = OutboxEntry::new(place.user, now, said_in(&place));
        let held = self.store.hold(place.clone(), said.clone(), (&hold, running), &outbox_entry, record).await?;
        if let Err(refusals) = held {
            return self.refused(place.user, &refusals).await.map(Err);
        }
        let (left, keyed) = (available.saturating_sub(amount), keyed.clone());
        let said = said.clone();
        Ok(Ok(Held { place, toolbox, sources, said, hold_id, amount, left, wants_title, created_at: now, keyed }))
    }

    async fn ask_and_settle(
        &self,
        held: Held,
        target: &TurnTarget,
        mut prompt: Prompt,
        (live, feed): (&LiveTurn, Option<Feed>),
    ) -> Result<Attempt<Answered>, Error> {
        let input_tokens = tokens_of(&prompt);
        let asked = prompt.model.clone();
        let heard = async {
            tokio::select! {
                heard = self.converse(&held, &mut prompt, live, feed.as_ref()) => heard,
                heard = self.keep_alive(&held, live) => heard,
            }
        };
        let heard = AssertUnwindSafe(heard).catch_unwind().await;
        drop(feed);
        match heard {
            Ok(Heard::Answer { status, usage, model }) => {
                let took = self.clock.now().since(held.created_at);
                let has_time = took <= ASKED_AGAIN_WITHIN && !matches!(status, MessageStatus::Cancelled);
                let text = live.text();
                // As many as the model was told in the end.
                let told = held.sources.iter().take(prompt.grounding.passages.len()).cloned();
                let about = AboutReply {
                    steps: ended_steps(live),
                    sources: told.collect(),
                    ..self.about(&held, &text, (usage, input_tokens), asked.or(model))
                };
                self.settle(held, (target, has_time), (text, status), about).await
            }
            Ok(Heard::TooLong | Heard::Calls(_)) => {
                self.fail(held, TurnFailure::Model, live.text()).await?;
                Err(Error::ModelFailed)
            }
            Ok(Heard::Failure(failure)) => {
                self.fail(held, failure, live.text()).await?;
                Err(failure.into())
            }
            Ok(Heard::Lost) => {
                self.fail(held, TurnFailure::Model, live.text()).await?;
                target.if_deleted()?;
                Err(Error::ModelFailed)
            }
            Err(_) => {
                self.fail(held, TurnFailure::Model, live.text()).await?;
                tracing::error!("the model panicked");
                Err(Error::ModelFailed)
            }
        }
    }

    /// Price and model of an answer. Who stops a turn before a word was said pays nothing.
    fn about(
        &self,
        held: &Held,
        text: &str,
        (usage, input_tokens): (Option<Usage>, u64),
        model: Option<String>,
    ) -> AboutReply {
        let used = usage.unwrap_or_else(|| Usage { input_tokens, output_tokens: tokens_of_answer(text) });
        let charged = if text.is_empty() { 0 } else { self.balance.charge(used, held.amount) };
        let is_estimated = usage.is_none() && charged > 0 && self.balance.are_by_use();
        AboutReply { charged, is_estimated, usage, model, sources: Vec::new(), steps: Vec::new() }
    }

    /// Receives the answer. If the prompt is longer than the model's context, asks once more with half of its history and passages.
    pub(super) async fn hear_whole(
        &self,
        held: &Held,
        prompt: &mut Prompt,
        deadline: Instant,
        (live, feed): (&LiveTurn, Option<&Feed>),
    ) -> Heard {
        match self.hear(held, prompt.clone(), deadline, (live, feed)).await {
            Heard::TooLong => {}
            heard => return heard,
        }
        let Some(shorter) = halved(prompt.clone()) else { return Heard::Failure(TurnFailure::Model) };
        let time_limit = deadline.saturating_duration_since(Instant::now());
        *prompt = Prompt { time_limit, ..shorter };
        match self.hear(held, prompt.clone(), deadline, (live, feed)).await {
            Heard::TooLong => Heard::Failure(TurnFailure::Model),
            heard => heard,
        }
    }

    /// Receives the answer until the model is done or fails, the answer reaches a limit of time or size, or somebody in
    /// this process stops it.
    async fn hear(
        &self,
        held: &Held,
        prompt: Prompt,
        deadline: Instant,
        (live, feed): (&LiveTurn, Option<&Feed>),
    ) -> Heard {
        let reply = MessageId { turn: held.place.turn, speaker: Speaker::Assistant };
        let is_over = tokio::time::sleep_until(deadline);
        tokio::pin!(is_over);
        let mut pieces = self.model.answer(prompt);
        let before = live.len();
        let mut bytes = before;
        let (mut calls, mut reasoning) = (Vec::new(), String::new());
        let answer = |status, usage, model| Heard::Answer { status, usage, model };
        loop {
            let piece = tokio::select! {
                piece = pieces.next() => piece,
                () = live.cancelled() => return answer(MessageStatus::Cancelled, None, None),
                () = &mut is_over => return Heard::Failure(TurnFailure::Timeout),
            };
            match piece {
                // A stream without an end is broken off.
                None => return Heard::Failure(TurnFailure::Model),
                Some(Ok(Delta::End(End { reason: EndReason::ToolCalls, usage, .. }))) if !calls.is_empty() => {
                    return Heard::Calls(Asked { calls, text: live.text_after(before), reasoning, usage });
                }
                // An empty answer is a failure: there is nothing to charge for.
                Some(Ok(Delta::End(_))) if bytes == 0 => return Heard::Failure(TurnFailure::Model),
                Some(Ok(Delta::End(end))) => {
                    let is_cut = end.reason == EndReason::Length;
                    let status = if is_cut { MessageStatus::Cut } else { MessageStatus::Complete };
                    return answer(status, end.usage, end.model);
                }
                // It is only sent back with tool calls. A model that thinks for ever must not fill the memory.
                Some(Ok(Delta::Reasoning(piece))) if reasoning.len() < ANSWER_BYTES_MAX => reasoning.push_str(&piece),
                Some(Ok(Delta::Reasoning(_))) => {}
                Some(Ok(Delta::ToolCall(call))) => calls.push(call),
                Some(Err(ModelError::ContextTooLong)) if bytes == before => return Heard::TooLong,
                Some(Err(error)) => {
                    tracing::warn!(error = %Causes(&error), "the model failed");
                    let is_late = matches!(error, ModelError::TimedOut);
                    return Heard::Failure(if is_late { TurnFailure::Timeout } else { TurnFailure::Model });
                }
                Some(Ok(Delta::Text(mut piece))) => {
                    if bytes == before && before > 0 {
                        piece.insert_str(0, BETWEEN_ANSWERS);
                    }
                    let is_full = bytes + piece.len() > ANSWER_BYTES_MAX;
                    piece.truncate(piece.floor_char_boundary(ANSWER_BYTES_MAX.saturating_sub(bytes)));
                    bytes += piece.len();
                    live.push(&piece);
                    if let Some(feed) = feed {
                        feed.send(held.place.conversation, reply, &piece);
                    }
                    if is_full {
                        return answer(MessageStatus::Cut, None, None);
                    }
                }
            }
        }
    }

    /// Stores what others need to follow the turn: the new text, and that this process is alive. Ends when somebody else
    /// stops the turn. An error of the store ends nothing: the next attempt may succeed before the lease is over.
    async fn keep_alive(&self, held: &Held, live: &LiveTurn) -> Heard {
        let mut ticks = tokio::time::interval_at(Instant::now() + PART_EVERY, PART_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut stored, mut stored_steps) = (0, 0);
        for tick in 1_u32.. {
            ticks.tick().await;
            let now = self.clock.now();
            let steps = live.steps_after(stored_steps);
            let new_steps = steps.len();
            let text = live.text_after(stored);
            let bytes = text.len();
            let part = async {
                match bytes {
                    0 => Ok(()),
                    _ => self.store.add_answer_part(&held.place, stored, text, now).await,
                }
            };
            let lease = async {
                match tick % LEASE_RENEWED_EVERY {
                    0 => self.store.renew_lease(&held.place, held.hold_id, now.plus(LEASE)).await,
                    _ => Ok(Lease::Held),
                }
            };
            let steps = self.store.add_step_events(&held.place, stored_steps, steps, now);
            let (part, lease, steps) = futures::future::join3(part, lease, steps).await;
            match steps {
                Ok(()) => stored_steps += new_steps,
                Err(error) => tracing::warn!(error = %Causes(&error), "a tool call was not stored"),
            }
            match part {
                Ok(()) => stored += bytes,
                Err(error) => {
                    tracing::warn!(error = %Causes(&error), "a part of an answer was not stored");
                }
            }
            match lease {
                Ok(Lease::Held) => {}
                Ok(Lease::Cancelled) => {
                    return Heard::Answer { status: MessageStatus::Cancelled, usage: None, model: None };
                }
                Ok(Lease::Lost) => return Heard::Lost,
                Err(error) => tracing::warn!(error = %Causes(&error), "a lease was not renewed"),
            }
        }
        Heard::Lost
    }

    async fn fail(&self, held: Held, failure: TurnFailure, said: String) -> Result<(), Error> {
        let at = self.clock.now();
        let record = held.keyed.as_ref().map(|keyed| keyed.running(at, held.created_at));
        let failed = Failed { failure, said, at };
        self.store.fail(held.place, (held.hold_id, held.amount), failed, record).await?.ok();
        Ok(())
    }

    async fn settle(
        &self,
        held: Held,
        (target, has_time): (&TurnTarget, bool),
        (response, status): (String, MessageStatus),
        about: AboutReply,
    ) -> Result<Attempt<Answered>, Error> {
        let now = self.clock.now();
        let Said { text: message, attachments, model: _ } = held.said.clone();
        let turn = Turn {
            number: held.place.turn,
            message,
            attachments,
            response,
            status,
            about,
            created_at: held.created_at,
            answered_at: now,
        };
        let left = held.left + held.amount.saturating_sub(turn.about.charged);
        let answered = Answered { conversation: held.place.conversation, turn, left };
        let record = held.keyed.as_ref().map(|keyed| keyed.done(&answered.recorded(), now)).transpose()?;
        let ids = (held.hold_id, held.amount, self.entropy.uuid(now));
        let place = &held.place;
        let outbox_entry = OutboxEntry::new(place.user, now, answered_in(place));
        let title = held.wants_title.then(|| first_words(answered.turn.message.as_str()));
        match self.store.settle(place, &answered.turn, title.as_ref(), ids, &outbox_entry, record).await? {
            Ok(()) => {
                if title.is_some() {
                    self.suggest_title(place, &answered.turn);
                }
                Ok(Attempt::Done(answered))
            }
            // The hold has ended, so the answer can no longer be paid for.
            Err(refusals) if refusals.contains(&Refusal::Hold) => {
                Err(self.balance.refusal(held.place.user, Error::ModelTimedOut).await)
            }
            // The conversation was deleted in the meantime.
            Err(_) => {
                self.fail(held, TurnFailure::Model, answered.turn.response).await?;
                target.if_deleted()?;
                // Another conversation may take its place, if the model can be asked again in time.
                if has_time { Ok(Attempt::LostRace) } else { Err(Error::NotFound) }
            }
        }
    }

    async fn refused(&self, user: UserId, refusals: &[Refusal]) -> Result<Attempt<Answered>, Error> {
        // A claimed key, or a changed conversation or assistant, may be the reason for other refusals: read again. Where
        // prices are by use, less may be held for a shorter answer.
        let is_other = |refusal: &Refusal| !matches!(refusal, Refusal::Balance | Refusal::Hold);
        if refusals.iter().any(is_other) || self.balance.are_by_use() {
            return Ok(Attempt::LostRace);
        }
        Err(self.balance.refusal(user, Error::InsufficientTokens).await)
    }
}

/// The tool calls that ended.
fn ended_steps(live: &LiveTurn) -> Vec<Step> {
    live.steps_after(0).into_iter().filter(|event| event.has_ended).map(|event| event.step).collect()
}

/// What those who follow a turn learn of an error that ended it.
const fn failure_of(error: &Error) -> LiveFailure {
    match error {
        Error::NotFound => LiveFailure::ConversationGone,
        Error::InvalidCredential => LiveFailure::AccountGone,
        Error::ModelTimedOut => LiveFailure::Turn(TurnFailure::Timeout),
        Error::Unavailable(_) => LiveFailure::Stuck,
        _ => LiveFailure::Turn(TurnFailure::Model),
    }
}
