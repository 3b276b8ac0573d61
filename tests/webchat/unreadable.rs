//! Bodies that are not what they say, or that no route takes.

use super::*;
use crate::world::NOW;
use axum::http::Method;

/// Every route with a body, and somebody who may use it.
async fn every_endpoint() -> (World, Actor, Vec<String>) {
    let (world, alice, path) = alice_in_a_session().await;
    let mut endpoints = [REGISTER, LOGIN, REFRESH, LOGOUT, SESSIONS].map(str::to_owned).to_vec();
    endpoints.push(format!("{path}chats/"));
    (world, alice, endpoints)
}

#[tokio::test]
async fn broken_json() {
    let (_, alice, endpoints) = every_endpoint().await;
    let broken = [
        ("{\"title\": ", "JSON parse error - line 1 column 10"),
        ("{\"title\": \"a\"} b", "JSON parse error - line 1 column 16"),
        ("{'title': 'a'}", "JSON parse error - line 1 column 2"),
        ("{\n\"a\": NaN}", "JSON parse error - line 2 column 6"),
        ("{\"message\": \"\\ud800\"}", "JSON parse error - line 1 column 20"),
    ];
    for endpoint in endpoints {
        for (body, detail) in broken {
            let reply = alice.post_raw(&endpoint, "application/json", body).await;
            assert_eq!(reply.status, 400, "{endpoint}: {body}");
            assert_eq!(reply.body, json!({"detail": detail}), "{endpoint}: {body}");
        }
    }
}

#[tokio::test]
async fn json_that_is_not_utf_8() {
    let (_, alice, endpoints) = every_endpoint().await;
    for endpoint in endpoints {
        let body = b"{\"message\": \"\xff\"}".to_vec();
        let reply = alice.post_raw(&endpoint, "application/json", body).await;
        assert_eq!(reply.status, 400, "{endpoint}");
        assert_eq!(reply.body, json!({"detail": "JSON parse error - line 1 column 14"}));
    }
}

#[tokio::test]
async fn json_that_is_not_an_object() {
    let (_, alice, endpoints) = every_endpoint().await;
    for endpoint in endpoints {
        for body in ["[]", "\"message\"", "null", "5", "true"] {
            let reply = alice.post_raw(&endpoint, "application/json", body).await;
            assert_eq!(reply.status, 400, "{endpoint}: {body}");
            assert_eq!(reply.body, json!({"detail": "Invalid data. Expected an object."}));
        }
    }
}

#[tokio::test]
async fn json_with_a_key_twice() {
    let (_, alice, endpoints) = every_endpoint().await;
    let bodies = [("{\"message\":\"a\",\"message\":\"a\"}", 29), ("{\"other\":{\"a\":1,\"a\":2}}", 22)];
    for endpoint in endpoints {
        for (body, column) in bodies {
            let reply = alice.post_raw(&endpoint, "application/json", body).await;
            assert_eq!(reply.status, 400, "{endpoint}: {body}");
            let detail = format!("JSON parse error - duplicate key: line 1 column {column}");
            assert_eq!(reply.body, json!({"detail": detail}), "{endpoint}: {body}");
        }
    }
}

#[tokio::test]
async fn a_media_type_that_nobody_takes() {
    let (_, alice, endpoints) = every_endpoint().await;
    for endpoint in endpoints {
        for media_type in ["text/plain", "application/xml", "application/jsonx", "json"] {
            let reply = alice.post_raw(&endpoint, media_type, "{}").await;
            assert_eq!(reply.status, 415, "{endpoint}: {media_type}");
            let detail =
                format!("Unsupported media type \"{media_type}\" in request. Send application/json or a form.");
            assert_eq!(reply.body, json!({"detail": detail}));
        }
    }
}

#[tokio::test]
async fn a_body_without_a_content_type() {
    let (_, alice, endpoints) = every_endpoint().await;
    for endpoint in endpoints {
        let reply = alice.send(Method::POST, &endpoint, None, b"{}".to_vec()).await;
        assert_eq!(reply.status, 415, "{endpoint}");
        assert_eq!(
            reply.body,
            json!({"detail": "Unsupported media type \"\" in request. Send application/json or a form."})
        );
    }
}

#[tokio::test]
async fn a_media_type_with_parameters_in_any_case() {
    let (_, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let types = ["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=UTF-8"];
    for (number, content_type) in (1..).zip(types) {
        let reply = alice.post_raw(&chats, content_type, "{\"message\": \"Hello\"}").await;
        assert_eq!(reply.status, 201, "{content_type}");
        assert_eq!(reply.body, json!({"id": number, "message": "Hello", "response": REPLY, "created_at": NOW}));
    }
}

#[tokio::test]
async fn escapes_in_json() {
    let (_, alice, path) = alice_in_a_session().await;
    let body = r#"{"mess\u0061ge": "\ud83d\ude00\u0041\/\n"}"#;
    let reply = alice.post_raw(&format!("{path}chats/"), "application/json", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.body, json!({"id": 1, "message": "\u{1f600}A/\n", "response": REPLY, "created_at": NOW}));
}

#[tokio::test]
async fn a_body_of_more_than_a_megabyte() {
    let (world, alice, endpoints) = every_endpoint().await;
    let body = json!({"message": "m".repeat(1024 * 1024)}).to_string();
    for endpoint in endpoints {
        let reply = alice.post_raw(&endpoint, "application/json", body.clone()).await;
        assert_eq!(reply.status, 413, "{endpoint}");
        assert_eq!(reply.body, json!({"detail": "Request body is too large."}));
    }
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn the_credential_is_asked_for_before_the_body() {
    let (world, _, path) = alice_in_a_session().await;
    let anonymous = world.anonymous();
    for endpoint in [LOGOUT, SESSIONS, &format!("{path}chats/")] {
        assert_no_credential(&anonymous.post_raw(endpoint, "application/json", "{").await);
        assert_no_credential(&anonymous.post_raw(endpoint, "text/plain", "a").await);
        assert_no_credential(&anonymous.post(endpoint, json!({})).await);
    }
}
