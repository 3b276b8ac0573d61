//! A provider on this machine that sends replies: one for each request, the last one again and again.

use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::Instant,
};

/// What a provider does with a request.
#[derive(Clone)]
pub struct Reply {
    /// What it sends.
    bytes: Vec<u8>,
    then: Then,
}

/// What follows.
#[derive(Clone)]
enum Then {
    /// The connection waits for another request.
    Stay,
    Close,
    Hang,
    /// These bytes, as often as they are taken.
    Repeat(Vec<u8>),
}

impl Reply {
    /// A successful answer of these events, and nothing more.
    pub fn events(events: &[&str]) -> Self {
        let parts: Vec<_> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        Self::parts(&parts)
    }

    /// A successful answer whose body comes in these parts.
    pub fn parts(parts: &[impl AsRef<[u8]>]) -> Self {
        Self { bytes: [&chunks("200 OK", parts), "0\r\n\r\n".as_bytes()].concat(), then: Then::Stay }
    }

    /// A successful answer in one part.
    pub fn body(body: impl AsRef<[u8]>) -> Self {
        Self::parts(&[body])
    }

    /// The same body byte by byte.
    pub fn drops(body: impl AsRef<[u8]>) -> Self {
        Self::parts(&body.as_ref().chunks(1).collect::<Vec<_>>())
    }

    /// A successful answer that does not end after these events.
    pub fn hanging(events: &[&str]) -> Self {
        let parts: Vec<_> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        Self { bytes: chunks("200 OK", &parts), then: Then::Hang }
    }

    /// A successful answer whose connection ends after these events.
    pub fn breaking_off(events: &[&str]) -> Self {
        Self { then: Then::Close, ..Self::hanging(events) }
    }

    /// A successful answer that begins with `body`, and goes on with `part` for ever.
    pub fn endless(body: &str, part: &str) -> Self {
        let part = format!("{:x}\r\n{part}\r\n", part.len());
        Self { bytes: chunks("200 OK", &[body]), then: Then::Repeat(part.into_bytes()) }
    }

    /// An answer with this status line, these headers and this body.
    pub fn status(status: &str, headers: &[&str], body: impl ToString) -> Self {
        let body = body.to_string();
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
        Self { bytes: (head + &body).into_bytes(), then: Then::Stay }
    }

    /// These bytes, and nothing more.
    pub fn raw(text: &str) -> Self {
        Self { bytes: text.into(), then: Then::Hang }
    }

    /// Nothing.
    pub fn silence() -> Self {
        Self { bytes: Vec::new(), then: Then::Hang }
    }

    /// The connection ends without an answer.
    pub fn hang_up() -> Self {
        Self { bytes: Vec::new(), then: Then::Close }
    }
}

fn chunks(status: &str, parts: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut bytes = head.into_bytes();
    for part in parts.iter().map(AsRef::as_ref).filter(|part| !part.is_empty()) {
        bytes.extend(format!("{:x}\r\n", part.len()).into_bytes());
        bytes.extend(part);
        bytes.extend(b"\r\n");
    }
    bytes
}

/// A request.
#[derive(Clone)]
pub struct Heard {
    /// Its first line and headers.
    pub head: String,
    /// Its body.
    pub body: Value,
    /// When it came.
    pub at: Instant,
}

/// A provider of models.
#[derive(Clone)]
pub struct Provider {
    port: u16,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    connections: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
    closed: Arc<Semaphore>,
}

impl Provider {
    /// A provider that sends these replies.
    pub async fn replying(replies: impl Into<Vec<Reply>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            port: listener.local_addr().unwrap().port(),
            replies: Arc::new(Mutex::new(VecDeque::from(replies.into()))),
            heard: Arc::default(),
            connections: Arc::default(),
            written: Arc::default(),
            closed: Arc::new(Semaphore::new(0)),
        };
        let serving = provider.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serving.connections.fetch_add(1, Ordering::SeqCst);
                let serving = serving.clone();
                tokio::spawn(async move {
                    serving.serve(stream).await;
                    serving.closed.add_permits(1);
                });
            }
        });
        provider
    }

    /// Serves a connection until it ends.
    async fn serve(&self, mut stream: TcpStream) {
        while let Some(heard) = hear(&mut stream).await {
            self.heard.lock().unwrap().push(heard);
            let reply = {
                let mut replies = self.replies.lock().unwrap();
                if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }.unwrap()
            };
            if stream.write_all(&reply.bytes).await.is_err() {
                return;
            }
            match reply.then {
                Then::Stay => {}
                Then::Close => return,
                // Until the client leaves.
                Then::Hang => drop(stream.read_u8().await),
                Then::Repeat(bytes) => {
                    while stream.write_all(&bytes).await.is_ok() {
                        self.written.fetch_add(bytes.len(), Ordering::SeqCst);
                    }
                    return;
                }
            }
        }
    }

    /// An address of this provider.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// All requests so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The bodies of all requests so far.
    pub fn bodies(&self) -> Vec<Value> {
        self.heard().into_iter().map(|heard| heard.body).collect()
    }

    /// The body of the only request.
    pub fn only_body(&self) -> Value {
        let bodies = self.bodies();
        assert_eq!(bodies.len(), 1);
        bodies[0].clone()
    }

    /// The times between the requests.
    pub fn pauses(&self) -> Vec<std::time::Duration> {
        self.heard().windows(2).map(|pair| pair[1].at - pair[0].at).collect()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many bytes of an endless answer were taken.
    pub fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }

    /// Waits until a connection has ended.
    pub async fn closed(&self) {
        self.closed.acquire().await.unwrap().forget();
    }
}

/// Reads a request. `None` when the connection has ended.
async fn hear(stream: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            let body = &bytes[end + 4..];
            if body.len() == length {
                let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() };
                return Some(Heard { head, body, at: Instant::now() });
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}
