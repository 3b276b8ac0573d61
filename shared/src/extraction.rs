//! Reads documents in child processes. A child is the program itself, started with another argument; the crate
//! `extraction` is its side. Whatever a document does to the libraries that read it, this process is not affected.

use crate::domain::file::{ContentType, Unreadable};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use serde::Deserialize;
use std::{
    io,
    path::PathBuf,
    pin::pin,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use thiserror::Error;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{ChildStdin, Command},
    sync::Semaphore,
    time::timeout,
};

/// The argument that makes a program the child.
const ARGUMENT: &str = "index-document";
/// The maximum length of the first line of an answer, in bytes.
const HEAD_MAX: u64 = 1024;
/// The maximum length of each object of an answer, in bytes. The child's own limits are lower.
const OBJECT_MAX: u64 = 64 * 1024 * 1024;

/// Reads documents in child processes. Cheap to clone; clones share the limit of children that run at once.
#[derive(Debug, Clone)]
pub struct Extractor {
    program: Arc<PathBuf>,
    limits: Limits,
    slots: Arc<Semaphore>,
}

/// What a child can use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Memory, in bytes.
    pub memory: u64,
    /// CPU time, in seconds.
    pub cpu_seconds: u64,
    /// Time from the start to the end of the child.
    pub time: Duration,
}

impl Default for Limits {
    /// Enough for manuals with thousands of pages.
    fn default() -> Self {
        Self { memory: 768 * 1024 * 1024, cpu_seconds: 120, time: Duration::from_secs(180) }
    }
}

/// A document that was read: two objects that are stored, as the crate `knowledge` reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The text, in UTF-8.
    pub text: Bytes,
    /// The index of its passages.
    pub index: Bytes,
    /// The number of pages. `None` for a kind without pages.
    pub pages: Option<u32>,
    /// The number of passages.
    pub passages: u32,
}

/// Why a document was not read.
#[derive(Debug, Error)]
pub enum ExtractError<E> {
    /// It cannot be read. Another attempt ends in the same way.
    #[error("{}", .0.sentence())]
    Unreadable(Unreadable),
    /// The stream of the content failed.
    #[error("the content of the document did not arrive")]
    Content(#[source] E),
    /// The child could not be started or used. Another attempt may succeed.
    #[error("the process that reads documents failed")]
    Process(#[source] io::Error),
}

/// The first line of an answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Head {
    Problem { problem: Unreadable },
    Document { text: u64, index: u64, pages: Option<u32>, passages: u32 },
}

impl Extractor {
    /// Starts `program`, at most `at_once` times at once, which is at least 1. Its `main` must call `extraction::child` first.
    pub fn new(program: PathBuf, at_once: usize) -> Self {
        Self { program: Arc::new(program), limits: Limits::default(), slots: Arc::new(Semaphore::new(at_once)) }
    }

    /// The same with other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Reads a document of a type that [is read](ContentType::is_read). The content is passed on as it arrives. Dropping
    /// the future ends the child.
    pub async fn read<E>(
        &self,
        content_type: ContentType,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Document, ExtractError<E>> {
        let _slot = self.slots.acquire().await.map_err(|closed| ExtractError::Process(io::Error::other(closed)))?;
        let is_fed = AtomicBool::new(false);
        match timeout(self.limits.time, self.run(content_type, content, &is_fed)).await {
            Ok(outcome) => outcome,
            Err(_) if is_fed.into_inner() => Err(ExtractError::Unreadable(Unreadable::TooComplex)),
            Err(elapsed) => Err(ExtractError::Process(elapsed.into())),
        }
    }

    async fn run<E>(
        &self,
        content_type: ContentType,
        content: impl Stream<Item = Result<Bytes, E>>,
        is_fed: &AtomicBool,
    ) -> Result<Document, ExtractError<E>> {
        let mut child = self.command(content_type).spawn().map_err(ExtractError::Process)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ExtractError::Process(io::ErrorKind::BrokenPipe.into()));
        };
        let (mut feeding, mut receiving) = (pin!(feed(input, content)), pin!(receive(output)));
        // The child may answer before it has read everything.
        let received = tokio::select! {
            received = &mut receiving => received,
            fed = &mut feeding => {
                fed.map_err(ExtractError::Content)?;
                is_fed.store(true, Ordering::Relaxed);
                receiving.await
            }
        };
        let status = child.wait().await.map_err(ExtractError::Process)?;
        match received {
            Ok(answer) if status.success() => answer.map_err(ExtractError::Unreadable),
            // A signal ended it.
            _ if status.code().is_none() => Err(ExtractError::Unreadable(Unreadable::TooComplex)),
            Ok(_) => Err(ExtractError::Process(io::Error::other(format!("the child ended with {status}")))),
            Err(error) => Err(ExtractError::Process(error)),
        }
    }

    fn command(&self, content_type: ContentType) -> Command {
        let mut command = Command::new(self.program.as_path());
        command
            .args([ARGUMENT, content_type.as_str()])
            .args([self.limits.memory, self.limits.cpu_seconds].map(|limit| limit.to_string()))
            .env_clear()
            // The allocator of the one-process server would take a gigabyte at the start, which counts as used memory.
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// Writes the content to the child, until its end or until the child reads no more.
async fn feed<E>(mut input: ChildStdin, content: impl Stream<Item = Result<Bytes, E>>) -> Result<(), E> {
    let mut content = pin!(content);
    while let Some(chunk) = content.next().await {
        if input.write_all(&chunk?).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Reads the child's answer.
async fn receive(output: impl AsyncRead + Unpin) -> io::Result<Result<Document, Unreadable>> {
    let (mut output, mut line) = (BufReader::new(output), String::new());
    (&mut output).take(HEAD_MAX).read_line(&mut line).await?;
    Ok(match serde_json::from_str(&line)? {
        // No child says this, so the answer has another name.
        Head::Problem { problem: Unreadable::GivenUp } => return Err(io::ErrorKind::InvalidData.into()),
        Head::Problem { problem } => Err(problem),
        Head::Document { text, index, pages, passages } => {
            let (text, index) = (object(&mut output, text).await?, object(&mut output, index).await?);
            Ok(Document { text, index, pages, passages })
        }
    })
}

async fn object(output: &mut (impl AsyncRead + Unpin), length: u64) -> io::Result<Bytes> {
    if length > OBJECT_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut object = Vec::new();
    output.take(length).read_to_end(&mut object).await?;
    if object.len() as u64 == length { Ok(object.into()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
