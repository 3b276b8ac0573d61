//! Removes the data of deleted conversations and accounts. It is already invisible; removing it frees storage. Runs
//! periodically, in portions, and may be stopped at any time.

use crate::{
    domain::Error,
    store::{Store, sweep::NOTES_MAX},
};
use std::sync::Arc;

/// The maximum number of rows of one object that are removed in one portion.
const PORTION: usize = 500;

/// Removes the data of deleted objects.
pub struct Sweeper {
    store: Arc<Store>,
}

impl Sweeper {
    /// Removes data from `store`.
    pub const fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Removes one portion of each known object, for a limited number of objects. Returns whether nothing is left to
    /// remove.
    ///
    /// # Errors
    /// The last error, after all objects were attempted.
    pub async fn sweep(&self) -> Result<bool, Error> {
        let (conversations, users) = self.store.to_be_swept().await?;
        let is_full = |notes: usize| notes >= usize::try_from(NOTES_MAX).unwrap_or(usize::MAX);
        let mut is_clean = Ok(!is_full(conversations.len()) && !is_full(users.len()));
        for conversation in conversations {
            note(&mut is_clean, self.store.sweep_conversation(conversation, PORTION).await);
        }
        for user in users {
            note(&mut is_clean, self.store.sweep_user(user, PORTION).await);
        }
        is_clean
    }
}

fn note(is_clean: &mut Result<bool, Error>, swept: Result<bool, impl Into<Error>>) {
    match (swept, &mut *is_clean) {
        (Ok(is_empty), Ok(is_clean)) => *is_clean &= is_empty,
        (Ok(_), Err(_)) => {}
        (Err(error), _) => *is_clean = Err(error.into()),
    }
}
