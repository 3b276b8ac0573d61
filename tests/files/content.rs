//! `GET /api/v1/files/{file}/content`.

use super::PNG;
use crate::world::World;
use axum::http::Method;
use serde_json::json;
use std::fs;

fn path(file: impl std::fmt::Display) -> String {
    format!("/api/v1/files/{file}/content")
}

#[tokio::test]
async fn the_bytes_to_save_and_not_to_show() {
    let world = World::new();
    let alice = world.user("alice").await;
    let file = world.keep_file("alice", "photo.PNG", PNG).await;
    for path in [path(file.id), format!("{}/", path(file.id))] {
        let reply = alice.get(&path).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.bytes, PNG);
        assert_eq!(reply.header("content-type"), "image/png");
        assert_eq!(reply.header("content-length"), PNG.len().to_string());
        assert_eq!(
            reply.header("content-disposition"),
            "attachment; filename=\"photo.PNG\"; filename*=UTF-8''photo.PNG"
        );
        assert_eq!(reply.header("content-security-policy"), "sandbox");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_name_that_tries_to_end_the_header() {
    let world = World::new();
    let alice = world.user("alice").await;
    let file = world.keep_file("alice", "C:\\x\\résumé\"; a=\r\nX: 1%.txt", "Hello").await;
    assert_eq!(file.name.as_str(), "résumé\"; a=X: 1%.txt");
    let reply = alice.get(&path(file.id)).await;
    assert_eq!(reply.text, "Hello");
    assert_eq!(
        reply.header("content-disposition"),
        "attachment; filename=\"r_sum__; a=X: 1_.txt\"; \
         filename*=UTF-8''r%C3%A9sum%C3%A9%22%3B%20a%3DX%3A%201%25.txt"
    );
}

#[tokio::test]
async fn head_tells_the_length_alone() {
    let world = World::new();
    let alice = world.user("alice").await;
    let file = world.keep_file("alice", "notes.txt", "Hello").await;
    let reply = alice.send(Method::HEAD, &path(file.id), None, Vec::new()).await;
    assert_eq!((reply.status, reply.header("content-length"), reply.text.as_str()), (200, "5", ""));
}

#[tokio::test]
async fn somebody_elses_an_absent_and_an_impossible_file_are_the_same_404() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let file = world.keep_file("alice", "notes.txt", "Hello").await;
    let absent = "01a1fc19-2537-7c60-9436-0976d8a832a8";
    for (actor, path) in [(&bob, path(file.id)), (&alice, path(absent)), (&alice, path("1")), (&alice, path("%00"))] {
        let reply = actor.get(&path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(
            reply.body,
            json!({"detail": "Not found.", "status_code": 404, "error_code": "NOT_FOUND"}),
            "{path}"
        );
    }
}

#[tokio::test]
async fn without_a_credential() {
    let world = World::new();
    world.user("alice").await;
    let file = world.keep_file("alice", "notes.txt", "Hello").await;
    let reply = world.anonymous().get(&path(file.id)).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.body["error_code"], "UNAUTHORIZED");
}

#[tokio::test]
async fn a_file_whose_content_is_gone_is_not_found() {
    let world = World::new();
    let alice = world.user("alice").await;
    let file = world.keep_file("alice", "notes.txt", "Hello").await;
    for stored in world.stored() {
        fs::remove_file(stored).unwrap();
    }
    let reply = alice.get(&path(file.id)).await;
    assert_eq!(
        (reply.status, reply.body),
        (404, json!({"detail": "Not found.", "status_code": 404, "error_code": "NOT_FOUND"}))
    );
}
