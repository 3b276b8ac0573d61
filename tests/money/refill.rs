//! Regular refills, which are granted when the balance is next read instead of by a timer.

use super::audit::audit;
use crate::world::{Fault, Moment, OVER_SDK, World};
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

async fn tokens(world: &World) -> u64 {
    let reply = world.sign_in("alice").await.get("/api/tokens/").await;
    reply.body["tokens"].as_u64().unwrap()
}

fn world() -> World {
    World::with(&[OVER_SDK, ("REFILL_TOKENS", "50"), ("REFILL_HOURS", "2")])
}

#[tokio::test]
async fn every_full_period_since_registration_counts() {
    let world = world();
    world.user("alice").await;
    world.pass(HOUR);
    assert_eq!(tokens(&world).await, 4000);
    world.pass(HOUR);
    assert_eq!(tokens(&world).await, 4050);
    assert_eq!(tokens(&world).await, 4050);
    // Five hours: two periods, and half a period that still counts towards the next refill.
    world.pass(HOUR * 5);
    assert_eq!(tokens(&world).await, 4150);
    world.pass(HOUR);
    assert_eq!(tokens(&world).await, 4200);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_looks_at_once_refill_once() {
    let world = world();
    world.user("alice").await;
    world.pass(HOUR * 2);
    let alice = world.sign_in("alice").await;
    let looks = (0..50).map(|_| {
        tokio::spawn({
            let alice = alice.clone();
            async move { alice.get("/token/").await.body }
        })
    });
    for look in join_all(looks).await {
        assert_eq!(look.unwrap(), json!({"tokens": 4050}));
    }
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_lost_answer_does_not_refill_twice() {
    for call in 0..6 {
        let world = world();
        world.user("alice").await;
        world.pass(HOUR * 2 - Duration::from_secs(1));
        let alice = world.sign_in("alice").await;
        world.pass(Duration::from_secs(1));
        world.faults().plan(Some(Fault { call, moment: Moment::AfterCommit, times: 3 }));
        alice.get("/token/").await;
        world.faults().plan(None);
        assert_eq!(alice.get("/token/").await.body, json!({"tokens": 4050}));
        assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
    }
}
