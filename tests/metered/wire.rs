//! Spec 004: requests that no handler gets to see.

use crate::world::{Actor, Fault, Moment, PASSWORD, World};
use axum::http::Method;
use serde_json::json;

const TWO_MEGABYTES: usize = 2 * 1024 * 1024;

/// Every POST route with somebody whom it lets in.
async fn routes(world: &World) -> Vec<(Actor, &'static str)> {
    vec![
        (world.anonymous(), "/api/register/"),
        (world.anonymous(), "/api/login/"),
        (world.user("alice").await, "/api/chat/"),
    ]
}

#[tokio::test]
async fn a_body_that_is_not_json() {
    let world = World::new();
    let bodies = [
        ("{\"message\": ", "JSON parse error - line 1 column 12"),
        ("hello", "JSON parse error - line 1 column 1"),
        ("[]", "Invalid data. Expected an object."),
        ("\"Hi\"", "Invalid data. Expected an object."),
        (r#"{"x": 1, "x": 2}"#, "JSON parse error - a key is there twice: line 1 column 16"),
    ];
    for (actor, path) in routes(&world).await {
        for (body, detail) in bodies {
            let reply = actor.post_raw(path, "application/json", body).await;
            assert_eq!(reply.status, 400, "{path} {body}");
            assert_eq!(reply.body, json!({"error": detail}), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn text_that_is_not_unicode() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        let bodies: [(&str, &[u8]); 3] = [
            ("application/json", br#"{"message": "\ud800"}"#),
            ("application/json", b"{\"message\": \"\xff\"}"),
            ("application/x-www-form-urlencoded", b"message=%ff"),
        ];
        for (media_type, body) in bodies {
            let reply = actor.post_raw(path, media_type, body).await;
            assert_eq!(reply.status, 400, "{path} {media_type}");
            assert!(reply.body["error"].is_string(), "{}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_multipart_body_that_is_none() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        for media_type in ["multipart/form-data", "multipart/form-data; boundary=x"] {
            let reply = actor.post_raw(path, media_type, "no parts").await;
            assert_eq!(reply.status, 400, "{path} {media_type}");
            assert_eq!(reply.body, json!({"error": "Multipart form parse error."}), "{path} {media_type}");
        }
    }
}

#[tokio::test]
async fn another_media_type_and_none() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        let types = [
            (Some("text/plain"), "text/plain"),
            (Some("application/json-patch+json"), "application/json-patch+json"),
            (None, ""),
        ];
        for (media_type, name) in types {
            let reply = actor.send(Method::POST, path, media_type, b"{}".to_vec()).await;
            assert_eq!(reply.status, 415, "{path} {name}");
            assert_eq!(
                reply.body,
                json!({"error": format!("Unsupported media type \"{name}\" in request.")}),
                "{path} {name}"
            );
        }
    }
}

#[tokio::test]
async fn a_body_of_two_megabytes() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        let reply = actor.post(path, json!({"message": "x".repeat(TWO_MEGABYTES)})).await;
        assert_eq!(reply.status, 413, "{path}");
        assert_eq!(reply.body, json!({"error": "Request body is too large."}), "{path}");
    }
}

#[tokio::test]
async fn another_method() {
    let world = World::new();
    let routes = [
        ("/api/register", Method::GET, "POST"),
        ("/api/login", Method::GET, "POST"),
        ("/api/chat", Method::GET, "POST"),
        ("/api/tokens", Method::DELETE, "GET,HEAD"),
    ];
    for (path, method, allow) in routes {
        for path in [path.to_owned(), format!("{path}/")] {
            let reply = world.anonymous().send(method.clone(), &path, None, Vec::new()).await;
            assert_eq!(reply.status, 405, "{path}");
            assert_eq!(reply.header("allow"), allow, "{path}");
            assert_eq!(reply.body, json!({"error": format!("Method \"{method}\" not allowed.")}), "{path}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path() {
    let world = World::new();
    for path in ["/api/nothing/", "/api/nothing", "/api/chat/x", "/api/tokens/1/", "/api/login/x/"] {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.header("content-type"), "application/json", "{path}");
        assert_eq!(reply.body, json!({"error": "Not found."}), "{path}");
    }
}

#[tokio::test]
async fn the_database_is_down() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.faults.plan(Some(Fault { call: 0, moment: Moment::BeforeCommit, times: usize::MAX }));
    let body = json!({"username": "alice", "password": PASSWORD, "message": "Hi"});
    let replies = [
        alice.post("/api/register/", body.clone()).await,
        alice.post("/api/login/", body.clone()).await,
        alice.post("/api/chat/", body).await,
        alice.get("/api/tokens/").await,
    ];
    for reply in replies {
        assert_eq!(reply.status, 503);
        assert_eq!(reply.body, json!({"error": "Service temporarily unavailable, try again later."}));
    }
}
