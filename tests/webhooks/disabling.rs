//! Webhooks that we switch off: their receivers are gone, or fail for days.

use super::{DAY, EVENTS, HOUR, SECOND, alice_with_a_webhook, deliveries, pass, set_active, test, webhook};
use crate::world::{Actor, NOW, Receiver, World};
use serde_json::{Value, json};

/// How the webhook at `path` stands: whether it is active, and why not.
async fn state(alice: &Actor, path: &str) -> (bool, Value) {
    let shown = alice.get(path).await.body;
    (shown["is_active"].as_bool().unwrap(), shown["disabled_reason"].clone())
}

/// The statuses of the deliveries, oldest first.
async fn statuses(alice: &Actor, path: &str) -> Vec<String> {
    let found = deliveries(alice, path).await;
    found.iter().rev().map(|shown| shown["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_receiver_that_is_gone() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    let watcher = Receiver::start().await;
    webhook(&alice, &watcher.url, &["webhook.disabled"]).await;
    let bob = world.user("bob").await;
    let stranger = Receiver::start().await;
    webhook(&bob, &stranger.url, &["webhook.disabled"]).await;
    receiver.answers([500, 410]);
    test(&alice, &path).await;
    world.settle().await;
    world.pass(SECOND);
    test(&alice, &path).await;
    world.settle().await;
    let mut expected = json!({
        "id": path.rsplit('/').next().unwrap(),
        "url": receiver.url,
        "events": EVENTS,
        "is_active": false,
        "disabled_reason": "gone",
        "created_at": NOW,
    });
    assert_eq!(alice.get(&path).await.body, expected);
    assert_eq!(receiver.received().len(), 2);
    // Those who watch hear of it, once.
    let told = watcher.received();
    assert_eq!(told.len(), 1);
    let data = json!({"user_id": world.id_of("alice").to_string(), "webhook_id": expected["id"]});
    let event = json!({"event": "webhook.disabled", "timestamp": "2024-03-13T10:05:01Z", "data": data});
    assert_eq!(told[0].body, event);
    assert_eq!(stranger.received().len(), 0);
    // What was on its way ends.
    assert_eq!(statuses(&alice, &path).await, ["pending", "failed"]);
    pass(&world, HOUR).await;
    assert_eq!(statuses(&alice, &path).await, ["failed", "failed"]);
    assert_eq!(receiver.received().len(), 0);
    // Switched on again, it is as before.
    expected["is_active"] = json!(true);
    expected.as_object_mut().unwrap().remove("disabled_reason");
    assert_eq!(set_active(&alice, &path, true).await, expected);
    let retried = alice.post(&format!("{path}/deliveries/retry"), json!({"since": NOW})).await;
    assert_eq!((retried.status, retried.body), (202, json!({"retried": 2, "has_more": false})));
    world.settle().await;
    assert_eq!(receiver.received().len(), 2);
    assert_eq!(statuses(&alice, &path).await, ["delivered", "delivered"]);
}

#[tokio::test]
async fn a_change_of_something_else_does_not_switch_it_on() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    receiver.answers([410]);
    test(&alice, &path).await;
    world.settle().await;
    for change in [json!({}), json!({"events": EVENTS}), json!({"is_active": false})] {
        assert_eq!(alice.put(&path, change).await.status, 200);
        assert_eq!(state(&alice, &path).await, (false, json!("gone")));
    }
    assert_eq!(alice.post(&format!("{path}/rotate-secret"), json!({})).await.status, 200);
    assert_eq!(state(&alice, &path).await, (false, json!("gone")));
}

/// Each of `statuses` is what a delivery meets, a day after the one before.
async fn daily(world: &World, alice: &Actor, receiver: &Receiver, path: &str, statuses: &[u16]) {
    for &status in statuses {
        receiver.answers([status]);
        test(alice, path).await;
        world.settle().await;
        assert_eq!(receiver.received().len(), 1);
        pass(world, DAY).await;
    }
}

#[tokio::test]
async fn a_receiver_that_fails_for_five_days() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    let watcher = Receiver::start().await;
    webhook(&alice, &watcher.url, &["webhook.disabled"]).await;
    daily(&world, &alice, &receiver, &path, &[200, 500, 404, 302, 500, 503]).await;
    assert_eq!(state(&alice, &path).await, (true, json!(null)), "four days");
    assert_eq!(watcher.received().len(), 0);
    receiver.answers([500]);
    test(&alice, &path).await;
    world.settle().await;
    assert_eq!(state(&alice, &path).await, (false, json!("failing")), "five days");
    let told: Vec<Value> = watcher.received().into_iter().map(|request| request.body["event"].clone()).collect();
    assert_eq!(told, ["webhook.disabled"]);
    receiver.received();
    // Switched on again, it has five days anew.
    set_active(&alice, &path, true).await;
    daily(&world, &alice, &receiver, &path, &[500, 500, 500, 500, 500]).await;
    assert_eq!(state(&alice, &path).await, (true, json!(null)));
    daily(&world, &alice, &receiver, &path, &[500]).await;
    assert_eq!(state(&alice, &path).await, (false, json!("failing")));
}

#[tokio::test]
async fn one_success_counts_for_five_days() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    daily(&world, &alice, &receiver, &path, &[500, 500, 500, 500, 500, 200]).await;
    daily(&world, &alice, &receiver, &path, &[500, 500, 500, 500, 500]).await;
    assert_eq!(state(&alice, &path).await, (true, json!(null)));
    daily(&world, &alice, &receiver, &path, &[500]).await;
    assert_eq!(state(&alice, &path).await, (false, json!("failing")));
}

#[tokio::test]
async fn a_delivery_that_fails_for_days_is_not_tried_after_that() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0,432000,60,60")]).await;
    receiver.answers([500, 500]);
    test(&alice, &path).await;
    world.settle().await;
    pass(&world, DAY * 6).await;
    assert_eq!(state(&alice, &path).await, (false, json!("failing")));
    assert_eq!(statuses(&alice, &path).await, ["failed"]);
    pass(&world, HOUR).await;
    assert_eq!(receiver.received().len(), 2);
}
