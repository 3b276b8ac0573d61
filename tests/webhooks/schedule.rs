//! When deliveries are tried, again and again.

use super::{HOUR, SECOND, alice_with_a_webhook, delivery, pass, test};
use crate::world::{Actor, NOW, Receiver, World};
use serde_json::{Value, json};
use shared::domain::time::Timestamp;
use std::time::Duration;

/// At once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
const DEFAULT: [u64; 8] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];

/// How long it is until the next attempt, as the delivery tells.
async fn wait(world: &World, alice: &Actor, path: &str) -> Duration {
    let shown = delivery(alice, path).await;
    assert_eq!(shown["status"], "pending");
    let next = Timestamp::parse(shown["next_attempt_at"].as_str().unwrap()).unwrap();
    Duration::from_millis(next.millis() - world.now_millis())
}

/// Lets the clock go through all waits. Nothing comes before its time, and everything when it has come.
async fn walk(world: &World, alice: &Actor, receiver: &Receiver, path: &str, schedule: &[u64]) {
    world.settle().await;
    assert_eq!(receiver.received().len(), 1, "at once");
    for (place, &seconds) in schedule.iter().enumerate().skip(1) {
        let wait = wait(world, alice, path).await;
        assert!((seconds..=seconds + seconds / 10).contains(&wait.as_secs()), "attempt {place}: {wait:?}");
        pass(world, wait.saturating_sub(SECOND)).await;
        assert_eq!(receiver.received().len(), 0, "attempt {place} comes too early");
        pass(world, SECOND).await;
        assert_eq!(receiver.received().len(), 1, "attempt {place}");
    }
}

async fn assert_ended(world: &World, alice: &Actor, receiver: &Receiver, path: &str, status: &str, attempts: usize) {
    let shown = delivery(alice, path).await;
    assert_eq!((&shown["status"], &shown["next_attempt_at"]), (&json!(status), &json!(null)));
    assert_eq!(shown["attempts"].as_array().unwrap().len(), attempts);
    pass(world, HOUR * 12).await;
    assert_eq!(receiver.received().len(), 0, "it is at its end");
    assert_eq!((world.queues.deliveries.waiting(), world.queues.deliveries.dead().len()), (0, 0));
}

#[tokio::test]
async fn eight_attempts_in_a_day_and_four_hours() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    receiver.answers([500; 8]);
    test(&alice, &path).await;
    walk(&world, &alice, &receiver, &path, &DEFAULT).await;
    assert_ended(&world, &alice, &receiver, &path, "failed", 8).await;
}

#[tokio::test]
async fn the_last_attempt_may_succeed() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    receiver.answers([500; 7]);
    test(&alice, &path).await;
    walk(&world, &alice, &receiver, &path, &DEFAULT).await;
    assert_ended(&world, &alice, &receiver, &path, "delivered", 8).await;
}

#[tokio::test]
async fn the_setting_makes_it_four() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0,1,1,1")]).await;
    receiver.answers([500; 4]);
    test(&alice, &path).await;
    walk(&world, &alice, &receiver, &path, &[0, 1, 1, 1]).await;
    assert_ended(&world, &alice, &receiver, &path, "failed", 4).await;
}

#[tokio::test]
async fn the_first_attempt_may_have_to_wait() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "7200")]).await;
    test(&alice, &path).await;
    assert_eq!(wait(&world, &alice, &path).await, HOUR * 2);
    pass(&world, HOUR * 2 - SECOND).await;
    assert_eq!(receiver.received().len(), 0);
    pass(&world, SECOND).await;
    assert_eq!(receiver.received().len(), 1);
    assert_ended(&world, &alice, &receiver, &path, "delivered", 1).await;
}

#[tokio::test]
async fn a_receiver_may_ask_for_more_time_but_not_for_less_or_for_ever() {
    // What is asked for, and how long it is waited for at least, and at most.
    let answers = [
        ("0", 300, 330),
        ("120", 300, 330),
        ("600", 600, 600),
        (" 7200 ", 7_200, 7_200),
        ("864000", 86_400, 86_400),
        ("18446744073709551615", 86_400, 86_400),
        ("18446744073709551616", 300, 330),
        ("-5", 300, 330),
        ("1.5", 300, 330),
        ("Wed, 13 Mar 2024 12:05:00 GMT", 300, 330),
        ("", 300, 330),
    ];
    for (asked, least, most) in answers {
        for status in [429, 503, 500, 302] {
            let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0,300")]).await;
            receiver.answers_with(status, &[("retry-after", asked)], "later");
            test(&alice, &path).await;
            world.settle().await;
            let waited = wait(&world, &alice, &path).await;
            assert!((least..=most).contains(&waited.as_secs()), "{status} {asked:?}: {waited:?}");
            assert_eq!(receiver.received().len(), 1);
            pass(&world, waited.saturating_sub(SECOND)).await;
            assert_eq!(receiver.received().len(), 0, "{status} {asked:?}");
            pass(&world, SECOND).await;
            assert_eq!(receiver.received().len(), 1, "{status} {asked:?}");
        }
    }
}

#[tokio::test]
async fn what_is_asked_for_after_the_last_attempt_changes_nothing() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    receiver.answers_with(503, &[("retry-after", "60")], "later");
    test(&alice, &path).await;
    world.settle().await;
    assert_eq!(receiver.received().len(), 1);
    assert_ended(&world, &alice, &receiver, &path, "failed", 1).await;
}

#[tokio::test]
async fn what_failed_together_is_not_tried_again_together() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0,3600")]).await;
    receiver.answers([500; 12]);
    for _ in 0..12 {
        test(&alice, &path).await;
    }
    world.settle().await;
    let shown = super::deliveries(&alice, &path).await;
    let mut times: Vec<&Value> = shown.iter().map(|delivery| &delivery["next_attempt_at"]).collect();
    times.sort_by_key(|time| time.as_str());
    times.dedup();
    assert!(times.len() > 1, "{times:?}");
    assert!(shown.iter().all(|delivery| delivery["created_at"] == NOW));
}

#[tokio::test]
async fn a_slow_receiver_does_not_delay_others() {
    let (world, alice, broken, _) = alice_with_a_webhook(&[]).await;
    let healthy = Receiver::start().await;
    super::webhook(&alice, &healthy.url, &["user.updated"]).await;
    broken.answers([500; 8]);
    for number in 0..3 {
        let reply = alice.put("/api/v1/users/me", json!({"full_name": format!("Alice {number}")})).await;
        assert_eq!(reply.status, 200);
    }
    world.settle().await;
    assert_eq!((broken.received().len(), healthy.received().len()), (3, 3));
}
