//! What is made from the routes for programs that read files: the table of `cargo lambda watch` in `Cargo.toml`, and
//! the events of the functions behind the gateway in `template.yaml`. `UPDATE_GENERATED=1 cargo test -p tests
//! generated` writes both.

use super::{Function, functions, template, texts};
use crate::world::{documents::DOCUMENTS, routes};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// What stands around a generated part, after white space.
const BEGIN: &str = "# generated: begin";
const END: &str = "# generated: end";
/// How many seconds the gateway waits for an answer where nothing else is said.
const PATIENCE: u64 = 29;
/// In this order a path's methods are told.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "OPTIONS"];

/// What a function's program has: paths without a final slash, in the order of the route tables, and their methods.
fn paths_of(program: &str) -> Vec<(String, BTreeSet<&'static str>)> {
    let of_dialects = routes::declared().into_iter().chain(routes::of_pages());
    let of_dialects = of_dialects.map(|(function, route)| (function, route.method, route.path));
    let of_docs = routes::of_docs().into_iter().map(|path| ("docs", "GET", path.to_owned()));
    let mut paths: Vec<(String, BTreeSet<&'static str>)> = Vec::new();
    for (_, method, path) in of_dialects.chain(of_docs).filter(|(function, _, _)| *function == program) {
        // Only the first page has a path that is nothing but a slash.
        let bare = if path == "/" { "/" } else { path.trim_end_matches('/') };
        match paths.iter_mut().find(|(known, _)| known == bare) {
            Some((_, methods)) => methods.extend([method]),
            None => paths.push((bare.to_owned(), [method, "OPTIONS"].into())),
        }
    }
    paths
}

/// Both forms of each path: for `cargo lambda watch` one with a final slash is another path.
fn watch_table() -> String {
    let mut table = "[workspace.metadata.lambda.watch.router]\n".to_owned();
    let groups = docs::groups();
    for program in groups.iter().map(|group| group.name()).chain(["docs", "web"]) {
        for (path, _) in paths_of(program) {
            writeln!(table, "\"{path}\" = \"{program}\"").unwrap();
            if path != "/" {
                writeln!(table, "\"{path}/\" = \"{program}\"").unwrap();
            }
        }
    }
    table
}

/// `GET /api/v1/users`, for the routes that a function has to itself; others of its program do not have them.
fn apart(function: &Function) -> Vec<String> {
    match &template()["Resources"][&function.name]["Metadata"]["Routes"] {
        Value::Null => Vec::new(),
        routes => texts(routes),
    }
}

/// `ApiV1UsersUserGet`.
fn event_name(method: &str, path: &str) -> String {
    let words = path.split(['/', '-', '_']).map(|word| word.trim_matches(['{', '}']).split('.').next().unwrap());
    if path == "/" {
        return event_name(method, "/home");
    }
    let capitalized = |word: &str| word.get(..1).map(|first| first.to_uppercase() + &word[1..].to_lowercase());
    words.chain([method]).filter_map(capitalized).collect()
}

/// Routes that read a large file before they answer.
const READ_FILES: [&str; 2] = ["/api/v1/files/uploads/{file_id}/complete", "/files/{file}/complete"];

/// The routes of pages that wait for a model, or for the owner of a file to receive it.
fn pages_that_wait() -> BTreeSet<(&'static str, &'static str)> {
    [
        ("POST", "/chat/messages"),
        ("POST", "/chat/{conversation}/messages"),
        ("GET", "/chat/{conversation}/messages/{chat}/stream"),
        ("GET", "/files/{file}/content"),
    ]
    .into()
}

/// Whether an answer may take longer: one of a model, a stream, a file.
fn is_slow(method: &str, path: &str) -> bool {
    let operations = DOCUMENTS.iter().flat_map(|(_, document)| {
        let operation = |path: &str| document["paths"].get(path)?.get(method.to_lowercase());
        [operation(path), operation(&format!("{path}/"))]
    });
    let mut responses = operations.flatten().flat_map(|operation| operation["responses"].as_object().unwrap());
    READ_FILES.contains(&path)
        || pages_that_wait().contains(&(method, path))
        || responses.any(|(status, response)| {
            let mut types = response["content"].as_object().into_iter().flatten();
            let is_other = types.any(|(media_type, _)| media_type != "application/json");
            // Models may take too long.
            status == "504" || (status.starts_with('2') && is_other)
        })
}

/// The routes of `function` as events of it.
fn events(function: &Function, all: &[Function]) -> String {
    let own = apart(function);
    let of_others: Vec<String> = all.iter().filter(|other| other.binary == function.binary).flat_map(apart).collect();
    let mut unknown: BTreeSet<&String> = own.iter().collect();
    let streams = function.environment().contains(&("STREAM_RESPONSES".to_owned(), "1".to_owned()));
    let mut events = String::new();
    for (path, methods) in paths_of(&function.binary) {
        for method in METHODS.into_iter().filter(|method| methods.contains(method)) {
            let route = format!("{method} {path}");
            unknown.remove(&route);
            let is_ours = if own.is_empty() { !of_others.contains(&route) } else { own.contains(&route) };
            if !is_ours {
                continue;
            }
            let shown = if path.contains('{') { format!("\"{path}\"") } else { path.clone() };
            let mut properties = format!("Method: {method}, Path: {shown}, RestApiId: !Ref RestApi");
            if streams {
                properties.push_str(", ResponseTransferMode: RESPONSE_STREAM");
            }
            if function.timeout() > PATIENCE && is_slow(method, &path) {
                write!(properties, ", TimeoutInMillis: {}", function.timeout() * 1000).unwrap();
            }
            let name = event_name(method, &path);
            writeln!(events, "        {name}: {{ Type: Api, Properties: {{ {properties} }} }}").unwrap();
        }
    }
    assert!(unknown.is_empty(), "{} has routes that its program does not have: {unknown:?}", function.name);
    events
}

/// `text` with the part between each pair of markers replaced by `part`, which is told the text before it.
fn filled(text: &str, part: impl Fn(&str) -> String) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let at = at + rest[at..].find('\n').unwrap() + 1;
        let until = rest.find(END).unwrap();
        let until = rest[..until].rfind('\n').unwrap() + 1;
        whole.push_str(&rest[..at]);
        whole.push_str(&part(&whole));
        rest = &rest[until..];
        let after = rest.find('\n').unwrap() + 1;
        whole.push_str(&rest[..after]);
        rest = &rest[after..];
    }
    whole + rest
}

