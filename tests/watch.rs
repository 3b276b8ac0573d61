//! The settings and events of `cargo lambda watch` are what the functions need. The table of paths and functions is
//! generated (`template/generated.rs`).

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
