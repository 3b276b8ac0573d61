//! `Idempotency-Key`: a retried request takes effect once.

use super::audit::audit;
use crate::world::{Script, World};
use serde_json::json;
use std::time::Duration;
use tokio::sync::oneshot;

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let world = World::new();
    let alice = world.user("alice").await.sending("Idempotency-Key", "k");
    let first = alice.post("/send/", json!({"message": "one"})).await;
    let refused = alice.post("/send/", json!({"message": "two"})).await;
    assert_eq!((first.status, refused.status), (200, 409));
    world.pass(Duration::from_secs(24 * 60 * 60));
    let alice = world.sign_in("alice").await.sending("Idempotency-Key", "k");
    assert_eq!(alice.post("/send/", json!({"message": "two"})).await.status, 200);
    assert_eq!(world.available("alice"), 3800);
}

#[tokio::test]
async fn a_key_belongs_to_one_user() {
    let world = World::new();
    for name in ["alice", "bob"] {
        let actor = world.user(name).await.sending("Idempotency-Key", "k");
        assert_eq!(actor.post("/send/", json!({"message": name})).await.status, 200);
        assert_eq!(world.available(name), 3900);
    }
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn the_first_request_still_runs() {
    let world = World::new();
    let alice = world.user("alice").await.sending("Idempotency-Key", "k");
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let asking = tokio::spawn({
        let alice = alice.clone();
        async move { alice.post("/api/chat/", json!({"message": "Hello"})).await }
    });
    world.until_no_longer("alice", 4000).await;
    let second = alice.post("/api/chat/", json!({"message": "Hello"})).await;
    assert_eq!((second.status, second.header("retry-after")), (409, "1"));
    assert_eq!(second.body, json!({"error": "The first request with this Idempotency-Key is still running."}));
    let other = alice.post("/api/chat/", json!({"message": "Something else"})).await;
    assert_eq!((other.status, other.header("retry-after")), (409, ""));
    tell.send("Hi").unwrap();
    let first = asking.await.unwrap();
    let again = alice.post("/api/chat/", json!({"message": "Hello"})).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn after_a_failure_the_request_runs_again() {
    let world = World::new();
    let alice = world.user("alice").await.sending("Idempotency-Key", "k");
    world.model.next(Script::Fail);
    assert_eq!(alice.post("/api/chat/", json!({"message": "Hello"})).await.status, 502);
    let again = alice.post("/api/chat/", json!({"message": "Hello"})).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_request_that_could_not_be_paid_runs_again() {
    let world = World::with(&[("INITIAL_TOKENS", "50"), ("REFILL_TOKENS", "50"), ("REFILL_HOURS", "1")]);
    let alice = world.user("alice").await.sending("Idempotency-Key", "k");
    assert_eq!(alice.post("/send/", json!({"message": "Hello"})).await.status, 402);
    world.pass(Duration::from_secs(3599));
    assert_eq!(alice.post("/send/", json!({"message": "Hello"})).await.status, 402);
    world.pass(Duration::from_millis(1000));
    let alice = world.sign_in("alice").await.sending("Idempotency-Key", "k");
    assert_eq!(alice.post("/send/", json!({"message": "Hello"})).await.status, 200);
    assert_eq!(world.available("alice"), 0);
    assert_eq!(audit(&world, 50, 100), Vec::<String>::new());
}
