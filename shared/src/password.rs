//! Hashing passwords: Argon2id, away from the threads that serve requests, and only a few at a time,
//! because each takes 19 MiB and tens of milliseconds.

use crate::{
    domain::{Error, text::NewPassword},
    entropy::Entropy,
};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How much work a hash takes.
#[derive(Debug, Clone, Copy)]
pub enum Cost {
    /// 19 MiB, two passes, one lane: the OWASP recommendation.
    Standard,
    /// Next to nothing, for tests. A release build does not have it.
    #[cfg(debug_assertions)]
    Cheap,
}

impl Cost {
    fn argon2(self) -> Result<Argon2<'static>, Error> {
        let params = match self {
            Self::Standard => Params::new(19_456, 2, 1, None),
            #[cfg(debug_assertions)]
            Self::Cheap => Params::new(Params::MIN_M_COST, 1, 1, None),
        };
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params.map_err(|e| Error::internal(e.to_string()))?))
    }
}

/// Hashes and checks passwords.
pub struct Passwords {
    cost: Cost,
    turns: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
    /// What a password is checked against when there is no such user, so that the answer takes as long.
    nobodys: String,
}

impl Passwords {
    /// At most `at_once` hashes are computed at the same time.
    pub fn new(cost: Cost, at_once: usize, entropy: Arc<dyn Entropy>) -> Result<Self, Error> {
        let nobodys = hash(cost, &SecretString::from("nobody's"), &entropy.bytes())?;
        Ok(Self { cost, turns: Arc::new(Semaphore::new(at_once)), entropy, nobodys })
    }

    /// The PHC string of a new password.
    pub async fn hash(&self, password: &NewPassword) -> Result<String, Error> {
        let (cost, password, salt) = (self.cost, password.secret().clone(), self.entropy.bytes());
        self.run(move || hash(cost, &password, &salt)).await?
    }

    /// Whether `password` is the one behind `hash`; without a hash the same work is done for a `false`.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Error> {
        let known = hash.is_some();
        let (cost, hash) = (self.cost, hash.unwrap_or_else(|| self.nobodys.clone()));
        let fits = self
            .run(move || {
                let hash = PasswordHash::new(&hash).map_err(|e| Error::internal(e.to_string()))?;
                Ok::<_, Error>(cost.argon2()?.verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
            })
            .await??;
        Ok(fits && known)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        // The permit travels with the work: a caller who gives up does not make room for another.
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(Error::internal)
    }
}

fn hash(cost: Cost, password: &SecretString, salt: &[u8; 16]) -> Result<String, Error> {
    let hash: PasswordHash = cost
        .argon2()?
        .hash_password_with_salt(password.expose_secret().as_bytes(), salt)
        .map_err(|e| Error::internal(e.to_string()))?;
    Ok(hash.to_string())
}
