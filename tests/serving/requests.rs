//! Heads and bodies that are malformed, too long or too slow.

use super::{Raw, served};
use crate::world::World;
use serde_json::json;

fn head(lines: &str) -> String {
    format!("{lines}\r\n\r\n")
}

#[tokio::test]
async fn a_request_has_one_host() {
    let (_world, server) = served().await;
    let long = format!("Host: {}\r\n", "a".repeat(261));
    for hosts in [
        "",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nHost: b\r\n",
        "Host:\r\n",
        "Host: a//b.example\r\n",
        "Host: a; frame-ancestors *\r\n",
        "Host: a>; rel=\"next\", <http://b.example\r\n",
        "Host: user@a\r\n",
        "Host: a:x\r\n",
        "Host: a:65536\r\n",
        "Host: [a]\r\n",
        "Host: [::1]x\r\n",
        "Host: \u{e9}\r\n",
        long.as_str(),
    ] {
        for (path, body) in [
            (
                "/api/v1/health",
                json!({
                    "detail": "A request must have one Host header, which names a host.", "status_code": 400, "error_code": "BAD_REQUEST",
                }),
            ),
            ("/api/v1/chat/sessions/", json!({"detail": "A request must have one Host header, which names a host."})),
            ("/api/chat/", json!({"error": "A request must have one Host header, which names a host."})),
        ] {
            let mut client = Raw::connect(server).await;
            client.send(format!("GET {path} HTTP/1.1\r\n{hosts}\r\n")).await;
            let answer = client.answer().await;
            assert_eq!((answer.status, answer.json()), (400, body), "{hosts:?} {path}");
            answer.assert_complete();
        }
    }
    for host in ["a", "A_1.example.com:8000", "127.0.0.1:1", "[::1]", "[2001:db8::7]:443"] {
        let mut client = Raw::connect(server).await;
        client.send(head(&format!("GET /api/v1/health HTTP/1.1\r\nHost: {host}"))).await;
        assert_eq!(client.answer().await.status, 200, "{host}");
    }
    let mut client = Raw::connect(server).await;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
    client.send(head(&format!("GET /ws HTTP/1.1\r\nHost: a\r\nHost: b\r\n{upgrade}"))).await;
    assert_eq!(client.answer().await.status, 400);
}

#[tokio::test]
async fn a_head_has_at_most_64_kib() {
    let (_world, server) = served().await;
    let request =
        |size: usize| head(&format!("GET /api/v1/health HTTP/1.1\r\nHost: a\r\nX-Long: {}", "x".repeat(size)));
    let mut client = Raw::connect(server).await;
    client.send(request(60_000)).await;
    assert_eq!(client.answer().await.status, 200);
    for size in [66_000, 100_000] {
        let mut client = Raw::connect(server).await;
        client.send(request(size)).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 431, "{size}: {answer:?}");
    }
}

#[tokio::test]
async fn http_2_is_not_spoken() {
    let (_world, server) = served().await;
    let mut client = Raw::connect(server).await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    client.is_closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_408() {
    let (_world, server) = served().await;
    let mut client = Raw::connect(server).await;
    let start = "POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100";
    client.send(head(start)).await;
    client.send("{\"email\": ").await;
    let answer = client.answer().await;
    let body = json!({
        "detail": "Request body did not arrive in time.", "status_code": 408, "error_code": "REQUEST_TIMEOUT",
    });
    assert_eq!((answer.status, answer.json()), (408, body));
    answer.assert_complete();
}

#[tokio::test]
async fn a_refusal_before_the_body_was_read_can_be_read_and_the_connection_goes_on() {
    let world = World::with(&[("RATE_LIMIT_API", "0")]);
    let server = world.listen().await;
    let body = vec![b'x'; 5_000_000];
    for (target, status) in [
        ("POST /api/v1/assistants", 401),
        ("POST /api/v1/nothing", 404),
        ("DELETE /api/v1/health", 405),
        ("POST /send/", 401),
        ("POST /api/v1/auth/login", 413),
    ] {
        let mut client = Raw::connect(server).await;
        let start = format!("{target} HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nContent-Length: {}", body.len());
        client.send(head(&start)).await;
        client.send(&body).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        assert!(!answer.head.contains("connection: close"), "{target}: {answer:?}");
        client.send(head("GET /api/v1/health HTTP/1.1\r\nHost: a")).await;
        assert_eq!(client.answer().await.status, 200, "{target}");
    }
}
