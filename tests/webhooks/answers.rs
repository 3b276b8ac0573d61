//! What receivers answer, or do not, and what is kept of it.

use super::{SECOND, alice_with_a_webhook, delivery, pass, set_active, test};
use crate::world::{Actor, NOW, Receiver, World};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Has a test delivered, and gives what it became.
async fn tried(world: &World, alice: &Actor, path: &str) -> Value {
    test(alice, path).await;
    world.settle().await;
    super::deliveries(alice, path).await.remove(0)
}

fn attempt(status: Option<u16>, response: Option<&str>, error: Option<&str>) -> Value {
    json!({"at": NOW, "status_code": status, "duration_ms": 0, "response": response, "error": error})
}

#[tokio::test]
async fn every_2xx_and_nothing_else_is_a_success() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    let statuses = [200, 201, 202, 204, 299, 300, 304, 400, 401, 404, 408, 409, 425, 429, 500, 502, 503, 599];
    for status in statuses {
        world.pass(SECOND);
        receiver.answers_with(status, &[], "");
        let shown = tried(&world, &alice, &path).await;
        let expected = if (200..300).contains(&status) { "delivered" } else { "failed" };
        assert_eq!((&shown["status"], &shown["attempts"][0]["status_code"]), (&json!(expected), &json!(status)));
        assert_eq!(receiver.received().len(), 1, "{status} is not tried again at once");
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    let elsewhere = Receiver::start().await;
    for status in [301, 302, 303, 307, 308] {
        world.pass(SECOND);
        receiver.answers_with(status, &[("location", &elsewhere.url)], "there");
        let shown = tried(&world, &alice, &path).await;
        assert_eq!((&shown["status"], &shown["attempts"][0]["response"]), (&json!("failed"), &json!("there")));
        assert_eq!((receiver.received().len(), elsewhere.received().len()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn the_first_512_bytes_of_an_answer_are_kept_as_text() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    let long = "x".repeat(513);
    let answers: [(&[u8], &str); 6] = [
        (b"", ""),
        (&long.as_bytes()[..512], &long[..512]),
        (long.as_bytes(), &long[..512]),
        ("sch\u{f6}n".as_bytes(), "sch\u{f6}n"),
        (b"\xff\xfe ok", "\u{fffd}\u{fffd} ok"),
        (b"a\0b", "a\0b"),
    ];
    for (answer, kept) in answers {
        let at = world.now_millis();
        receiver.answers_with(200, &[], answer);
        let mut shown = tried(&world, &alice, &path).await;
        shown["attempts"][0]["at"] = json!(NOW);
        assert_eq!(shown["attempts"], json!([attempt(Some(200), Some(kept), None)]), "{at}");
        world.pass(SECOND);
    }
    // A character in two bytes that the end cuts.
    receiver.answers_with(200, &[], format!("{}\u{f6}", "x".repeat(511)));
    let shown = tried(&world, &alice, &path).await;
    assert_eq!(shown["attempts"][0]["response"], json!(format!("{}\u{fffd}", "x".repeat(511))));
}

#[tokio::test]
async fn nobody_answers() {
    let (world, alice, _, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let moved = alice.put(&path, json!({"url": format!("http://127.0.0.1:{port}/")})).await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    let shown = tried(&world, &alice, &path).await;
    let error = "The host could not be connected to.";
    assert_eq!((&shown["status"], &shown["attempts"]), (&json!("failed"), &json!([attempt(None, None, Some(error))])));
}

#[tokio::test]
async fn no_secure_connection_can_be_made() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    let secure = receiver.url.replace("http:", "https:");
    assert_eq!(alice.put(&path, json!({"url": secure})).await.status, 200);
    let shown = tried(&world, &alice, &path).await;
    let error = "No secure connection could be made.";
    assert_eq!((&shown["status"], &shown["attempts"]), (&json!("failed"), &json!([attempt(None, None, Some(error))])));
    assert_eq!(receiver.received().len(), 0);
}

#[tokio::test]
async fn an_answer_takes_too_long() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0,60")]).await;
    receiver.hangs();
    test(&alice, &path).await;
    // Whoever waits, waits no longer than it takes to see that nothing else happens.
    tokio::time::pause();
    world.settle().await;
    tokio::time::resume();
    let shown = delivery(&alice, &path).await;
    let error = "The host took too long.";
    assert_eq!((&shown["status"], &shown["attempts"]), (&json!("pending"), &json!([attempt(None, None, Some(error))])));
    receiver.received();
    pass(&world, SECOND * 66).await;
    assert_eq!(delivery(&alice, &path).await["status"], "delivered");
}

#[tokio::test]
async fn an_address_that_may_no_longer_be_called() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    let stored = world.rows("webhooks").into_iter().find(|row| row["url"]["S"] == receiver.url.as_str());
    let mut row = stored.unwrap();
    row["url"]["S"] = json!(receiver.url.replace("127.0.0.1", "127.0.0.2"));
    world.put("webhooks", &row);
    let shown = tried(&world, &alice, &path).await;
    let error = "The address is not allowed.";
    assert_eq!((&shown["status"], &shown["attempts"]), (&json!("failed"), &json!([attempt(None, None, Some(error))])));
}

#[tokio::test]
async fn the_latest_twenty_attempts_are_kept() {
    let waits = ["1"; 24].join(",");
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", &waits)]).await;
    for number in 0..24 {
        receiver.answers_with(500, &[], format!("no {number}"));
    }
    test(&alice, &path).await;
    pass(&world, SECOND).await;
    for _ in 1..24 {
        pass(&world, SECOND).await;
    }
    assert_eq!(receiver.received().len(), 24);
    let shown = delivery(&alice, &path).await;
    let kept: Vec<&str> =
        shown["attempts"].as_array().unwrap().iter().map(|attempt| attempt["response"].as_str().unwrap()).collect();
    let expected: Vec<String> = (4..24).map(|number| format!("no {number}")).collect();
    assert_eq!((shown["status"].as_str(), kept), (Some("failed"), expected.iter().map(String::as_str).collect()));
}

#[tokio::test]
async fn what_waits_for_a_webhook_that_was_switched_off_fails_without_an_attempt() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    receiver.answers([500]);
    let shown = tried(&world, &alice, &path).await;
    assert_eq!(shown["status"], "pending");
    set_active(&alice, &path, false).await;
    pass(&world, SECOND * 5).await;
    let after = delivery(&alice, &path).await;
    assert_eq!((&after["status"], &after["attempts"]), (&json!("failed"), &shown["attempts"]));
    assert_eq!(receiver.received().len(), 1, "before it was switched off");
}
