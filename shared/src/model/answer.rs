//! The stream of an answer, made of the steps that a provider takes: asking, and reading what comes.

use super::{Delta, ModelError, failure::Failure};
use futures::{
    StreamExt,
    stream::{BoxStream, unfold},
};
use std::collections::VecDeque;

/// What a provider does for an answer.
pub(super) trait Steps: Send + 'static {
    /// Takes the next step, and appends what it tells to `deltas`, also when it fails. Whether it was the last one.
    fn step(&mut self, deltas: &mut Vec<Delta>) -> impl Future<Output = Result<bool, Failure>> + Send;
}

/// The answer that `steps` give. Its error, if there is one, is logged.
pub(super) fn stream(steps: impl Steps) -> BoxStream<'static, Result<Delta, ModelError>> {
    let start = (Some(steps), VecDeque::new());
    unfold(start, |(mut steps, mut ready)| async move {
        loop {
            if let Some(item) = ready.pop_front() {
                return Some((item, (steps, ready)));
            }
            let mut deltas = Vec::new();
            let result = steps.as_mut()?.step(&mut deltas).await;
            ready.extend(deltas.into_iter().map(Ok));
            match result {
                Ok(false) => {}
                Ok(true) => steps = None,
                Err(failure) => {
                    failure.log("the model did not answer");
                    ready.push_back(Err(failure.error));
                    steps = None;
                }
            }
        }
    })
    .boxed()
}
