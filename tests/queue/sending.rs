//! Sending through the SDK: batches, delays, and what goes wrong on the way.

use super::{NO_TIME, body, message, sender, take_all};
use crate::world::{
    QueueFault::{AnswerLost, Entry, Lost, Refused},
    World,
};
use serde_json::{Value, json};
use shared::{
    aws::{self, CallError},
    config::QueueUrls,
    domain::Error,
    queue::{Outgoing, Queues},
};
use std::{collections::BTreeSet, time::Duration};

/// Messages with different bodies, in groups of their own.
fn messages(count: usize) -> Vec<Outgoing> {
    (0..count).map(|number| message(&format!("group-{number}"), number, NO_TIME)).collect()
}

/// The bodies that can be received now, sorted.
fn arrived(world: &World) -> Vec<String> {
    let mut bodies: Vec<_> = take_all(&world.queues.deliveries).into_iter().map(|received| received.body).collect();
    bodies.sort_by_key(|body| (body.len(), body.clone()));
    bodies
}

fn bodies(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(body).collect()
}

/// How many entries each call had, the largest first.
fn sizes(calls: &[(String, Value)]) -> Vec<usize> {
    let mut sizes: Vec<_> = calls.iter().map(|(_, request)| request["Entries"].as_array().unwrap().len()).collect();
    sizes.sort_by(|a, b| b.cmp(a));
    sizes
}

#[tokio::test]
async fn messages_travel_ten_by_ten_and_each_arrives_once() {
    for (count, expected) in [(0, vec![]), (1, vec![1]), (10, vec![10]), (11, vec![10, 1]), (25, vec![10, 10, 5])] {
        let world = World::new();
        sender(&world).send(messages(count)).await.unwrap();
        let calls = world.queue_faults.calls();
        assert_eq!(sizes(&calls), expected, "{count}");
        assert!(calls.iter().all(|(operation, _)| operation == "SendMessageBatch"), "{count}");
        assert_eq!(arrived(&world), bodies(0..count), "{count}");
    }
}

#[tokio::test]
async fn a_message_is_sent_with_its_group_and_its_delay() {
    let world = World::new();
    sender(&world).send(vec![message("endpoint-1", 7, Duration::from_millis(4001))]).await.unwrap();
    let calls = world.queue_faults.calls();
    let request = json!({
        "QueueUrl": QueueUrls::default().deliveries,
        "Entries": [{"Id": "0", "MessageBody": body(7), "DelaySeconds": 5, "MessageGroupId": "endpoint-1"}],
    });
    assert_eq!(calls, [("SendMessageBatch".to_owned(), request)]);
}

#[tokio::test]
async fn a_message_arrives_when_its_delay_is_over_and_not_a_millisecond_before() {
    let quarter = Duration::from_secs(900);
    let cases = [
        (Duration::from_secs(5), Duration::from_secs(5)),
        (Duration::from_millis(4500), Duration::from_secs(5)),
        (quarter, quarter),
        (Duration::from_millis(900_001), quarter),
        (Duration::from_secs(36_000), quarter),
    ];
    for (delay, expected) in cases {
        let world = World::new();
        sender(&world).send(vec![message("one", 1, delay)]).await.unwrap();
        world.pass(expected - Duration::from_millis(1));
        assert_eq!(world.queues.deliveries.take(), None, "{delay:?}");
        world.pass(Duration::from_millis(1));
        assert_eq!(arrived(&world), bodies([1]), "{delay:?}");
    }
}

#[tokio::test]
async fn the_two_queues_do_not_mix() {
    let world = World::new();
    let queues = Queues::new(&aws::embedded(world.queues.clone(), NO_TIME), &QueueUrls::default());
    queues.deliveries.send(messages(1)).await.unwrap();
    assert_eq!(world.queues.connections.take(), None);
    assert_eq!(arrived(&world), bodies([0]));
    queues.connections.send(messages(1)).await.unwrap();
    assert_eq!(world.queues.deliveries.take(), None);
    assert_eq!(world.queues.connections.take().unwrap().body, body(0));
}

#[tokio::test]
async fn what_heals_by_itself_is_tried_again() {
    let hiccups =
        [Lost, Refused(500, "InternalFailure"), Refused(503, "ServiceUnavailable"), Refused(400, "RequestThrottled")];
    for hiccup in hiccups {
        let world = World::new();
        world.queue_faults.plan([hiccup; 2]);
        sender(&world).send(messages(3)).await.unwrap();
        assert_eq!(sizes(&world.queue_faults.calls()), [3, 3, 3], "{hiccup:?}");
        assert_eq!(arrived(&world), bodies(0..3), "{hiccup:?}");
    }
}

