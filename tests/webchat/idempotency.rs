//! The `Idempotency-Key` header on new sessions and chats.

use super::*;
use crate::world::{NOW, Script};
use std::time::Duration;
use tokio::sync::oneshot;

const KEY: &str = "Idempotency-Key";

#[tokio::test]
async fn a_session_is_begun_once() {
    let world = World::new();
    let alice = world.user("alice").await.sending(KEY, "k");
    let first = alice.post(SESSIONS, json!({"title": "once"})).await;
    assert_eq!(first.status, 201);
    world.pass(Duration::from_secs(60));
    let again = alice.post(SESSIONS, json!({"title": "once"})).await;
    assert_same(&again, &first);
    assert_eq!(alice.get(SESSIONS).await.body, only_page(&[first.body]));
}

#[tokio::test]
async fn a_message_is_said_once() {
    let (world, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let alice = alice.sending(KEY, "k");
    let first = alice.post(&chats, json!({"message": "Hello"})).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.body, json!({"id": 1, "message": "Hello", "response": REPLY, "created_at": NOW}));
    world.pass(Duration::from_secs(60));
    let again = alice.post(&chats, json!({"message": "Hello"})).await;
    assert_same(&again, &first);
    assert_eq!(alice.get(&chats).await.body, only_page(&[first.body]));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn a_message_to_a_model_that_would_answer_otherwise_is_said_once() {
    let (world, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let alice = alice.sending(KEY, "k");
    world.model.next(Script::Answer("Hi there!"));
    let first = alice.post(&chats, json!({"message": "Hello"})).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.body, json!({"id": 1, "message": "Hello", "response": "Hi there!", "created_at": NOW}));
    world.model.next(Script::Answer("Something else"));
    let again = alice.post(&chats, json!({"message": "Hello"})).await;
    assert_same(&again, &first);
    assert_eq!(alice.get(&chats).await.body, only_page(&[first.body]));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn the_answer_survives_a_restart() {
    let (world, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let first = alice.sending(KEY, "k").post(&chats, json!({"message": "Hello"})).await;
    let world = world.restarted();
    let alice = world.anonymous().bearing(alice.token()).sending(KEY, "k");
    assert_same(&alice.post(&chats, json!({"message": "Hello"})).await, &first);
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn the_same_key_with_another_body() {
    let (world, alice, path) = alice_in_a_session().await;
    let other_session = format!("{}chats/", begin_at(&alice, "another").await);
    let chats = format!("{path}chats/");
    let before = alice.get(SESSIONS).await.body["count"].clone();
    let alice = alice.sending(KEY, "k");
    assert_eq!(alice.post(&chats, json!({"message": "Hello"})).await.status, 201);
    let others = [
        (chats.as_str(), json!({"message": "Goodbye"})),
        (chats.as_str(), json!({"message": "Hello "})),
        (other_session.as_str(), json!({"message": "Hello"})),
        (SESSIONS, json!({"title": "Hello"})),
    ];
    for (path, body) in others {
        let reply = alice.post(path, body.clone()).await;
        assert_eq!(reply.status, 409, "{path}: {body}");
        assert_eq!(reply.body, json!({"detail": "This Idempotency-Key was used for another request."}));
    }
    assert_eq!(alice.get(SESSIONS).await.body["count"], before);
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn the_same_key_with_another_title() {
    let world = World::new();
    let alice = world.user("alice").await.sending(KEY, "k");
    let first = alice.post(SESSIONS, json!({"title": "one"})).await;
    assert_eq!(first.status, 201);
    let reply = alice.post(SESSIONS, json!({"title": "two"})).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.body, json!({"detail": "This Idempotency-Key was used for another request."}));
    assert_eq!(alice.get(SESSIONS).await.body, only_page(&[first.body]));
}

#[tokio::test]
async fn another_key_is_another_request() {
    let (world, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    for (number, key) in (1..).zip(["k", "K", "k k"]) {
        let reply = alice.sending(KEY, key).post(&chats, json!({"message": "Hello"})).await;
        assert_eq!(reply.status, 201);
        assert_eq!(reply.body, json!({"id": number, "message": "Hello", "response": REPLY, "created_at": NOW}));
    }
    assert_eq!(world.available("alice"), 3700);
}

#[tokio::test]
async fn the_same_key_of_two_users() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let of_alice = alice.sending(KEY, "k").post(SESSIONS, json!({"title": "Alice's"})).await;
    let of_bob = bob.sending(KEY, "k").post(SESSIONS, json!({"title": "Bob's"})).await;
    assert_eq!((of_alice.status, of_bob.status), (201, 201));
    assert_eq!(alice.get(SESSIONS).await.body, only_page(&[of_alice.body]));
    assert_eq!(bob.get(SESSIONS).await.body, only_page(&[of_bob.body]));
}

#[tokio::test]
async fn keys_that_do_not_fit() {
    let (world, alice, path) = alice_in_a_session().await;
    let sessions = alice.get(SESSIONS).await.body;
    for key in ["", "   ", &"k".repeat(256)] {
        let alice = alice.sending(KEY, key);
        for (path, body) in [(SESSIONS, json!({"title": "t"})), (&format!("{path}chats/"), json!({"message": "m"}))] {
            let reply = alice.post(path, body).await;
            assert_eq!(reply.status, 400, "{key:?}");
            assert_eq!(
                reply.body,
                json!({"Idempotency-Key": ["Idempotency-Key must be 1 to 255 visible ASCII characters."]})
            );
        }
    }
    assert_eq!(alice.get(SESSIONS).await.body, sessions);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn the_longest_key() {
    let world = World::new();
    let alice = world.user("alice").await.sending(KEY, &"k".repeat(255));
    let first = alice.post(SESSIONS, json!({"title": "t"})).await;
    assert_eq!(first.status, 201);
    assert_same(&alice.post(SESSIONS, json!({"title": "t"})).await, &first);
}

#[tokio::test]
async fn a_message_with_much_space_after_it() {
    let (world, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let alice = alice.sending(KEY, "k");
    // Space that JSON can only write with six characters: what is kept for the key is longer than the message.
    let message = format!("Hello{}", "\u{b}".repeat(100_000));
    let body = json!({"message": message});
    let first = alice.post(&chats, body.clone()).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.body, json!({"id": 1, "message": message, "response": REPLY, "created_at": NOW}));
    assert_same(&alice.post(&chats, body).await, &first);
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn a_failed_turn_frees_its_key() {
    let (world, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let alice = alice.sending(KEY, "k");
    world.model.next(Script::Fail);
    assert_eq!(alice.post(&chats, json!({"message": "Hello"})).await.status, 502);
    let second = alice.post(&chats, json!({"message": "Hello"})).await;
    assert_eq!(second.status, 201, "{}", second.text);
    assert_same(&alice.post(&chats, json!({"message": "Hello"})).await, &second);
    assert_eq!(alice.get(&chats).await.body, only_page(&[second.body]));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn a_refused_request_does_not_use_its_key() {
    let (_, alice, path) = alice_in_a_session().await;
    let alice = alice.sending(KEY, "k");
    let chats = format!("{path}chats/");
    assert_eq!(alice.post(&chats, json!({"message": " "})).await.status, 400);
    let reply = alice.post(&chats, json!({"message": "Hello"})).await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = json!({"title": "daily"});
    let first = alice.sending(KEY, "k").post(SESSIONS, body.clone()).await;
    assert_eq!(first.status, 201);

    world.pass(Duration::from_secs(24 * 60 * 60 - 1));
    let alice = sign_in_again(&world, "alice").await.sending(KEY, "k");
    assert_same(&alice.post(SESSIONS, body.clone()).await, &first);
    world.pass(Duration::from_secs(1));
    let mut second = alice.post(SESSIONS, body).await;
    assert_eq!(second.status, 201);
    assert_ne!(json!(take_uuid(&mut second, "id")), first.body["id"]);
    assert_eq!(
        second.body,
        json!({"title": "daily", "created_at": "2024-03-14T10:05:00Z", "chats": [], "last_message": null})
    );
}

#[tokio::test]
async fn the_first_request_is_still_running() {
    let (world, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let alice = alice.sending(KEY, "k");
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let body = json!({"message": "Hello"});
    let first = alice.post(&chats, body.clone());
    let meanwhile = async {
        world.until_no_longer("alice", 4000).await;
        let reply = alice.post(&chats, body.clone()).await;
        assert_eq!(reply.status, 409);
        assert_eq!(reply.body, json!({"detail": "The first request with this Idempotency-Key is still running."}));
        assert_eq!(reply.header("retry-after"), "1");
        tell.send("Hi there!").unwrap();
    };
    let (first, ()) = tokio::join!(first, meanwhile);
    assert_eq!(first.status, 201);
    assert_eq!(first.body, json!({"id": 1, "message": "Hello", "response": "Hi there!", "created_at": NOW}));
    assert_same(&alice.post(&chats, body.clone()).await, &first);
    assert_eq!(world.available("alice"), 3900);
}
