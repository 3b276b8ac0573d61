//! Optimistic writes: read, decide, and write on the condition that nothing changed in between. If another request
//! won the race, the whole attempt is repeated on fresh data.

use crate::domain::{Error, error::Conflict};

/// The maximum number of attempts of one request.
const ATTEMPTS_MAX: usize = 4;

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
    /// `Conflict` after a lost race, `StillRunning` for a claimed key.
    pub fn done(self) -> Result<T, Error> {
        match self {
            Self::Done(value) => Ok(value),
            Self::LostRace => Err(Error::Conflict(Conflict::LostRace)),
            Self::KeyClaimed => Err(Error::StillRunning),
        }
    }
}

/// Repeats `attempt` until it is done, at most four times. Returns the last result.
///
/// # Errors
/// The first error of an attempt. Errors are not retried.
pub async fn retry<T, F>(attempt: impl Fn() -> F) -> Result<Attempt<T>, Error>
where
    F: Future<Output = Result<Attempt<T>, Error>>,
{
    for _ in 1..ATTEMPTS_MAX {
        if let Attempt::Done(value) = attempt().await? {
            return Ok(Attempt::Done(value));
        }
    }
    attempt().await
}

/// Repeats a change as [`retry`] does, for rows that other requests may change at the same time. Losing every race is
/// an error.
///
/// # Errors
/// `Conflict` if all attempts lost a race.
pub async fn change<T, F>(attempt: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<Attempt<T>, Error>>,
{
    retry(attempt).await?.done()
}
