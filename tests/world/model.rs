//! A chat model that follows the test's script.

use super::Progress;
use futures::{
    StreamExt,
    future::{self, BoxFuture, pending},
    stream::{self, BoxStream},
};
use shared::model::{ChatModel, Delta, Echo, End, EndReason, ModelError, Prompt, ToolCall, Usage};
use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// The model's reaction to the next message.
pub enum Script {
    /// Responds with this text.
    Answer(&'static str),
    /// Responds once the test sends the text.
    AnswerWhen(oneshot::Receiver<&'static str>),
    /// Streams each piece that the test sends, and ends when the test drops the sender.
    Pieces(mpsc::UnboundedReceiver<Result<&'static str, ()>>),
    /// Responds with this text, and tells what it used.
    AnswerWith(&'static str, Usage),
    /// Calls these tools, each with its arguments.
    Calls(&'static [(&'static str, &'static str)]),
    /// Says this, and then calls tools.
    SaysAndCalls(&'static str, &'static [(&'static str, &'static str)]),
    /// Fails.
    Fail,
    /// Fails because the prompt is longer than its context.
    TooLong,
    /// Never responds.
    Hang,
    /// Panics.
    Panic,
}

/// Responds like `echo` until it gets a script.
#[derive(Default)]
pub struct ScriptedModel {
    scripts: Mutex<VecDeque<Script>>,
    prompts: Mutex<Vec<Prompt>>,
    progress: Progress,
    writes_titles: AtomicBool,
    /// How long it thinks before an answer without a script.
    thinks: Mutex<Duration>,
}

impl ScriptedModel {
    /// From now on, it thinks for some time before an answer without a script.
    pub fn think_for(&self, time: Duration) {
        *self.thinks.lock().unwrap() = time;
    }

    /// From now on, it is also asked for titles.
    pub fn write_titles(&self) {
        self.writes_titles.store(true, Ordering::Relaxed);
    }

    /// Adds a script for the next message that has none yet.
    pub fn next(&self, script: Script) {
        self.scripts.lock().unwrap().push_back(script);
    }

    /// The prompts that the model received.
    pub fn prompts(&self) -> Vec<Prompt> {
        self.prompts.lock().unwrap().clone()
    }

    /// Waits until it receives a message.
    pub async fn until_asked(&self) {
        let asked = || (!self.prompts.lock().unwrap().is_empty()).then_some(());
        self.progress.until("the model is asked", asked).await;
    }
}

impl ChatModel for ScriptedModel {
    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Result<Delta, ModelError>> {
        let script = self.scripts.lock().unwrap().pop_front();
        self.prompts.lock().unwrap().push(prompt.clone());
        self.progress.note();
        let mut usage = None;
        let pieces = match script {
            None => {
                let thinks = *self.thinks.lock().unwrap();
                let answer = async move {
                    if !thinks.is_zero() {
                        tokio::time::sleep(thinks).await;
                    }
                    Echo.answer(prompt)
                };
                return stream::once(answer).flatten().boxed();
            }
            Some(Script::Answer(text)) => stream::iter([Ok(text)]).boxed(),
            Some(Script::AnswerWhen(told)) => stream::once(async { Ok(told.await.unwrap()) }).boxed(),
            Some(Script::Pieces(pieces)) => {
                stream::unfold(pieces, async |mut pieces| pieces.recv().await.map(|piece| (piece, pieces))).boxed()
            }
            Some(Script::AnswerWith(text, used)) => {
                usage = Some(used);
                stream::iter([Ok(text)]).boxed()
            }
            Some(Script::Fail) => stream::iter([Err(())]).boxed(),
            Some(Script::Calls(called)) => return calls("", called),
            Some(Script::SaysAndCalls(text, called)) => return calls(text, called),
            Some(Script::TooLong) => return stream::iter([Err(ModelError::ContextTooLong)]).boxed(),
            Some(Script::Hang) => stream::once(pending()).boxed(),
            Some(Script::Panic) => stream::once(async { panic!("the model panics") }).boxed(),
        };
        let deltas = pieces
            .filter(|piece| future::ready(*piece != Ok("")))
            .map(|piece| piece.map(|text| Delta::Text(text.to_owned())).map_err(|()| ModelError::Failed(500)));
        deltas.chain(stream::iter([Ok(end(usage))])).boxed()
    }

    fn writes_titles(&self) -> bool {
        self.writes_titles.load(Ordering::Relaxed)
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        Echo.probe()
    }
}

fn calls(text: &str, called: &[(&str, &str)]) -> BoxStream<'static, Result<Delta, ModelError>> {
    let text = (!text.is_empty()).then(|| Delta::Text(text.to_owned()));
    let call = |(at, (name, arguments)): (usize, &(&str, &str))| {
        let (name, arguments) = ((*name).to_owned(), (*arguments).to_owned());
        Delta::ToolCall(ToolCall { id: format!("call{at}"), name, arguments })
    };
    let end = Delta::End(End { reason: EndReason::ToolCalls, usage: None, model: None });
    let deltas: Vec<_> = text.into_iter().chain(called.iter().enumerate().map(call)).chain([end]).map(Ok).collect();
    stream::iter(deltas).boxed()
}

const fn end(usage: Option<Usage>) -> Delta {
    Delta::End(End { reason: EndReason::Complete, usage, model: None })
}
