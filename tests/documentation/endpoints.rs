//! The tables of endpoints against the OpenAPI documents: each page has all operations of its API, and no other.

use super::page;
use crate::world::documents::{DOCUMENTS, operations_of};
use std::collections::BTreeSet;

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
/// What `…` stands for in the first cell of a row.
const ABBREVIATED: &str = "/api/v1/webhooks";

/// `/a/{}` for `/a/{id}`, whatever the parameter is called.
fn without_names(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The operations in the first cell of a row: `GET`, `POST assistants` are two.
fn operations_in(cell: &str) -> Vec<String> {
    let (mut methods, mut operations) = (Vec::new(), Vec::new());
    let code = cell.split('`').skip(1).step_by(2);
    for word in code.flat_map(str::split_whitespace) {
        if METHODS.contains(&word) {
            methods.push(word);
            continue;
        }
        let path = word.split('?').next().unwrap().replace('…', ABBREVIATED);
        let path = if path.starts_with('/') { path } else { format!("/api/v1/{path}") };
        operations.extend(methods.drain(..).map(|method| format!("{method} {}", without_names(&path))));
    }
    operations
}

/// The operations of the section "Endpoints".
fn documented(path: &str) -> BTreeSet<String> {
    let text = page(path);
    let (_, section) = text.split_once("## Endpoints\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    cells.flat_map(operations_in).collect()
}

#[test]
fn each_page_has_the_operations_of_its_api() {
    for (dialect, document) in DOCUMENTS.iter() {
        let operations = operations_of(document);
        let wanted = operations.map(|(path, method, _)| format!("{} {}", method.to_uppercase(), without_names(path)));
        let mut shown = documented(&format!("docs/apis/{dialect}.md"));
        if *dialect == "platform" {
            shown.extend(documented("docs/webhooks.md"));
        }
        assert_eq!(shown, wanted.collect(), "{dialect}");
    }
}
