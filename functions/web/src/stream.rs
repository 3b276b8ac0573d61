//! An answer as a stream of events for the scripts: HTML by blocks, while the model writes.

use crate::{
    fault,
    shell::{BalanceShown, balance},
    times::Moment,
    turn::{Setting, State, TurnMessages},
};
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use markdown::Update;
use serde::Serialize;
use shared::{
    domain::{
        Error,
        conversation::{Message, Step, StepEvent, StreamPosition},
        ids::TurnNumber,
    },
    http::{Fault, events::Event},
    service::{
        Services,
        turns::{Answered, TurnEvent, TurnNews},
    },
};
use std::{collections::VecDeque, time::Duration};
use tokio::time::{Instant, sleep_until};

/// How long pieces of text are collected before they are rendered, at least.
const COLLECTED_FOR: Duration = Duration::from_millis(80);
/// How many times as long as rendering took they are collected, so that a long answer does not keep the processor busy.
const TIMES_THE_WORK: u32 = 20;

/// An event for the scripts.
#[derive(Serialize)]
#[serde(tag = "event", content = "data", rename_all = "lowercase")]
pub enum PageEvent {
    /// The turn has begun.
    Turn(Box<TurnBegun>),
    /// A block of the answer is new or replaced.
    Block(Block),
    /// Text follows in the code of a block.
    Text(CodeText),
    /// Only so many blocks stay.
    Trim(Trim),
    /// All blocks so far, for a script that takes up a stream.
    Reset(Reset),
    /// A tool call began or ended.
    Tool(Tool),
    /// The answer was stored.
    Done(Box<Done>),
    /// The turn failed. Nothing was charged.
    Error(Failed),
}

/// See [`PageEvent::Turn`].
#[derive(Serialize)]
pub struct TurnBegun {
    n: u64,
    chat: String,
    url: String,
    /// The whole turn.
    html: String,
    /// What a new chat adds to the page.
    #[serde(flatten)]
    new_chat: Option<NewChat>,
    /// The failed turn that this one takes the place of.
    replaces: Option<u64>,
}

/// What a chat that has just begun adds to the page of a new chat.
#[derive(Serialize)]
pub struct NewChat {
    /// Its row in the list.
    pub row_html: String,
    /// The head of its page.
    pub head_html: String,
    /// Its title.
    pub title: String,
}

/// See [`PageEvent::Block`].
#[derive(Serialize)]
pub struct Block {
    i: usize,
    html: String,
}

/// See [`PageEvent::Text`].
#[derive(Serialize)]
pub struct CodeText {
    i: usize,
    text: String,
}

/// See [`PageEvent::Trim`].
#[derive(Serialize)]
pub struct Trim {
    count: usize,
}

/// See [`PageEvent::Reset`].
#[derive(Serialize)]
pub struct Reset {
    blocks: Vec<String>,
    steps: String,
}

/// See [`PageEvent::Tool`].
#[derive(Serialize)]
pub struct Tool {
    state: &'static str,
    text: String,
    html: String,
}

/// See [`PageEvent::Done`].
#[derive(Serialize)]
pub struct Done {
    blocks: Vec<(usize, String)>,
    count: usize,
    status: &'static str,
    html: Parts,
    balance: Option<BalanceShown>,
    words: usize,
}

/// The parts of an answer that depend on its end.
#[derive(Serialize)]
pub struct Parts {
    header: String,
    steps: String,
    sources: String,
    note: String,
    footer: String,
}

/// See [`PageEvent::Error`].
#[derive(Serialize)]
pub struct Failed {
    code: &'static str,
    text: String,
    html: Parts,
}

/// What a new turn of a page adds around the turn itself.
#[derive(Default)]
pub struct Beginning {
    /// What a new chat adds to the page.
    pub new_chat: Option<NewChat>,
    /// The failed turn that this one takes the place of.
    pub replaces: Option<TurnNumber>,
}

