//! S3, and nothing else: the contents of files. Every key of an object is made here.

mod writing;

use crate::domain::{
    self,
    error::Cause,
    ids::{FileId, UserId},
};
use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Builder, Credentials, HttpClient, Region, RequestChecksumCalculation,
        retry::{RetryConfig, RetryPartition},
        timeout::TimeoutConfig,
    },
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
    primitives::ByteStream,
};
use bytes::Bytes;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use std::{fmt, time::Duration};
use tokio::{runtime::Handle, sync::mpsc};
use writing::{Writing, forward};

/// Objects are written whole or not at all, so every call may be tried again.
const TRIES: u32 = 3;

/// The bytes of an object, as they arrive.
pub type Content = BoxStream<'static, Result<Bytes, BlobError>>;

/// Which object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobKey(String);

impl BlobKey {
    /// The content of a user's file.
    pub fn of_file(user: UserId, file: FileId) -> Self {
        Self(format!("files/{user}/{file}"))
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No answer, or too much load: a later try may succeed.
    #[error("the object storage does not answer")]
    Unavailable(#[source] Cause),
    /// A request that makes no sense: a bug.
    #[error("the object storage refused a request")]
    Broken(#[source] Cause),
}

impl BlobError {
    fn broken(cause: impl Into<Cause>) -> Self {
        Self::Broken(cause.into())
    }
}

impl From<BlobError> for domain::Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Unavailable(cause) => Self::Unavailable(cause),
            BlobError::Broken(cause) => Self::Internal(cause),
        }
    }
}

impl<E> From<SdkError<E>> for BlobError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        let transient = match &error {
            SdkError::ServiceError(service) => {
                service.raw().status().is_server_error()
                    || matches!(service.err().code(), Some("SlowDown" | "RequestTimeout" | "Throttling"))
            }
            SdkError::ConstructionFailure(_) => false,
            _ => true,
        };
        if transient { Self::Unavailable(error.into()) } else { Self::Broken(error.into()) }
    }
}

/// The objects of one bucket. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    client: Client,
    bucket: String,
}

/// The SDK has no time limits of its own beyond the one for connecting. What is read from an object after
/// the answer's head is bounded by the SDK's protection against streams that stall. A call that fails and the one
/// that removes what it may have left fit into the time of one request.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(6))
        .operation_timeout(Duration::from_secs(12))
        .build()
}

impl Blobs {
    /// The deployment's bucket.
    pub fn on_aws(aws: &SdkConfig, bucket: String) -> Self {
        Self::new(Builder::from(aws).retry_config(RetryConfig::standard().with_max_attempts(TRIES)), bucket)
    }

    /// A bucket of an S3 inside this process, behind `http`, which knows [`embedded_credentials`]. `backoff`
    /// is the first pause before a retry.
    pub fn embedded(http: impl HttpClient + 'static, bucket: String, backoff: Duration) -> Self {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url("http://embedded.invalid")
            .credentials_provider(embedded_credentials())
            .http_client(http)
            .force_path_style(true)
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(backoff))
            // Its own allowance of retries: several embedded storages share nothing.
            .retry_partition(RetryPartition::custom("embedded S3").build());
        Self::new(config, bucket)
    }

    fn new(config: Builder, bucket: String) -> Self {
        let config = config
            .timeout_config(timeouts())
            // The signature covers a hash of the body already.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .build();
        Self { client: Client::from_conf(config), bucket }
    }

    /// Whether the bucket is there.
    pub async fn probe(&self) -> Result<(), BlobError> {
        self.client.head_bucket().bucket(&self.bucket).send().await?;
        Ok(())
    }

    /// Stores `content` as it comes, in bounded memory, and tells its size. Either the whole of it is stored,
    /// or nothing is left behind: when `content` yields an error, when a call fails, or when the caller goes
    /// away while this runs.
    pub async fn put<E: From<domain::Error>>(
        &self,
        key: &BlobKey,
        content_type: &str,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<u64, E> {
        let (pieces, taken) = mpsc::channel(1);
        // A task of its own, so that it can clean up whatever happens to the caller.
        let writing = tokio::spawn(Writing::new(self, key, content_type).run(taken));
        let forwarded = forward(content, pieces).await;
        let written = writing.await.map_err(domain::Error::internal);
        forwarded?;
        Ok(written?.map_err(domain::Error::from)?.claim())
    }

    /// An object's size and bytes. `None`: there is no such object.
    pub async fn get(&self, key: &BlobKey) -> Result<Option<(u64, Content)>, BlobError> {
        let found = self.client.get_object().bucket(&self.bucket).key(&key.0).send().await;
        match found {
            Ok(object) => {
                let size = object.content_length.and_then(|length| u64::try_from(length).ok());
                let size = size.ok_or_else(|| BlobError::broken("an object without a length"))?;
                Ok(Some((size, chunks(object.body))))
            }
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes an object, if it is there.
    pub async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.client.delete_object().bucket(&self.bucket).key(&key.0).send().await?;
        Ok(())
    }

    /// Removes objects that nothing refers to. One that cannot be removed stays, and is logged.
    pub async fn discard(&self, keys: Vec<BlobKey>) {
        for key in keys {
            if let Err(error) = self.delete(&key).await {
                tracing::warn!(%key, error = %crate::log::Causes(&error), "an object is left behind");
            }
        }
    }

    /// Like [`Blobs::discard`], where nobody can wait for it.
    pub fn discard_later(&self, keys: Vec<BlobKey>) {
        if keys.is_empty() {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => {
                let blobs = self.clone();
                runtime.spawn(async move { blobs.discard(keys).await });
            }
            Err(_) => tracing::warn!(count = keys.len(), "objects are left behind by a process that ends"),
        }
    }
}

/// The key that an embedded S3 expects.
pub fn embedded_credentials() -> Credentials {
    Credentials::new("embedded", "embedded", None, None, "embedded")
}

fn chunks(body: ByteStream) -> Content {
    stream::try_unfold(body, |mut body| async move {
        let next = body.try_next().await.map_err(|error| BlobError::Unavailable(error.into()))?;
        Ok(next.map(|bytes| (bytes, body)))
    })
    .boxed()
}
