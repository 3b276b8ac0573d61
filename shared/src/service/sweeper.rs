//! Removing what deleted conversations and accounts left behind. It cannot be seen any more; this frees the
//! room. Runs now and then, in portions, and may be stopped at any time.

use crate::{domain::Error, store::Store};
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
    pub async fn sweep(&self) -> Result<bool, Error> {
        let (conversations, users) = self.store.to_be_swept().await?;
        let mut is_clean = true;
        for conversation in conversations {
            is_clean &= self.store.sweep_conversation(conversation, PORTION).await?;
        }
        for user in users {
            is_clean &= self.store.sweep_user(user, PORTION).await?;
        }
        Ok(is_clean)
    }
}