/// How the events of a turn begin.
pub enum Begins {
    /// With the turn.
    Anew(Beginning),
    /// With all that was said so far.
    TakenUp,
}

type Events = BoxStream<'static, TurnEvent>;

struct Rendering {
    services: Services,
    setting: Setting,
    events: Events,
    markdown: markdown::Stream<'static>,
    begins: Option<Begins>,
    number: TurnNumber,
    text: String,
    steps: Vec<Step>,
    /// The text that was not rendered yet, and when it will be.
    collected: String,
    due: Option<Instant>,
    pause: Duration,
    position: StreamPosition,
    ready: VecDeque<PageEvent>,
    has_ended: bool,
}

/// The events of a turn as the scripts want them.
pub fn events(
    services: Services,
    setting: Setting,
    (number, begins): (TurnNumber, Begins),
    turn: impl Stream<Item = TurnEvent> + Send + 'static,
) -> impl Stream<Item = Event<PageEvent>> + Send {
    let due = matches!(begins, Begins::TakenUp).then(|| Instant::now() + COLLECTED_FOR);
    let rendering = Rendering {
        markdown: markdown::Stream::new(setting.markdown_words()),
        services,
        setting,
        events: turn.boxed(),
        begins: Some(begins),
        number,
        text: String::new(),
        steps: Vec::new(),
        collected: String::new(),
        due,
        pause: COLLECTED_FOR,
        position: StreamPosition::default(),
        ready: VecDeque::new(),
        has_ended: false,
    };
    stream::unfold(rendering, async |mut rendering| {
        let fields = rendering.next().await?;
        Some((Event { id: rendering.position.to_string(), fields }, rendering))
    })
}

