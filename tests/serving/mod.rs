//! The server itself, through sockets: heads, bodies, connections and sizes.

mod answers;
mod connections;
mod proxies;
mod requests;

use crate::world::{LiveServer, World};
use serde_json::Value;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A client that writes bytes.
struct Raw(TcpStream);

/// What it reads: status, head in lower case, body.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Asserts that the headers of every response are there.
    fn assert_complete(&self) {
        for header in ["x-request-id: ", "cache-control: no-store", "x-content-type-options: nosniff"] {
            assert!(self.head.contains(header), "{header}: {self:?}");
        }
    }
}

impl Raw {
    async fn connect(server: LiveServer) -> Self {
        Self(TcpStream::connect(server.0).await.unwrap())
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next response. It must have a length.
    async fn answer(&mut self) -> Answer {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more(&mut bytes).await;
        };
        let text = String::from_utf8(bytes[..head].to_vec()).unwrap().to_lowercase();
        let status = text[9..12].parse().unwrap();
        let length = text.split("content-length: ").nth(1).map_or(0, |rest| {
            let (length, _) = rest.split_once('\r').unwrap();
            length.parse::<usize>().unwrap()
        });
        while bytes.len() < head + length {
            self.more(&mut bytes).await;
        }
        Answer { status, head: text, body: String::from_utf8(bytes[head..head + length].to_vec()).unwrap() }
    }

    async fn more(&mut self, bytes: &mut Vec<u8>) {
        let mut part = [0; 16 * 1024];
        let read = timeout(Duration::from_secs(300), self.0.read(&mut part)).await.expect("no answer").unwrap();
        assert!(read > 0, "closed after {}", String::from_utf8_lossy(bytes));
        bytes.extend(&part[..read]);
    }

    /// Waits until the server closes the connection.
    async fn is_closed(&mut self) {
        let mut part = [0; 16 * 1024];
        let closed = async { while self.0.read(&mut part).await.is_ok_and(|read| read > 0) {} };
        timeout(Duration::from_secs(300), closed).await.expect("still open");
    }
}

/// A world and its server.
async fn served() -> (World, LiveServer) {
    let world = World::new();
    let server = world.listen().await;
    (world, server)
}
