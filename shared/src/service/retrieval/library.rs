//! The texts, indexes and vectors of files that were read. They never change, so that indexes and vectors are kept in
//! memory, up to a limit.

use super::{Chosen, VECTORS_MAX};
use crate::{
    blobs::{BlobKey, Blobs},
    domain::{
        Error,
        conversation::Source,
        file::{File, FileState},
        ids::{FileId, UserId},
    },
    log::Causes,
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use knowledge::{Index, Vectors};
use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

/// The most bytes of an index.
const INDEX_MAX: usize = 64 * 1024 * 1024;
/// The most bytes of the indexes and vectors in memory.
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
    /// The vectors of its passages, if there are some.
    pub vectors: Option<Arc<Vectors>>,
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

/// Reads texts, indexes and vectors. Cheap to clone.
#[derive(Clone)]
pub(super) struct Library {
    blobs: Blobs,
    /// The model whose vectors are read.
    vectors_of: Option<String>,
    kept: Arc<Mutex<Kept>>,
}

/// What a search needs of a file.
#[derive(Clone)]
struct Searchable {
    index: Arc<Index>,
    vectors: Option<Arc<Vectors>>,
}

/// What is in memory.
#[derive(Default)]
struct Kept {
    /// With the time of their last use.
    files: HashMap<FileId, (Searchable, u64)>,
    bytes: usize,
    uses: u64,
}

impl Library {
    /// Reads from `blobs`, also the vectors that the model `vectors_of` made.
    pub fn new(blobs: Blobs, vectors_of: Option<String>) -> Self {
        Self { blobs, vectors_of, kept: Arc::default() }
    }

    /// The documents among a user's files that can be searched, in the same order.
    pub async fn load(&self, user: UserId, files: Vec<File>) -> Result<Vec<Document>, Error> {
        let ready = files.into_iter().filter(|file| file.state == FileState::Ready).take(SEARCHED_MAX);
        let loaded = stream::iter(ready).map(async |file: File| -> Result<_, Error> {
            let found = self.searchable(user, file.id).await?;
            let (id, name) = (file.id, file.name.as_str().to_owned());
            let document =
                |Searchable { index, vectors }| Document { file: Some(id), name, index, vectors, text: None };
            Ok(found.map(document))
        });
        let loaded: Vec<Option<Document>> = loaded.buffered(READ_AT_ONCE).try_collect().await?;
        Ok(loaded.into_iter().flatten().collect())
    }

    /// The index and the vectors of a file. `None` if the file is being deleted.
    async fn searchable(&self, user: UserId, file: FileId) -> Result<Option<Searchable>, Error> {
        if let Some(found) = self.kept(|kept| kept.get(file)) {
            return Ok(Some(found));
        }
        let index = async { Ok(self.blobs.get_whole(&BlobKey::of_index(user, file), INDEX_MAX).await?) };
        let (bytes, vectors) = futures::future::try_join(index, self.vectors(user, file)).await?;
        let Some(bytes) = bytes else { return Ok(None) };
        let index = Arc::new(Index::parse(&bytes).map_err(Error::internal)?);
        let found = Searchable { index, vectors };
        self.kept(|kept| kept.add(file, found.clone()));
        Ok(Some(found))
    }

    /// The vectors of a file, if the model made some that questions are compared with.
    async fn vectors(&self, user: UserId, file: FileId) -> Result<Option<Arc<Vectors>>, Error> {
        let Some(model) = &self.vectors_of else { return Ok(None) };
        // The name of the model stands before the vectors.
        let most = VECTORS_MAX + 2 * model.len() + 1024;
        let Some(bytes) = self.blobs.get_whole(&BlobKey::of_vectors(user, file), most).await? else { return Ok(None) };
        match Vectors::parse(&bytes, model) {
            Ok(vectors) => Ok(vectors.map(Arc::new)),
            Err(error) => {
                tracing::warn!(%file, error = %Causes(&error), "a file is searched by words alone");
                Ok(None)
            }
        }
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
            let Document { file, name, index: _, vectors: _, text: _ } = document;
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

impl Searchable {
    fn heap_bytes(&self) -> usize {
        self.index.heap_bytes() + self.vectors.as_ref().map_or(0, |vectors| vectors.heap_bytes())
    }
}

impl Kept {
    fn get(&mut self, file: FileId) -> Option<Searchable> {
        self.uses += 1;
        let (found, used) = self.files.get_mut(&file)?;
        *used = self.uses;
        Some(found.clone())
    }

    /// Adds a file, in place of those that were not used for longest.
    fn add(&mut self, file: FileId, found: Searchable) {
        self.uses += 1;
        self.bytes += found.heap_bytes();
        if let Some((before, _)) = self.files.insert(file, (found, self.uses)) {
            self.bytes -= before.heap_bytes();
        }
        while self.bytes > KEPT_MAX
            && let Some(oldest) = self.files.iter().min_by_key(|(_, (_, used))| *used).map(|(file, _)| *file)
            && let Some((found, _)) = self.files.remove(&oldest)
        {
            self.bytes -= found.heap_bytes();
        }
    }
}
