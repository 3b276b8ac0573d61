//! Stub.
use crate::domain::file::ContentType;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::{io, path::PathBuf};

/// Stub.
#[derive(Clone)]
pub struct Extractor {
    program: PathBuf,
}
/// Stub.
pub struct Document {
    /// Stub.
    pub text: Bytes,
    /// Stub.
    pub index: Bytes,
    /// Stub.
    pub pages: Option<u32>,
    /// Stub.
    pub passages: u32,
}
/// Stub.
pub enum ExtractError<E> {
    /// Stub.
    Unreadable(Unreadable),
    /// Stub.
    Content(E),
    /// Stub.
    Process(io::Error),
}
/// Stub.
#[derive(Debug, Clone, Copy)]
pub enum Unreadable {
    /// Stub.
    Encrypted,
}
impl Unreadable {
    /// Stub.
    pub fn sentence(self) -> &'static str {
        "The document is encrypted."
    }
}
impl Extractor {
    /// Stub.
    pub fn new(program: PathBuf, _: usize) -> Self {
        Self { program }
    }
    /// Stub.
    pub async fn read<E>(
        &self,
        _: ContentType,
        content: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Document, ExtractError<E>> {
        drop(self.program.clone());
        let mut content = std::pin::pin!(content);
        while let Some(chunk) = content.next().await {
            chunk.map_err(ExtractError::Content)?;
        }
        Ok(Document { text: Bytes::new(), index: Bytes::new(), pages: None, passages: 0 })
    }
}
