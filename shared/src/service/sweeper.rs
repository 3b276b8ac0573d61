//! Removing what deleted conversations and accounts left behind. It cannot be seen any more; this frees the
//! room. Runs now and then, in portions, and may be stopped at any time.

use crate::{
    domain::Error,
    store::{Store, sweep::NOTES_MAX},
};
use std::sync::Arc;

/// How many rows of one thing are removed before it is another's turn.
const PORTION: usize = 500;

/// Removes leftovers.
pub struct Sweeper {
    store: Arc<Store>,
}

impl Sweeper {
    /// On `store`.
    pub const fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Removes one portion of some leftovers. Whether nothing more is known of.
    ///
    /// # Errors
    /// The last one, after everything else had its turn.
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
