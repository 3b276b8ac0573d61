//! Checks the `use` declarations and paths of the sources against the layers of ARCHITECTURE.md. Comments and strings
//! do not count. A path is found anywhere: in a nested `use`, in an attribute, or inside a macro.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What a file or a folder may import.
struct Layer {
    /// Paths below the repository.
    path: &'static str,
    /// Modules of `shared`, in addition to its own.
    modules: &'static [&'static str],
    crates: Crates,
}

/// Crates other than `shared` and the standard library. `aws_*` covers all that begin with `aws_`.
enum Crates {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

const LAYERS: [Layer; 12] = [
    Layer {
        path: "shared/src/domain",
        modules: &[],
        crates: Crates::Only(&[
            "base64",
            "hex",
            "icu_casemap",
            "icu_normalizer",
            "icu_properties",
            "idna",
            "secrecy",
            "serde",
            "sha2",
            "thiserror",
            "time",
            "url",
            "uuid",
        ]),
    },
    Layer {
        path: "shared/src/outbound",
        modules: &["log"],
        crates: Crates::AllBut(&["aws_*", "axum", "lambda_http", "serde_dynamo", "serde_json", "utoipa"]),
    },
    Layer {
        path: "shared/src/service",
        modules: &[
            "blobs",
            "clock",
            "config",
            "domain",
            "entropy",
            "extraction",
            "gateway",
            "log",
            "model",
            "outbound",
            "password",
            "queue",
            "search",
            "secrets",
            "store",
        ],
        crates: Crates::AllBut(&[
            "aws_*",
            "axum",
            "http_body_util",
            "lambda_http",
            "multer",
            "reqwest",
            "serde_dynamo",
            "serde_json",
            "tower_http",
            "utoipa",
        ]),
    },
    Layer {
        path: "shared/src/wire",
        modules: &["domain", "gateway", "service"],
        crates: Crates::AllBut(&["aws_*", "axum", "lambda_http", "reqwest", "serde_dynamo", "tower_http", "utoipa"]),
    },
    Layer {
        path: "shared/src/aws",
        modules: &["domain", "log"],
        crates: Crates::AllBut(&["axum", "lambda_http", "reqwest", "serde_dynamo", "tower_http", "utoipa"]),
    },
    Layer {
        path: "shared/src/store",
        modules: &["aws", "config", "domain", "entropy", "log"],
        crates: Crates::AllBut(&["axum", "lambda_http", "reqwest", "tower_http", "utoipa"]),
    },
    Layer {
        path: "shared/src/blobs",
        modules: &["aws", "domain", "log"],
        crates: Crates::AllBut(&["aws_sdk_dynamodb", "axum", "lambda_http", "serde_dynamo", "tower_http", "utoipa"]),
    },
    Layer {
        path: "shared/src/queue.rs",
        modules: &["aws", "config", "domain", "log"],
        crates: Crates::AllBut(&["aws_sdk_dynamodb", "axum", "lambda_http", "serde_dynamo", "tower_http", "utoipa"]),
    },
    Layer {
        path: "shared/src/gateway.rs",
        modules: &["aws", "config", "domain", "log"],
        crates: Crates::AllBut(&["aws_sdk_dynamodb", "axum", "lambda_http", "serde_dynamo", "tower_http", "utoipa"]),
    },
    Layer {
        path: "shared/src/extraction.rs",
        modules: &["domain"],
        crates: Crates::AllBut(&["aws_*", "axum", "lambda_http", "reqwest", "serde_dynamo", "tower_http", "utoipa"]),
    },
    Layer {
        path: "shared/src/http",
        // `handlers` is a macro of this layer. Exported macros are at the root of their crate.
        modules: &["blobs", "config", "domain", "entropy", "handlers", "log", "outbound", "service"],
        crates: Crates::AllBut(&["aws_*", "reqwest", "serde_dynamo"]),
    },
    Layer {
        path: "functions",
        modules: &["config", "domain", "http", "lambda", "log", "outbound", "service"],
        crates: Crates::AllBut(&["aws_config", "aws_sdk_*", "reqwest", "serde_dynamo"]),
    },
];

/// Files that may import one thing more, and the reason.
const EXCEPTIONS: [(&str, &str); 3] = [
    // Records of idempotency keys are JSON in a stored row. No client sees them.
    ("shared/src/service/idempotency.rs", "serde_json"),
    // The function's input is the stream of the outbox's rows.
    ("functions/dispatch/src/lib.rs", "shared::store"),
    // The function's input is the gateway's event, whose body is a client's message.
    ("functions/realtime/src/lib.rs", "shared::wire"),
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust files at or below `path`, as their path in the repository and their text. Tests are excluded.
fn sources(path: &str) -> Vec<(String, String)> {
    let whole = repository().join(path);
    if whole.is_file() {
        return vec![(path.to_owned(), fs::read_to_string(whole).unwrap())];
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(whole).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("{path}/{name}");
        if name.ends_with(".rs") || (repository().join(&path).is_dir() && name != "tests") {
            found.extend(sources(&path));
        }
    }
    found
}

/// The crates that `shared` and the functions depend on, as they are named in code.
fn dependencies() -> BTreeSet<String> {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let table = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names = table.lines().filter_map(|line| Some(line.split_once(" = ")?.0.replace('-', "_")));
    names.filter(|name| name != "shared").collect()
}

/// Everything in `text` that `layer` may not import: `shared::module`, or a crate.
fn violations(layer: &Layer, path: &str, text: &str) -> BTreeSet<String> {
    let own = path.strip_prefix("shared/src/").map(module_of);
    let own_module = own.as_ref().and_then(|own| own.first().cloned());
    let (dependencies, mut found) = (dependencies(), BTreeSet::new());
    let mut paths = Vec::new();
    walk(text.parse().unwrap(), 0, &mut paths);
    for Found { segments, depth } in paths {
        let first = segments[0].as_str();
        let module = match (first, &own) {
            ("crate" | "super", Some(own)) => module_in_shared(&segments, own, depth),
            ("shared", _) => segments.get(1).cloned(),
            _ => None,
        };
        if let Some(module) = module {
            if Some(&module) != own_module.as_ref() && !layer.modules.contains(&module.as_str()) {
                found.insert(format!("shared::{module}"));
            }
        } else if dependencies.contains(first) && !layer.crates.contain(first) {
            found.insert(first.to_owned());
        }
    }
    found
}

impl Crates {
    fn contain(&self, name: &str) -> bool {
        let is = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *pattern,
        };
        match self {
            Self::Only(allowed) => allowed.iter().any(is),
            Self::AllBut(refused) => !refused.iter().any(is),
        }
    }
}

/// `domain/event/mod.rs` is `domain::event`.
fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
}

