//! Optimistic writes: read, decide, and write on the condition that nothing changed in between. If another request
//! won the race, the whole attempt is repeated on fresh data.

use crate::{domain::Error, store::Store};

/// The maximum number of attempts of one request, so that many requests may change the same rows at once.
const ATTEMPTS_MAX: u32 = 60;

/// The pauses between attempts stop growing at 160 milliseconds at most.
const PAUSE_GROWS_TO: u32 = 5;

/// The result of one attempt.
pub enum Attempt<T> {
    /// The write succeeded, or was not needed.
    Done(T),
    /// Another request changed the same rows between this attempt's read and its write.
    LostRace,
    /// Another request with the same `Idempotency-Key` was first.
    KeyClaimed,
}

impl<T> Attempt<T> {
    /// The value of a successful attempt.
    ///
    /// # Errors
    /// `Unavailable` after a lost race, `StillRunning` for a claimed key.
    pub fn done(self) -> Result<T, Error> {
        match self {
            Self::Done(value) => Ok(value),
            Self::LostRace => Err(Error::Unavailable("every attempt lost a race".into())),
            Self::KeyClaimed => Err(Error::StillRunning),
        }
    }
}

/// Repeats `attempt` until it is done, at most 60 times. Returns the last result. The pauses in between, of `store`, are
/// random, so that the same requests do not meet again.
///
/// # Errors
/// The first error of an attempt. Errors are not retried.
pub async fn retry<T, F>(store: &Store, attempt: impl Fn() -> F) -> Result<Attempt<T>, Error>
where
    F: Future<Output = Result<Attempt<T>, Error>>,
{
    for tried in 1..ATTEMPTS_MAX {
        if let Attempt::Done(value) = attempt().await? {
            return Ok(Attempt::Done(value));
        }
        store.pause((tried / 4).min(PAUSE_GROWS_TO)).await;
    }
    attempt().await
}

/// Repeats a change as [`retry`] does, for rows that other requests may change at the same time.
///
/// # Errors
/// `Unavailable` if all attempts lost a race.
pub async fn change<T, F>(store: &Store, attempt: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<Attempt<T>, Error>>,
{
    retry(store, attempt).await?.done()
}
