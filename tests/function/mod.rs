//! A function as Lambda runs it, when something is wrong: a process that reads its environment, requests events and
//! posts responses. These tests play the Lambda runtime.
mod runtime;
mod streaming;

use axum::{Router, http::StatusCode};
use runtime::{Posted, broken_request, closed, function, posted_for, request, served};
use serde_json::{Value, json};
use shared::config::OF_THE_STACK;
use std::{
    net::SocketAddr,
    process::{Command, Output},
};

/// What signs tokens where nothing else is said.
const KEY: &str = "a key of tests that is long enough: 0123456789";

/// An address at which connections are taken and nothing is answered.
async fn silent() -> SocketAddr {
    served(Router::new().fallback(std::future::pending::<StatusCode>)).await
}

/// Status and body of what was posted as an answer.
fn answer(posted: &Posted) -> (u64, Value) {
    assert_eq!(posted.what, "response", "{posted:?}");
    let posted = posted.json();
    (posted["statusCode"].as_u64().unwrap(), serde_json::from_str(posted["body"].as_str().unwrap()).unwrap())
}

/// The only line of a function's log, which does not start.
fn last_words(command: &mut Command) -> String {
    let Output { status, stderr, stdout } = command.output().unwrap();
    assert_eq!((status.code(), &stdout[..]), (Some(1), &b""[..]));
    let log = String::from_utf8(stderr).unwrap();
    let line: Value = serde_json::from_str(&log).unwrap_or_else(|_| panic!("one line of JSON: {log}"));
    assert_eq!(line["level"], "ERROR");
    line["fields"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_setting_that_is_missing_or_wrong_ends_the_start_with_one_line_that_names_it() {
    let nowhere = closed().await;
    for name in OF_THE_STACK {
        let said = last_words(function(nowhere).env("JWT_SECRET_ID", "keys").env_remove(name));
        assert_eq!(said, format!("the function cannot run: {name}: is not set"));
    }
    let said = last_words(&mut function(nowhere));
    assert_eq!(said, "the function cannot run: JWT_SECRET_ID: is not set");
    let said = last_words(function(nowhere).env("TOKENS_PER_TURN", "many"));
    assert_eq!(said, "the function cannot run: TOKENS_PER_TURN: `many` is not a whole number in range");
    // What is said of the log itself, too.
    let said = last_words(function(nowhere).env("LOG_FORMAT", "xml"));
    assert_eq!(said, "the function cannot run: LOG_FORMAT: is neither `json` nor `text`");
}

#[tokio::test]
async fn keys_or_a_database_that_fail_or_never_answer_are_503_in_time() {
    const SAID: &str = "Service temporarily unavailable, try again later.";
    let unavailable = json!({"detail": SAID, "status_code": 503, "error_code": "UNAVAILABLE"});
    let check = async |aws| {
        let (mut without_keys, mut without_database) = (function(aws), function(aws));
        without_keys.env("JWT_SECRET_ID", "keys");
        without_database.env("JWT_SECRET", KEY);
        let profile = [request("GET", "/api/v1/auth/profile/")];
        let registration = [request("POST", "/api/v1/auth/register")];
        let (keys, database) =
            tokio::join!(posted_for(&mut without_keys, &profile), posted_for(&mut without_database, &registration));
        assert_eq!(answer(&keys[0]), (503, json!({"detail": SAID})));
        assert_eq!(answer(&database[0]), (503, unavailable.clone()));
    };
    tokio::join!(check(closed().await), check(silent().await));
}

#[tokio::test]
async fn a_panic_in_the_runtime_is_an_error_and_the_next_event_is_answered() {
    let events = [broken_request(), request("GET", "/api/v1/auth/nothing")];
    let posted = posted_for(function(closed().await).env("JWT_SECRET", KEY), &events).await;
    assert_eq!(posted[0].what, "error", "{:?}", posted[0]);
    let not_found = json!({"detail": "Not found.", "status_code": 404, "error_code": "NOT_FOUND"});
    assert_eq!(answer(&posted[1]), (404, not_found));
}
