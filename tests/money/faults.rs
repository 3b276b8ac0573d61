//! Every call of every flow fails, before and after it commits, once and permanently, or loses a race against another
//! request of the same user. Afterwards the process restarts, and the books must add up.

use super::{
    audit::{audit, audit_without},
    flows::{self, Flow, Prepared, Setup},
};
use crate::world::{Fault, Moment, OVER_SDK, PASSWORD, Reply, Script, World};
use futures::future::FutureExt;
use serde_json::json;
use std::time::Duration;
use tokio::sync::{mpsc::unbounded_channel, oneshot};

const GRANT: i64 = 4000;
const PRICE: i64 = 100;
/// An upper limit for the calls of a flow, against endless loops.
const CALLS_MAX: usize = 40;

/// Limits are on, so that the limiter's calls fail too.
fn world() -> World {
    World::with(&[OVER_SDK, ("RATE_LIMIT_API", "1000"), ("RATE_LIMIT_AUTH", "1000")])
}

/// Starts a new process on the same data, after all holds have expired and were settled by reading the balance, and
/// after leftovers were removed.
async fn recover(world: &World) -> World {
    let world = world.restarted();
    world.pass(Duration::from_secs(3600));
    for username in ["alice", "bob"] {
        let body = json!({"email": username, "password": PASSWORD});
        let token = world.anonymous().post("/api/v1/auth/login", body).await.body["access_token"].clone();
        if let Some(token) = token.as_str() {
            let looked = world.anonymous().bearing(token).get("/api/tokens/").await;
            assert_eq!(looked.status, 200, "{}", looked.text);
        }
    }
    assert!(world.services.sweeper.sweep().await.unwrap());
    world
}

/// Plans a fault for each call of a flow in turn, until a run completes without reaching it. `rival` is the competing
/// work at [`Moment::LostRace`].
pub async fn every_call(
    setup: Setup,
    (moment, times): (Moment, usize),
    rival: impl Fn(&World, &Flow),
    check: impl AsyncFn(&World, &Flow, &Reply, &str),
) {
    let prepared = Prepared::new(setup, world()).await;
    for call in 0..CALLS_MAX {
        let (world, flow) = prepared.begin();
        rival(&world, &flow);
        world.faults().plan(Some(Fault { call, moment, times }));
        let reply = flow.run().await;
        if world.faults().hits() == 0 {
            assert_eq!(reply.status, flow.success, "{}: {}", flow.name, reply.text);
            assert!(call > 0, "{} makes no calls", flow.name);
            return;
        }
        world.faults().plan(None);
        let what = format!("{}, call {call}, {moment:?} × {times}: {} {}", flow.name, reply.status, reply.text);
        check(&world, &flow, &reply, &what).await;
    }
    panic!("a flow makes more than {CALLS_MAX} calls");
}

pub fn nobody(_: &World, _: &Flow) {}

/// One test for each kind of flow, so that they run in parallel.
macro_rules! for_each_kind_of_flow {
    ($check:ident) => {
        mod $check {
            use super::flows;

            #[tokio::test]
            async fn of_sign_ins() {
                super::$check(flows::of_sign_ins()).await;
            }

            #[tokio::test]
            async fn of_turns() {
                super::$check(flows::of_turns()).await;
            }

            #[tokio::test]
            async fn of_conversations() {
                super::$check(flows::of_conversations()).await;
            }

            #[tokio::test]
            async fn of_webhooks() {
                super::$check(flows::of_webhooks()).await;
            }
        }
    };
}

for_each_kind_of_flow!(a_hiccup_at_any_call_is_not_noticed);
for_each_kind_of_flow!(the_process_dies_at_any_call);

async fn a_hiccup_at_any_call_is_not_noticed(flows: Vec<Setup>) {
    for setup in flows {
        for moment in [Moment::BeforeCommit, Moment::AfterCommit, Moment::Conflict] {
            every_call(setup, (moment, 1), nobody, async |world, flow, reply, what| {
                assert_eq!(reply.status, flow.success, "{what}");
                let after = recover(world).await;
                assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new(), "{what}");
            })
            .await;
        }
    }
}

async fn the_process_dies_at_any_call(flows: Vec<Setup>) {
    for setup in flows {
        for moment in [Moment::BeforeCommit, Moment::AfterCommit] {
            every_call(setup, (moment, usize::MAX), nobody, async |world, flow, reply, what| {
                assert!([flow.success, 503].contains(&reply.status), "{what}");
                let after = recover(world).await;
                assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new(), "{what}");
                if flow.is_keyed {
                    repeated_until_it_succeeds(&after, flow, reply, what).await;
                }
            })
            .await;
        }
    }
}