/// The module of `shared` that a path refers to. The path begins with `crate` or `super`, in the module `own` or
/// `depth` inline modules below it.
fn module_in_shared(segments: &[String], own: &[String], depth: usize) -> Option<String> {
    let ups = segments.iter().take_while(|segment| *segment == "super").count();
    let names = segments.iter().skip(ups).filter(|segment| *segment != "crate");
    let kept = if ups == 0 { 0 } else { (own.len() + depth).saturating_sub(ups) };
    own.iter().take(kept).chain(names).next().cloned()
}

/// A path in a source file, in a module that is `depth` inline modules below that of the file.
struct Found {
    segments: Vec<String>,
    depth: usize,
}

/// Finds all paths with several segments, and names that are imported alone.
fn walk(tokens: TokenStream, depth: usize, found: &mut Vec<Found>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut at, mut before) = (0, String::new());
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Group(group) => walk(group.stream(), depth, found),
            TokenTree::Ident(ident) if ident == "mod" => {
                if let (Some(TokenTree::Ident(_)), Some(TokenTree::Group(body))) = (tokens.get(at), tokens.get(at + 1))
                {
                    walk(body.stream(), depth + 1, found);
                    at += 2;
                }
            }
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let mut paths = Vec::new();
                at += path(vec![name.clone()], &tokens[at..], &mut paths);
                let is_import = ["use", "crate"].contains(&before.as_str());
                paths.retain(|segments| segments.len() > 1 || is_import);
                found.extend(paths.into_iter().map(|segments| Found { segments, depth }));
                before = name;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Follows a path that begins with `segments` through the groups of a `use`. Returns the number of tokens consumed.
fn path(mut segments: Vec<String>, tokens: &[TokenTree], found: &mut Vec<Vec<String>>) -> usize {
    let mut at = 0;
    while is_separator(&tokens[at..]) {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(ident)) => segments.push(ident.to_string()),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => segments.push("*".to_owned()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                // Nothing follows a final comma.
                for tree in inner.split(is_comma).filter(|tree| !tree.is_empty()) {
                    let Some(TokenTree::Ident(first)) = tree.first() else {
                        found.push([segments.clone(), vec!["*".to_owned()]].concat());
                        continue;
                    };
                    let begin = [segments.clone(), vec![first.to_string()]].concat();
                    path(begin, &tree[1..], found);
                }
                return at + 3;
            }
            // The generics of a function.
            _ => break,
        }
        at += 3;
    }
    found.push(segments);
    at
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    is_colon(tokens.first()) && is_colon(tokens.get(1))
}

