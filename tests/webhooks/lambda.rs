//! Events as AWS gives them to the functions, and answers as it reads them.

use super::{alice_with_a_webhook, delivery};
use crate::world::World;
use serde_json::{Value, json};
use shared::store::deliveries::DeliveryKey;

const CHANGES: &str = include_str!("../../events/dispatch/changes.json");
const UNREADABLE_CHANGE: &str = include_str!("../../events/dispatch/unreadable.json");
const DELIVERY: &str = include_str!("../../events/deliver/delivery.json");
const UNREADABLE_DELIVERY: &str = include_str!("../../events/deliver/unreadable.json");

/// What `dispatch` answers to `event`, in which `alice` is the user.
async fn dispatched(world: &World, event: &str) -> Value {
    let event = event.replace("018e376b-9ce0-7000-8000-000000000001", &world.id_of("alice").to_string());
    let event = serde_json::from_str(&event).unwrap();
    serde_json::to_value(dispatch::dispatch(world.services.clone(), event).await.unwrap()).unwrap()
}

/// What `deliver` answers to `event`, in which `key` is the delivery.
async fn delivered(world: &World, event: &str, DeliveryKey { owner, webhook, delivery }: DeliveryKey) -> Value {
    let event = event.replace("018e376b-9ce0-7000-8000-000000000001", &owner.to_string());
    let event = event.replace("018e376b-9ce0-7000-8000-000000000002", &webhook.to_string());
    let event = event.replace("018e376b-9ce0-7000-8000-000000000003", &delivery.to_string());
    let event = serde_json::from_str(&event).unwrap();
    serde_json::to_value(deliver::deliver(world.services.clone(), event).await.unwrap()).unwrap()
}

/// The delivery that the only message of the queue asks for.
fn asked_for(world: &World) -> DeliveryKey {
    let message = world.queues.deliveries.take().unwrap();
    assert!(world.queues.deliveries.take().is_none(), "there is another message");
    serde_json::from_str(&message.body).unwrap()
}

#[tokio::test]
async fn of_the_stream_only_new_rows_are_told() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    for _ in 0..2 {
        assert_eq!(dispatched(&world, CHANGES).await, json!({"batchItemFailures": []}));
    }
    let shown = delivery(&alice, &path).await;
    assert_eq!(shown["payload"]["event"], "user.updated");
    world.settle().await;
    let received = receiver.received();
    assert_eq!((received.len(), &received[0].body), (1, &shown["payload"]));
}

#[tokio::test]
async fn a_change_that_cannot_be_read_is_named_and_holds_up_nobody_else() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    let answer = dispatched(&world, UNREADABLE_CHANGE).await;
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "4421584500000000017450439090"}]}));
    world.settle().await;
    assert_eq!((receiver.received().len(), delivery(&alice, &path).await["status"].clone()), (1, json!("delivered")));
}

#[tokio::test]
async fn a_delivery_is_asked_for_by_a_message() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    super::test(&alice, &path).await;
    let key = asked_for(&world);
    for _ in 0..2 {
        assert_eq!(delivered(&world, DELIVERY, key).await, json!({"batchItemFailures": []}));
        assert_eq!(delivery(&alice, &path).await["status"], "delivered");
    }
    assert_eq!(receiver.received().len(), 1, "a message may come twice");
}

#[tokio::test]
async fn a_delivery_to_a_host_that_is_busy_is_postponed_and_is_no_attempt() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    let mut keys = Vec::new();
    for _ in 0..5 {
        super::test(&alice, &path).await;
        keys.push(asked_for(&world));
        world.pass(std::time::Duration::from_millis(1));
    }
    for _ in 0..4 {
        receiver.hangs();
    }
    let last = keys.pop().unwrap();
    let hanging: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let services = world.services.clone();
            tokio::spawn(async move { services.deliveries.deliver(key).await })
        })
        .collect();
    let mut received = 0;
    while received < 4 {
        received += receiver.until_received().await.len();
    }
    world.services.deliveries.deliver(last).await.unwrap();
    let shown = super::deliveries(&alice, &path).await.remove(0);
    assert_eq!((&shown["status"], &shown["attempts"]), (&json!("pending"), &json!([])), "{shown}");
    assert!(receiver.received().is_empty());
    assert!(world.queues.deliveries.take().is_none(), "it comes later");
    world.pass(std::time::Duration::from_secs(12));
    assert_eq!(asked_for(&world), last);
    // A second message for it finds it postponed, and is not passed on.
    world.services.deliveries.deliver(last).await.unwrap();
    for task in hanging {
        task.abort();
    }
}

#[tokio::test]
async fn all_deliveries_of_an_owner_are_one_group_of_the_queue() {
    let (world, alice, _receiver, path) = alice_with_a_webhook(&[]).await;
    let other = json!({"url": "https://example.com/other", "events": ["user.created"]});
    let other = alice.post("/api/v1/webhooks", other).await.body["id"].as_str().unwrap().to_owned();
    for path in [path, format!("/api/v1/webhooks/{other}")] {
        super::test(&alice, &path).await;
        let message = world.queues.deliveries.take().unwrap();
        assert_eq!(message.group, Some(world.id_of("alice").to_string()));
        assert!(world.queues.deliveries.done(&message.receipt));
    }
    world.pass(std::time::Duration::from_secs(3600));
    world.services.deliveries.wake_forgotten().await.unwrap();
    let groups: Vec<_> = std::iter::from_fn(|| world.queues.deliveries.take()).map(|message| message.group).collect();
    assert_eq!(groups, vec![Some(world.id_of("alice").to_string()); 2], "also those that the janitor wakes");
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_named_and_holds_up_nobody_else() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    super::test(&alice, &path).await;
    let answer = delivered(&world, UNREADABLE_DELIVERY, asked_for(&world)).await;
    let failure = json!({"itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da"});
    assert_eq!(answer, json!({"batchItemFailures": [failure]}));
    assert_eq!((receiver.received().len(), delivery(&alice, &path).await["status"].clone()), (1, json!("delivered")));
}