impl Rendering {
    async fn next(&mut self) -> Option<PageEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.has_ended {
                return None;
            }
            let due = self.due;
            tokio::select! {
                biased;
                // Without anything to render, only an event can come.
                () = async { sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => self.flush(),
                event = self.events.next() => match event {
                    Some(event) => self.take(event),
                    None => self.has_ended = true,
                },
            }
        }
    }

    fn take(&mut self, TurnEvent { position, news }: TurnEvent) {
        match news {
            TurnNews::Said(_, message) => self.begin(*message),
            TurnNews::Delta(text) => {
                self.text.push_str(&text);
                self.collected.push_str(&text);
                let pause = self.pause;
                self.due.get_or_insert_with(|| Instant::now() + pause);
            }
            TurnNews::Step(event) => {
                self.flush();
                self.step(event);
            }
            TurnNews::Done(answered) => self.end(|rendering| rendering.done(*answered)),
            TurnNews::Failed(error) => self.end(|rendering| rendering.failed(error)),
        }
        self.position = position;
    }

    fn begin(&mut self, message: Message) {
        let Some(Begins::Anew(beginning)) = self.begins.take_if(|begins| matches!(begins, Begins::Anew(_))) else {
            return;
        };
        self.number = message.id.turn;
        let conversation = self.setting.conversation;
        let turn = self.setting.turn(&TurnMessages { said: message, reply: None });
        self.ready.push_back(PageEvent::Turn(Box::new(TurnBegun {
            n: self.number.0,
            chat: conversation.to_string(),
            url: self.setting.visit.to(&format!("/chat/{conversation}/")),
            html: or_log(turn),
            new_chat: beginning.new_chat,
            replaces: beginning.replaces.map(|turn| turn.0),
        })));
    }

    /// Renders what was collected.
    fn flush(&mut self) {
        self.due = None;
        let began = Instant::now();
        let updates = self.markdown.push(&std::mem::take(&mut self.collected));
        self.pause = COLLECTED_FOR.max(began.elapsed() * TIMES_THE_WORK);
        match self.begins.take() {
            Some(Begins::TakenUp) => self.reset(),
            begins => {
                self.begins = begins;
                self.ready.extend(updates.into_iter().map(PageEvent::from));
            }
        }
    }

    /// All blocks so far, as they are shown while the answer is not whole.
    fn reset(&mut self) {
        let blocks = self.markdown.blocks().map(str::to_owned).collect();
        let steps = or_log(self.setting.steps(&self.steps));
        self.ready.push_back(PageEvent::Reset(Reset { blocks, steps }));
    }

    fn step(&mut self, StepEvent { step, has_ended }: StepEvent) {
        let (state, text) = match (has_ended, step.has_failed) {
            (false, _) => ("running", self.setting.step_runs(&step)),
            (true, false) => ("complete", self.setting.step_ended(&step)),
            (true, true) => ("failed", self.setting.step_ended(&step)),
        };
        if has_ended {
            self.steps.push(step);
        }
        let html = or_log(self.setting.steps(&self.steps));
        self.ready.push_back(PageEvent::Tool(Tool { state, text, html }));
    }

    fn end(&mut self, event: impl FnOnce(&mut Self) -> Result<PageEvent, Error>) {
        self.flush();
        match event(self) {
            Ok(event) => self.ready.push_back(event),
            Err(error) => {
                // The stream ends without its last event, so that the script takes it up again.
                tracing::error!(error = %shared::log::Causes(&error), "the end of an answer was not rendered");
            }
        }
        self.has_ended = true;
    }

    fn done(&mut self, Answered { conversation: _, turn, left }: Answered) -> Result<PageEvent, Error> {
        let blocks = self.finish();
        let number = turn.number.0;
        let state = State::from(turn.status);
        let html = Parts {
            header: self.setting.header(state, Some(Moment::new(turn.answered_at, self.setting.visit.zone)))?,
            steps: self.setting.steps(&turn.about.steps)?,
            sources: self.setting.sources(number, &turn.about.sources)?,
            note: self.setting.note(number, state)?,
            footer: self.setting.footer(number, state, Some(&turn.about))?,
        };
        Ok(PageEvent::Done(Box::new(Done {
            blocks,
            count: self.markdown.blocks().len(),
            status: state.as_str(),
            html,
            balance: balance(&self.services, self.setting.visit.words, left),
            words: self.text.split_whitespace().count(),
        })))
    }

    fn failed(&mut self, error: Error) -> Result<PageEvent, Error> {
        let state = if matches!(error, Error::ModelTimedOut) { State::TimedOut } else { State::Failed };
        let (number, fault) = (self.number.0, Fault::from(error));
        let last = self.markdown.finish();
        self.ready.extend(last.into_iter().map(PageEvent::from));
        let html = Parts {
            header: self.setting.header(state, None)?,
            steps: self.setting.steps(&self.steps)?,
            sources: self.setting.sources(number, &[])?,
            note: self.setting.note(number, state)?,
            footer: self.setting.footer(number, state, None)?,
        };
        let text = fault::sentence(self.setting.visit.words, &fault);
        Ok(PageEvent::Error(Failed { code: fault::code(&fault), text, html }))
    }

    /// The blocks that the end of the text changes.
    fn finish(&mut self) -> Vec<(usize, String)> {
        let updates = self.markdown.finish().into_iter();
        updates
            .filter_map(|update| match update {
                Update::Block { index, html } => Some((index, html)),
                Update::Text { .. } | Update::Count { .. } => None,
            })
            .collect()
    }
}

impl From<Update> for PageEvent {
    fn from(update: Update) -> Self {
        match update {
            Update::Block { index: i, html } => Self::Block(Block { i, html }),
            Update::Text { index: i, text } => Self::Text(CodeText { i, text }),
            Update::Count { count } => Self::Trim(Trim { count }),
        }
    }
}

/// The HTML, or nothing and a line in the log.
fn or_log(html: Result<String, Error>) -> String {
    html.unwrap_or_else(|error| {
        tracing::error!(error = %shared::log::Causes(&error), "a part of a page was not rendered");
        String::new()
    })
}
