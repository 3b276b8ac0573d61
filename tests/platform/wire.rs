//! Spec 001, "Error Handling": requests that no handler gets to see.

use super::{DOCUMENTED_PASSWORD, EMAIL, error};
use crate::world::{Actor, World};
use axum::http::Method;
use serde_json::json;

const TWO_MEGABYTES: usize = 2 * 1024 * 1024;

/// Every POST route with somebody whom it lets in.
async fn routes(world: &World) -> Vec<(Actor, &'static str)> {
    let alice = world.user("alice").await;
    let anonymous = ["/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/auth/refresh"];
    let mut routes: Vec<_> = anonymous.into_iter().map(|path| (world.anonymous(), path)).collect();
    routes.push((alice, "/api/v1/auth/logout"));
    routes
}

#[tokio::test]
async fn a_body_that_is_not_json() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        let reply = actor.post_raw(path, "application/json", "{\"email\": ").await;
        assert_eq!(reply.status, 400, "{path}");
        assert_eq!(reply.body, error(400, "BAD_REQUEST", "JSON parse error - line 1 column 10"), "{path}");
    }
}

#[tokio::test]
async fn json_that_is_not_an_object() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        for body in ["[]", "\"text\"", "5", "null"] {
            let reply = actor.post_raw(path, "application/json", body).await;
            assert_eq!(reply.status, 400, "{path} {body}");
            assert_eq!(reply.body, error(400, "BAD_REQUEST", "Invalid data. Expected an object."), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_there_twice() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        let reply = actor.post_raw(path, "application/json", r#"{"x": "1", "x": "1"}"#).await;
        assert_eq!(reply.status, 400, "{path}");
        assert_eq!(
            reply.body,
            error(400, "BAD_REQUEST", "JSON parse error - duplicate key: line 1 column 20"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_lone_surrogate() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        let reply = actor.post_raw(path, "application/json", r#"{"email": "\ud800"}"#).await;
        assert_eq!(reply.status, 400, "{path}");
        assert_eq!(reply.body["error_code"], "BAD_REQUEST", "{path}");
    }
}

#[tokio::test]
async fn forms_and_other_media_types() {
    let world = World::new();
    let types = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "application/xml"];
    for (actor, path) in routes(&world).await {
        for media_type in types {
            let reply = actor.post_raw(path, media_type, "email=user@example.com").await;
            assert_eq!(reply.status, 415, "{path} {media_type}");
            let sentence = format!("Unsupported media type \"{media_type}\" in request. Send application/json.");
            assert_eq!(reply.body, error(415, "UNSUPPORTED_MEDIA_TYPE", &sentence), "{path}");
        }
    }
}

#[tokio::test]
async fn a_body_without_a_content_type() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        let reply = actor.send(Method::POST, path, None, b"{}".to_vec()).await;
        assert_eq!(reply.status, 415, "{path}");
        assert_eq!(
            reply.body,
            error(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type \"\" in request. Send application/json."),
            "{path}"
        );
    }
}

#[tokio::test]
async fn json_with_a_charset() {
    let world = World::new();
    let body = json!({"email": EMAIL, "password": DOCUMENTED_PASSWORD});
    let reply =
        world.anonymous().post_raw("/api/v1/auth/register", "Application/JSON; charset=utf-8", body.to_string()).await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn a_body_of_two_megabytes() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        let reply = actor.post(path, json!({"email": "x".repeat(TWO_MEGABYTES)})).await;
        assert_eq!(reply.status, 413, "{path}");
        assert_eq!(reply.body, error(413, "PAYLOAD_TOO_LARGE", "Request body is too large."), "{path}");
    }
}

#[tokio::test]
async fn another_method() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            let detail = format!("Method \"{method}\" not allowed.");
            let reply = actor.send(method, path, None, Vec::new()).await;
            assert_eq!(reply.status, 405, "{path} {detail}");
            assert_eq!(reply.header("allow"), "POST", "{path}");
            assert_eq!(reply.body, error(405, "METHOD_NOT_ALLOWED", &detail), "{path}");
        }
    }
}

#[tokio::test]
async fn errors_are_json() {
    let world = World::new();
    for (actor, path) in routes(&world).await {
        let reply = actor.post_raw(path, "text/plain", "hello").await;
        assert_eq!(reply.header("content-type"), "application/json", "{path}");
    }
}
