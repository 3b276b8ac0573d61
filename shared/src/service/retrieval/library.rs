//! The texts and indexes of files that were read. They never change, so that indexes are kept in memory, up to a limit.

use super::Chosen;
use crate::{
    blobs::{BlobKey, Blobs},
    domain::{
        Error,
        conversation::Source,
        file::{File, FileState},
        ids::{FileId, UserId},
    },
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use knowledge::Index;
use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

/// The most bytes of an index.
const INDEX_MAX: usize = 64 * 1024 * 1024;
/// The most bytes of the indexes in memory.
const KEPT_MAX: usize = 64 * 1024 * 1024;
/// How many objects are read at once.
const READ_AT_ONCE: usize = 16;
/// Files beyond it are left out of a search.
const SEARCHED_MAX: usize = 200;

/// A document that can be searched.
pub(super) struct Document {
    /// The file. `None` if it is not one of the user's files.
    pub file: Option<FileId>,
    /// Its name.
    pub name: String,
    /// The index of its text.
    pub index: Arc<Index>,
    /// Its text, if that is not in the bucket.
    pub text: Option<Bytes>,
}

impl Document {
    /// The length of the text.
    pub fn bytes(&self) -> u64 {
        let last = self.index.passages().checked_sub(1).and_then(|last| self.index.passage(last));
        last.map_or(0, |place| place.end)
    }
}

/// Reads texts and indexes. Cheap to clone.
#[derive(Clone)]
pub(super) struct Library {
    blobs: Blobs,
    kept: Arc<Mutex<Kept>>,
}

/// Indexes in memory.
#[derive(Default)]
struct Kept {
    /// With the time of their last use.
    indexes: HashMap<FileId, (Arc<Index>, u64)>,
    bytes: usize,
    uses: u64,
}

impl Library {
    pub fn new(blobs: Blobs) -> Self {
        Self { blobs, kept: Arc::default() }
    }

    /// The documents among a user's files that can be searched, in the same order.
    pub async fn load(&self, user: UserId, files: Vec<File>) -> Result<Vec<Document>, Error> {
        let ready = files.into_iter().filter(|file| file.state == FileState::Ready).take(SEARCHED_MAX);
        let loaded = stream::iter(ready).map(async |file: File| -> Result<_, Error> {
            let index = self.index(user, file.id).await?;
            let (id, name) = (file.id, file.name.as_str().to_owned());
            Ok(index.map(|index| Document { file: Some(id), name, index, text: None }))
        });
        let loaded: Vec<Option<Document>> = loaded.buffered(READ_AT_ONCE).try_collect().await?;
        Ok(loaded.into_iter().flatten().collect())
    }

    /// The index of a file. `None` if the file is being deleted.
    async fn index(&self, user: UserId, file: FileId) -> Result<Option<Arc<Index>>, Error> {
        if let Some(index) = self.kept(|kept| kept.get(file)) {
            return Ok(Some(index));
        }
        let Some(bytes) = self.blobs.get_whole(&BlobKey::of_index(user, file), INDEX_MAX).await? else {
            return Ok(None);
        };
        let index = Arc::new(Index::parse(&bytes).map_err(Error::internal)?);
        self.kept(|kept| kept.add(file, index.clone()));
        Ok(Some(index))
    }

    fn kept<T>(&self, then: impl FnOnce(&mut Kept) -> T) -> T {
        then(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The chosen passages, in their order. Those of files that are being deleted are left out.
    pub async fn texts(&self, user: UserId, documents: &[Document], chosen: &[Chosen]) -> Result<Vec<Source>, Error> {
        let read = stream::iter(chosen.iter().copied()).map(async |Chosen { document, passage }| {
            let document = documents.get(document)?;
            let place = document.index.passage(passage)?;
            let text = match self.part(user, document, place.start..place.end).await {
                Ok(text) => text?,
                Err(error) => return Some(Err(error)),
            };
            let Document { file, name, index: _, text: _ } = document;
            Some(Ok(Source { file: *file, filename: name.clone(), page: place.page, text: text.trim().to_owned() }))
        });
        let read: Vec<_> = read.buffered(READ_AT_ONCE).collect().await;
        read.into_iter().flatten().collect()
    }

    /// The text of a document, or of its pages with these numbers: at most `max_bytes`.
    pub async fn pages(
        &self,
        user: UserId,
        document: &Document,
        pages: Option<(u32, u32)>,
        max_bytes: usize,
    ) -> Result<String, Error> {
        let is_wanted = |number: Option<u32>| match (pages, number) {
            (Some((first, last)), Some(number)) => (first..=last).contains(&number),
            _ => true,
        };
        let wanted = document.index.pages().filter(|page| is_wanted(page.number));
        let range = wanted.fold(None, |range: Option<Range<u64>>, page| {
            Some(range.map_or(page.start, |range| range.start)..page.end)
        });
        let Some(Range { start, end }) = range else { return Ok(String::new()) };
        let end = end.min(start.saturating_add(max_bytes as u64));
        Ok(self.part(user, document, start..end).await?.unwrap_or_default())
    }

    /// A part of a document's text. `None` if it is gone.
    async fn part(&self, user: UserId, document: &Document, range: Range<u64>) -> Result<Option<String>, Error> {
        if range.is_empty() {
            return Ok(Some(String::new()));
        }
        let bytes = match (&document.text, document.file) {
            (Some(text), _) => {
                let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
                Some(text.slice(at(range.start)..at(range.end)))
            }
            (None, Some(file)) => self.blobs.get_range(&BlobKey::of_text(user, file), range).await?,
            (None, None) => None,
        };
        // A part that ends inside a character loses it.
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim_end_matches('\u{fffd}').to_owned()))
    }
}

impl Kept {
    fn get(&mut self, file: FileId) -> Option<Arc<Index>> {
        self.uses += 1;
        let (index, used) = self.indexes.get_mut(&file)?;
        *used = self.uses;
        Some(index.clone())
    }

    /// Adds an index, in place of those that were not used for longest.
    fn add(&mut self, file: FileId, index: Arc<Index>) {
        self.uses += 1;
        self.bytes += index.heap_bytes();
        if let Some((before, _)) = self.indexes.insert(file, (index, self.uses)) {
            self.bytes -= before.heap_bytes();
        }
        while self.bytes > KEPT_MAX
            && let Some(oldest) = self.indexes.iter().min_by_key(|(_, (_, used))| *used).map(|(file, _)| *file)
            && let Some((index, _)) = self.indexes.remove(&oldest)
        {
            self.bytes -= index.heap_bytes();
        }
    }
}
