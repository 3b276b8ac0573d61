//! S3 in this process, on files. It replaces the connection of an SDK client.

use anyhow::{Context, Result};
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use axum::http::{HeaderValue, Method, Request, Response, Uri, header};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::StreamExt;
use http_body_util::BodyExt;
use s3s::{
    Body,
    auth::SimpleAuth,
    dto::StreamingBlob,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use shared::{
    aws::{Respond, embedded_credentials},
    config::BUCKET_FILES,
};
use std::{
    fs, io,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::OnceCell;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

/// The age at which an upload in parts counts as abandoned. It is the limit that `template.yaml` sets for AWS.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// S3 for the SDK's client, in this process.
#[derive(Clone)]
pub struct EmbeddedS3(Arc<Inner>);

struct Inner {
    directory: PathBuf,
    service: OnceCell<S3Service>,
}

impl EmbeddedS3 {
    /// Opens the files below `directory`, and creates the bucket if it does not exist. Other preparations wait for the
    /// first request, so that a process that stores nothing does not disturb one that does.
    pub fn new(directory: PathBuf, bucket: &str) -> Result<Self> {
        let made = fs::create_dir_all(directory.join(bucket));
        made.with_context(|| format!("{} cannot be used for files", directory.display()))?;
        Ok(Self(Arc::new(Inner { directory, service: OnceCell::new() })))
    }

    async fn service(&self) -> Result<S3Service, ConnectorError> {
        let Inner { directory, service } = &*self.0;
        let opened = service.get_or_try_init(|| async { open(directory) }).await;
        Ok(opened.map_err(|error| ConnectorError::other(error.into(), None))?.clone())
    }
}

fn user_error(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::user(error.into())
}

impl Respond for EmbeddedS3 {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let (mut head, body) = request.try_into_http1x().map_err(user_error)?.into_parts();
        // A connection would add this header, and the signature covers it.
        if let Some(authority) = head.uri.authority() {
            let host = HeaderValue::from_str(authority.as_str()).map_err(user_error)?;
            head.headers.insert(header::HOST, host);
        }
        let body = match body.bytes() {
            // It is one piece, which is not copied.
            Some(_) => Body::from(body.collect().await.map_err(user_error)?.to_bytes()),
            None => Body::http_body(body),
        };
        let answer = self.call(Request::from_parts(head, body)).await?;
        HttpResponse::try_from(answer.map(SdkBody::from_body_1_x)).map_err(user_error)
    }
}

impl EmbeddedS3 {
    /// Answers a request of S3's protocol, if its signature is right.
    pub async fn call(&self, request: Request<Body>) -> Result<Response<Body>, ConnectorError> {
        let service = self.service().await?;
        let removed = removed_object(request.method(), request.uri());
        // In a separate task: a call that has begun always finishes, and a panic becomes an error. The response
        // contains any failure, so the call does not have to log it too.
        let call = async move { service.call(request).await };
        let ran = tokio::spawn(call.with_subscriber(NoSubscriber::new())).await;
        let answer = ran.map_err(|error| ConnectorError::other(error.into(), None))?;
        let answer = answer.map_err(|error| ConnectorError::other(format!("{error:?}").into(), None))?;
        if answer.status().is_success()
            && let Some((bucket, key)) = removed
        {
            remove_notes(&self.0.directory, &bucket, &key);
        }
        Ok(answer.map(without_panics))
    }
}

fn open(directory: &Path) -> Result<S3Service> {
    sweep(directory)?;
    let files = FileSystem::new(directory).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let credentials = embedded_credentials();
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(credentials.access_key_id(), credentials.secret_access_key()));
    Ok(builder.build())
}

/// Removes what interrupted uploads left behind when an earlier process ended, and what was sent to `uploads/` but never
/// kept. On AWS, rules of the bucket do that.
fn sweep(directory: &Path) -> io::Result<()> {
    sweep_uploads(&directory.join(BUCKET_FILES).join("uploads"))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_of_upload = name.starts_with(".upload") || (name.starts_with(".bucket-") && name.contains(".upload-"));
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if is_of_upload && age > ABANDONED {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn sweep_uploads(directory: &Path) -> io::Result<()> {
    let Ok(users) = fs::read_dir(directory) else { return Ok(()) };
    for user in users {
        for file in fs::read_dir(user?.path())? {
            let file = file?;
            if file.metadata()?.modified()?.elapsed().unwrap_or_default() > ABANDONED {
                fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}

/// The bucket and the key of the object that a request deletes.
fn removed_object(method: &Method, uri: &Uri) -> Option<(String, String)> {
    let is_removal = method == Method::DELETE && uri.query()?.contains("x-id=DeleteObject");
    let (bucket, key) = uri.path().strip_prefix('/')?.split_once('/')?;
    is_removal.then(|| (bucket.to_owned(), key.to_owned()))
}

/// Removes the metadata of a deleted object. The service stores metadata beside each object but does not delete it.
fn remove_notes(directory: &Path, bucket: &str, key: &str) {
    let [bucket, key] = [bucket, key].map(|text| BASE64_URL_SAFE_NO_PAD.encode(text));
    for kind in ["metadata", "internal"] {
        let notes = directory.join(format!(".bucket-{bucket}.object-{key}.{kind}.json"));
        if let Err(error) = fs::remove_file(notes)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(error = %shared::log::Causes(&error), "the metadata of a deleted object was not removed");
        }
    }
}

/// Converts a panic while the body is read into an error of the body.
fn without_panics(body: Body) -> Body {
    let caught = AssertUnwindSafe(body).catch_unwind();
    let chunks = caught.map(|read| match read {
        Ok(chunk) => chunk.map_err(io::Error::other),
        Err(_) => Err(io::Error::other("the embedded storage panicked")),
    });
    Body::from(StreamingBlob::wrap(chunks))
}
