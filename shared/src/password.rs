//! Password hashing with Argon2id. It runs outside of the threads that serve requests, and with limited concurrency,
//! because each hash takes 19 MiB and tens of milliseconds.

use crate::{
    domain::{Error, text::NewPassword},
    entropy::Entropy,
};
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// The cost of a hash.
#[derive(Debug, Clone, Copy)]
pub enum Cost {
    /// 19 MiB, two passes, one lane: the OWASP recommendation.
    Standard,
    /// Minimal cost, for tests. Not available in release builds.
    #[cfg(debug_assertions)]
    Cheap,
}

impl Cost {
    fn params(self) -> argon2::Result<Params> {
        match self {
            Self::Standard => Params::new(19_456, 2, 1, None),
            #[cfg(debug_assertions)]
            Self::Cheap => Params::new(Params::MIN_M_COST, 1, 1, None),
        }
    }
}

/// Hashes and verifies passwords.
pub struct Passwords {
    cost: Cost,
    turns: Arc<Semaphore>,
    /// Working memory for reuse. With the allocator, every thread would keep 19 MiB.
    memories: Arc<Mutex<Vec<Memory>>>,
    entropy: Arc<dyn Entropy>,
    /// The hash that is verified for an unknown user, so that the response takes as long as for a known one.
    hash_of_nobody: String,
}

type Memory = Vec<Block>;

impl Passwords {
    /// Computes at most `at_once` hashes concurrently.
    pub fn new(cost: Cost, at_once: usize, entropy: Arc<dyn Entropy>) -> Result<Self, Error> {
        let (turns, memories) = (Arc::new(Semaphore::new(at_once)), Arc::default());
        let hash_of_nobody = hash_of_nobody(cost, &entropy.bytes())?;
        Ok(Self { cost, turns, memories, entropy, hash_of_nobody })
    }

    /// Hashes a new password. Returns its PHC string.
    pub async fn hash(&self, password: &NewPassword) -> Result<String, Error> {
        let (cost, password, salt) = (self.cost, password.secret().clone(), self.entropy.bytes());
        self.run(move |memory| hash(cost, &password, &salt, memory)).await
    }

    /// Whether `password` matches `hash`. Without a hash it does the same work and returns `false`.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.hash_of_nobody.clone());
        Ok(self.run(move |memory| fits(&password, &hash, memory)).await? && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        // The work holds the permit, so that a caller that disconnects does not free it before the work ends.
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Error::internal)?;
        let memories = Arc::clone(&self.memories);
        let worked = tokio::task::spawn_blocking(move || {
            let mut memory = memories.lock().ok().and_then(|mut free| free.pop()).unwrap_or_default();
            let done = work(&mut memory);
            if let Ok(mut free) = memories.lock() {
                free.push(memory);
            }
            drop(turn);
            done
        });
        worked.await.map_err(Error::internal)?
    }
}

fn hash(cost: Cost, password: &SecretString, salt: &[u8; 16], memory: &mut Memory) -> Result<String, Error> {
    let (params, salt) = (cost.params().map_err(broken)?, Salt::new(salt).map_err(broken)?);
    let output = argon2id(params.clone(), password, &salt, memory)?;
    phc_string(&params, salt, output)
}

/// A string in the form of a password hash. It is not computed, because that would take more than half of a function's
/// start.
fn hash_of_nobody(cost: Cost, salt: &[u8; 16]) -> Result<String, Error> {
    let (params, salt) = (cost.params().map_err(broken)?, Salt::new(salt).map_err(broken)?);
    phc_string(&params, salt, Output::new(&[0; Params::DEFAULT_OUTPUT_LEN]).map_err(broken)?)
}

fn phc_string(params: &Params, salt: Salt, output: Output) -> Result<String, Error> {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(broken)?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

fn fits(password: &SecretString, hash: &str, memory: &mut Memory) -> Result<bool, Error> {
    let stored = PasswordHash::new(hash).map_err(broken)?;
    let params = Params::try_from(&stored).map_err(broken)?;
    let salt = stored.salt.as_ref().ok_or_else(|| Error::internal("a password hash without a salt"))?;
    // `Output` compares in constant time.
    Ok(stored.hash == Some(argon2id(params, password, salt, memory)?))
}

fn argon2id(params: Params, password: &SecretString, salt: &Salt, memory: &mut Memory) -> Result<Output, Error> {
    memory.resize(params.block_count(), Block::new());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.expose_secret().as_bytes(), salt, &mut output, memory)
        .map_err(broken)?;
    Output::new(&output).map_err(broken)
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything but the salt and output: the parameters that determine the work of a verification.
    fn form(hash: &str) -> (String, usize) {
        let parts: Vec<&str> = hash.split('$').collect();
        (parts[..4].join("$"), parts[4..].concat().len())
    }

    #[test]
    fn a_check_against_nobodys_hash_is_as_much_work_as_one_against_somebodys() {
        for cost in [Cost::Standard, Cost::Cheap] {
            let (mut memory, password) = (Memory::new(), SecretString::from("password123"));
            let somebodys = hash(cost, &password, &[1; 16], &mut memory).unwrap();
            let nobodys = hash_of_nobody(cost, &[2; 16]).unwrap();
            assert_eq!(form(&nobodys), form(&somebodys));
            assert!(fits(&password, &somebodys, &mut memory).unwrap());
            assert!(!fits(&password, &nobodys, &mut memory).unwrap());
        }
    }
}
