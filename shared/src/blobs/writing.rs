//! Writes one object as its content arrives: in one call if it is small, otherwise as a multipart upload.

use super::{BlobKey, Blobs};
use crate::aws::CallError;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::{mem, pin::pin};
use tokio::sync::mpsc;

/// The size of a part. Larger content is uploaded in parts. S3 requires at least 5 MiB. Each upload has one in memory.
const PART_BYTES: usize = 5 * 1024 * 1024;
/// The size of the memory for a part at first. Most files are small.
const FIRST_BYTES: usize = 64 * 1024;
/// How many parts of all uploads are sent at once.
pub(super) const SENT_AT_ONCE: usize = 2;

/// A piece of content to write. If the stream ends without [`Piece::End`], the object is discarded.
pub(super) enum Piece {
    More(Bytes),
    End,
}

/// Forwards `content` to the task that writes it. If that task has stopped, this is no error here: the task returns
/// the cause.
pub(super) async fn forward<E>(
    content: impl Stream<Item = Result<Bytes, E>>,
    pieces: mpsc::Sender<Piece>,
) -> Result<(), E> {
    let mut content = pin!(content);
    while let Some(bytes) = content.next().await.transpose()? {
        if pieces.send(Piece::More(bytes)).await.is_err() {
            return Ok(());
        }
    }
    pieces.send(Piece::End).await.ok();
    Ok(())
}

/// An object that is being written.
pub(super) struct Writing {
    blobs: Blobs,
    key: BlobKey,
    content_type: String,
    /// The id of the multipart upload, once it is started.
    upload: Option<String>,
    parts: Vec<CompletedPart>,
    size: u64,
    /// Whether a call that creates the object was sent.
    may_exist: bool,
}

impl Writing {
    pub(super) fn new(blobs: &Blobs, key: &BlobKey, content_type: &str) -> Self {
        Self {
            blobs: blobs.clone(),
            key: key.clone(),
            content_type: content_type.to_owned(),
            upload: None,
            parts: Vec::new(),
            size: 0,
            may_exist: false,
        }
    }

    pub(super) async fn run(mut self, pieces: mpsc::Receiver<Piece>) -> Result<Unclaimed, CallError> {
        match self.write(pieces).await {
            Ok(()) => Ok(Unclaimed { size: self.size, object: Some((self.blobs, self.key)) }),
            Err(error) => {
                self.abandon().await;
                Err(error)
            }
        }
    }

    async fn write(&mut self, mut pieces: mpsc::Receiver<Piece>) -> Result<(), CallError> {
        let mut part = Vec::new();
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::More(mut bytes) => {
                    self.size += bytes.len() as u64;
                    while !bytes.is_empty() {
                        // A full part waits until there is more, because it may be the only part.
                        if part.len() == PART_BYTES {
                            self.put_part(mem::take(&mut part).into()).await?;
                            // All further parts but the last are full.
                            part.reserve_exact(PART_BYTES);
                        }
                        let taken = bytes.split_to(bytes.len().min(PART_BYTES - part.len()));
                        make_room(&mut part, taken.len());
                        part.extend_from_slice(&taken);
                    }
                }
                Piece::End if self.upload.is_none() => return self.put_whole(part.into()).await,
                Piece::End => {
                    self.put_part(part.into()).await?;
                    return self.complete().await;
                }
            }
        }
        Err(CallError::broken("the content is not to be kept"))
    }

    async fn put_whole(&mut self, content: Bytes) -> Result<(), CallError> {
        self.may_exist = true;
        let Blobs { client, bucket, sending: _, is_embedded: _ } = &self.blobs;
        let request = client.put_object().bucket(bucket).key(&self.key.0).content_type(&self.content_type);
        request.body(content.into()).send().await?;
        Ok(())
    }

    async fn put_part(&mut self, content: Bytes) -> Result<(), CallError> {
        let Blobs { client, bucket, sending, is_embedded: _ } = &self.blobs;
        let _slot = sending.acquire().await.map_err(CallError::broken)?;
        let upload = match &self.upload {
            Some(upload) => upload,
            None => {
                let request = client.create_multipart_upload().bucket(bucket).key(&self.key.0);
                let begun = request.content_type(&self.content_type).send().await?;
                let upload = begun.upload_id.ok_or_else(|| CallError::broken("an upload without an id"))?;
                self.upload.insert(upload)
            }
        };
        let number = i32::try_from(self.parts.len() + 1).map_err(CallError::broken)?;
        let request = client.upload_part().bucket(bucket).key(&self.key.0).upload_id(upload).part_number(number);
        let stored = request.body(content.into()).send().await?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(stored.e_tag).build();
        self.parts.push(part);
        Ok(())
    }

    async fn complete(&mut self) -> Result<(), CallError> {
        self.may_exist = true;
        let Blobs { client, bucket, sending: _, is_embedded: _ } = &self.blobs;
        let parts = CompletedMultipartUpload::builder().set_parts(Some(std::mem::take(&mut self.parts))).build();
        let request = client.complete_multipart_upload().bucket(bucket).key(&self.key.0);
        request.set_upload_id(self.upload.clone()).multipart_upload(parts).send().await?;
        Ok(())
    }

    async fn abandon(self) {
        let Blobs { client, bucket, sending: _, is_embedded: _ } = &self.blobs;
        if let Some(upload) = &self.upload {
            let request = client.abort_multipart_upload().bucket(bucket).key(&self.key.0).upload_id(upload);
            if let Err(error) = request.send().await
                && !self.may_exist
            {
                let error = CallError::from(error);
                tracing::warn!(error = %crate::log::Causes(&error), "an unfinished upload was not removed");
            }
        }
        if self.may_exist {
            self.blobs.discard(vec![self.key]).await;
        }
    }
}

/// Makes room for more of a part. The memory doubles as a `Vec`'s does, but is never larger than a part.
fn make_room(part: &mut Vec<u8>, more: usize) {
    if part.capacity() - part.len() < more {
        let doubled = (2 * part.capacity()).max(part.len() + more).clamp(FIRST_BYTES, PART_BYTES);
        part.reserve_exact(doubled - part.len());
    }
}

/// A written object that is removed on drop unless it is claimed, in case the caller is gone.
pub(super) struct Unclaimed {
    size: u64,
    object: Option<(Blobs, BlobKey)>,
}

impl Unclaimed {
    pub(super) fn claim(mut self) -> u64 {
        self.object = None;
        self.size
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if let Some((blobs, key)) = self.object.take() {
            blobs.discard_later(vec![key]);
        }
    }
}
