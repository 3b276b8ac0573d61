//! The embedded default model: it answers every message at once with the same sentence, without cost.

use super::{ChatModel, Delta, End, EndReason, ModelError, Prompt};
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};

/// Answers `This is a dummy response from the AI.` (source: spec 004, "Chat API").
#[derive(Debug, Clone, Copy)]
pub struct Echo;

const REPLY: &str = "This is a dummy response from the AI.";

impl ChatModel for Echo {
    fn answer(&self, _: Prompt) -> BoxStream<'static, Result<Delta, ModelError>> {
        let end = End { reason: EndReason::Complete, usage: None, model: None };
        stream::iter([Ok(Delta::Text(REPLY.to_owned())), Ok(Delta::End(end))]).boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), ModelError>> {
        ready(Ok(())).boxed()
    }
}
