//! Whatever breaks on the way, at any call, and whoever comes at the same time: an event reaches its receiver, under
//! one id, and is one delivery.

use super::{HOUR, SECOND, alice_with_a_webhook, delivery, pass};
use crate::world::{Actor, Fault, Moment, OVER_SDK, QueueFault, Receiver, World};
use futures::future::join;
use local::embedded_queue::Received;
use serde_json::{Value, json};
use shared::store::deliveries::DeliveryKey;
use std::time::Duration;

/// A step that makes more calls than this never ends.
const CALLS_MAX: usize = 20;
/// How long a delivery is nobody else's.
const CLAIM: Duration = Duration::from_secs(30);

/// A hiccup, which a retry heals, and the end of a process.
const BREAKS: [(Moment, usize); 5] = [
    (Moment::BeforeCommit, 1),
    (Moment::AfterCommit, 1),
    (Moment::Conflict, 1),
    (Moment::BeforeCommit, usize::MAX),
    (Moment::AfterCommit, usize::MAX),
];

/// The functions between an event and its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Dispatch,
    Deliver,
}

/// Gives what is in the outbox to `dispatch` once. Whether it was told.
async fn dispatch_once(world: &World) -> bool {
    let mut rows = world.rows("outbox");
    rows.retain(|row| row["told"].is_null());
    rows.sort_by_key(|row| row["sk"]["S"].to_string());
    let record = |(number, row): (usize, &Value)| {
        json!({
            "eventID": number.to_string(), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "eventSourceARN": "arn:aws:dynamodb:local:000000000000:table/outbox/stream/local", "awsRegion": "local",
            "dynamodb": {
                "ApproximateCreationDateTime": 0, "Keys": {"pk": row["pk"], "sk": row["sk"]}, "NewImage": row,
                "SequenceNumber": number.to_string(), "SizeBytes": 0, "StreamViewType": "NEW_IMAGE",
            },
        })
    };
    let records: Vec<Value> = rows.iter().enumerate().map(record).collect();
    let event = serde_json::from_value(json!({"Records": records})).unwrap();
    dispatch::dispatch(world.services.clone(), event).await.unwrap().batch_item_failures.is_empty()
}

/// Gives a message to `deliver`. Whether it is done with it.
async fn deliver_once(world: &World, message: &Received) -> bool {
    let event = json!({"Records": [{"messageId": message.message_id, "body": message.body, "attributes": {}, "messageAttributes": {}}]});
    let event = serde_json::from_value(event).unwrap();
    deliver::deliver(world.services.clone(), event).await.unwrap().batch_item_failures.is_empty()
}

/// alice's webhook, and a change that nobody was told of yet.
async fn changed() -> (World, Actor, Receiver, String) {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[OVER_SDK]).await;
    assert_eq!(alice.put("/api/v1/users/me", json!({"full_name": "Alice"})).await.status, 200);
    (world, alice, receiver, path)
}

/// The same with a message for `deliver`.
async fn dispatched() -> (World, Actor, Receiver, String, Received) {
    let (world, alice, receiver, path) = changed().await;
    assert!(dispatch_once(&world).await);
    let message = world.queues.deliveries.take().unwrap();
    (world, alice, receiver, path, message)
}

/// A new process, which begins as `serve` does. Its queues are empty.
async fn restarted(world: &World) -> World {
    let world = world.restarted();
    world.services.deliveries.wake_all().await.unwrap();
    world
}

/// In the end the receiver has the one event, at most as often as it was tried; and there is one delivery.
async fn assert_delivered(world: &World, alice: &Actor, receiver: &Receiver, path: &str, most: usize, what: &str) {
    world.settle().await;
    pass(world, CLAIM).await;
    pass(world, HOUR).await;
    let received = receiver.received();
    assert!((1..=most).contains(&received.len()), "{what}: it came {} times", received.len());
    for request in &received {
        assert_eq!(request.body["event"], "user.updated", "{what}");
        assert_eq!(request.header("webhook-id"), received[0].header("webhook-id"), "{what}");
        assert_eq!(request.bytes, received[0].bytes, "{what}");
    }
    assert_eq!(delivery(&alice.in_world(world), path).await["status"], "delivered", "{what}");
}

#[tokio::test]
async fn any_call_to_the_database_breaks() {
    for step in [Step::Dispatch, Step::Deliver] {
        for (moment, times) in BREAKS {
            every_call(step, moment, times).await;
        }
    }
}