#[test]
fn every_layer_imports_only_what_it_may() {
    let (mut found, mut used) = (Vec::new(), BTreeSet::new());
    for layer in &LAYERS {
        let sources = sources(layer.path);
        assert!(!sources.is_empty(), "{}", layer.path);
        for (path, text) in sources {
            for import in violations(layer, &path, &text) {
                match EXCEPTIONS.iter().find(|(file, allowed)| *file == path && *allowed == import) {
                    Some(exception) => drop(used.insert(*exception)),
                    None => found.push(format!("{path} imports {import}")),
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(used, BTreeSet::from(EXCEPTIONS), "an exception that no file needs");
}

#[test]
fn a_planted_import_is_found() {
    let planted = [
        ("domain/event/id.rs", "use crate::store::Store;", "shared::store"),
        ("domain/webhook.rs", "use crate::{clock::Clock, domain::Error};", "shared::clock"),
        ("domain/webhook.rs", "use crate::{domain::{ids::UserId, Error}, outbound};", "shared::outbound"),
        ("domain/webhook.rs", "use super::super::outbound::Outbound;", "shared::outbound"),
        ("domain/webhook.rs", "mod tests { use super::super::super::config::Config; }", "shared::config"),
        ("domain/webhook.rs", "use crate::*;", "shared::*"),
        ("domain/webhook.rs", "use super::super::{*};", "shared::*"),
        ("domain/webhook.rs", "pub use crate::http as conventions;", "shared::http"),
        ("domain/event/kind.rs", "#[derive(Debug, utoipa::ToSchema)] enum Kind {}", "utoipa"),
        ("domain/event/kind.rs", "use axum as web;", "axum"),
        ("domain/event/kind.rs", "extern crate axum;", "axum"),
        ("domain/event/kind.rs", "fn f() { ::serde_json::to_string(&1); }", "serde_json"),
        ("outbound/client.rs", "fn f(url: &crate::domain::OutboundUrl) {}", "shared::domain"),
        ("service/deliveries.rs", "use axum::http::{HeaderMap, StatusCode};", "axum"),
        ("service/turns/mod.rs", "fn f() -> Vec<u8> { serde_json::to_vec::<u8>(&1).unwrap() }", "serde_json"),
        ("service/realtime/mod.rs", "use super::super::wire::JsonFrames;", "shared::wire"),
        ("service/mod.rs", "fn f() { warn!(error = %crate::lambda::text(1)); }", "shared::lambda"),
        ("service/mod.rs", "use aws_sdk_s3::Client;", "aws_sdk_s3"),
        ("store/users.rs", "impl From<<Vec<u8> as crate::service::Of>::It> for X {}", "shared::service"),
        ("blobs/mod.rs", "use crate::store::keys;", "shared::store"),
        ("http/body.rs", "use crate::{domain::Error, store::{Store, keys}};", "shared::store"),
    ];
    for (file, text, import) in planted {
        let path = format!("shared/src/{file}");
        let layer = LAYERS.iter().find(|layer| path.starts_with(layer.path)).unwrap();
        assert_eq!(violations(layer, &path, text), BTreeSet::from([import.to_owned()]), "{path}: {text}");
    }
    let functions = LAYERS.iter().find(|layer| layer.path == "functions").unwrap();
    let text = "use shared::{domain::Error, store::Store};";
    let found = violations(functions, "functions/chat/src/platform.rs", text);
    assert_eq!(found, BTreeSet::from(["shared::store".to_owned()]));
}

#[test]
fn what_is_allowed_is_not_reported() {
    let harmless = [
        ("domain/webhook.rs", "//! See [`Outbound`](crate::outbound::Outbound).\nconst A: &str = \"crate::store\";"),
        ("domain/webhook.rs", "use super::{Error, ids::UserId}; mod tests { use super::*; }"),
        ("domain/event/id.rs", "use super::super::time::Timestamp; use crate::{domain::{Error, *,},};"),
        ("service/realtime/mod.rs", "use super::Deps; use crate::{domain::Error, store::{Store, keys}};"),
        ("service/realtime/mod.rs", "fn f(axum: u8) -> u8 { self.utoipa(); axum }"),
    ];
    for (file, text) in harmless {
        let path = format!("shared/src/{file}");
        let layer = LAYERS.iter().find(|layer| path.starts_with(layer.path)).unwrap();
        assert_eq!(violations(layer, &path, text), BTreeSet::new(), "{path}: {text}");
    }
}

#[test]
fn crates_that_are_not_built_as_tests_contain_none() {
    let crates = ["functions", "local/src"].into_iter().flat_map(sources);
    let tests = crates.filter(|(_, text)| ["cfg(test)", "[test]", "::test]"].iter().any(|mark| text.contains(mark)));
    let paths: Vec<String> = tests.map(|(path, _)| path).collect();
    assert_eq!(paths, [""; 0], "tests that never run");
}
