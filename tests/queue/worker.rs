//! Who works on a queue: what a handler is given, what becomes of messages that it fails with, and that nobody
//! waits for somebody else's slow ones.

use super::{NO_TIME, body, message, send, sender};
use crate::world::{PATIENCE, START, World};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use local::{
    embedded_queue::{EmbeddedQueues, Rules},
    worker::Worker,
};
use serde_json::json;
use shared::{
    clock::Clock,
    config::QueueUrls,
    domain::{Error, time::Timestamp},
    queue::Queues,
};
use std::{
    future::{pending, ready},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, mpsc},
    time::Instant,
};

const AT_ONCE: usize = 64;
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Keeps what it was told.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn hear(&self, event: &SqsEvent) {
        self.0.lock().unwrap().push(event.records[0].body.clone().unwrap());
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// What was heard since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    async fn until(&self, count: usize) {
        for _ in 0..PATIENCE {
            if self.count() == count {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{} were heard, not {count}", self.count());
    }
}

fn all_is_well() -> Result<SqsBatchResponse, Error> {
    Ok(SqsBatchResponse::default())
}

fn all_failed(event: &SqsEvent) -> Result<SqsBatchResponse, Error> {
    let mut response = SqsBatchResponse::default();
    response.add_failure(event.records[0].message_id.clone().unwrap());
    Ok(response)
}

fn group(event: &SqsEvent) -> String {
    event.records[0].attributes["MessageGroupId"].clone()
}

/// Somebody who hears everything and never fails.
fn listener(world: &World) -> (Worker, Heard) {
    let heard = Heard::default();
    let hearing = heard.clone();
    let handler = move |event: SqsEvent| {
        hearing.hear(&event);
        ready(all_is_well())
    };
    (Worker::new(world.queues.deliveries.clone(), AT_ONCE, handler), heard)
}

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
    while queue.dead().is_empty() {
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

#[tokio::test]
async fn a_thousand_messages_that_never_end_do_not_delay_anybody_else() {
    let world = World::new();
    let (stuck, heard) = (Heard::default(), Heard::default());
    let (getting_stuck, hearing) = (stuck.clone(), heard.clone());
    let worker = Worker::new(world.queues.deliveries.clone(), AT_ONCE, move |event: SqsEvent| {
        let is_black_hole = group(&event) == "black-hole";
        let told = if is_black_hole { &getting_stuck } else { &hearing };
        told.hear(&event);
        async move { if is_black_hole { pending().await } else { all_is_well() } }
    });
    send(&world, &[("black-hole", 1000)]).await;
    let working = tokio::spawn(async move { worker.run().await });
    stuck.until(8).await;
    for number in 0..99 {
        send(&world, &[(&format!("group-{number}"), 1)]).await;
    }
    heard.until(99).await;
    assert_eq!(stuck.count(), 8);
    assert_eq!((world.queues.deliveries.waiting(), world.queues.deliveries.in_flight()), (992, 8));
    working.abort();
}

#[tokio::test]
async fn no_more_handlers_run_at_once_than_may() {
    let world = World::new();
    let (heard, gate) = (Heard::default(), Arc::new(Semaphore::new(0)));
    let (hearing, waiting_at) = (heard.clone(), gate.clone());
    let worker = Worker::new(world.queues.deliveries.clone(), 5, move |event| {
        hearing.hear(&event);
        let gate = waiting_at.clone();
        async move {
            gate.acquire().await.unwrap().forget();
            all_is_well()
        }
    });
    let groups: Vec<_> = (0..12).map(|number| format!("group-{number}")).collect();
    for group in &groups {
        send(&world, &[(group, 1)]).await;
    }
    let working = tokio::spawn(async move { worker.run().await });
    for (released, started) in [(0, 5), (1, 6), (5, 11), (1, 12)] {
        gate.add_permits(released);
        heard.until(started).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(heard.count(), started);
    }
    gate.add_permits(12);
    while world.queues.deliveries.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.queues.deliveries.waiting(), 0);
    working.abort();
}

/// The time of the test's own timers, which stand still while anything is to be done.
struct TimerClock(Instant);

impl Clock for TimerClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(START).plus(self.0.elapsed())
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_wakes_for_what_is_due_and_for_what_is_sent() {
    let clock: Arc<dyn Clock> = Arc::new(TimerClock(Instant::now()));
    let queues = EmbeddedQueues::new(&QueueUrls::default(), Rules::default(), &clock);
    let sender = Queues::embedded(queues.clone(), &QueueUrls::default(), NO_TIME).deliveries;
    let (telling, mut told) = mpsc::unbounded_channel();
    let began = Instant::now();
    let worker = Worker::new(queues.deliveries.clone(), AT_ONCE, move |event: SqsEvent| {
        telling.send((group(&event), began.elapsed())).unwrap();
        let is_first = event.records[0].attributes["ApproximateReceiveCount"] == "1";
        ready(if group(&event) == "fails" && is_first { Err(Error::ModelFailed) } else { all_is_well() })
    });
    let working = tokio::spawn(async move { worker.run().await });
    let delays = [("late", 900), ("soon", 5), ("at once", 0), ("fails", 100)];
    let messages = delays.map(|(group, delay)| message(group, 0, SECOND * delay));
    sender.send(messages.to_vec()).await.unwrap();
    for (group, seconds) in [("at once", 0), ("soon", 5), ("fails", 100), ("fails", 101)] {
        let (heard, after) = told.recv().await.unwrap();
        assert_eq!((heard.as_str(), after.as_secs(), after.subsec_millis() <= 2), (group, seconds, true), "{after:?}");
    }
    let before = began.elapsed();
    sender.send(vec![message("now", 0, NO_TIME)]).await.unwrap();
    let (heard, after) = told.recv().await.unwrap();
    assert_eq!((heard.as_str(), after - before <= MILLISECOND * 2), ("now", true), "{after:?}");
    let (heard, after) = told.recv().await.unwrap();
    assert_eq!((heard.as_str(), after.as_secs()), ("late", 900), "{after:?}");
    working.abort();
}

#[tokio::test]
async fn what_a_worker_was_working_on_when_it_ended_comes_again() {
    let world = World::new();
    let heard = Heard::default();
    let hearing = heard.clone();
    let worker = Worker::new(world.queues.deliveries.clone(), AT_ONCE, move |event| {
        hearing.hear(&event);
        pending()
    });
    send(&world, &[("one", 1)]).await;
    tokio::select! {
        () = worker.run() => {}
        () = heard.until(1) => {}
    }
    let (next, heard) = listener(&world);
    assert_eq!(next.run_due().await, 0);
    world.pass(Rules::default().visibility);
    assert_eq!(next.run_due().await, 1);
    assert_eq!(heard.take(), [body(0)]);
}
