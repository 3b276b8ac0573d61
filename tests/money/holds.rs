//! Holds on tokens while a model outside the process is working.

use super::audit::audit;
use crate::world::{Actor, Fault, Moment, OVER_SDK, Reply, Script, World};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{sync::oneshot, task::JoinHandle};

/// The lifetime of a hold.
const EXPIRES: Duration = Duration::from_secs(335);

fn hello() -> Value {
    json!({"message": "Hello"})
}

/// Sends a message without waiting for the response.
fn asks(actor: &Actor, path: &'static str) -> JoinHandle<Reply> {
    let actor = actor.clone();
    tokio::spawn(async move { actor.post(path, hello()).await })
}

#[tokio::test]
async fn tokens_are_on_hold_while_the_model_thinks() {
    let world = World::with(&[("INITIAL_TOKENS", "100")]);
    let alice = world.user("alice").await;
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let asking = asks(&alice, "/api/chat/");
    world.until_no_longer("alice", 100).await;
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 0}));
    let second = alice.post("/api/chat/", hello()).await;
    assert_eq!((second.status, second.body), (400, json!({"error": "Insufficient tokens"})));
    tell.send("Hi there!").unwrap();
    let first = asking.await.unwrap();
    assert_eq!((first.status, &first.body["response"]), (200, &json!("Hi there!")));
    assert_eq!(audit(&world, 100, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_crash_while_the_model_thinks_gives_the_tokens_back_later() {
    let world = World::with(&[OVER_SDK]);
    let alice = world.user("alice").await;
    // Two calls know the caller, two read what the turn needs, then comes the hold. The settlement never runs.
    world.faults().plan(Some(Fault { call: 4, moment: Moment::BeforeCommit, times: usize::MAX }));
    assert_eq!(alice.post("/api/chat/", hello()).await.status, 503);
    let world = world.restarted();
    let alice = alice.in_world(&world);
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 3900}));
    world.pass(EXPIRES);
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 4000}));
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_left_over_hold_is_reclaimed_by_the_next_turn() {
    let world = World::with(&[OVER_SDK, ("INITIAL_TOKENS", "100")]);
    let alice = world.user("alice").await;
    world.faults().plan(Some(Fault { call: 4, moment: Moment::BeforeCommit, times: usize::MAX }));
    assert_eq!(alice.post("/api/chat/", hello()).await.status, 503);
    let world = world.restarted();
    world.pass(EXPIRES);
    let reply = alice.in_world(&world).post("/api/chat/", hello()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(world.available("alice"), 0);
    assert_eq!(audit(&world, 100, 100), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_after_the_hold_expired_is_not_charged() {
    let world = World::new();
    let alice = world.user("alice").await;
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let asking = asks(&alice, "/api/chat/");
    world.until_no_longer("alice", 4000).await;
    world.pass(EXPIRES);
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 4000}));
    tell.send("Too late").unwrap();
    let reply = asking.await.unwrap();
    assert_eq!((reply.status, reply.body), (504, json!({"error": "The model did not answer in time."})));
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_caller_who_hangs_up_pays_for_the_answer_and_finds_it() {
    let world = World::new();
    let alice = world.user("alice").await;
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let asking = asks(&alice, "/send/");
    world.until_no_longer("alice", 4000).await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    tell.send("Are you there?").unwrap();
    world.until_settled().await;
    let sessions = alice.get("/api/v1/chat/sessions/").await.body;
    assert_eq!(sessions["results"][0]["last_message"]["response"], "Are you there?");
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_model_that_hangs_costs_nothing() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Hang);
    let reply = alice.post("/send/", hello()).await;
    assert_eq!((reply.status, reply.body), (504, json!({"detail": "The model did not answer in time."})));
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn without_metering_turns_are_free() {
    let world = World::with(&[("INITIAL_TOKENS", "0"), ("TOKENS_PER_TURN", "0")]);
    let alice = world.user("alice").await;
    assert_eq!(alice.post("/send/", hello()).await.status, 200);
    assert_eq!(alice.post("/send/", hello()).await.status, 200);
    assert_eq!(alice.get("/token/").await.body, json!({"tokens": 0}));
    assert_eq!(audit(&world, 0, 0), Vec::<String>::new());
}
