//! Removes what nobody can see any more: the data of deleted conversations, files and accounts, and announced files that
//! never arrived. It frees storage. Runs periodically, in portions, and may be stopped at any time.

use super::{Deps, files::ANNOUNCED_FOR};
use crate::{
    blobs::{BlobKey, Blobs},
    clock::Clock,
    domain::{Error, ids::UserId},
    store::{Store, files::OwnedFile, sweep::NOTES_MAX},
};
use std::sync::Arc;

/// The maximum number of rows of one object that are removed in one portion.
const PORTION: usize = 500;

/// Removes the data of deleted objects.
pub struct Sweeper {
    store: Arc<Store>,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
}

impl Sweeper {
    /// Removes data from the store of `deps`, and files from `blobs`.
    pub fn new(Deps { store, clock, entropy: _ }: Deps, blobs: Blobs) -> Self {
        Self { store, blobs, clock }
    }

    /// Removes one portion of each known object, for a limited number of objects. Returns whether nothing is left to
    /// remove.
    ///
    /// # Errors
    /// The last error, after all objects were attempted.
    pub async fn sweep(&self) -> Result<bool, Error> {
        let (conversations, users) = self.store.to_be_swept().await?;
        let files = self.store.swept_files(NOTES_MAX).await?;
        // An upload that is being checked is done before.
        let announced = self.store.announced_until(self.clock.now().minus(ANNOUNCED_FOR * 2), NOTES_MAX).await?;
        let is_full = |notes: usize| notes >= usize::try_from(NOTES_MAX).unwrap_or(usize::MAX);
        let kinds = [conversations.len(), users.len(), files.len(), announced.len()];
        let mut is_clean = Ok(!kinds.into_iter().any(is_full));
        for conversation in conversations {
            note(&mut is_clean, self.store.sweep_conversation(conversation, PORTION).await);
        }
        for file in files {
            note(&mut is_clean, self.sweep_file(file).await);
        }
        for file in announced {
            note(&mut is_clean, self.give_up(file).await);
        }
        for user in users {
            note(&mut is_clean, self.sweep_files(user).await);
            note(&mut is_clean, self.store.sweep_user(user, PORTION).await);
        }
        is_clean
    }

    /// Removes what the bucket has of a deleted file.
    async fn sweep_file(&self, file: OwnedFile) -> Result<bool, Error> {
        self.blobs.delete_all(&BlobKey::all_of(file.user, file.file)).await?;
        self.store.forget_file(file).await?;
        Ok(true)
    }

    /// Gives up an announced file, and frees its space. What the bucket has of it goes first, because its row is what
    /// finds it.
    async fn give_up(&self, file: OwnedFile) -> Result<bool, Error> {
        let (announced, kept) = self.store.announced_file(file.user, file.file).await?;
        if let (Some(announced), None) = (announced, kept) {
            self.blobs.delete_all(&BlobKey::all_of(file.user, file.file)).await?;
            self.store.forget_announced(file.user, &announced).await?;
        }
        Ok(true)
    }

    /// Removes some files of a deleted account. Returns whether none is left.
    async fn sweep_files(&self, user: UserId) -> Result<bool, Error> {
        let files = self.store.some_files(user, NOTES_MAX).await?;
        for &file in &files {
            self.blobs.delete_all(&BlobKey::all_of(file.user, file.file)).await?;
            self.store.remove_file_rows(file).await?;
        }
        Ok(files.is_empty())
    }
}

fn note(is_clean: &mut Result<bool, Error>, swept: Result<bool, impl Into<Error>>) {
    match (swept, &mut *is_clean) {
        (Ok(is_empty), Ok(is_clean)) => *is_clean &= is_empty,
        (Ok(_), Err(_)) => {}
        (Err(error), _) => *is_clean = Err(error.into()),
    }
}
