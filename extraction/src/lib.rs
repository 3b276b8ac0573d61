//! Reads the text of documents in a child process. Libraries that read PDF loop, exhaust the memory or overflow the
//! stack for hostile files, and only a process of its own contains that. The child is the same program, started with
//! [`ARGUMENT`]: it limits itself, reads a file from its standard input, and writes the stored objects of the crate
//! `knowledge` to its standard output. The parent's side is `shared::extraction`.

mod answer;
mod docx;
mod json;
mod limits;
mod markup;
mod pages;
mod pdf;
mod problem;
mod table;
mod text;
mod xml;

use pages::Pages;
use problem::Problem;
use std::{
    env,
    io::{self, Read as _},
    panic,
    process::{self, ExitCode},
};

/// The first argument of the child. The second one is the file's media type. The third and fourth one are optional: the
/// maximum memory, in bytes, and the maximum CPU time, in seconds.
pub const ARGUMENT: &str = "index-document";

/// The largest file that is read. Uploads have at most 100 MiB.
const FILE_MAX: u64 = 128 * 1024 * 1024;

/// Reads a document if the program was started for that, and returns the exit code of the program. `None` if it was
/// started for something else. A program that reads documents calls this first in its `main`.
///
/// The answer on the standard output is a line of JSON. For a document that was read, it is
/// `{"text": 5120, "index": 734, "pages": 3, "passages": 6}`, followed by the bytes of the text and of the index;
/// `pages` is `null` for a kind without pages. Otherwise it is `{"problem": "encrypted"}`, or `damaged`, `no_text` or
/// `too_long`. A child that reaches a limit ends without an answer.
pub fn child() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let arguments: Vec<String> = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
    // The message of a panic could contain parts of the document.
    panic::set_hook(Box::new(|_| {}));
    let written = limits::apply(&arguments).and_then(|()| {
        let kind = arguments.first().map(String::as_str).unwrap_or_default();
        answer::write(read(kind)?)
    });
    Some(match written {
        Ok(()) => ExitCode::SUCCESS,
        // Where an allocation fails elsewhere, the process ends in this way, too.
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => process::abort(),
        Err(_) => ExitCode::FAILURE,
    })
}

/// Reads the document on the standard input.
fn read(kind: &str) -> io::Result<Result<Pages, Problem>> {
    let mut content = Vec::new();
    io::stdin().lock().take(FILE_MAX + 1).read_to_end(&mut content)?;
    if content.len() as u64 > FILE_MAX {
        return Ok(Err(Problem::TooLong));
    }
    let mut pages = Pages::default();
    let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| read_as(kind, content, &mut pages)));
    match outcome {
        Ok(None) => Err(io::Error::other("this kind of file is not read")),
        Ok(Some(Err(problem))) => Ok(Err(problem)),
        Ok(Some(Ok(()))) if pages.have_text() => Ok(Ok(pages)),
        Ok(Some(Ok(()))) => Ok(Err(Problem::NoText)),
        Err(_) => Ok(Err(Problem::Damaged)),
    }
}

/// Reads a file of the given media type. `None` for a type that is not read.
fn read_as(kind: &str, content: Vec<u8>, pages: &mut Pages) -> Option<Result<(), Problem>> {
    let formatted = match kind {
        "application/pdf" => return Some(pdf::read(content, pages)),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => docx::read,
        "text/plain" | "text/markdown" => return Some(pages.add(None, text::decode(content))),
        "text/csv" => table::read,
        "application/json" => json::read,
        "application/xml" => xml::read,
        _ => return None,
    };
    Some(formatted(content).and_then(|text| pages.add(None, text)))
}
