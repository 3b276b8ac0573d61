//! A chat model that does what the test tells it.

use futures::future::{BoxFuture, FutureExt};
use shared::model::{ChatModel, Echo, ModelError, Prompt};
use std::{collections::VecDeque, future::pending, sync::Mutex};
use tokio::sync::oneshot;

/// What the model does with the next message.
pub enum Script {
    /// Answers from outside the process.
    Answer(&'static str),
    /// Answers once the test says so.
    AnswerWhen(oneshot::Receiver<&'static str>),
    /// Fails.
    Fail,
    /// Never answers.
    Hang,
    /// Panics.
    Panic,
}

/// Answers like `echo` until it is given a script.
#[derive(Default)]
pub struct ScriptedModel {
    scripts: Mutex<VecDeque<Script>>,
    is_remote: Mutex<bool>,
}

impl ScriptedModel {
    /// The next message that has no script before it gets this one.
    pub fn next(&self, script: Script) {
        self.scripts.lock().unwrap().push_back(script);
    }

    /// From now on the model is outside the process: a turn takes a hold and a settlement.
    pub fn be_remote(&self) {
        *self.is_remote.lock().unwrap() = true;
    }
}

impl ChatModel for ScriptedModel {
    fn answer_at_once(&self, prompt: &Prompt) -> Option<String> {
        let is_remote = *self.is_remote.lock().unwrap() || !self.scripts.lock().unwrap().is_empty();
        if is_remote { None } else { Echo.answer_at_once(prompt) }
    }

    fn answer(&self, prompt: Prompt) -> BoxFuture<'_, Result<String, ModelError>> {
        let script = self.scripts.lock().unwrap().pop_front();
        async move {
            match script {
                None => Echo.answer(prompt).await,
                Some(Script::Answer(text)) => Ok(text.to_owned()),
                Some(Script::AnswerWhen(told)) => Ok(told.await.unwrap().to_owned()),
                Some(Script::Fail) => Err(ModelError("the provider said: secret detail".to_owned())),
                Some(Script::Hang) => pending().await,
                Some(Script::Panic) => panic!("the model panics"),
            }
        }
        .boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        Echo.probe()
    }
}
