//! Calls to addresses that users gave: where they may go, and what receivers may do to us.

mod answers;
mod connections;
mod destinations;
mod settings;

use futures::future::{BoxFuture, pending};
use shared::{
    config::Config,
    outbound::{Limits, Outbound, OutboundAnswer, OutboundError, OutboundRules, Resolver},
};
use std::{
    collections::VecDeque,
    io,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::Semaphore,
};

/// What every call posts.
const BODY: &str = r#"{"event":"test"}"#;
/// For calls that get an answer.
const PATIENT: Limits = Limits { time: Duration::from_secs(20), bytes: 1024 };
/// For calls that wait in vain.
const SHORT: Limits = Limits { time: Duration::from_millis(100), bytes: 1024 };

/// The rules that these settings make.
fn rules(settings: &[(&str, &str)]) -> OutboundRules {
    let look_up = |name: &str| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    Config::read(look_up).unwrap().outbound
}

/// Posts to `url` under these settings, without names.
async fn call(url: &str, settings: &[(&str, &str)], limits: Limits) -> Result<OutboundAnswer, OutboundError> {
    let outbound = Outbound::new(rules(settings), Names::knowing(&[]));
    outbound.post(url, &[], BODY.into(), limits).await
}

/// Says what addresses any name has: another answer for each question.
struct Names {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    fn knowing(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { answers: Mutex::new(answers.iter().map(parse).collect()), asked: Mutex::default() })
    }
}

impl Resolver for Names {
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(name.to_owned());
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async { answer.ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }
}

/// Never answers.
struct SilentNames;

impl Resolver for SilentNames {
    fn addresses<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(pending())
    }
}

/// What a receiver does after its answer.
#[derive(Clone, Copy)]
enum After {
    Close,
    Hang,
    /// Sends this again and again, as fast as it can.
    Repeat(&'static str),
    /// Sends a byte every few milliseconds.
    Drip,
}

/// Listens on this machine.
#[derive(Clone)]
struct Receiver {
    port: u16,
    connections: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<String>>>,
    written: Arc<AtomicUsize>,
    finished: Arc<Semaphore>,
}

impl Receiver {
    async fn answering(answer: impl Into<Vec<u8>>, after: After) -> Self {
        Self::at("127.0.0.1:0", answer, after).await
    }

    async fn at(address: &str, answer: impl Into<Vec<u8>>, after: After) -> Self {
        let (listener, receiver) = Self::listening(address).await;
        let (answer, serving) = (answer.into(), receiver.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serving.connections.fetch_add(1, Ordering::SeqCst);
                let (serving, answer) = (serving.clone(), answer.clone());
                tokio::spawn(async move { serving.serve(stream, &answer, after).await });
            }
        });
        receiver
    }

    async fn listening(address: &str) -> (TcpListener, Self) {
        let listener = TcpListener::bind(address).await.unwrap();
        let receiver = Self {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            heard: Arc::default(),
            written: Arc::default(),
            finished: Arc::new(Semaphore::new(0)),
        };
        (listener, receiver)
    }

    /// Reads a request and answers it. What is no request is answered at once.
    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8], after: After) {
        let mut request = Vec::new();
        while stream.read_buf(&mut request).await.unwrap_or(0) > 0
            && request.starts_with(b"POST")
            && !request.ends_with(BODY.as_bytes())
        {}
        self.heard.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
        let mut sent = stream.write_all(answer).await;
        let mut pulse = tokio::time::interval(Duration::from_millis(5));
        while sent.is_ok() {
            match after {
                After::Close => break,
                After::Hang => pending().await,
                After::Repeat(text) => {
                    self.written.fetch_add(text.len(), Ordering::SeqCst);
                    sent = stream.write_all(text.as_bytes()).await;
                }
                After::Drip => {
                    pulse.tick().await;
                    sent = stream.write_all(b"x").await;
                }
            }
        }
        drop(stream.shutdown().await);
        self.finished.add_permits(1);
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// What this receiver answers to a call that is allowed.
    async fn called(&self, limits: Limits) -> Result<OutboundAnswer, OutboundError> {
        call(&self.url(), &[("OUTBOUND_ALLOW", "127.0.0.1")], limits).await
    }
}

fn answer(status: u16, start: impl AsRef<[u8]>) -> OutboundAnswer {
    OutboundAnswer { status, retry_after: None, content_type: None, start: start.as_ref().to_vec(), is_whole: true }
}
