//! Concurrent requests: a balance for seven turns pays for exactly seven.

use super::audit::audit;
use crate::world::{Actor, World};
use futures::future::join_all;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

async fn session(actor: &Actor) -> String {
    actor.post("/api/v1/chat/sessions/", json!({})).await.body["id"].as_str().unwrap().to_owned()
}

/// Runs `requests` concurrently on all threads. Returns the statuses and bodies in order.
async fn at_once(requests: Vec<(Actor, String, Value)>) -> Vec<(u16, Value)> {
    let tasks = requests.into_iter().map(|(actor, path, body)| {
        tokio::spawn(async move {
            let reply = actor.post(&path, body).await;
            (reply.status, reply.body)
        })
    });
    join_all(tasks).await.into_iter().map(|task| task.unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_turns_at_once_on_a_balance_for_seven() {
    a_hundred_turns_at_once(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_turns_at_once_of_a_slow_model_on_a_balance_for_seven() {
    a_hundred_turns_at_once(Duration::from_millis(1500)).await;
}

async fn a_hundred_turns_at_once(thinks: Duration) {
    let world = World::with(&[("INITIAL_TOKENS", "700")]);
    world.model.think_for(thinks);
    let alice = world.user("alice").await;
    let session = session(&alice).await;
    let made = alice.post("/api/v1/assistants", json!({"name": "Ada"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let listening = alice.sending("Accept", "text/event-stream");
    let messages = format!("/api/v1/conversations/{session}/messages");
    let sign_in_endpoints = [
        (&alice, "/api/v1/chat/".to_owned()),
        (&alice, "/api/v1/conversations".to_owned()),
        (&alice, messages.clone()),
        (&listening, messages),
        (&alice, format!("/api/v1/chat/sessions/{session}/chats/")),
        (&alice, "/send/".to_owned()),
        (&alice, "/api/chat/".to_owned()),
    ];
    let turn = |n: usize| {
        let (actor, path) = sign_in_endpoints[n % sign_in_endpoints.len()].clone();
        let said = format!("Hello {n}");
        let body = json!({
            "message": said, "content": said, "_input": said, "initial_message": said, "assistant_name": "Ada",
        });
        (actor.clone(), path, body)
    };
    let replies = at_once((0..100).map(turn).collect()).await;
    let succeeded = replies.iter().filter(|(status, _)| [200, 201].contains(status)).count();
    assert_eq!(succeeded, 7, "{replies:?}");
    let refusals: BTreeSet<String> =
        replies.iter().filter(|(status, _)| *status > 201).map(|(status, body)| format!("{status} {body}")).collect();
    let expected = [
        json!({"detail": "Insufficient tokens."}),
        json!({"detail": "Insufficient tokens.", "status_code": 402, "error_code": "INSUFFICIENT_TOKENS"}),
    ];
    let mut expected: BTreeSet<String> = expected.iter().map(|body| format!("402 {body}")).collect();
    expected.insert(r#"400 {"error":"Insufficient tokens"}"#.to_owned());
    assert_eq!(refusals, expected);
    assert_eq!(world.available("alice"), 0);
    assert_eq!(audit(&world, 700, 100), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_idempotency_key_a_hundred_times_at_once() {
    let world = World::new();
    let alice = world.user("alice").await.sending("Idempotency-Key", "once");
    let turn = |_| (alice.clone(), "/api/chat/".to_owned(), json!({"message": "Hello"}));
    let replies = at_once((0..100).map(turn).collect()).await;
    // Requests that arrive while the first one runs get an error that asks for a retry.
    assert!(replies.iter().all(|(status, _)| [200, 409].contains(status)), "{replies:?}");
    assert!(replies.iter().any(|(status, _)| *status == 200), "{replies:?}");
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_idempotency_key_at_three_doors_to_one_conversation() {
    let world = World::new();
    let alice = world.user("alice").await;
    let session = session(&alice).await;
    let alice = alice.sending("Idempotency-Key", "once");
    let listening = alice.sending("Accept", "text/event-stream");
    let messages = format!("/api/v1/conversations/{session}/messages");
    let sign_in_endpoints = [
        (&alice, messages.clone()),
        (&listening, messages),
        (&alice, format!("/api/v1/chat/sessions/{session}/chats/")),
    ];
    let turn = |n: usize| {
        let (actor, path) = sign_in_endpoints[n % sign_in_endpoints.len()].clone();
        (actor.clone(), path, json!({"message": "Hello", "content": "Hello"}))
    };
    let replies = at_once((0..60).map(turn).collect()).await;
    assert!(replies.iter().all(|(status, _)| [200, 201, 409].contains(status)), "{replies:?}");
    assert!(replies.iter().any(|(status, _)| *status != 409), "{replies:?}");
    for n in 0..3 {
        let (actor, path, body) = turn(n);
        assert!([200, 201].contains(&actor.post(&path, body).await.status));
    }
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_of_many_users_at_once() {
    let world = World::with(&[("INITIAL_TOKENS", "300")]);
    let mut turns = Vec::new();
    for user in 0..10 {
        let actor = world.user(&format!("user{user}")).await;
        turns.extend((0..5).map(|n| (actor.clone(), "/send/".to_owned(), json!({"message": format!("{n}")}))));
    }
    let replies = at_once(turns).await;
    assert_eq!(replies.iter().filter(|(status, _)| *status == 200).count(), 30);
    assert_eq!(audit(&world, 300, 100), Vec::<String>::new());
}
