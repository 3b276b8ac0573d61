//! Which web pages may call the API from a browser, and the headers for browsers on every response.

use crate::world::World;
use axum::http::Method;
use serde_json::json;
use shared::config::Config;
use std::collections::BTreeSet;

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
    let allowed = "authorization,content-type,accept,idempotency-key,traceparent,tracestate,baggage,sentry-trace,\
                   x-requested-with,last-event-id";
    assert_eq!(reply.header("access-control-allow-headers"), allowed);
}

#[tokio::test]
async fn a_script_may_read_the_headers_that_answers_have() {
    let world = World::with(&[("CORS_ORIGINS", OURS)]);
    let reply = world.anonymous().sending("Origin", OURS).get("/token/").await;
    let exposed = "retry-after,link,content-disposition,ratelimit,ratelimit-policy,x-request-id";
    assert_eq!(reply.header("access-control-expose-headers"), exposed);
}

#[tokio::test]
async fn an_origin_may_be_written_in_capitals_and_with_its_default_port() {
    for written in ["HTTPS://Chat.Example.COM", "https://chat.example.com:443", "https://chat.example.com/"] {
        let world = World::with(&[("CORS_ORIGINS", written)]);
        let reply = world.anonymous().sending("Origin", OURS).get("/api/v1/health").await;
        assert_eq!(reply.header("access-control-allow-origin"), OURS, "{written}");
    }
    let world = World::with(&[("CORS_ORIGINS", "https://B\u{fc}cher.example")]);
    let reply = world.anonymous().sending("Origin", "https://xn--bcher-kva.example").get("/api/v1/health").await;
    assert_eq!(reply.header("access-control-allow-origin"), "https://xn--bcher-kva.example");
}

#[test]
fn what_is_no_origin_is_refused_at_the_start() {
    let others = [
        "*",
        "null",
        "chat.example.com",
        "https://*.example.com",
        "https://chat.example.com/app",
        "https://user@chat.example.com",
        "https://chat.example.com?a=b",
        "https://chat.example.com#a",
        "https://",
        "https://chat.example.com:99999",
        "ftp://chat.example.com",
        "javascript:alert(1)",
    ];
    for other in others {
        let read = Config::read(|name| (name == "CORS_ORIGINS").then(|| other.to_owned()));
        let expected = format!("CORS_ORIGINS: `{other}` is not an origin like https://chat.example.com");
        assert_eq!(read.map(drop).unwrap_err().to_string(), expected);
    }
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

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_that_no_client_chooses() {
    let world = World::with(&[("CORS_ORIGINS", OURS)]);
    let alice = world.user("alice").await.sending("X-Request-Id", "mine").sending("Origin", OURS);
    let mut ids = BTreeSet::new();
    for path in ["/token/", "/token/", "/api/v1/users/me", "/api/v1/nothing", "/nothing", "/docs", "/api/v1/health"] {
        ids.insert(alice.get(path).await.request_id);
    }
    ids.insert(alice.post("/token/", json!({})).await.request_id);
    let preflight = alice.sending("Access-Control-Request-Method", "POST");
    ids.insert(preflight.send(Method::OPTIONS, "/send/", None, Vec::new()).await.request_id);
    assert_eq!(ids.len(), 9, "{ids:?}");
    assert!(ids.iter().all(|id| id.len() == 32), "{ids:?}");
}
