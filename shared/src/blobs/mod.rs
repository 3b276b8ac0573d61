//! S3 access only: the contents of files. All object keys are built here.

mod writing;

use crate::{
    aws::{self, CallError},
    domain::{
        self,
        ids::{FileId, UserId},
    },
};
use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client, config::Builder, operation::get_object::GetObjectError, presigning::PresigningConfig,
    primitives::ByteStream,
};
use bytes::Bytes;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use std::{fmt, ops::Range, sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
};
use writing::{SENT_AT_ONCE, Writing, forward};

/// The bytes of an object, as they arrive.
pub type Content = BoxStream<'static, Result<Bytes, CallError>>;

/// The key of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobKey(String);

/// The key and the content of the object that the health check writes.
const PROBE: &str = "health/probe";

impl BlobKey {
    /// The content of a user's file.
    pub fn of_file(user: UserId, file: FileId) -> Self {
        Self(format!("files/{user}/{file}"))
    }

    /// The content of a file that its owner sends to the bucket, until it is checked.
    pub fn of_upload(user: UserId, file: FileId) -> Self {
        Self(format!("uploads/{user}/{file}"))
    }

    /// The text of a user's file, passage by passage.
    pub fn of_text(user: UserId, file: FileId) -> Self {
        Self(format!("texts/{user}/{file}/text"))
    }

    /// The index of that text.
    pub fn of_index(user: UserId, file: FileId) -> Self {
        Self(format!("texts/{user}/{file}/index"))
    }

    /// The vectors of its passages.
    pub fn of_vectors(user: UserId, file: FileId) -> Self {
        Self(format!("texts/{user}/{file}/vectors"))
    }

    /// All objects of a user's file.
    pub fn all_of(user: UserId, file: FileId) -> [Self; 5] {
        [Self::of_file, Self::of_upload, Self::of_text, Self::of_index, Self::of_vectors].map(|key| key(user, file))
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A request that stores an object without any other credential, as long as it is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedPut {
    /// Its address.
    pub url: String,
    /// The headers that it must have.
    pub headers: Vec<(String, String)>,
}

/// The objects of one bucket. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    client: Client,
    bucket: String,
    is_embedded: bool,
    /// Slots for parts of uploads. Waiting uploads are served in their order.
    sending: Arc<Semaphore>,
}

impl Blobs {
    /// Accesses the objects of `bucket`.
    pub fn new(aws: &SdkConfig, bucket: String) -> Self {
        // A failed call and the call that removes its remains must together fit into the time limit of one request.
        // Reading a body after the response headers is bounded by the SDK's stalled stream protection.
        let limits = aws::time_limits(Duration::from_secs(6), Duration::from_secs(12));
        let is_embedded = aws.endpoint_url() == Some(aws::EMBEDDED_ENDPOINT);
        let client = Client::from_conf(Builder::from(aws).timeout_config(limits).build());
        Self { client, bucket, is_embedded, sending: Arc::new(Semaphore::new(SENT_AT_ONCE)) }
    }

    /// Checks that the bucket exists and that objects can be written, with one that is there for that alone.
    pub async fn probe(&self) -> Result<(), CallError> {
        let exists = async { self.client.head_bucket().bucket(&self.bucket).send().await.map_err(CallError::from) };
        let body = ByteStream::from_static(PROBE.as_bytes());
        let write = self.client.put_object().bucket(&self.bucket).key(PROBE).body(body).send();
        let write = async { write.await.map_err(CallError::from) };
        // That the bucket does not exist explains a failure to write.
        let (exists, written) = futures::future::join(exists, write).await;
        exists?;
        written.map(drop)
    }