#[tokio::test]
async fn what_does_not_heal_is_told() {
    let lasting = [
        (Lost, true, 3),
        (Refused(500, "InternalFailure"), true, 3),
        (Refused(400, "RequestThrottled"), true, 3),
        (Refused(400, "InvalidSecurity"), false, 1),
    ];
    for (fault, is_temporary, tries) in lasting {
        let world = World::new();
        world.queue_faults.always(Some(fault));
        let error = sender(&world).send(messages(3)).await.unwrap_err();
        assert_eq!(matches!(error, CallError::Unavailable(_)), is_temporary, "{fault:?}: {error:?}");
        assert_eq!(matches!(Error::from(error), Error::Unavailable(_)), is_temporary, "{fault:?}");
        assert_eq!(world.queue_faults.calls().len(), tries, "{fault:?}");
        assert_eq!(arrived(&world), bodies([]), "{fault:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_sends_twice_rather_than_never() {
    let world = World::new();
    world.queue_faults.plan([AnswerLost]);
    sender(&world).send(messages(2)).await.unwrap();
    assert_eq!(arrived(&world), bodies([0, 0, 1, 1]));
}

#[tokio::test]
async fn only_the_failed_entry_of_a_batch_is_sent_again() {
    let world = World::new();
    world.queue_faults.plan([Entry(4, false), Entry(0, false)]);
    sender(&world).send(messages(10)).await.unwrap();
    let calls = world.queue_faults.calls();
    assert_eq!(sizes(&calls), [10, 1, 1]);
    assert_eq!(calls[2].1["Entries"][0]["MessageBody"], body(4));
    assert_eq!(arrived(&world), bodies(0..10));
}

#[tokio::test]
async fn an_entry_that_fails_again_and_again_is_told_and_the_others_arrive_once() {
    let world = World::new();
    world.queue_faults.always(Some(Entry(0, false)));
    let error = sender(&world).send(messages(6)).await.unwrap_err();
    assert!(matches!(error, CallError::Unavailable(_)), "{error:?}");
    assert_eq!(sizes(&world.queue_faults.calls()), [6, 1, 1, 1]);
    assert_eq!(arrived(&world), bodies(1..6));
}

#[tokio::test]
async fn an_entry_that_makes_no_sense_is_not_sent_again_and_the_others_arrive() {
    let world = World::new();
    world.queue_faults.plan([Entry(2, true), Lost, Lost]);
    let error = sender(&world).send(messages(4)).await.unwrap_err();
    assert!(matches!(error, CallError::Broken(_)), "{error:?}");
    assert_eq!(sizes(&world.queue_faults.calls()), [4]);
    assert_eq!(arrived(&world), bodies([0, 1, 3]));
}

#[tokio::test]
async fn a_batch_that_fails_does_not_stop_the_others() {
    let world = World::new();
    world.queue_faults.plan([Refused(400, "InvalidSecurity")]);
    sender(&world).send(messages(35)).await.unwrap_err();
    assert_eq!(sizes(&world.queue_faults.calls()), [10, 10, 10, 5]);
    let arrived: BTreeSet<_> = arrived(&world).into_iter().collect();
    assert!([25, 30].contains(&arrived.len()), "{arrived:?}");
}

#[tokio::test]
async fn a_queue_that_does_not_exist() {
    let world = World::new();
    let urls = QueueUrls { deliveries: "http://embedded.invalid/1/nothing".to_owned(), ..QueueUrls::default() };
    let nowhere = Queues::new(&aws::embedded(world.queue_faults.clone(), NO_TIME), &urls).deliveries;
    assert!(matches!(nowhere.send(messages(1)).await.unwrap_err(), CallError::Broken(_)));
    assert!(matches!(nowhere.probe().await.unwrap_err(), CallError::Broken(_)));
}

#[tokio::test]
async fn a_probe_asks_the_queue() {
    let world = World::new();
    sender(&world).probe().await.unwrap();
    let request = json!({"QueueUrl": QueueUrls::default().deliveries, "AttributeNames": ["QueueArn"]});
    assert_eq!(world.queue_faults.calls(), [("GetQueueAttributes".to_owned(), request)]);
    let lasting = [Lost, Refused(500, "InternalFailure")];
    for fault in lasting {
        world.queue_faults.always(Some(fault));
        assert!(matches!(sender(&world).probe().await.unwrap_err(), CallError::Unavailable(_)), "{fault:?}");
    }
}