/// The resource whose description `before` ends in.
fn resource_at(before: &str) -> &str {
    let names = before.lines().rev().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    names.into_iter().find(|name| name.starts_with(char::is_uppercase)).unwrap()
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Wants the file to be as generated, or makes it so.
fn hold(name: &str, part: impl Fn(&str) -> String) {
    let there = fs::read_to_string(file(name)).unwrap();
    let wanted = filled(&there, part);
    if there == wanted {
        return;
    }
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        return fs::write(file(name), wanted).unwrap();
    }
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (there.lines().collect(), wanted.lines().collect());
    let (surplus, missing): (Vec<_>, Vec<_>) = (old.difference(&new).collect(), new.difference(&old).collect());
    panic!(
        "{name} is not as generated. `UPDATE_GENERATED=1 cargo test -p tests generated` writes it anew.\n\
         missing: {missing:#?}\nsurplus: {surplus:#?}"
    );
}

#[test]
fn the_table_of_cargo_lambda_watch_is_that_of_the_routes() {
    hold("Cargo.toml", |_| watch_table());
}

#[test]
fn the_events_of_functions_behind_the_gateway_are_the_routes() {
    let all = functions();
    hold("template.yaml", |before| {
        let name = resource_at(before);
        events(all.iter().find(|function| function.name == name).unwrap(), &all)
    });
}

#[test]
fn events_are_called_after_method_and_path() {
    assert_eq!(event_name("DELETE", "/api/v1/users/me/api-keys/{key_id}"), "ApiV1UsersMeApiKeysKeyIdDelete");
    assert_eq!(event_name("GET", "/openapi/reports.json"), "OpenapiReportsGet");
}

#[test]
fn only_what_is_between_markers_is_replaced() {
    let text = "a\n  # generated: begin\nold\n  # generated: end\nb\n# generated: begin\n# generated: end\nc\n";
    let wanted =
        "a\n  # generated: begin\nnew 1\n  # generated: end\nb\n# generated: begin\nnew 5\n# generated: end\nc\n";
    assert_eq!(filled(text, |before| format!("new {}\n", before.lines().count() - 1)), wanted);
}
