//! The documents against the repository: their links lead somewhere, and their tables of endpoints and settings say what
//! the code says. `.ci/docs` runs their examples; the command line's page is compared in `local/tests/process`.

mod endpoints;
mod links;
mod settings;

use std::{fs, path::PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}
