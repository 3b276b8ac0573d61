//! Silent clients and many of them.

use super::{Raw, served};
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn silent_clients_are_let_go() {
    let (_world, server) = served().await;
    let began = Instant::now();
    Raw::connect(server).await.is_closed().await;
    assert!(began.elapsed().as_secs() <= 20, "without a request: {:?}", began.elapsed());
    let mut half = Raw::connect(server).await;
    let began = Instant::now();
    half.send("GET /api/v1/health HTTP/1.1\r\nHost").await;
    half.is_closed().await;
    assert!(began.elapsed().as_secs() <= 20, "with half of a head: {:?}", began.elapsed());
    let mut idle = Raw::connect(server).await;
    idle.send("GET /api/v1/health HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(idle.answer().await.status, 200);
    let began = Instant::now();
    idle.is_closed().await;
    assert!((60..=80).contains(&began.elapsed().as_secs()), "after a request: {:?}", began.elapsed());
}

/// Whoever leaves in the middle of a handshake leaves nothing behind.
#[tokio::test]
async fn a_handshake_that_is_cut_off_leaves_no_connection() {
    let (world, server) = served().await;
    for _ in 0..20 {
        let mut client = Raw::connect(server).await;
        client
            .send(
                "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            )
            .await;
        client.0.set_zero_linger().unwrap();
    }
    world.until("connections are forgotten", |world| world.gateway.count() == 0).await;
    assert_eq!(server.try_to_connect("/ws?ticket=x", &[]).await.err(), Some(401));
    assert_eq!(world.gateway.count(), 0, "a refused one, too");
}

#[tokio::test]
async fn the_handshake_answers_like_every_route() {
    let (_world, server) = served().await;
    for path in ["/ws", "/ws/"] {
        let mut client = Raw::connect(server).await;
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, &answer.json()["error_code"]), (400, &"BAD_REQUEST".into()), "{answer:?}");
        answer.assert_complete();
        client.send(format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, &answer.json()["error_code"]), (405, &"METHOD_NOT_ALLOWED".into()), "{answer:?}");
        assert!(answer.head.contains("allow: get\r\n"), "{answer:?}");
        answer.assert_complete();
        client.send(format!("HEAD {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).await;
        let mut head = String::new();
        client.0.read_to_string(&mut head).await.unwrap();
        assert!(head.starts_with("HTTP/1.1 405 "), "{head}");
        server.connect(path).await;
        assert_eq!(server.try_to_connect(&format!("{path}?ticket=x"), &[]).await.err(), Some(401));
    }
}