async fn every_call(step: Step, moment: Moment, times: usize) {
    for call in 0..CALLS_MAX {
        let (world, alice, receiver, path) = changed().await;
        let message = match step {
            Step::Dispatch => None,
            Step::Deliver => {
                assert!(dispatch_once(&world).await);
                world.queues.deliveries.take()
            }
        };
        world.faults().plan(Some(Fault { call, moment, times }));
        let is_done = match &message {
            Some(message) => deliver_once(&world, message).await,
            None => dispatch_once(&world).await,
        };
        let hits = world.faults().hits();
        world.faults().plan(None);
        let what = format!("{step:?}, call {call}, {moment:?} × {times}, done: {is_done}");
        assert!(is_done || times > 1, "{what}: a hiccup is not noticed");
        let after = if times > 1 { restarted(&world).await } else { world };
        // If the answer to an attempt could not be noted, there is another one.
        let most = if step == Step::Deliver && times > 1 { 2 } else { 1 };
        assert_delivered(&after, &alice, &receiver, &path, most, &what).await;
        if hits == 0 {
            assert!(call > 0 && is_done, "{what}");
            return;
        }
    }
    panic!("{step:?} makes more than {CALLS_MAX} calls");
}

#[tokio::test]
async fn a_receiver_is_gone_and_any_call_breaks() {
    for (moment, times) in BREAKS {
        for call in 0..CALLS_MAX {
            let (world, alice, receiver, path, message) = dispatched().await;
            receiver.answers([410; 2]);
            world.faults().plan(Some(Fault { call, moment, times }));
            deliver_once(&world, &message).await;
            let hits = world.faults().hits();
            world.faults().plan(None);
            let after = restarted(&world).await;
            after.settle().await;
            pass(&after, CLAIM).await;
            let what = format!("call {call}, {moment:?} × {times}");
            let alice = alice.in_world(&after);
            assert_eq!(alice.get(&path).await.body["disabled_reason"], "gone", "{what}");
            assert_eq!(delivery(&alice, &path).await["status"], "failed", "{what}");
            let disabled = |row: &Value| row["events"].to_string().contains("webhook_disabled");
            assert_eq!(world.rows("outbox").into_iter().filter(disabled).count(), 1, "{what}");
            if hits == 0 {
                assert!(call > 0, "{what}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn the_queue_breaks() {
    let faults = [
        QueueFault::Lost,
        QueueFault::AnswerLost,
        QueueFault::Refused(500, "InternalError"),
        QueueFault::Refused(403, "AccessDenied"),
        QueueFault::Entry(0, true),
        QueueFault::Entry(0, false),
    ];
    for fault in faults {
        let (world, alice, receiver, path) = changed().await;
        world.queue_faults.always(Some(fault));
        assert!(!dispatch_once(&world).await, "{fault:?}: the stream tells it again");
        world.queue_faults.always(None);
        assert_delivered(&world, &alice, &receiver, &path, 1, &format!("dispatch, {fault:?}")).await;

        let (world, alice, receiver, path, message) = dispatched().await;
        receiver.answers([500]);
        world.queue_faults.always(Some(fault));
        assert!(!deliver_once(&world, &message).await, "{fault:?}: the queue gives the message again");
        world.queue_faults.always(None);
        assert_delivered(&world, &alice, &receiver, &path, 2, &format!("deliver, {fault:?}")).await;
    }
}

#[tokio::test]
async fn the_process_ends_and_the_queue_with_it() {
    let (world, alice, receiver, path) = changed().await;
    assert_delivered(&restarted(&world).await, &alice, &receiver, &path, 1, "before it was told").await;
    let (world, alice, receiver, path, _) = dispatched().await;
    assert_delivered(&restarted(&world).await, &alice, &receiver, &path, 1, "before it was tried").await;
    let (world, alice, receiver, path, message) = dispatched().await;
    receiver.answers([500]);
    assert!(deliver_once(&world, &message).await);
    assert_delivered(&restarted(&world).await, &alice, &receiver, &path, 2, "before it was tried again").await;
}

/// The attempt of a process that was killed keeps its claim for a while. Meanwhile the next process has as many calls to
/// the same host as it may.
#[tokio::test]
async fn the_process_ends_during_an_attempt_and_then_the_host_is_busy() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    let mut keys: Vec<DeliveryKey> = Vec::new();
    for _ in 0..5 {
        super::test(&alice, &path).await;
        let message = world.queues.deliveries.take().unwrap();
        keys.push(serde_json::from_str(&message.body).unwrap());
        receiver.hangs();
        world.pass(Duration::from_millis(1));
    }
    let attempt = |world: &World, key: DeliveryKey| {
        let services = world.services.clone();
        tokio::spawn(async move { services.deliveries.deliver(key).await })
    };
    let last = keys.pop().unwrap();
    let killed = attempt(&world, last);
    receiver.until_received().await;
    killed.abort();
    let after = restarted(&world).await;
    let hanging: Vec<_> = keys.into_iter().map(|key| attempt(&after, key)).collect();
    let mut received = 0;
    while received < 4 {
        received += receiver.until_received().await.len();
    }
    let is_for_last = |message: &Received| serde_json::from_str::<DeliveryKey>(&message.body).unwrap() == last;
    let handle_messages_for_last = async || {
        let messages = std::iter::from_fn(|| after.queues.deliveries.take()).filter(is_for_last).collect::<Vec<_>>();
        for message in &messages {
            after.services.deliveries.deliver(last).await.unwrap();
            after.queues.deliveries.done(&message.receipt);
        }
        messages.len()
    };
    handle_messages_for_last().await;
    for task in hanging {
        task.abort();
    }
    after.pass(CLAIM);
    assert_eq!(handle_messages_for_last().await, 1, "nothing wakes the delivery");
    let mut listed = super::deliveries(&alice.in_world(&after), &path).await;
    listed.retain(|one| one["id"] == last.delivery.to_string());
    assert_eq!(listed[0]["status"], "delivered", "{listed:?}");
}

#[tokio::test]
async fn a_message_is_lost_and_the_janitor_comes() {
    let (world, alice, receiver, path, message) = dispatched().await;
    receiver.answers([500]);
    world.queues.deliveries.done(&message.receipt);
    assert_delivered(&world, &alice, &receiver, &path, 2, "without a message").await;
    assert_eq!(receiver.received().len(), 0);
}

#[tokio::test]
async fn two_look_at_a_delivery_at_the_same_time() {
    let (world, alice, receiver, path, message) = dispatched().await;
    let both = join(deliver_once(&world, &message), deliver_once(&world, &message)).await;
    assert_eq!(both, (true, true));
    assert_delivered(&world, &alice, &receiver, &path, 1, "two at once").await;
    assert_eq!(delivery(&alice, &path).await["attempts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_is_told_twice_at_the_same_time() {
    let (world, alice, receiver, path) = changed().await;
    assert_eq!(join(dispatch_once(&world), dispatch_once(&world)).await, (true, true));
    assert_delivered(&world, &alice, &receiver, &path, 1, "told twice").await;
    assert!(dispatch_once(&world).await);
    assert_delivered_before(&world, &receiver).await;
}

/// What is told again after it was delivered is not delivered again.
async fn assert_delivered_before(world: &World, receiver: &Receiver) {
    world.settle().await;
    pass(world, HOUR).await;
    assert_eq!(receiver.received().len(), 0);
}

#[tokio::test]
async fn a_claim_ends_while_the_attempt_runs() {
    let (world, alice, receiver, path, message) = dispatched().await;
    receiver.hangs();
    let slow = tokio::spawn({
        let (world, message) = (world.clone(), message.clone());
        async move { deliver_once(&world, &message).await }
    });
    let first = receiver.until_received().await;
    world.pass(CLAIM - SECOND);
    assert!(deliver_once(&world, &message).await);
    assert_eq!(receiver.received().len(), 0, "it is somebody else's");
    world.pass(SECOND);
    assert!(deliver_once(&world, &message).await);
    let second = receiver.received();
    assert_eq!((second.len(), second[0].header("webhook-id")), (1, first[0].header("webhook-id")));
    let delivered = delivery(&alice, &path).await;
    assert_eq!((&delivered["status"], delivered["attempts"].as_array().unwrap().len()), (&json!("delivered"), 1));
    // Whoever waits, waits no longer than it takes to see that nothing else happens.
    tokio::time::pause();
    assert!(slow.await.unwrap());
    tokio::time::resume();
    assert_eq!(delivery(&alice, &path).await, delivered, "whoever is late changes nothing");
    assert_delivered_before(&world, &receiver).await;
}
