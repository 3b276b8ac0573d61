//! Turns whose process dies, and the calls that keep a turn alive. Every call fails once and for good, before and after it
//! commits.

use super::audit::audit;
use crate::world::{Actor, Events, Fault, Moment, OVER_SDK, Script, World};
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const FAULTS: [(Moment, usize); 4] =
    [(Moment::BeforeCommit, 1), (Moment::AfterCommit, 1), (Moment::Conflict, 1), (Moment::BeforeCommit, usize::MAX)];

struct Listening {
    world: World,
    alice: Actor,
    path: String,
    model: UnboundedSender<Result<&'static str, ()>>,
    events: Events,
}

/// Alice listens to a turn in which the model has said "Hi".
async fn listening() -> Listening {
    let world = World::with(&[OVER_SDK]);
    let alice = world.user("alice").await;
    let made = alice.post("/api/v1/conversations", json!({"title": "Work"})).await;
    let path = format!("/api/v1/conversations/{}", made.body["id"].as_str().unwrap());
    let (model, said) = unbounded_channel();
    world.model.next(Script::Pieces(said));
    let mut events = alice.listen(&format!("{path}/messages"), json!({"content": "Hello"})).await;
    events.data_of("message").await;
    model.send(Ok("Hi")).unwrap();
    events.data_of("delta").await;
    Listening { world, alice, path, model, events }
}

/// What was said, with what became of it.
async fn said(actor: &Actor, path: &str) -> Vec<String> {
    let shown = actor.get(path).await.body;
    let line = |it: &serde_json::Value| format!("{} ({})", it["content"], it["status"]).replace('"', "");
    shown["messages"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn every_call_of_a_recovery_breaks() {
    let mut calls = 0;
    for (moment, times) in FAULTS {
        for call in 0.. {
            let Listening { world, alice, path, model, events } = listening().await;
            world
                .until("a part is stored", |world| world.rows("sessions").iter().any(|row| row.get("start").is_some()))
                .await;
            let later = world.restarted();
            later.pass(Duration::from_secs(30));
            later.faults().plan(Some(Fault { call, moment, times }));
            let ended = later.services.recovery.end_abandoned().await;
            let hits = later.faults().hits();
            later.faults().plan(None);
            let what = format!("call {call}, {moment:?} × {times}: {ended:?}");
            assert!(hits > 0 || ended.is_ok(), "{what}");
            later.services.recovery.end_abandoned().await.unwrap();
            assert_eq!(said(&alice.in_world(&later), &path).await, ["Hello (failed)", "Hi (failed)"], "{what}");
            assert_eq!(audit(&later, 4000, 100), Vec::<String>::new(), "{what}");
            assert_eq!(later.available("alice"), 4000, "{what}");
            drop((model, events));
            if hits == 0 {
                break;
            }
            calls += 1;
        }
    }
    assert!(calls > 40, "a recovery makes few calls: {calls}");
}

#[tokio::test]
async fn a_call_that_keeps_a_turn_alive_breaks_and_the_turn_goes_on() {
    let turns = FAULTS.iter().filter(|(_, times)| *times == 1).flat_map(|&(moment, times)| {
        (0..4).map(move |call| async move {
            let Listening { world, alice, path, model, events } = listening().await;
            world.faults().plan(Some(Fault { call, moment, times }));
            // Two parts and a renewed lease.
            tokio::time::sleep(Duration::from_millis(2_300)).await;
            model.send(Ok("!")).unwrap();
            drop(model);
            let last = events.rest().await.pop().unwrap();
            let what = format!("call {call}, {moment:?}");
            assert_eq!(last.0, "done", "{what}: {}", last.1);
            world.faults().plan(None);
            assert_eq!(said(&alice, &path).await, ["Hello (complete)", "Hi! (complete)"], "{what}");
            assert_eq!(audit(&world, 4000, 100), Vec::<String>::new(), "{what}");
            assert_eq!(world.available("alice"), 3900, "{what}");
        })
    });
    join_all(turns).await;
}

#[tokio::test]
async fn a_turn_that_was_taken_for_dead_charges_nothing_when_it_comes_back() {
    let Listening { world, alice, path, model, events } = listening().await;
    let other = world.restarted();
    other.pass(Duration::from_secs(30));
    other.services.recovery.end_abandoned().await.unwrap();
    model.send(Ok("!")).unwrap();
    drop(model);
    let last = events.rest().await.pop().unwrap();
    assert_eq!(last.0, "error", "{}", last.1);
    assert_eq!(said(&alice, &path).await[0], "Hello (failed)");
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
    assert_eq!(world.available("alice"), 4000);
}
