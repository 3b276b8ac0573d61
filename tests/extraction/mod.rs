//! Reading documents in child processes: each kind, hostile files, and the processes themselves.

mod docx;
mod hostile;
mod pdf;
mod processes;
mod samples;
mod text;

use bytes::Bytes;
use futures::stream;
use shared::{
    domain::file::{ContentType, Unreadable},
    extraction::{Document, ExtractError, Extractor, Limits},
};
use std::{convert::Infallible, time::Duration};

/// Children with less than in production, so that hostile files reach the limits sooner.
fn extractor() -> Extractor {
    let limits = Limits { memory: 256 * 1024 * 1024, cpu_seconds: 5, time: Duration::from_secs(60) };
    Extractor::new(env!("CARGO_BIN_EXE_function").into(), 2).with_limits(limits)
}

/// Content that arrives in pieces.
fn pieces(content: impl Into<Bytes>) -> impl stream::Stream<Item = Result<Bytes, Infallible>> {
    let content = content.into();
    let starts = (0..content.len()).step_by(50_000);
    let pieces: Vec<_> = starts.map(|start| content.slice(start..content.len().min(start + 50_000))).collect();
    stream::iter(pieces.into_iter().map(Ok))
}

/// Reads a document.
async fn read(content_type: ContentType, content: impl Into<Bytes>) -> Result<Document, Unreadable> {
    match extractor().read(content_type, pieces(content)).await {
        Ok(document) => Ok(document),
        Err(ExtractError::Unreadable(unreadable)) => Err(unreadable),
        Err(error) => panic!("{error:?}"),
    }
}

/// The text of a document.
async fn text(content_type: ContentType, content: impl Into<Bytes>) -> String {
    let document = read(content_type, content).await.unwrap();
    String::from_utf8(document.text.to_vec()).unwrap()
}
