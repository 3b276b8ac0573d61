//! Uploaded files: received, checked and stored in one pass, and returned to their owner.

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

/// A client's description of a file that it sends.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The input field that errors about the file name.
    pub field: &'static str,
    /// The name, as sent.
    pub name: &'a str,
    /// The media type, if one was sent.
    pub declared_type: Option<&'a str>,
    /// The caller's size limit in bytes. The file's kind may allow less.
    pub max_bytes: u64,
}

impl Files {
    /// Keeps the rows in `store`, and the contents in `blobs`.
    pub fn new(store: Arc<Store>, blobs: Blobs, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, blobs, clock, entropy }
    }

    /// Checks a file and stores its content as it arrives, in bounded memory. The file's row is not stored yet (see
    /// [`Files::keep`]). If the file is refused, `content` yields an error, or the caller drops the future, the stored
    /// content is removed.
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

    /// Stores the rows of received files that belong only to their owner.
    pub async fn keep(&self, received: Received) -> Result<Vec<File>, Error> {
        let user = received.user;
        let files = received.keep();
        let kept = self.store.keep_files(user, &files).await.map_err(Error::from);
        self.discard_if_refused(user, &files, &kept).await;
        kept.map(|()| files)
    }

    /// Removes the `new` files if the write of their rows was refused. If the result of the write is unknown, they stay,
    /// because rows may refer to them.
    pub async fn discard_if_refused<T>(&self, user: UserId, new: &[File], written: &Result<T, Error>) {
        if let Err(error) = written
            && !matches!(error, Error::Unavailable(_) | Error::Internal(_))
        {
            self.discard(user, new).await;
        }
    }

    /// Removes received files that are not needed, as far as that is possible now.
    pub async fn discard(&self, user: UserId, files: &[File]) {
        self.blobs.discard(keys(user, files)).await;
    }

    /// The user's files with these ids, in the order of `ids`. `None` for a file that does not exist.
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

/// Files whose contents are stored, but that have no rows yet. If the value is dropped before [`Received::keep`], the
/// contents are removed, so that a request that ends early leaves nothing behind.
pub struct Received {
    files: Files,
    user: UserId,
    list: Vec<File>,
    is_kept: AtomicBool,
}

impl Received {
    /// No files of `user` yet.
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

    /// Hands the files over, just before the transaction that writes their rows. Content without a row only wastes
    /// space; a row without content is a broken file. If the rows were not written, the caller must call
    /// [`Files::discard_if_refused`].
    pub fn keep(&self) -> Vec<File> {
        self.is_kept.store(true, Ordering::Relaxed);
        self.list.clone()
    }

    /// Whether the files were handed over.
    pub fn is_kept(&self) -> bool {
        self.is_kept.load(Ordering::Relaxed)
    }

    /// Removes the files, and waits until that is done.
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
