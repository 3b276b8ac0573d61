//! The processes that read documents.

use super::{extractor, pieces};
use bytes::Bytes;
use futures::{StreamExt as _, future, stream};
use shared::{
    domain::file::{ContentType, Unreadable},
    extraction::{Document, ExtractError, Extractor},
};
use std::{convert::Infallible, fs, io, path::Path, pin::pin, task::Poll};
use tokio::task::yield_now;

/// Starts the script `child` next to this file.
fn scripted(at_once: usize) -> Extractor {
    Extractor::new(concat!(env!("CARGO_MANIFEST_DIR"), "/extraction/child").into(), at_once)
}

async fn says(line: String) -> Result<Document, ExtractError<Infallible>> {
    scripted(1).read(ContentType::Text, pieces(line + "\n")).await
}

fn is_failure_of_process<T>(outcome: &Result<T, ExtractError<Infallible>>) -> bool {
    matches!(outcome, Err(ExtractError::Process(_)))
}

/// Whether a process runs. One that ended may still be listed, until somebody asks how it ended.
fn is_running(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

#[tokio::test]
async fn dropping_the_future_ends_the_child() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("process");
    let line = Bytes::from(format!("hang {}\n", file.display()));
    let content = stream::iter([Ok::<_, Infallible>(line)]).chain(stream::pending());
    let extractor = scripted(1);
    let process = {
        let mut reading = pin!(extractor.read(ContentType::Text, content));
        loop {
            assert!(future::poll_fn(|context| Poll::Ready(reading.as_mut().poll(context).is_pending())).await);
            match fs::read_to_string(&file) {
                Ok(process) if process.ends_with('\n') => break process.trim().to_owned(),
                _ => yield_now().await,
            }
        }
    };
    while is_running(&process) {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_end_is_ended() {
    let outcome = says("read-and-hang".to_owned()).await;
    assert!(matches!(outcome, Err(ExtractError::Unreadable(Unreadable::TooComplex))), "{outcome:?}");
}

#[tokio::test]
async fn so_many_children_run_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let line = format!("alone {}\n", directory.path().join("taken").display());
    let extractor = scripted(1);
    let readings = (0..5).map(|_| extractor.read(ContentType::Text, pieces(line.clone())));
    for outcome in future::join_all(readings).await {
        assert!(matches!(outcome, Err(ExtractError::Unreadable(Unreadable::Damaged))), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_child_knows_nothing_of_its_parent() {
    let outcome = says("environment".to_owned()).await;
    assert!(matches!(outcome, Err(ExtractError::Unreadable(Unreadable::Damaged))), "{outcome:?}");
}

#[tokio::test]
async fn a_child_that_crashes_read_something_too_complex() {
    let outcome = says("crash".to_owned()).await;
    assert!(matches!(outcome, Err(ExtractError::Unreadable(Unreadable::TooComplex))), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_that_is_none_is_a_failure() {
    let answers = [
        "",
        "hello",
        r#"{"problem": "unheard of"}"#,
        r#"{"text": 9, "index": 1, "pages": null, "passages": 1}"#,
        r#"{"text": 99999999999, "index": 1, "pages": null, "passages": 1}"#,
    ];
    for answer in answers {
        let outcome = says(format!("print {answer}")).await;
        assert!(is_failure_of_process(&outcome), "{answer}: {outcome:?}");
    }
    let outcome = says(format!("print {}", "x".repeat(10_000))).await;
    assert!(is_failure_of_process(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_program_that_does_not_start_is_a_failure() {
    let missing = Extractor::new(Path::new("/nothing/here").into(), 1);
    assert!(is_failure_of_process(&missing.read(ContentType::Text, pieces("text")).await));
}

#[tokio::test]
async fn a_kind_that_is_not_read_is_a_failure() {
    assert!(!ContentType::Png.is_read());
    assert!(is_failure_of_process(&extractor().read(ContentType::Png, pieces("text")).await));
}

#[tokio::test]
async fn content_that_does_not_arrive_is_told() {
    let content = stream::iter([Ok(Bytes::from_static(b"begin")), Err(io::Error::other("gone"))]);
    let outcome = extractor().read(ContentType::Text, content).await;
    assert!(matches!(&outcome, Err(ExtractError::Content(error)) if error.to_string() == "gone"), "{outcome:?}");
}
