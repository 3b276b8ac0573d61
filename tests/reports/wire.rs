//! Spec 000: requests that no handler gets to see.

use crate::world::World;
use axum::http::Method;
use serde_json::json;

const TWO_MEGABYTES: usize = 2 * 1024 * 1024;
const ROUTES: [&str; 2] = ["/api/v1/users/", "/api/v1/tokens/"];

#[tokio::test]
async fn a_body_that_is_not_json() {
    let world = World::new();
    for path in ROUTES {
        let reply = world.anonymous().post_raw(path, "application/json", "{\"username\": ").await;
        assert_eq!(reply.status, 400, "{path}");
        assert_eq!(reply.body, json!({"detail": "JSON parse error - line 1 column 13"}), "{path}");
    }
}

#[tokio::test]
async fn json_that_is_not_an_object() {
    let world = World::new();
    for path in ROUTES {
        let reply = world.anonymous().post_raw(path, "application/json", "[]").await;
        assert_eq!(reply.status, 400, "{path}");
        assert_eq!(reply.body, json!({"detail": "Invalid data. Expected an object."}), "{path}");
    }
}

#[tokio::test]
async fn another_media_type_and_none() {
    let world = World::new();
    for path in ROUTES {
        for (media_type, name) in [(Some("text/plain"), "text/plain"), (None, "")] {
            let reply = world.anonymous().send(Method::POST, path, media_type, b"{}".to_vec()).await;
            assert_eq!(reply.status, 415, "{path} {name}");
            let detail = format!("Unsupported media type \"{name}\" in request. Send application/json or a form.");
            assert_eq!(reply.body, json!({"detail": detail}), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_body_of_two_megabytes() {
    let world = World::new();
    for path in ROUTES {
        let body = json!({"username": "x".repeat(TWO_MEGABYTES)});
        let reply = world.anonymous().post(path, body).await;
        assert_eq!(reply.status, 413, "{path}");
        assert_eq!(reply.body, json!({"detail": "Request body is too large."}), "{path}");
    }
}

#[tokio::test]
async fn another_method() {
    let world = World::new();
    for path in ["/api/v1/tokens/", "/api/v1/tokens"] {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 405, "{path}");
        assert_eq!(reply.header("allow"), "POST", "{path}");
        assert_eq!(reply.body, json!({"detail": "Method \"GET\" not allowed."}), "{path}");
    }
}
