//! A kept-alive connection to a server on this machine. It does as little as possible, because it shares the processors
//! with the server that is measured.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// The timeout for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The end of an answer's head.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// An open connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request and returns the answer's body. Any status other than success is an error.
    pub fn exchange(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let mut whole = None;
        while whole.is_none_or(|(_, end)| self.buffer.len() < end) {
            let mut chunk = [0; 16 * 1024];
            let count = self.stream.read(&mut chunk)?;
            ensure!(count > 0, "the server closed the connection");
            self.buffer.extend_from_slice(&chunk[..count]);
            if whole.is_none()
                && let Some(head) = self.buffer.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD)
            {
                let start = head + END_OF_HEAD.len();
                whole = Some((start, start + length(&self.buffer[..head])?));
            }
        }
        let (start, end) = whole.context("no answer")?;
        ensure!(self.buffer.len() == end, "more than an answer");
        if !self.buffer.starts_with(b"HTTP/1.1 20") {
            bail!("{}", String::from_utf8_lossy(&self.buffer));
        }
        Ok(&self.buffer[start..])
    }

    /// Sends a request and returns the answer's JSON.
    pub fn json(&mut self, request: &[u8]) -> Result<Value> {
        Ok(serde_json::from_slice(self.exchange(request)?)?)
    }
}

fn length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head)?;
    let lengths = head.lines().filter_map(|line| line.split_once(": "));
    let mut lengths = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Ok(lengths.next().with_context(|| format!("an answer without a length: {head}"))?.1.parse()?)
}

/// A `GET` request from a signed-in user.
pub fn get(path: &str, access: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {access}\r\n\r\n").into_bytes()
}

/// A `POST` request. `access` is empty if the user is not signed in.
pub fn post(path: &str, access: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    let authorization = if access.is_empty() { String::new() } else { format!("Authorization: Bearer {access}\r\n") };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    (head + &body).into_bytes()
}
