//! What the embedded queues do with messages: who receives what, and when.

use super::{MILLISECOND, NO_TIME, body, message, send, sender, take_all};
use crate::{log::Logged, world::World};
use local::embedded_queue::{EmbeddedQueue, Received, Rules};
use serde_json::{Value, json};
use shared::config::QueueUrls;
use std::{collections::HashMap, time::Duration};
use tokio::time::timeout;
use tracing::subscriber::with_default;

fn visibility() -> Duration {
    Rules::default().visibility
}

fn groups(received: &[Received]) -> Vec<&str> {
    received.iter().map(|received| received.group.as_deref().unwrap()).collect()
}

fn next_in(world: &World, queue: &EmbeddedQueue) -> Option<Duration> {
    queue.next_visible_at().map(|next| Duration::from_millis(next.millis() - world.now_millis()))
}

/// Asks as the protocol has it.
fn ask(world: &World, operation: &str, request: Value) -> (u16, Option<String>, Value) {
    let answer = world.queues.run(operation, request.to_string().as_bytes()).unwrap();
    let error = answer.headers().get("x-amzn-query-error").map(str::to_owned);
    (answer.status().as_u16(), error, serde_json::from_slice(answer.body().bytes().unwrap()).unwrap())
}

#[tokio::test]
async fn a_burst_comes_in_the_order_of_sending() {
    let world = World::new();
    for number in 0..30 {
        sender(&world).send(vec![message(&format!("group-{number}"), number, NO_TIME)]).await.unwrap();
        world.pass(MILLISECOND);
    }
    let bodies: Vec<_> = take_all(&world.queues.deliveries).into_iter().map(|received| received.body).collect();
    assert_eq!(bodies, (0..30).map(body).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_group_that_is_worked_on_least_comes_first_and_none_takes_more_than_its_share() {
    let world = World::new();
    let queue = &world.queues.deliveries;
    send(&world, &[("busy", 20), ("calm", 2), ("single", 1)]).await;
    let received = take_all(queue);
    let order = ["busy", "calm", "single", "busy", "calm", "busy", "busy", "busy", "busy", "busy", "busy"];
    assert_eq!(groups(&received), order);
    assert_eq!((queue.waiting(), queue.in_flight()), (12, 11));
    // One that is done makes room for one.
    assert!(queue.done(&received[0].receipt));
    assert_eq!(groups(&take_all(queue)), ["busy"]);
    send(&world, &[("late", 1)]).await;
    assert_eq!(groups(&take_all(queue)), ["late"]);
}

#[tokio::test]
async fn a_message_that_nobody_ends_comes_again() {
    let world = World::new();
    let queue = &world.queues.deliveries;
    send(&world, &[("one", 1)]).await;
    world.pass(MILLISECOND);
    let first = queue.take().unwrap();
    world.pass(visibility() - MILLISECOND);
    assert_eq!(queue.take(), None);
    world.pass(MILLISECOND);
    let second = queue.take().unwrap();
    assert_eq!((first.receive_count, second.receive_count), (1, 2));
    assert_eq!(second, Received { receive_count: 2, receipt: second.receipt.clone(), ..first.clone() });
    // Whoever was too slow has no say in it any more.
    assert_ne!(first.receipt, second.receipt);
    assert!(!queue.done(&first.receipt));
    assert!(!queue.give_back(&first.receipt, NO_TIME));
    assert_eq!((queue.waiting(), queue.in_flight()), (0, 1));
    assert!(queue.done(&second.receipt));
    assert_eq!((queue.waiting(), queue.in_flight()), (0, 0));
    assert!(!queue.done(&second.receipt));
    assert_eq!(queue.next_visible_at(), None);
}

#[tokio::test]
async fn a_message_that_is_done_late_but_before_somebody_else_has_it() {
    let world = World::new();
    let queue = &world.queues.deliveries;
    send(&world, &[("one", 1)]).await;
    let received = queue.take().unwrap();
    world.pass(visibility() * 2);
    assert!(queue.done(&received.receipt));
    assert_eq!(queue.take(), None);
}

#[tokio::test]
async fn a_message_that_is_given_back() {
    let world = World::new();
    let queue = &world.queues.deliveries;
    send(&world, &[("one", 1)]).await;
    let first = queue.take().unwrap();
    assert!(queue.give_back(&first.receipt, NO_TIME));
    let second = queue.take().unwrap();
    assert!(queue.give_back(&second.receipt, Duration::from_secs(5)));
    assert_eq!((queue.waiting(), queue.in_flight()), (1, 0));
    world.pass(Duration::from_secs(5) - MILLISECOND);
    assert_eq!(queue.take(), None);
    world.pass(MILLISECOND);
    assert_eq!(queue.take().unwrap().receive_count, 3);
}

#[tokio::test]
async fn receipts_that_nobody_was_given() {
    let world = World::new();
    let queue = &world.queues.deliveries;
    send(&world, &[("one", 1)]).await;
    assert!(queue.give_back(&queue.take().unwrap().receipt, NO_TIME));
    send(&world, &[("one", 1)]).await;
    for receipt in ["", ".", "1", "1.0", "1.2", "2.0", "2.1", "x.y", "-1.0"] {
        assert!(!queue.done(receipt), "{receipt}");
        assert!(!queue.give_back(receipt, NO_TIME), "{receipt}");
    }
}

#[tokio::test]
async fn when_something_comes_next() {
    let world = World::new();
    let queue = &world.queues.deliveries;
    assert_eq!(next_in(&world, queue), None);
    let seconds = Duration::from_secs;
    sender(&world).send(vec![message("a", 1, seconds(20)), message("b", 2, seconds(10))]).await.unwrap();
    assert_eq!(next_in(&world, queue), Some(seconds(10)));
    world.pass(seconds(10));
    assert_eq!(next_in(&world, queue), Some(NO_TIME));
    queue.take().unwrap();
    assert_eq!(next_in(&world, queue), Some(seconds(10)));
    world.pass(seconds(10));
    queue.take().unwrap();
    assert_eq!(next_in(&world, queue), Some(visibility() - seconds(10)));
}

#[tokio::test]
async fn what_waits_for_its_own_group_does_not_come_next() {
    let world = World::new();
    let queue = &world.queues.deliveries;
    send(&world, &[("busy", 9)]).await;
    world.pass(MILLISECOND);
    let received = take_all(queue);
    assert_eq!(received.len(), Rules::default().group_at_once);
    assert_eq!(next_in(&world, queue), Some(visibility()));
    assert!(queue.done(&received[3].receipt));
    assert!(queue.take().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_change_wakes_whoever_asked_before_it() {
    let world = World::new();
    let queue = &world.queues.deliveries;
    let woken = queue.changed();
    send(&world, &[("one", 1)]).await;
    timeout(MILLISECOND, woken).await.unwrap();
    let received = queue.take().unwrap();
    let woken = queue.changed();
    queue.give_back(&received.receipt, NO_TIME);
    timeout(MILLISECOND, woken).await.unwrap();
    let received = queue.take().unwrap();
    let woken = queue.changed();
    queue.done(&received.receipt);
    timeout(MILLISECOND, woken).await.unwrap();
}

#[tokio::test]
async fn a_message_that_is_received_too_often_is_given_up_and_logged_without_its_body() {
    let world = World::new();
    let queue = &world.queues.deliveries;
    let max = Rules::default().max_receive_count;
    send(&world, &[("poison", 1)]).await;
    for count in 1..=max {
        let received = queue.take().unwrap();
        assert_eq!(received.receive_count, count);
        assert!(queue.give_back(&received.receipt, NO_TIME));
    }
    assert_eq!(queue.dead(), []);
    send(&world, &[("healthy", 1)]).await;
    let lines = tracing_subscriber::fmt().json().with_writer(|| Logged).finish();
    let next = with_default(lines, || queue.take());
    assert_eq!(next.unwrap().group.as_deref(), Some("healthy"));
    let dead = queue.dead();
    let told: Vec<_> = dead.iter().map(|dead| (dead.group.as_deref(), &dead.body, dead.receive_count)).collect();
    assert_eq!(told, [(Some("poison"), &body(0), max)]);
    assert_eq!((queue.waiting(), queue.in_flight()), (0, 1));
    let line: Value = serde_json::from_str(Logged::text().lines().last().unwrap()).unwrap();
    assert_eq!(line["level"], "WARN");
    let fields = json!({
        "message": "a message is given up",
        "queue": "deliveries",
        "message_id": dead[0].message_id,
        "group": "poison",
        "receive_count": max,
    });
    assert_eq!(line["fields"], fields);
}

#[tokio::test]
async fn the_protocol_answers_with_ids_and_digests() {
    let world = World::new();
    let url = QueueUrls::default().deliveries;
    let sent = ask(&world, "SendMessage", json!({"QueueUrl": url, "MessageBody": "hello"}));
    let digest = "5d41402abc4b2a76b9719d911017c592";
    let id = "00000000-0000-0000-0000-000000000001";
    assert_eq!(sent, (200, None, json!({"MessageId": id, "MD5OfMessageBody": digest})));
    let entries = json!([
        {"Id": "a", "MessageBody": "hello", "DelaySeconds": 900},
        {"Id": "b", "MessageBody": "hello", "DelaySeconds": 901},
        {"Id": "c", "MessageBody": ""},
    ]);
    let (status, _, answer) = ask(&world, "SendMessageBatch", json!({"QueueUrl": url, "Entries": entries}));
    assert_eq!(status, 200);
    let id = "00000000-0000-0000-0000-000000000002";
    assert_eq!(answer["Successful"], json!([{"Id": "a", "MessageId": id, "MD5OfMessageBody": digest}]));
    let failed: HashMap<_, _> =
        answer["Failed"].as_array().unwrap().iter().map(|entry| (entry["Id"].as_str().unwrap(), entry)).collect();
    for (id, code) in [("b", "InvalidParameterValue"), ("c", "MissingParameter")] {
        assert_eq!((&failed[id]["Code"], &failed[id]["SenderFault"]), (&json!(code), &json!(true)), "{id}");
    }
    // Messages without a group do not wait for each other.
    assert_eq!(world.queues.deliveries.take().unwrap().group, None);
    let (_, _, attributes) = ask(&world, "GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": ["All"]}));
    let expected = json!({"Attributes": {
        "QueueArn": "arn:aws:sqs:local:000000000000:deliveries",
        "ApproximateNumberOfMessages": "1",
        "ApproximateNumberOfMessagesNotVisible": "1",
    }});
    assert_eq!(attributes, expected);
}

#[tokio::test]
async fn the_protocol_refuses_what_aws_refuses() {
    let world = World::new();
    let url = QueueUrls::default().deliveries;
    let entry = |id: usize| json!({"Id": id.to_string(), "MessageBody": "hello"});
    let batch = |entries: Vec<Value>| json!({"QueueUrl": url, "Entries": entries});
    let in_group = |group: &str| json!({"QueueUrl": url, "MessageBody": "hello", "MessageGroupId": group});
    let cases = [
        ("SendMessageBatch", batch(vec![]), "AWS.SimpleQueueService.EmptyBatchRequest"),
        (
            "SendMessageBatch",
            batch((0..11).map(entry).collect()),
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        ),
        ("SendMessageBatch", batch(vec![entry(1), entry(1)]), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
        ("SendMessage", json!({"QueueUrl": url, "MessageBody": ""}), "MissingParameter"),
        ("SendMessage", json!({"QueueUrl": url}), "InvalidParameterValue"),
        ("SendMessage", in_group(""), "InvalidParameterValue"),
        ("SendMessage", in_group("black hole"), "InvalidParameterValue"),
        ("SendMessage", in_group(&"x".repeat(129)), "InvalidParameterValue"),
        ("SendMessage", json!({"QueueUrl": "nothing", "MessageBody": "x"}), "AWS.SimpleQueueService.NonExistentQueue"),
        ("SendMessage", json!({}), "InvalidParameterValue"),
        ("DeleteQueue", json!({"QueueUrl": url}), "UnsupportedOperation"),
    ];
    for (operation, request, code) in cases {
        let (status, error, answer) = ask(&world, operation, request);
        assert_eq!((status, error), (400, Some(format!("{code};Sender"))));
        assert_eq!(answer["__type"], format!("com.amazonaws.sqs#{code}"));
    }
    assert_eq!(world.queues.deliveries.waiting(), 0);
}