    /// Stores `content` as it arrives, in bounded memory, and returns its size. Stores all of it or nothing: the
    /// object is removed if `content` yields an error, a call fails, or the caller drops this future.
    pub async fn put<E: From<domain::Error>>(
        &self,
        key: &BlobKey,
        content_type: &str,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<u64, E> {
        let (pieces, taken) = mpsc::channel(1);
        // Runs as a separate task, so that it can clean up after the caller is gone.
        let writing = tokio::spawn(Writing::new(self, key, content_type).run(taken));
        let forwarded = forward(content, pieces).await;
        let written = writing.await.map_err(domain::Error::internal);
        forwarded?;
        Ok(written?.map_err(domain::Error::from)?.claim())
    }

    /// Reads an object's size and bytes. `None` if the object does not exist.
    pub async fn get(&self, key: &BlobKey) -> Result<Option<(u64, Content)>, CallError> {
        let found = self.client.get_object().bucket(&self.bucket).key(&key.0).send().await;
        match found {
            Ok(object) => {
                let size = object.content_length.and_then(|length| u64::try_from(length).ok());
                let size = size.ok_or_else(|| CallError::broken("an object without a length"))?;
                Ok(Some((size, chunks(object.body))))
            }
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A request that stores an object of exactly this type and size, valid for `left`. `origin` is the address at which
    /// the embedded bucket is reached; a bucket on AWS has its own.
    pub async fn presign_put(
        &self,
        key: &BlobKey,
        (content_type, size): (&str, u64),
        left: Duration,
        origin: &str,
    ) -> Result<PresignedPut, CallError> {
        let size = i64::try_from(size).map_err(CallError::broken)?;
        let put = self.client.put_object().bucket(&self.bucket).key(&key.0);
        let put = put.content_type(content_type).content_length(size);
        let valid = PresigningConfig::expires_in(left).map_err(CallError::broken)?;
        let request = match self.is_embedded {
            true => {
                let reached = Builder::default().endpoint_url(origin).force_path_style(true);
                put.customize().config_override(reached).presigned(valid).await?
            }
            false => put.presigned(valid).await?,
        };
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let headers = request.headers().filter(|(name, _)| *name != "host").map(own).collect();
        Ok(PresignedPut { url: request.uri().to_owned(), headers })
    }

    /// The origin of the bucket's addresses, such as `https://files.s3.eu-west-1.amazonaws.com`.
    pub async fn origin(&self) -> Result<String, CallError> {
        let valid = PresigningConfig::expires_in(Duration::from_secs(1)).map_err(CallError::broken)?;
        let request = self.client.get_object().bucket(&self.bucket).key("-").presigned(valid).await?;
        Ok(request.uri().splitn(4, '/').take(3).collect::<Vec<_>>().join("/"))
    }

    /// Stores a whole object, replacing any existing one.
    pub async fn put_whole(&self, key: &BlobKey, content: Bytes) -> Result<(), CallError> {
        let body = ByteStream::from(content);
        self.client.put_object().bucket(&self.bucket).key(&key.0).body(body).send().await?;
        Ok(())
    }

    /// Reads a whole object of at most `max_bytes`. `None` if the object does not exist.
    pub async fn get_whole(&self, key: &BlobKey, max_bytes: usize) -> Result<Option<Bytes>, CallError> {
        let Some((size, content)) = self.get(key).await? else { return Ok(None) };
        if size > max_bytes as u64 {
            return Err(CallError::broken("an object is larger than it can be"));
        }
        whole(content).await.map(Some)
    }

    /// Reads the bytes of a not empty `range` of an object. `None` if the object does not exist.
    pub async fn get_range(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<Bytes>, CallError> {
        let asked = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        let found = self.client.get_object().bucket(&self.bucket).key(&key.0).range(asked).send().await;
        match found {
            Ok(object) => {
                let collected = object.body.collect().await;
                Ok(Some(collected.map_err(|error| CallError::Unavailable(error.into()))?.into_bytes()))
            }
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes objects, as far as they exist.
    pub async fn delete_all(&self, keys: &[BlobKey]) -> Result<(), CallError> {
        futures::future::try_join_all(keys.iter().map(|key| self.delete(key))).await.map(drop)
    }

    /// Removes an object, if it exists.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), CallError> {
        self.client.delete_object().bucket(&self.bucket).key(&key.0).send().await?;
        Ok(())
    }

    /// Removes objects that nothing refers to. If an object cannot be removed, it stays, and this is logged.
    pub async fn discard(&self, keys: Vec<BlobKey>) {
        for key in keys {
            if let Err(error) = self.delete(&key).await {
                tracing::warn!(%key, error = %crate::log::Causes(&error), "an object was not removed");
            }
        }
    }

    /// Like [`Blobs::discard`], for callers that cannot await it.
    pub fn discard_later(&self, keys: Vec<BlobKey>) {
        if keys.is_empty() {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => {
                let blobs = self.clone();
                runtime.spawn(async move { blobs.discard(keys).await });
            }
            Err(_) => tracing::warn!(count = keys.len(), "objects were not removed, because the process ends"),
        }
    }
}

/// All bytes of an object. The caller knows that it is small.
pub async fn whole(mut content: Content) -> Result<Bytes, CallError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = content.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(bytes.into())
}

fn chunks(body: ByteStream) -> Content {
    stream::try_unfold(body, |mut body| async move {
        let next = body.try_next().await.map_err(|error| CallError::Unavailable(error.into()))?;
        Ok(next.map(|bytes| (bytes, body)))
    })
    .boxed()
}
