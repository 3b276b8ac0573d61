//! What a handler is given, and what becomes of messages that it fails with.

use super::{
    AT_ONCE, Heard, MILLISECOND, NO_TIME, SECOND, all_failed, all_is_well, body, group, listener, message, send, sender,
};
use crate::world::{START, World};
use aws_lambda_events::sqs::SqsEvent;
use local::{embedded_queue::Rules, worker::Worker};
use serde_json::json;
use shared::domain::Error;
use std::{
    future::{pending, ready},
    sync::{Arc, Mutex},
    time::Duration,
};

#[tokio::test]
async fn a_handler_is_given_what_lambda_would_give_it() {
    let world = World::new();
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = events.clone();
    let worker = Worker::new(world.queues.deliveries.clone(), AT_ONCE, move |event| {
        kept.lock().unwrap().push(serde_json::to_value(&event).unwrap());
        ready(all_failed(&event))
    });
    sender(&world).send(vec![message("endpoint-1", 7, SECOND)]).await.unwrap();
    world.pass(SECOND * 2);
    assert_eq!(worker.run_due().await, 1);
    world.pass(SECOND);
    assert_eq!(worker.run_due().await, 1);
    let received = |count: u32| {
        json!({"Records": [{
            "messageId": "00000000-0000-0000-0000-000000000001",
            "receiptHandle": format!("1.{count}"),
            "body": body(7),
            "md5OfBody": "310fcd53ad222b879ee2a234ca93bc2f",
            "md5OfMessageAttributes": null,
            "attributes": {
                "ApproximateReceiveCount": count.to_string(),
                "SentTimestamp": START.to_string(),
                "SenderId": "embedded",
                "ApproximateFirstReceiveTimestamp": (START + 2000).to_string(),
                "MessageGroupId": "endpoint-1",
            },
            "messageAttributes": {},
            "eventSourceARN": "arn:aws:sqs:local:000000000000:deliveries",
            "eventSource": "aws:sqs",
            "awsRegion": "local",
        }]})
    };
    assert_eq!(*events.lock().unwrap(), [received(1), received(2)]);
}

#[tokio::test]
async fn everything_due_is_worked_on_and_forgotten() {
    let world = World::new();
    let (worker, heard) = listener(&world);
    assert_eq!(worker.run_due().await, 0);
    send(&world, &[("a", 20), ("b", 2)]).await;
    sender(&world).send(vec![message("a", 100, SECOND)]).await.unwrap();
    assert_eq!(worker.run_due().await, 22);
    assert_eq!(heard.take(), (0..20).chain(0..2).map(body).collect::<Vec<_>>());
    world.pass(SECOND - MILLISECOND);
    assert_eq!(worker.run_due().await, 0);
    world.pass(MILLISECOND);
    assert_eq!(worker.run_due().await, 1);
    assert_eq!(heard.take(), [body(100)]);
    world.pass(Rules::default().visibility * 2);
    assert_eq!(worker.run_due().await, 0);
    assert_eq!(world.queues.deliveries.next_visible_at(), None);
}

#[tokio::test]
async fn what_a_handler_sends_meanwhile_is_worked_on_too() {
    let world = World::new();
    let (heard, queue) = (Heard::default(), sender(&world));
    let (hearing, sending) = (heard.clone(), queue.clone());
    let worker = Worker::new(world.queues.deliveries.clone(), AT_ONCE, move |event| {
        hearing.hear(&event);
        let (count, queue) = (hearing.count(), sending.clone());
        async move {
            if count < 3 {
                queue.send(vec![message("one", count, NO_TIME)]).await?;
            }
            all_is_well()
        }
    });
    queue.send(vec![message("one", 0, NO_TIME)]).await.unwrap();
    assert_eq!(worker.run_due().await, 3);
    assert_eq!(heard.take(), [body(0), body(1), body(2)]);
}

#[derive(Debug, Clone, Copy)]
enum Failure {
    Error,
    Reported,
    PanicsAtOnce,
    PanicsLater,
    NeverEnds,
}

#[tokio::test(start_paused = true)]
async fn a_message_that_failed_comes_again_after_a_rest_that_doubles() {
    use Failure::{Error as Fails, NeverEnds, PanicsAtOnce, PanicsLater, Reported};
    for failure in [Fails, Reported, PanicsAtOnce, PanicsLater, NeverEnds] {
        let world = World::new();
        let heard = Heard::default();
        let hearing = heard.clone();
        let worker = Worker::new(world.queues.deliveries.clone(), AT_ONCE, move |event: SqsEvent| {
            hearing.hear(&event);
            let is_well = hearing.count() > 2;
            assert!(is_well || !matches!(failure, PanicsAtOnce), "as planned");
            async move {
                match failure {
                    _ if is_well => all_is_well(),
                    Fails => Err(Error::ModelFailed),
                    Reported => all_failed(&event),
                    NeverEnds => pending().await,
                    PanicsAtOnce | PanicsLater => panic!("as planned"),
                }
            }
        });
        send(&world, &[("one", 1)]).await;
        assert_eq!(worker.run_due().await, 1, "{failure:?}");
        for rest in [SECOND, SECOND * 2] {
            assert_eq!(world.queues.deliveries.in_flight(), 0, "{failure:?}");
            world.pass(rest - MILLISECOND);
            assert_eq!(worker.run_due().await, 0, "{failure:?}, {rest:?}");
            world.pass(MILLISECOND);
            assert_eq!(worker.run_due().await, 1, "{failure:?}, {rest:?}");
        }
        assert_eq!(heard.count(), 3, "{failure:?}");
        assert_eq!(world.queues.deliveries.next_visible_at(), None, "{failure:?}");
        assert_eq!(world.queues.deliveries.dead(), [], "{failure:?}");
    }
}

#[tokio::test]
async fn one_that_fails_among_many_comes_again_alone() {
    let world = World::new();
    let heard = Heard::default();
    let hearing = heard.clone();
    let worker = Worker::new(world.queues.deliveries.clone(), AT_ONCE, move |event| {
        hearing.hear(&event);
        ready(if hearing.count() == 4 { all_failed(&event) } else { all_is_well() })
    });
    send(&world, &[("one", 10)]).await;
    assert_eq!(worker.run_due().await, 10);
    assert_eq!(heard.take().len(), 10);
    world.pass(SECOND);
    assert_eq!(worker.run_due().await, 1);
    assert_eq!(heard.take(), [body(3)]);
}

#[tokio::test]
async fn a_message_that_always_fails_is_given_up_in_the_end() {
    let world = World::new();
    let heard = Heard::default();
    let hearing = heard.clone();
    let worker = Worker::new(world.queues.deliveries.clone(), AT_ONCE, move |event: SqsEvent| {
        hearing.hear(&event);
        ready(if group(&event) == "poison" { Err(Error::ModelFailed) } else { all_is_well() })
    });
    send(&world, &[("poison", 1)]).await;
    let mut rests = Vec::new();
    let queue = &world.queues.deliveries;
    for _ in 0..20 {
        worker.run_due().await;
        if let Some(next) = queue.next_visible_at() {
            let rest = Duration::from_millis(next.millis() - world.now_millis());
            rests.push(rest.as_secs());
            world.pass(rest);
        }
    }
    assert_eq!(rests, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    assert_eq!(heard.take(), vec![body(0); 10]);
    assert_eq!(queue.dead()[0].body, body(0));
    send(&world, &[("poison", 1), ("healthy", 1)]).await;
    assert_eq!(worker.run_due().await, 2);
}
