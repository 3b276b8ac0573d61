//! `Idempotency-Key` on `/send/`.

use crate::world::{Actor, Script, World};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;

fn message(text: &str) -> Value {
    json!({"message": text})
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
        let reply = alice.post("/send/", message("Hi")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, json!({"response": "one"}));
    }
    let reply = alice.post_form("/send", "message=Hi").await;
    assert_eq!(reply.body, json!({"response": "one"}));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn another_message() {
    let world = World::new();
    let alice = alice(&world).await;
    assert_eq!(alice.post("/send/", message("Hi")).await.status, 200);
    let reply = alice.post("/send/", message("Ho")).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.body, json!({"detail": "This Idempotency-Key was used for another request."}));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn another_key() {
    let world = World::new();
    let user = world.user("alice").await;
    for key in ["k", "K", &"k".repeat(255)] {
        let alice = user.sending("Idempotency-Key", key);
        assert_eq!(alice.post("/send/", message("Hi")).await.status, 200);
    }
    assert_eq!(world.available("alice"), 3700);
}

#[tokio::test]
async fn the_same_key_of_somebody_else() {
    let world = World::new();
    let alice = alice(&world).await;
    let bob = world.user("bob").await.sending("Idempotency-Key", "k");
    world.model.next(Script::Answer("for alice"));
    world.model.next(Script::Answer("for bob"));
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.body, json!({"response": "for alice"}));
    let reply = bob.post("/send/", message("Hi")).await;
    assert_eq!(reply.body, json!({"response": "for bob"}));
    assert_eq!(world.available("bob"), 3900);
}

#[tokio::test]
async fn the_key_is_kept_for_24_hours() {
    let world = World::new();
    let alice = world.user("alice").await;
    let login = json!({"username": "alice", "password": crate::world::PASSWORD});
    let token = world.anonymous().post("/api/v1/tokens/", login).await;
    let alice = alice.bearing(token.body["token"].as_str().unwrap()).sending("Idempotency-Key", "k");
    world.model.next(Script::Answer("one"));
    world.model.next(Script::Answer("two"));
    alice.post("/send/", message("Hi")).await;
    world.pass(Duration::from_secs(24 * 60 * 60 - 1));
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.body, json!({"response": "one"}));
    world.pass(Duration::from_secs(1));
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.body, json!({"response": "two"}));
    assert_eq!(world.available("alice"), 3800);
}

#[tokio::test]
async fn after_a_failure_it_runs_again() {
    let world = World::new();
    let alice = alice(&world).await;
    world.model.next(Script::Fail);
    assert_eq!(alice.post("/send/", message("Hi")).await.status, 502);
    world.model.next(Script::Answer("better"));
    for _ in 0..2 {
        let reply = alice.post("/send/", message("Hi")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, json!({"response": "better"}));
    }
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn an_answer_that_was_paid_for_is_given_again_when_nothing_is_left() {
    let world = World::with(&[("INITIAL_TOKENS", "100")]);
    let alice = alice(&world).await;
    for _ in 0..2 {
        assert_eq!(alice.post("/send/", message("Hi")).await.status, 200);
    }
    assert_eq!(world.available("alice"), 0);
}

#[tokio::test]
async fn while_the_first_still_runs() {
    let world = World::new();
    let alice = alice(&world).await;
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let first = tokio::spawn({
        let alice = alice.clone();
        async move { alice.post("/send/", message("Hi")).await }
    });
    world.until_no_longer("alice", 4000).await;
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(reply.body, json!({"detail": "The first request with this Idempotency-Key is still running."}));
    tell.send("at last").unwrap();
    assert_eq!(first.await.unwrap().body, json!({"response": "at last"}));
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"response": "at last"}));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn a_key_that_is_none() {
    let world = World::new();
    let user = world.user("alice").await;
    for key in ["", " ", &"k".repeat(256)] {
        let reply = user.sending("Idempotency-Key", key).post("/send/", message("Hi")).await;
        assert_eq!(reply.status, 400, "{key}");
        assert_eq!(
            reply.body,
            json!({"Idempotency-Key": ["Idempotency-Key must be 1 to 255 visible ASCII characters."]}),
            "{key}"
        );
    }
    assert_eq!(world.available("alice"), 4000);
}
