//! `Idempotency-Key`: a repeated request gets the response of the first one and has no second effect. Keys belong to a
//! user and are kept for 24 hours. Two requests are the same if their parsed content is the same, whatever its
//! encoding. This is the only service that writes JSON: the records of keys are stored rows, which no client ever sees.

use super::{
    Deps,
    retry::{Attempt, retry},
};
use crate::{
    clock::Clock,
    domain::{Error, FieldError, Problem, ids::UserId, time::Timestamp},
    store::{
        Store,
        idempotency::{Entry, Record},
    },
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};

const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A client's `Idempotency-Key`, as its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Parses a key of 1–255 visible ASCII characters. Spaces inside are allowed.
    pub fn parse(key: &[u8]) -> Result<Self, FieldError> {
        let fits = (1..=255).contains(&key.len()) && key.iter().all(|byte| (b' '..=b'~').contains(byte));
        match fits && !key.trim_ascii().is_empty() {
            true => Ok(Self(sha256(&[key]))),
            false => Err(FieldError { field: "Idempotency-Key", problem: Problem::KeyForm }),
        }
    }

    /// SHA-256 of the key, in hex.
    pub fn hash(&self) -> &str {
        &self.0
    }
}

/// A request that has an idempotency key.
#[derive(Debug, Clone)]
pub struct Keyed {
    key: IdempotencyKey,
    fingerprint: String,
}

impl Keyed {
    /// `meaning` lists every part of the request that distinguishes it from others.
    pub fn new(key: IdempotencyKey, meaning: &[&str]) -> Self {
        let meaning: Vec<&[u8]> = meaning.iter().map(|part| part.as_bytes()).collect();
        Self { key, fingerprint: sha256(&meaning) }
    }

    /// SHA-256 of the key, in hex.
    pub fn hash(&self) -> &str {
        self.key.hash()
    }

    /// The recorded outcome of the first request. `None` if this request may run.
    ///
    /// # Errors
    /// `KeyReused` if the first request had another meaning, `StillRunning` while it has no outcome.
    pub fn replay<T: DeserializeOwned>(&self, record: Option<&Record>, now: Timestamp) -> Result<Option<T>, Error> {
        let Some(record) = record.filter(|record| record.forgotten_at > now) else {
            return Ok(None);
        };
        match &record.outcome {
            None if record.running_until <= now => Ok(None),
            _ if record.fingerprint != self.fingerprint => Err(Error::KeyReused),
            None => Err(Error::StillRunning),
            Some(outcome) => serde_json::from_str(outcome).map(Some).map_err(Error::internal),
        }
    }

    /// The record of a request that runs until `running_until` at most.
    pub fn running(&self, now: Timestamp, running_until: Timestamp) -> Entry {
        self.entry(None, now, running_until)
    }

    /// The record of a request that ended with `outcome`.
    pub fn done<T: Serialize>(&self, outcome: &T, now: Timestamp) -> Result<Entry, Error> {
        Ok(self.entry(Some(serde_json::to_string(outcome).map_err(Error::internal)?), now, now))
    }

    fn entry(&self, outcome: Option<String>, now: Timestamp, running_until: Timestamp) -> Entry {
        let record = Record::new(self.fingerprint.clone(), outcome, running_until, now.plus(KEPT));
        Entry { key_hash: self.key.0.clone(), record, now }
    }
}

/// Serialises a value, as a part of the meaning for [`Keyed::new`].
pub fn meaning_of(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// Runs requests that may carry an idempotency key. Cheap to clone.
#[derive(Clone)]
pub struct Idempotency {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
}

/// The context of one attempt. Its write must include the record, in the same transaction.
pub struct Run {
    /// The time of this attempt.
    pub now: Timestamp,
    keyed: Option<Keyed>,
}

impl Run {
    /// The record to write with the effect, if the request has a key. Later requests with the same key get `outcome` as
    /// [`Outcome::Repeated`].
    pub fn record<R: Serialize>(&self, outcome: &R) -> Result<Option<Entry>, Error> {
        self.keyed.as_ref().map(|keyed| keyed.done(outcome, self.now)).transpose()
    }
}

/// How a request ended.
pub enum Outcome<R, T> {
    /// This request had its effect.
    Done(T),
    /// An earlier request with the same key had the effect, and recorded this outcome.
    Repeated(R),
}

impl<T> Outcome<T, T> {
    /// The value, for requests whose record is the whole response.
    pub fn into_inner(self) -> T {
        match self {
            Self::Done(value) | Self::Repeated(value) => value,
        }
    }
}

impl Idempotency {
    /// Stores the records of keys in `store`.
    pub fn new(Deps { store, clock, entropy: _ }: Deps) -> Self {
        Self { store, clock }
    }

    /// Runs `attempt` unless an earlier request of `user` with the same key has succeeded. The record is read before
    /// each attempt, so a request that finds its key claimed sees the outcome of the request that claimed it. Without
    /// a key this is `retry`.
    ///
    /// # Errors
    /// `KeyReused` and `StillRunning` for the key, `Unavailable` when all attempts lost a race, and those of `attempt`.
    pub async fn run<R, T, F>(
        &self,
        user: UserId,
        keyed: Option<Keyed>,
        attempt: impl Fn(Run) -> F,
    ) -> Result<Outcome<R, T>, Error>
    where
        R: DeserializeOwned,
        F: Future<Output = Result<Attempt<T>, Error>>,
    {
        let last = retry(&self.store, async || {
            let now = self.clock.now();
            if let Some(keyed) = &keyed {
                let record = self.store.idempotency_record(user, keyed.hash()).await?;
                if let Some(recorded) = keyed.replay(record.as_ref(), now)? {
                    return Ok(Attempt::Done(Outcome::Repeated(recorded)));
                }
            }
            Ok(match attempt(Run { now, keyed: keyed.clone() }).await? {
                Attempt::Done(value) => Attempt::Done(Outcome::Done(value)),
                Attempt::LostRace => Attempt::LostRace,
                Attempt::KeyClaimed => Attempt::KeyClaimed,
            })
        });
        last.await?.done()
    }
}

/// SHA-256 in hex of `parts`. The length precedes each part, so that the boundaries between parts count.
fn sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
