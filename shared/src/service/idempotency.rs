//! `Idempotency-Key`: a repeated request gets the first one's answer instead of a second effect. Keys are
//! per user and kept for 24 hours. What a request means is compared, not how it was encoded.

use crate::{
    domain::{Error, FieldError, Problem, time::Timestamp},
    store::idempotency::{Entry, Record},
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::time::Duration;

const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A client's `Idempotency-Key`, as its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// 1–255 visible ASCII characters (spaces inside are allowed).
    pub fn parse(key: &[u8]) -> Result<Self, FieldError> {
        let fits = (1..=255).contains(&key.len()) && key.iter().all(|byte| (b' '..=b'~').contains(byte));
        match fits && !key.trim_ascii().is_empty() {
            true => Ok(Self(sha256(&[key]))),
            false => Err(FieldError { field: "Idempotency-Key", problem: Problem::KeyForm }),
        }
    }

    /// SHA-256 in hex.
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
    /// `meaning`: everything that makes this request this request.
    pub fn new(key: IdempotencyKey, meaning: &[&str]) -> Self {
        let meaning: Vec<&[u8]> = meaning.iter().map(|part| part.as_bytes()).collect();
        Self { key, fingerprint: sha256(&meaning) }
    }

    /// SHA-256 of the key, in hex.
    pub fn hash(&self) -> &str {
        self.key.hash()
    }

    /// The answer to give again, if `record` holds one; `None` when the request may run.
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

/// SHA-256 in hex of `parts`, each preceded by its length so that their borders count.
fn sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
