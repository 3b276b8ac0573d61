//! Uploaded files: received, checked and stored in one pass, and given out again to their owner.

use crate::{
    blobs::{BlobKey, Blobs, Content},
    clock::Clock,
    domain::{
        Error,
        file::{Check, File, FileName},
        ids::{FileId, UserId},
    },
    entropy::Entropy,
    store::Store,
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Uploaded files. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<Store>,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What a client says about a file that it sends.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The input's field that is named when something is wrong with the file.
    pub field: &'static str,
    /// The name, as sent.
    pub name: &'a str,
    /// The media type, if one was sent.
    pub declared_type: Option<&'a str>,
    /// The most bytes that the caller wants. The file's kind may allow less.
    pub max_bytes: u64,
}

impl Files {
    /// On `store`, with the contents in `blobs`.
    pub fn new(store: Arc<Store>, blobs: Blobs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, blobs, clock, entropy }
    }

    /// Checks a file and stores its content while it arrives, in bounded memory. What is known of it is not
    /// stored yet (see [`Files::keep`]). When it is refused, when `content` yields an error, and when the
    /// caller goes away meanwhile, nothing is left of it.
    pub async fn receive<E: From<Error>>(
        &self,
        user: UserId,
        offer: Offer<'_>,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<File, E> {
        let Offer { field, name, declared_type, max_bytes } = offer;
        let name = FileName::parse(name).map_err(|problem| Error::invalid(field, problem))?;
        let mut check = Check::new(&name, declared_type, max_bytes).map_err(|unfit| unfit.in_field(field))?;
        let now = self.clock.now();
        let (id, content_type) = (FileId::new(self.entropy.uuid(now)), check.content_type());
        let checked = content.map(Some).chain(stream::iter([None])).map(|chunk| {
            let bytes = chunk.transpose()?;
            let looked_at = match &bytes {
                Some(bytes) => check.feed(bytes),
                None => check.finish(),
            };
            looked_at.map_err(|unfit| unfit.in_field(field))?;
            Ok::<_, E>(bytes.unwrap_or_default())
        });
        let size = self.blobs.put(&BlobKey::of_file(user, id), content_type.as_str(), checked).await?;
        Ok(File { id, name, content_type, size, created_at: now })
    }

    /// Keeps received files that belong to nothing but their owner.
    pub async fn keep(&self, received: Received) -> Result<Vec<File>, Error> {
        let user = received.user;
        let files = received.keep();
        self.store.keep_files(user, &files).await?;
        Ok(files)
    }

    /// Removes received files that are not wanted, as far as that is possible now.
    pub async fn discard(&self, user: UserId, files: &[File]) {
        self.blobs.discard(keys(user, files)).await;
    }

    /// Those of a user's files that exist, in the order of `ids`.
    pub async fn find(&self, user: UserId, ids: &[FileId]) -> Result<Vec<Option<File>>, Error> {
        Ok(self.store.files(user, ids).await?)
    }

    /// A user's file and its content.
    pub async fn open(&self, user: UserId, id: FileId) -> Result<(File, Content), Error> {
        let file = self.store.file(user, id).await?.ok_or(Error::NotFound)?;
        let found = self.blobs.get(&BlobKey::of_file(user, id)).await?;
        let (size, content) = found.ok_or_else(|| Error::internal("a file's content is gone"))?;
        if size != file.size {
            return Err(Error::internal("a file's content has another size than its row"));
        }
        Ok((file, content))
    }
}

fn keys(user: UserId, files: &[File]) -> Vec<BlobKey> {
    files.iter().map(|file| BlobKey::of_file(user, file.id)).collect()
}

/// Files whose contents are stored, but that have no rows yet. If it is dropped before [`Received::keep`], they are
/// removed, so that a request that ends early leaves nothing behind.
pub struct Received {
    files: Files,
    user: UserId,
    list: Vec<File>,
    is_kept: AtomicBool,
}

impl Received {
    /// No file of `user` yet.
    pub fn new(files: &Files, user: UserId) -> Self {
        Self { files: files.clone(), user, list: Vec::new(), is_kept: AtomicBool::new(false) }
    }

    /// Receives one more file.
    pub async fn receive<E: From<Error>>(
        &mut self,
        offer: Offer<'_>,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(), E> {
        let file = self.files.receive(self.user, offer, content).await?;
        self.list.push(file);
        Ok(())
    }

    /// Hands the files over, just before the transaction that writes their rows: content without a row is only waste, a
    /// row without its content is a broken file. If the rows were not written, the caller calls [`Files::discard`].
    pub fn keep(&self) -> Vec<File> {
        self.is_kept.store(true, Ordering::Relaxed);
        self.list.clone()
    }

    /// Whether the files were handed over.
    pub fn is_kept(&self) -> bool {
        self.is_kept.load(Ordering::Relaxed)
    }

    /// Removes the files, and waits for it.
    pub async fn discard(mut self) {
        let list = std::mem::take(&mut self.list);
        self.files.discard(self.user, &list).await;
    }
}

impl Deref for Received {
    type Target = [File];

    fn deref(&self) -> &[File] {
        &self.list
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if !self.is_kept() {
            self.files.blobs.discard_later(keys(self.user, &self.list));
        }
    }
}
