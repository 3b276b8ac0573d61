//! Uploaded files: received, checked and stored in one pass, and returned to their owner. A file that a request cannot
//! carry is announced, sent to the bucket by the client, and then received from there.

use super::{
    Deps,
    idempotency::{Idempotency, IdempotencyKey, Keyed, Outcome, Run},
    retry::{self, Attempt},
};
use crate::{
    blobs::{BlobKey, Blobs, Content, PresignedPut},
    clock::Clock,
    domain::{
        Error, Problem,
        error::Conflict,
        file::{Announced, Check, File, FileName, FileStatus, Unfit},
        ids::{FileId, UserId},
        list::{FileField, ListRequest, Listed},
    },
    entropy::Entropy,
    store::{
        Store,
        files::{NotStored, Stored},
    },
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tracing::Instrument;

/// How long an announced file may take to arrive.
pub const ANNOUNCED_FOR: Duration = Duration::from_secs(60 * 60);

/// How long a request that receives an announced file keeps others from it: longer than a request can take.
const CLAIMED_FOR: Duration = Duration::from_secs(15 * 60);

/// How much space files may take.
#[derive(Debug, Clone, Copy)]
pub struct FileLimits {
    /// The bytes of all files of a user.
    pub quota: u64,
    /// The bytes of a file that a request carries. `None` where requests carry files of any size.
    pub in_request: Option<u64>,
}

/// Uploaded files. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<Store>,
    blobs: Blobs,
    limits: FileLimits,
    idempotency: Idempotency,
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

/// Where a client sends an announced file.
pub struct Upload {
    /// The file.
    pub announced: Announced,
    /// The address, and the headers that the request must have.
    pub to: PresignedPut,
}

impl Files {
    /// Keeps the rows in the store of `deps`, and the contents in `blobs`.
    pub fn new(deps: Deps, blobs: Blobs, limits: FileLimits) -> Self {
        let idempotency = Idempotency::new(deps.clone());
        let Deps { store, clock, entropy } = deps;
        Self { store, blobs, limits, idempotency, clock, entropy }
    }

    /// The bytes that all files of a user may have together.
    pub const fn quota(&self) -> u64 {
        self.limits.quota
    }

    /// The error of files that do not fit into what is left of the quota.
    pub const fn over_quota(&self) -> Error {
        Error::QuotaExceeded { max_bytes: self.limits.quota }
    }

    /// Checks a file and stores its content as it arrives, in bounded memory: at most `room` bytes. The file's row is not
    /// stored yet (see [`Files::keep`]). If the file is refused, `content` yields an error, or the caller drops the
    /// future, the stored content is removed.
    pub async fn receive<E: From<Error>>(
        &self,
        user: UserId,
        offer: Offer<'_>,
        room: u64,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<File, E> {
        let id = FileId::new(self.entropy.uuid(self.clock.now()));
        let in_request = self.limits.in_request.unwrap_or(u64::MAX);
        let max_bytes = offer.max_bytes.min(in_request).min(room);
        // Which of the limits a file broke.
        let told = |unfit: Unfit| match unfit {
            Unfit::TooLarge { max_bytes } if max_bytes == room => self.over_quota(),
            Unfit::TooLarge { max_bytes } if max_bytes == in_request => Error::TooLargeForRequest { max_bytes },
            other => other.in_field(offer.field),
        };
        self.store_content((user, id), Offer { max_bytes, ..offer }, told, content).await
    }

    async fn store_content<E: From<Error>>(
        &self,
        (user, id): (UserId, FileId),
        Offer { field, name, declared_type, max_bytes }: Offer<'_>,
        told: impl Fn(Unfit) -> Error,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<File, E> {
        let name = FileName::parse(name).map_err(|problem| Error::invalid(field, problem))?;
        let mut check = Check::new(&name, declared_type, max_bytes).map_err(&told)?;
        let content_type = check.content_type();
        let checked = content.map(Some).chain(stream::iter([None])).map(|chunk| {
            let bytes = chunk.transpose()?;
            let looked_at = match &bytes {
                Some(bytes) => check.feed(bytes),
                None => check.finish(),
            };
            looked_at.map_err(&told)?;
            Ok::<_, E>(bytes.unwrap_or_default())
        });
        let size = self.blobs.put(&BlobKey::of_file(user, id), content_type.as_str(), checked).await?;
        Ok(File::new(id, name, content_type, size, self.clock.now()))
    }

    /// Stores the rows of received files that belong only to their owner.
    ///
    /// # Errors
    /// `QuotaExceeded`; `KeyReused` for the idempotency key.
    pub async fn keep(&self, received: Received, key: Option<IdempotencyKey>) -> Result<Vec<File>, Error> {
        let user = received.user;
        let files = received.keep();
        if files.is_empty() {
            return Ok(files);
        }
        let sizes: Vec<String> = files.iter().map(|file| format!("{} {}", file.size, file.name.as_str())).collect();
        let keyed = key.map(|key| Keyed::new(key, &["files", &sizes.join("/")]));
        let keep = |run: Run| {
            let files = &files;
            async move {
                let ids: Vec<FileId> = files.iter().map(|file| file.id).collect();
                let record = run.record(&ids)?;
                let stored = self.store.keep_files(user, files, self.limits.quota, record).await?;
                self.attempted(stored, ids)
            }
        };
        let kept: Result<Outcome<Vec<FileId>, Vec<FileId>>, Error> = self.idempotency.run(user, keyed, keep).await;
        self.discard_if_refused(user, &files, &kept).await;
        match kept? {
            Outcome::Done(_) => Ok(files),
            Outcome::Repeated(ids) => {
                self.discard(user, &files).await;
                let found: Option<Vec<File>> = self.find(user, &ids).await?.into_iter().collect();
                found.ok_or(Error::NotFound)
            }
        }
    }

    /// Stores the row of a single received file.
    ///
    /// # Errors
    /// As [`Files::keep`].
    pub async fn keep_one(&self, received: Received, key: Option<IdempotencyKey>) -> Result<File, Error> {
        self.keep(received, key).await?.pop().ok_or_else(|| Error::internal("no file was received"))
    }

    /// The outcome of an attempt to store rows.
    fn attempted<T>(&self, stored: Stored, value: T) -> Result<Attempt<T>, Error> {
        match stored {
            Ok(()) => Ok(Attempt::Done(value)),
            // Checked first: the request that claimed the key may have used the rest of the quota.
            Err(refusals) if refusals.contains(&NotStored::Key) => Ok(Attempt::KeyClaimed),
            Err(refusals) if refusals.contains(&NotStored::Quota) => Err(self.over_quota()),
            Err(_) => Ok(Attempt::LostRace),
        }
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

    /// A user's file.
    pub async fn show(&self, user: UserId, id: FileId) -> Result<File, Error> {
        self.store.file(user, id).await?.ok_or(Error::NotFound)
    }

    /// A user's files.
    pub async fn list(
        &self,
        user: UserId,
        status: Option<FileStatus>,
        request: &ListRequest<FileField>,
    ) -> Result<Listed<File>, Error> {
        if request.is_deep() {
            let total = self.store.file_usage(user).await?.count(status);
            if !request.page.exists_in(total) {
                return Ok(Listed::empty(request.page, total));
            }
        }
        let (files, total, next) = self.store.list_files(user, status, request).await?;
        Ok(Listed::new(files, total, request.page, next))
    }

    /// A user's file and its content.
    ///
    /// # Errors
    /// `NotFound`, also if the content is gone.
    pub async fn open(&self, user: UserId, id: FileId) -> Result<(File, Content), Error> {
        let file = self.show(user, id).await?;
        let found = self.blobs.get(&BlobKey::of_file(user, id)).await?;
        let Some((size, content)) = found else {
            // A restored table has rows of files whose content was deleted since.
            tracing::error!(file = %id, "a file's content is gone");
            return Err(Error::NotFound);
        };
        if size != file.size {
            return Err(Error::internal("a file's content has another size than its row"));
        }
        Ok((file, content))
    }

    /// Deletes a file. Assistants that had it do not have it any more. Its content is removed later.
    pub async fn remove(&self, user: UserId, id: FileId) -> Result<(), Error> {
        retry::change(&self.store, async || {
            let file = self.show(user, id).await?;
            let deleted = self.store.delete_file(user, &file, self.clock.now()).await?;
            Ok(if deleted { Attempt::Done(()) } else { Attempt::LostRace })
        })
        .await
    }

    /// Reserves space for a file that the client will send to the bucket itself.
    ///
    /// # Errors
    /// `Invalid` for a name or a type that is not accepted, `TooLarge`, `QuotaExceeded`, `KeyReused`.
    pub async fn announce(
        &self,
        user: UserId,
        (name, declared_type): (&str, Option<&str>),
        size: u64,
        key: Option<IdempotencyKey>,
    ) -> Result<Announced, Error> {
        let name = FileName::parse(name).map_err(|problem| Error::invalid("filename", problem))?;
        let check = Check::new(&name, declared_type, u64::MAX).map_err(|unfit| unfit.in_field("filename"))?;
        let (content_type, max_bytes) = (check.content_type(), check.content_type().max_bytes());
        if size > max_bytes {
            return Err(Error::TooLarge { max_bytes });
        }
        if size == 0 {
            return Err(Error::invalid("size", Problem::FileEmpty));
        }
        let keyed = key.map(|key| Keyed::new(key, &["announce", name.as_str(), &size.to_string()]));
        let announce = |run: Run| {
            let name = name.clone();
            async move {
                let id = FileId::new(self.entropy.uuid(run.now));
                let announced = Announced { id, name, content_type, size, expires_at: run.now.plus(ANNOUNCED_FOR) };
                let record = run.record(&announced)?;
                let room = (run.now, self.limits.quota);
                let stored = self.store.announce_file(user, &announced, room, record).await?;
                self.attempted(stored, announced)
            }
        };
        Ok(self.idempotency.run(user, keyed, announce).await?.into_inner())
    }

    /// The request by which a client sends an announced file to the bucket. `origin` is the address at which the caller
    /// reaches this service, which is where the embedded bucket is.
    pub async fn upload(&self, user: UserId, announced: Announced, origin: &str) -> Result<Upload, Error> {
        let Announced { id, name: _, content_type, size, expires_at } = announced;
        let left = expires_at.since(self.clock.now());
        let key = BlobKey::of_upload(user, id);
        let to = self.blobs.presign_put(&key, (content_type.as_str(), size), left, origin).await?;
        Ok(Upload { announced, to })
    }

    /// The origin that clients send announced files to, where requests cannot carry all files.
    pub async fn upload_origin(&self) -> Result<Option<String>, Error> {
        match self.limits.in_request {
            Some(_) => Ok(Some(self.blobs.origin().await?)),
            None => Ok(None),
        }
    }

    /// Checks an announced file that was sent to the bucket, and keeps it. A repeated request gets the same file.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` if it was not sent yet; `Invalid` if it is not what was announced.
    pub async fn complete(&self, user: UserId, id: FileId) -> Result<File, Error> {
        let (announced, file) = self.store.announced_file(user, id).await?;
        if let Some(file) = file {
            return Ok(file);
        }
        let announced = announced.filter(|announced| announced.expires_at > self.clock.now());
        let Announced { id, name, content_type: _, size, expires_at: _ } = announced.ok_or(Error::NotFound)?;
        let sent = self.blobs.get(&BlobKey::of_upload(user, id)).await?;
        let (sent_bytes, content) = sent.ok_or(Error::Conflict(Conflict::NotSent))?;
        if sent_bytes != size {
            return Err(Error::invalid("size", Problem::FileSize));
        }
        let now = self.clock.now();
        if !self.store.claim_announced(user, id, (now, now.plus(CLAIMED_FOR))).await? {
            return Err(Error::Conflict(Conflict::BeingChecked));
        }
        // In a task of its own: if the caller goes away, the claim is still given back.
        let files = self.clone();
        let receive = async move {
            let received = files.receive_sent((user, id), (&name, size), content).await;
            if received.is_err() {
                // What was wrong may be mended by sending the file again.
                files.store.claim_announced(user, id, (now.plus(CLAIMED_FOR), now)).await?;
            }
            received
        };
        tokio::spawn(receive.in_current_span()).await.map_err(Error::internal)?
    }

    async fn receive_sent(
        &self,
        (user, id): (UserId, FileId),
        (name, size): (&FileName, u64),
        content: Content,
    ) -> Result<File, Error> {
        let offer = Offer { field: "filename", name: name.as_str(), declared_type: None, max_bytes: size };
        // What was read and checked is what is kept, even if the client sends the file a second time meanwhile.
        let told = |unfit: Unfit| unfit.in_field("filename");
        let content = content.map(|chunk| chunk.map_err(Error::from));
        let file = self.store_content((user, id), offer, told, content).await?;
        let stored = self.store.complete_file(user, &file).await.map_err(Error::from);
        self.discard_if_refused(user, std::slice::from_ref(&file), &stored).await;
        match stored? {
            Ok(()) => {
                self.blobs.discard(vec![BlobKey::of_upload(user, id)]).await;
                Ok(file)
            }
            // It was given up.
            Err(_) => {
                self.discard(user, std::slice::from_ref(&file)).await;
                Err(Error::NotFound)
            }
        }
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
    /// The bytes that the user's other files leave of the quota, once that was read.
    room: Option<u64>,
    list: Vec<File>,
    is_kept: AtomicBool,
}

impl Received {
    /// No files of `user` yet.
    pub fn new(files: &Files, user: UserId) -> Self {
        Self { files: files.clone(), user, room: None, list: Vec::new(), is_kept: AtomicBool::new(false) }
    }

    /// Receives one more file.
    pub async fn receive<E: From<Error>>(
        &mut self,
        offer: Offer<'_>,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(), E> {
        let room = match self.room {
            Some(room) => room,
            None => {
                let usage = self.files.store.file_usage(self.user).await.map_err(Error::from)?;
                self.files.limits.quota.saturating_sub(usage.bytes)
            }
        };
        let file = self.files.receive(self.user, offer, room, content).await?;
        self.room = Some(room.saturating_sub(file.size));
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
