//! Silent clients and many of them.

use super::{Raw, served};
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
        assert!(answer.head.contains("allow: get"), "{answer:?}");
        answer.assert_complete();
        server.connect(path).await;
        assert_eq!(server.try_to_connect(&format!("{path}?ticket=x"), &[]).await.err(), Some(401));
    }
}
