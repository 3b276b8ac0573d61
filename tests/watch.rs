//! `cargo lambda watch` has all routes of all functions, and what it gives them is what they need.

use crate::world::routes;
use shared::config::{Config, OF_THE_STACK};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// A file of the repository.
fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The function that has a path in its route table, for both forms of each path.
fn declared() -> BTreeMap<String, String> {
    let of_dialects = routes::declared().into_iter().map(|route| (route.function, route.path));
    let of_docs = routes::of_docs().into_iter().map(|path| ("docs".to_owned(), path));
    let mut found = BTreeMap::new();
    for (function, path) in of_dialects.chain(of_docs) {
        let bare = path.trim_end_matches('/');
        for form in [bare.to_owned(), format!("{bare}/")] {
            let other = found.insert(form, function.clone()).filter(|other| *other != function);
            assert_eq!(other, None, "{path} is of two functions");
        }
    }
    found
}

#[test]
fn every_form_of_every_path_leads_to_its_function_and_no_other_path_to_any() {
    let manifest = read("Cargo.toml");
    let (_, table) = manifest.split_once("[workspace.metadata.lambda.watch.router]\n").unwrap();
    let entries = table.lines().take_while(|line| !line.is_empty());
    let entry = |line: &str| {
        let (path, function) = line.split_once(" = ").unwrap();
        (path.trim_matches('"').to_owned(), function.trim_matches('"').to_owned())
    };
    assert_eq!(entries.map(entry).collect::<BTreeMap<_, _>>(), declared());
}

#[test]
fn the_environment_is_what_a_function_on_aws_needs_and_reaches_embedded_services() {
    let file = read("watch.env");
    let settings: BTreeMap<&str, &str> =
        file.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once('=').unwrap()).collect();
    let mut needed = BTreeSet::from(OF_THE_STACK);
    needed.extend(["JWT_SECRET", "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH"]);
    needed.extend(["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    assert_eq!(settings.keys().copied().collect::<BTreeSet<_>>(), needed);

    let config = Config::read_on_aws(|name| settings.get(name).map(|value| (*value).to_owned())).unwrap();
    let embedded = Config::read(|_| None).unwrap();
    assert_eq!(format!("{:?}", config.tables), format!("{:?}", embedded.tables));
    assert_eq!(config.bucket_files, embedded.bucket_files);
    // `cargo lambda invoke` does not understand streamed answers.
    assert!(!config.streams_responses);
    assert!(config.signing_keys().is_some());
    let at = settings["AWS_ENDPOINT_URL"];
    assert_eq!(config.websocket_endpoint, at);
    assert_eq!(config.queues.deliveries, format!("{at}/000000000000/deliveries"));
    assert_eq!(config.queues.connections, format!("{at}/000000000000/connections"));
}
