//! The judge of all answers judges.

use crate::world::{Reply, documents::verdict};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};

fn reply(status: u16, body: Value) -> Reply {
    let json = HeaderValue::from_static("application/json");
    let text = body.to_string();
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
    Reply { status, headers, request_id: String::new(), bytes: text.clone().into(), text, body }
}

#[test]
fn an_answer_as_documented_passes() {
    let balance = reply(200, json!({"tokens": 4000}));
    assert_eq!(verdict(&Method::GET, "/token/", &balance), Ok(()));
    assert_eq!(verdict(&Method::GET, "/token?x=1", &balance), Ok(()));
}

#[test]
fn an_answer_that_drifted_does_not() {
    for body in
        [json!({}), json!({"tokens": "4000"}), json!({"tokens": -1}), json!({"tokens": 1, "more": 1}), json!(null)]
    {
        assert!(verdict(&Method::GET, "/token/", &reply(200, body.clone())).is_err(), "{body}");
    }
    assert!(verdict(&Method::GET, "/token/", &reply(201, json!({"tokens": 4000}))).is_err());
    assert!(verdict(&Method::GET, "/token/", &reply(404, json!({"error": "Not found."}))).is_err());
    assert!(verdict(&Method::GET, "/api/tokens/", &reply(401, json!({"detail": 1}))).is_err());
}

#[test]
fn the_slash_says_whose_answer_it_is() {
    let platform = reply(401, json!({"detail": "No.", "status_code": 401, "error_code": "UNAUTHORIZED"}));
    assert_eq!(verdict(&Method::POST, "/api/v1/auth/login", &platform), Ok(()));
    assert!(verdict(&Method::POST, "/api/v1/auth/login/", &platform).is_err());
    // Nobody has this one without the slash.
    assert_eq!(verdict(&Method::POST, "/api/v1/users", &reply(404, json!("anything"))), Ok(()));
}