/// Retries with the same key, as clients do. However the first attempt ended, there is one effect in the end.
async fn repeated_until_it_succeeds(after: &World, flow: &Flow, first: &Reply, what: &str) {
    let alice = after.sign_in("alice").await.sending("Idempotency-Key", "once");
    let again = flow.run_as(&alice).await;
    assert_eq!(again.status, flow.success, "{what}; again: {}", again.text);
    if first.status == flow.success {
        assert_eq!(again.body, first.body, "{what}");
    }
    assert_eq!(audit(after, GRANT, PRICE), Vec::<String>::new(), "{what}; again");
    assert_eq!(after.available("alice") as i64, GRANT - flow.turns * PRICE, "{what}; again");
}

#[tokio::test]
async fn another_turn_comes_first_at_any_call() {
    let another_turn = |world: &World, flow: &Flow| {
        let alice = flow.actor.in_world(&world.restarted()).without("Idempotency-Key");
        // In the same conversation if the flow is a turn, otherwise in the default one.
        let place = if flow.turns > 0 { flow.path.clone() } else { "/api/chat/".to_owned() };
        let mut body = flow.body.clone();
        for name in ["message", "content", "_input"] {
            body[name] = json!("First");
        }
        world.faults().rival(move || {
            let (alice, place, body) = (alice.clone(), place.clone(), body.clone());
            async move {
                let reply = alice.post(&place, body).await;
                assert!(reply.status < 300, "{}", reply.text);
            }
            .boxed()
        });
    };
    for setup in [flows::of_turns(), flows::of_conversations()].concat() {
        every_call(setup, (Moment::LostRace, 1), another_turn, async |world, flow, reply, what| {
            assert_eq!(reply.status, flow.success, "{what}");
            let after = recover(world).await;
            assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new(), "{what}");
            assert_eq!(after.available("alice") as i64, GRANT - (1 + flow.turns) * PRICE, "{what}");
        })
        .await;
    }
}

/// The ids of the conversations that no longer exist.
async fn deleted(world: &World, conversations: &[String]) -> Vec<String> {
    let alice = world.sign_in("alice").await;
    let mut gone = Vec::new();
    for path in conversations.iter().filter(|path| path.contains("conversations")) {
        if alice.get(path).await.status == 404 {
            gone.push(path.rsplit('/').next().unwrap().to_owned());
        }
    }
    gone
}

#[tokio::test]
async fn the_conversation_of_a_turn_is_deleted_at_any_call() {
    a_thing_of_a_turn_is_deleted_at_any_call(0).await;
}

#[tokio::test]
async fn the_assistant_of_a_turn_is_deleted_at_any_call() {
    a_thing_of_a_turn_is_deleted_at_any_call(1).await;
}

