//! How long providers may take: for a connection, for the beginning of an answer, between two parts of it, and for the
//! usage after it.

use super::Prompt;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The time limit for connecting.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The first pause before a request is repeated, when the provider names none. It doubles each time.
pub(super) const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest such pause.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(4);
/// The time limit for a probe.
pub(super) const PROBE_LIMIT: Duration = Duration::from_secs(5);
/// How long a provider may send nothing, before an answer and in the middle of it.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long the usage may take to come after the answer.
const USAGE_LIMIT: Duration = Duration::from_secs(5);
/// No answer takes longer.
const ANSWER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// When the answer to `prompt`, asked for now, has to be complete.
pub(super) fn deadline(prompt: &Prompt) -> Instant {
    Instant::now() + prompt.time_limit.min(ANSWER_MAX)
}

/// When a provider that sends nothing from now on has been silent for too long.
pub(super) fn end_of_silence(deadline: Instant) -> Instant {
    deadline.min(Instant::now() + SILENCE_MAX)
}

/// Why the next part of an answer did not come.
pub(super) enum Missing<E> {
    TimedOut,
    Lost(E),
}

/// The next part of an answer. `None` if there is no more, or if the answer `has_ended` and nothing came in time: then
/// only its usage is missing.
pub(super) async fn next_part<T, E>(
    deadline: Instant,
    has_ended: bool,
    part: impl Future<Output = Result<Option<T>, E>>,
) -> Result<Option<T>, Missing<E>> {
    let now = Instant::now();
    let until = if has_ended { deadline.min(now + USAGE_LIMIT) } else { end_of_silence(deadline) };
    match timeout_at(until, part).await {
        // A provider that sends without a pause is never waited for.
        Ok(Ok(part)) if now < deadline => Ok(part),
        _ if has_ended => Ok(None),
        Ok(Err(error)) => Err(Missing::Lost(error)),
        Ok(Ok(_)) | Err(_) => Err(Missing::TimedOut),
    }
}
