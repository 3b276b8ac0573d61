//! Failures of the embedded services and of the keys that sign tokens.

use super::Progress;
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use futures::future::BoxFuture;
use local::embedded_s3::EmbeddedS3;
use secrecy::SecretString;
use shared::{
    aws::Respond,
    config::Config,
    domain::Error,
    secrets::{Keyring, SigningKeys},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How a dependency responds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    Well,
    WithFailure,
    Never,
}

/// The keys that sign tokens. A test can change them while processes run.
pub struct TestKeyring {
    keys: Mutex<SigningKeys>,
    answers: Mutex<Answers>,
    reads: AtomicUsize,
}

impl TestKeyring {
    /// Reads the keys from these settings.
    pub fn of(settings: &HashMap<String, String>) -> Self {
        let keys = Config::read(|name| settings.get(name).cloned()).unwrap().signing_keys().unwrap();
        Self { keys: Mutex::new(keys), answers: Mutex::new(Answers::Well), reads: AtomicUsize::new(0) }
    }

    /// Rotates the key: a new one signs from now on, and the current one becomes the previous one.
    pub fn change_to(&self, key: &str) {
        let mut keys = self.keys.lock().unwrap();
        *keys = SigningKeys { current: SecretString::from(key), previous: Some(keys.current.clone()) };
    }

    pub fn answers(&self, how: Answers) {
        *self.answers.lock().unwrap() = how;
    }

    /// The number of reads since the last call of this method.
    pub fn reads(&self) -> usize {
        self.reads.swap(0, Ordering::SeqCst)
    }
}

impl Keyring for TestKeyring {
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let answers = *self.answers.lock().unwrap();
        Box::pin(async move {
            // Lets other tasks run meanwhile.
            tokio::task::yield_now().await;
            match answers {
                Answers::Well => Ok(self.keys.lock().unwrap().clone()),
                Answers::WithFailure => Err(Error::Unavailable("no keys".into())),
                Answers::Never => std::future::pending().await,
            }
        })
    }
}

/// An HTTP client between the SDK and the embedded S3.
#[derive(Clone)]
pub struct S3Outage {
    inner: EmbeddedS3,
    answers: Arc<Mutex<Answers>>,
    progress: Progress,
}

impl S3Outage {
    pub fn new(inner: EmbeddedS3, progress: Progress) -> Self {
        Self { inner, answers: Arc::new(Mutex::new(Answers::Well)), progress }
    }

    pub fn answers(&self, how: Answers) {
        *self.answers.lock().unwrap() = how;
    }
}

impl Respond for S3Outage {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let answers = *self.answers.lock().unwrap();
        match answers {
            Answers::Well => {
                let (inner, progress) = (self.inner.clone(), self.progress.clone());
                // Runs in its own task, so that a call completes even if the caller stops waiting.
                let call = tokio::spawn(async move {
                    let answer = inner.respond(request).await;
                    progress.note();
                    answer
                });
                call.await.unwrap()
            }
            Answers::WithFailure => Err(ConnectorError::io("the connection broke".into())),
            Answers::Never => std::future::pending().await,
        }
    }
}
