//! `Idempotency-Key` on `/api/chat/`.

use crate::world::{Actor, NOW, Script, World};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;

fn message(text: &str) -> Value {
    json!({"message": text})
}

fn said(response: &str) -> Value {
    json!({"user": 1, "message": "Hi", "response": response, "timestamp": NOW})
}

/// Alice, who puts the key `k` on every request.
async fn alice(world: &World) -> Actor {
    world.user("alice").await.sending("Idempotency-Key", "k")
}

#[tokio::test]
async fn the_same_message_again() {
    let world = World::new();
    let alice = alice(&world).await;
    for answer in ["one", "two", "three"] {
        world.model.next(Script::Answer(answer));
    }
    for _ in 0..3 {
        let reply = alice.post("/api/chat/", message("Hi")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, said("one"));
        world.pass(Duration::from_secs(60));
    }
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn another_message() {
    let world = World::new();
    let alice = alice(&world).await;
    assert_eq!(alice.post("/api/chat/", message("Hi")).await.status, 200);
    let reply = alice.post("/api/chat/", message("Ho")).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.body, json!({"error": "This Idempotency-Key was used for another request."}));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn after_a_failure_it_runs_again() {
    let world = World::new();
    let alice = alice(&world).await;
    world.model.next(Script::Fail);
    assert_eq!(alice.post("/api/chat/", message("Hi")).await.status, 502);
    world.model.next(Script::Answer("better"));
    for _ in 0..2 {
        let reply = alice.post("/api/chat/", message("Hi")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, said("better"));
    }
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn while_the_first_still_runs() {
    let world = World::new();
    let alice = alice(&world).await;
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let first = tokio::spawn({
        let alice = alice.clone();
        async move { alice.post("/api/chat/", message("Hi")).await }
    });
    world.until_no_longer("alice", 4000).await;
    let reply = alice.post("/api/chat/", message("Hi")).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(reply.body, json!({"error": "The first request with this Idempotency-Key is still running."}));
    tell.send("at last").unwrap();
    assert_eq!(first.await.unwrap().body, said("at last"));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn a_key_that_is_none() {
    let world = World::new();
    let user = world.user("alice").await;
    for key in ["", " ", &"k".repeat(256)] {
        let reply = user.sending("Idempotency-Key", key).post("/api/chat/", message("Hi")).await;
        assert_eq!(reply.status, 400, "{key}");
        assert_eq!(
            reply.body,
            json!({"error": "Idempotency-Key: Idempotency-Key must be 1 to 255 visible ASCII characters."}),
            "{key}"
        );
    }
    assert_eq!(world.available("alice"), 4000);
}
