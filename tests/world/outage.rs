//! What is embedded, and the keys that sign tokens, as they are when they do not work.

use super::Progress;
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use futures::future::BoxFuture;
use local::embedded_s3::EmbeddedS3;
use secrecy::SecretString;
use shared::{
    config::Config,
    domain::Error,
    secrets::{Keyring, SigningKeys},
};
use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How something answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    Well,
    WithFailure,
    Never,
}

/// The keys that sign tokens, which can be changed while processes run.
pub struct TestKeyring {
    keys: Mutex<SigningKeys>,
    answers: Mutex<Answers>,
    reads: AtomicUsize,
}

impl TestKeyring {
    /// The keys of these settings.
    pub fn of(settings: &HashMap<String, String>) -> Self {
        let keys = Config::read(|name| settings.get(name).cloned()).unwrap().signing_keys().unwrap();
        Self { keys: Mutex::new(keys), answers: Mutex::new(Answers::Well), reads: AtomicUsize::new(0) }
    }

    /// Another key signs from now on; the one so far is the previous one.
    pub fn change_to(&self, key: &str) {
        let mut keys = self.keys.lock().unwrap();
        *keys = SigningKeys { current: SecretString::from(key), previous: Some(keys.current.clone()) };
    }

    pub fn answers(&self, how: Answers) {
        *self.answers.lock().unwrap() = how;
    }

    /// How often it was read since the last time that somebody asked.
    pub fn reads(&self) -> usize {
        self.reads.swap(0, Ordering::SeqCst)
    }
}

impl Keyring for TestKeyring {
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let answers = *self.answers.lock().unwrap();
        Box::pin(async move {
            // Others come meanwhile.
            tokio::task::yield_now().await;
            match answers {
                Answers::Well => Ok(self.keys.lock().unwrap().clone()),
                Answers::WithFailure => Err(Error::Unavailable("no keys".into())),
                Answers::Never => std::future::pending().await,
            }
        })
    }
}

/// Stands between the SDK and the embedded S3.
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

impl fmt::Debug for S3Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Outage")
    }
}

impl HttpConnector for S3Outage {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match *self.answers.lock().unwrap() {
            Answers::Well => {
                let (call, progress) = (self.inner.call(request), self.progress.clone());
                // A task of its own: what has begun ends, also when nobody waits for the answer any more.
                let call = tokio::spawn(async move {
                    let answer = call.await;
                    progress.note();
                    answer
                });
                HttpConnectorFuture::new(async { call.await.unwrap() })
            }
            Answers::WithFailure => HttpConnectorFuture::ready(Err(ConnectorError::io("the connection broke".into()))),
            Answers::Never => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

impl HttpClient for S3Outage {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
