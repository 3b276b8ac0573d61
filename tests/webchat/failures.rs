//! Turns that do not come to an answer: no balance left, a model that fails or is silent.

use super::*;
use crate::world::{NOW, Script};
use axum::http::Method;

async fn try_to_say(actor: &Actor, path: &str, message: &str) -> Reply {
    actor.post(&format!("{path}chats/"), json!({"message": message})).await
}

/// The outcomes of the kept turns with this question.
fn kept(world: &World, message: &str) -> Vec<Value> {
    let rows = world.rows("sessions");
    let questions = rows.iter().filter(|row| row["content"]["S"] == message && row["speaker"]["S"] == "user");
    let outcome = |question: &Value| {
        let of_turn = |row: &&Value| row["turn"] == question["turn"] && row["speaker"]["S"] == "assistant";
        rows.iter().find(of_turn).map_or(Value::Null, |row| row["status"]["S"].clone())
    };
    questions.map(outcome).collect()
}

#[tokio::test]
async fn the_balance_does_not_cover_another_turn() {
    let world = World::with(&[("INITIAL_TOKENS", "150")]);
    let alice = world.user("alice").await;
    let path = begin_at(&alice, "t").await;
    let said = say(&alice, &path, "Hello").await;
    assert_eq!(world.available("alice"), 50);

    let reply = try_to_say(&alice, &path, "Again").await;
    assert_eq!(reply.status, 402);
    assert_eq!(reply.body, json!({"detail": "Insufficient tokens."}));
    assert_eq!(world.available("alice"), 50);
    assert_eq!(kept(&world, "Again"), [] as [Value; 0]);
    assert_eq!(alice.get(&format!("{path}chats/")).await.body, only_page(&[said]));
}

#[tokio::test]
async fn the_balance_covers_exactly_one_turn() {
    let world = World::with(&[("INITIAL_TOKENS", "100")]);
    let alice = world.user("alice").await;
    let path = begin_at(&alice, "t").await;
    say(&alice, &path, "Hello").await;
    assert_eq!(world.available("alice"), 0);
    assert_eq!(try_to_say(&alice, &path, "Again").await.status, 402);
}

#[tokio::test]
async fn the_model_fails() {
    let (world, alice, path) = alice_in_a_session().await;
    let session = alice.get(&path).await.body;
    world.model.next(Script::Fail);
    let reply = try_to_say(&alice, &path, "Hello").await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.body, json!({"detail": "The model failed to answer."}));
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(kept(&world, "Hello"), ["failed"]);

    assert_eq!(alice.get(&format!("{path}chats/")).await.body, only_page(&[]));
    assert_eq!(alice.get(&path).await.body, session);
    assert_eq!(alice.get(SESSIONS).await.body, only_page(&[session]));
    let absent = alice.get(&format!("{path}chats/99/")).await;
    assert_same(&alice.get(&format!("{path}chats/1/")).await, &absent);
}

#[tokio::test(start_paused = true)]
async fn the_model_does_not_answer_in_time() {
    let (world, alice, path) = alice_in_a_session().await;
    world.model.next(Script::Hang);
    let reply = try_to_say(&alice, &path, "Hello").await;
    assert_eq!(reply.status, 504);
    assert_eq!(reply.body, json!({"detail": "The model did not answer in time."}));
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(kept(&world, "Hello"), ["failed"]);
    assert_eq!(alice.get(&format!("{path}chats/")).await.body, only_page(&[]));
}

#[tokio::test]
async fn a_session_goes_on_after_a_failure() {
    let (world, alice, path) = alice_in_a_session().await;
    let first = say(&alice, &path, "one").await;
    world.model.next(Script::Fail);
    assert_eq!(try_to_say(&alice, &path, "two").await.status, 502);
    let last = json!({"message": "one", "response": REPLY, "created_at": NOW});
    assert_eq!(alice.get(&path).await.body["last_message"], last);

    let third = say(&alice, &path, "three").await;
    let listed = alice.get(&format!("{path}chats/")).await;
    assert_eq!(listed.body, only_page(&[first, third.clone()]));
    let shown = alice.get(&format!("{path}chats/{}/", third["id"])).await;
    assert_eq!(shown.body, third);
    assert_eq!(world.available("alice"), 3800);
}

#[tokio::test]
async fn an_anonymous_turn_does_not_reach_the_model() {
    let (world, _, path) = alice_in_a_session().await;
    let reply = world
        .anonymous()
        .send(
            Method::POST,
            &format!("{path}chats/"),
            Some("application/json"),
            json!({"message": "Hello"}).to_string().into_bytes(),
        )
        .await;
    assert_no_credential(&reply);
    assert_eq!(kept(&world, "Hello"), [] as [Value; 0]);
}