async fn a_thing_of_a_turn_is_deleted_at_any_call(thing: usize) {
    let deletion = |world: &World, flow: &Flow| {
        let alice = flow.actor.in_world(&world.restarted());
        let path = flow.things[thing].clone();
        world.faults().rival(move || {
            let (alice, path) = (alice.clone(), path.clone());
            async move {
                let reply = alice.delete(&path).await;
                assert_eq!(reply.status, 204, "{}", reply.text);
            }
            .boxed()
        });
    };
    for setup in flows::of_turns() {
        every_call(setup, (Moment::LostRace, 1), deletion, async |world, flow, reply, what| {
            // Either the turn was counted before the deletion, or it is refused.
            let refused = [400, 404, 409, 422].contains(&reply.status);
            assert!(reply.status == flow.success || refused, "{what}");
            let after = recover(world).await;
            let gone = deleted(&after, &flow.things).await;
            assert_eq!(audit_without(&after, GRANT, PRICE, &gone), Vec::<String>::new(), "{what}");
            let spent = if refused { 0 } else { PRICE };
            assert_eq!(after.available("alice") as i64, GRANT - spent, "{what}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_deletion_is_broken_at_any_call_while_a_turn_runs() {
    for setup in flows::of_deletions() {
        for fault in [
            (Moment::BeforeCommit, 1),
            (Moment::AfterCommit, 1),
            (Moment::Conflict, 1),
            (Moment::BeforeCommit, usize::MAX),
            (Moment::AfterCommit, usize::MAX),
        ] {
            every_call_while_a_turn_runs(setup, fault).await;
        }
    }
}

async fn every_call_while_a_turn_runs(setup: Setup, (moment, times): (Moment, usize)) {
    let prepared = Prepared::new(setup, world()).await;
    for call in 0..CALLS_MAX {
        let (world, flow) = prepared.begin();
        let (tell, told) = oneshot::channel();
        world.model.next(Script::AnswerWhen(told));
        let (alice, messages) = (flow.actor.without("Idempotency-Key"), format!("{}/messages", flow.things[0]));
        let turn = tokio::spawn(async move { alice.post(&messages, json!({"content": "Hello"})).await });
        world.until_no_longer("alice", (GRANT - PRICE) as u64).await;
        world.faults().plan(Some(Fault { call, moment, times }));
        let reply = flow.run().await;
        let hits = world.faults().hits();
        world.faults().plan(None);
        tell.send("Hi!").unwrap();
        let turn = turn.await.unwrap();

        let what = format!("{}, call {call}, {moment:?} × {times}: {} {}", flow.name, reply.status, reply.text);
        let expected = if hits == 0 || times == 1 { &[204][..] } else { &[204, 503] };
        assert!(expected.contains(&reply.status), "{what}");
        let after = recover(&world).await;
        let gone = deleted(&after, &flow.things).await;
        if reply.status == 204 {
            let alice = after.sign_in("alice").await;
            assert_eq!(alice.get(&flow.path).await.status, 404, "{what}");
        }
        assert_eq!(turn.status, if gone.is_empty() { 201 } else { 404 }, "{what}: {}", turn.text);
        assert_eq!(audit_without(&after, GRANT, PRICE, &gone), Vec::<String>::new(), "{what}");
        let turns = if gone.is_empty() { 2 } else { 1 };
        assert_eq!(after.available("alice") as i64, GRANT - turns * PRICE, "{what}");
        if hits == 0 {
            assert!(call > 0, "{} makes no calls", flow.name);
            return;
        }
    }
    panic!("a flow makes more than {CALLS_MAX} calls");
}

#[tokio::test]
async fn a_model_that_fails_or_panics_leaves_nothing_behind() {
    for script in [|| Script::Fail, || Script::Panic] {
        for setup in flows::of_turns() {
            let (world, flow) = setup(world()).await;
            world.model.next(script());
            let reply = flow.run().await;
            assert!(reply.status == 502 || reply.status == 500, "{}: {}", flow.name, reply.text);
            let after = recover(&world).await;
            assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new(), "{}", flow.name);
            assert_eq!(after.available("alice") as i64, GRANT, "{}", flow.name);
        }
    }
}

#[tokio::test]
async fn a_listener_goes_away_and_any_call_of_the_settlement_breaks() {
    for pieces in [&["Hi"][..], &[]] {
        for fault in [(Moment::BeforeCommit, 1), (Moment::AfterCommit, 1), (Moment::BeforeCommit, usize::MAX)] {
            every_call_after_hanging_up(pieces, fault).await;
        }
    }
}

async fn every_call_after_hanging_up(pieces: &[&'static str], (moment, times): (Moment, usize)) {
    for call in 0..CALLS_MAX {
        let world = world();
        let alice = world.user("alice").await;
        let made = alice.post("/api/v1/conversations", json!({})).await;
        let path = format!("/api/v1/conversations/{}/messages", made.body["id"].as_str().unwrap());
        let (model, said) = unbounded_channel();
        world.model.next(Script::Pieces(said));
        let mut events = alice.listen(&path, json!({"content": "Hello"})).await;
        events.data_of("message").await;
        for &piece in pieces {
            model.send(Ok(piece)).unwrap();
            events.data_of("delta").await;
        }
        world.faults().plan(Some(Fault { call, moment, times }));
        drop(events);
        drop(model);
        // The SDK gives up after three attempts.
        world.until("the reply is settled", |world| world.is_settled() || world.faults().hits() >= 3).await;
        let hits = world.faults().hits();
        let what = format!("{pieces:?}, call {call}, {moment:?} × {times}: {hits} hits");
        assert!(world.is_settled() || (times == usize::MAX && hits == 3), "{what}");
        let is_paid = world.is_settled() && !pieces.is_empty();
        let after = recover(&world).await;
        assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new(), "{what}");
        assert_eq!(after.available("alice") as i64, if is_paid { GRANT - PRICE } else { GRANT }, "{what}");
        if hits == 0 {
            assert!(call > 0, "a settlement makes no calls");
            return;
        }
    }
    panic!("a settlement makes more than {CALLS_MAX} calls");
}
