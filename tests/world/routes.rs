//! The route tables of all functions, read from their sources.

use std::{fs, path::Path};

/// A path in a route table.
#[derive(Debug)]
pub struct Route {
    /// The crate.
    pub function: String,
    /// As written, with parameters in braces.
    pub path: String,
    /// Whether another dialect has the path with the other ending.
    pub is_shared: bool,
    /// `GET` and the dialect that the handler's module is named after, for each method.
    pub methods: Vec<(String, String)>,
}

/// Every path of every route table that belongs to a dialect.
pub fn declared() -> Vec<Route> {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let mut found = Vec::new();
    for function in fs::read_dir(functions).unwrap() {
        let function = function.unwrap();
        let Ok(source) = fs::read_to_string(function.path().join("src/lib.rs")) else {
            continue;
        };
        let source = source.replace(".shared(", ".own(shared ");
        for entry in source.split(".own(").skip(1) {
            let path = entry.split('"').nth(1).unwrap().to_owned();
            let function = function.file_name().into_string().unwrap();
            found.push(Route { function, path, is_shared: entry.starts_with("shared "), methods: methods(entry) });
        }
    }
    found
}

/// The paths of `docs`, which belong to no dialect and answer `GET`.
pub fn of_docs() -> Vec<String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/docs/src/lib.rs");
    let source = fs::read_to_string(source).unwrap();
    source.split(".route(\"").skip(1).map(|entry| entry.split('"').next().unwrap().to_owned()).collect()
}

fn methods(entry: &str) -> Vec<(String, String)> {
    let found = ["get", "post", "put", "patch", "delete"].into_iter().filter_map(|verb| {
        let (_, handler) = entry.split_once(&format!("{verb}("))?;
        Some((verb.to_uppercase(), handler.split("::").next()?.to_owned()))
    });
    found.collect()
}
