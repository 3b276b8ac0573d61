//! Which web pages may call the API from a browser, and the headers for browsers on every response.

use crate::world::World;
use axum::http::Method;

const OURS: &str = "https://chat.example.com";

#[tokio::test]
async fn off_unless_origins_are_set() {
    let world = World::new();
    let page = world.anonymous().sending("Origin", OURS);
    let reply = page.get("/api/v1/health").await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, ""));
    let preflight = page.sending("Access-Control-Request-Method", "POST");
    let reply = preflight.send(Method::OPTIONS, "/send/", None, Vec::new()).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (405, ""));
}

#[tokio::test]
async fn a_listed_origin_may_call() {
    let world = World::with(&[("CORS_ORIGINS", "https://chat.example.com, http://localhost:3000")]);
    let page = world.anonymous().sending("Origin", OURS);
    let reply = page.get("/token/").await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (401, OURS));
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    let preflight = page
        .sending("Access-Control-Request-Method", "POST")
        .sending("Access-Control-Request-Headers", "authorization, content-type, idempotency-key");
    let reply = preflight.send(Method::OPTIONS, "/send/", None, Vec::new()).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, OURS));
    assert_eq!(reply.header("access-control-allow-headers"), "authorization,content-type,accept,idempotency-key");
}

#[tokio::test]
async fn other_origins_may_not() {
    let world = World::with(&[("CORS_ORIGINS", OURS)]);
    for origin in ["https://evil.example.com", "https://chat.example.com.evil.com", "http://chat.example.com", "null"] {
        let reply = world.anonymous().sending("Origin", origin).get("/api/v1/health").await;
        assert_eq!(reply.header("access-control-allow-origin"), "", "{origin}");
    }
}

#[tokio::test]
async fn answers_are_not_cached_and_not_sniffed() {
    let world = World::new();
    let alice = world.user("alice").await;
    for path in ["/token/", "/api/v1/auth/profile/", "/api/v1/nothing", "/nothing"] {
        let reply = alice.get(path).await;
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
    }
}
