//! Writes the answer to the parent.

use crate::{Pages, Problem};
use serde_json::json;
use std::io::{self, Write as _};

/// Writes the answer to the standard output.
pub fn write(outcome: Result<Pages, Problem>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match outcome {
        Err(problem) => writeln!(out, "{}", json!({"problem": problem.as_str()}))?,
        Ok(pages) => {
            let (built, pages) = pages.finish();
            let (text, index, passages) = (built.text.len(), built.index.len(), built.passages);
            writeln!(out, "{}", json!({"text": text, "index": index, "pages": pages, "passages": passages}))?;
            out.write_all(&built.text)?;
            out.write_all(&built.index)?;
        }
    }
    out.flush()
}
