//! Reading the text of uploaded files, so that assistants can answer from it. A file's row says whether its text is to be
//! read. Messages of a queue only wake the workers, and may arrive more than once.

use super::{Deps, embedding::Embedder};
use crate::{
    blobs::{BlobKey, Blobs},
    clock::Clock,
    domain::{
        Error,
        event::{EventDetails, OutboxEntry},
        file::{FileState, Unreadable},
    },
    extraction::{Document, ExtractError, Extractor},
    queue::{Outgoing, Queue},
    store::{
        Store,
        files::{OwnedFile, Reading},
    },
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How often reading a file is begun. A worker that dies each time is not asked for ever.
const READINGS_MAX: u32 = 3;
/// How long a file waits before the janitor wakes the workers again: longer than reading takes with all its repeats.
const STUCK_AFTER: Duration = Duration::from_secs(60 * 60);
/// The maximum number of files that one call wakes.
const WOKEN_AT_ONCE: i32 = 1000;
/// When the vectors of a file must be there, counted from when its reading began. The function has five minutes.
const VECTORS_WITHIN: Duration = Duration::from_secs(4 * 60);

/// Reading files. Cheap to clone.
#[derive(Clone)]
pub struct Indexing {
    store: Arc<Store>,
    blobs: Blobs,
    extractor: Extractor,
    embedder: Option<Embedder>,
    queue: Queue,
    clock: Arc<dyn Clock>,
}

impl Indexing {
    /// Reads files of `blobs` with `extractor`, and makes vectors of their passages with `embedder`, if there is one. `queue`
    /// wakes the workers.
    pub fn new(
        Deps { store, clock, entropy: _ }: Deps,
        blobs: Blobs,
        (extractor, embedder): (Extractor, Option<Embedder>),
        queue: Queue,
    ) -> Self {
        Self { store, blobs, extractor, embedder, queue, clock }
    }

    /// Wakes the workers for the files that `entry` reports.
    pub async fn dispatch(&self, entry: &OutboxEntry) -> Result<(), Error> {
        let stored = entry.events.iter().filter_map(|event| match event {
            EventDetails::FileStored { file } => Some(OwnedFile { user: entry.user, file: *file }),
            _ => None,
        });
        self.wake(stored).await
    }

    /// Wakes the workers for files that wait for too long. The janitor does this.
    pub async fn wake_forgotten(&self) -> Result<(), Error> {
        let stuck = self.store.files_to_read(self.clock.now().minus(STUCK_AFTER), WOKEN_AT_ONCE).await?;
        self.wake(stuck).await
    }

    /// Wakes the workers for all files that wait. A queue in memory is filled with this at its start.
    pub async fn wake_all(&self) -> Result<(), Error> {
        let waiting = self.store.files_to_read(self.clock.now(), WOKEN_AT_ONCE).await?;
        self.wake(waiting).await
    }

    async fn wake(&self, files: impl IntoIterator<Item = OwnedFile>) -> Result<(), Error> {
        let messages = files.into_iter().map(|file| Outgoing::json(&file, file.user.to_string(), Duration::ZERO));
        let messages = messages.collect::<Result<Vec<_>, _>>()?;
        if messages.is_empty() { Ok(()) } else { Ok(self.queue.send(messages).await?) }
    }

    /// Reads a file, if that is still to be done, and stores its text, its index and its vectors.
    ///
    /// # Errors
    /// If the file could not be read now. The caller must try again.
    pub async fn index(&self, owned: OwnedFile) -> Result<(), Error> {
        let Some(Reading { file, readings }) = self.store.begin_reading(owned).await? else {
            return self.discard_if_deleted(owned).await;
        };
        let (OwnedFile { user, file: id }, deadline) = (owned, Instant::now() + VECTORS_WITHIN);
        if readings > READINGS_MAX {
            return self.end(owned, FileState::Failed(Unreadable::GivenUp)).await;
        }
        let Some((_, content)) = self.blobs.get(&BlobKey::of_file(user, id)).await? else {
            return self.discard_if_deleted(owned).await;
        };
        let document = match self.extractor.read(file.content_type, content).await {
            Ok(document) => document,
            Err(ExtractError::Unreadable(why)) => return self.end(owned, FileState::Failed(why)).await,
            Err(ExtractError::Content(error)) => return Err(error.into()),
            Err(ExtractError::Process(error)) => return Err(Error::Unavailable(error.into())),
        };
        let Document { text, index, pages: _, passages: _ } = document;
        let vectors = match &self.embedder {
            Some(embedder) => embedder.of_file(&text, &index, deadline).await?,
            None => None,
        };
        let objects = [(BlobKey::of_text(user, id), text), (BlobKey::of_index(user, id), index)];
        let objects = objects.into_iter().chain(vectors.map(|vectors| (BlobKey::of_vectors(user, id), vectors)));
        let puts = objects.map(async |(key, content)| self.blobs.put_whole(&key, content).await);
        futures::future::try_join_all(puts).await?;
        self.end(owned, FileState::Ready).await
    }

    async fn end(&self, owned: OwnedFile, state: FileState) -> Result<(), Error> {
        match self.store.end_reading(owned, &state).await? {
            true => Ok(()),
            false => self.discard_if_deleted(owned).await,
        }
    }

    /// Removes all objects of a file that was deleted while it was read.
    async fn discard_if_deleted(&self, OwnedFile { user, file }: OwnedFile) -> Result<(), Error> {
        if self.store.file(user, file).await?.is_none() {
            self.blobs.delete_all(&BlobKey::all_of(user, file)).await?;
        }
        Ok(())
    }
}
