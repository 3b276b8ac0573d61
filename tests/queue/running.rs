//! A worker that runs all the time: what wakes it, how much it does at once, and that nobody waits for somebody
//! else's slow messages.

use super::{AT_ONCE, Heard, MILLISECOND, NO_TIME, SECOND, all_is_well, body, group, listener, message, send};
use crate::world::{START, World};
use aws_lambda_events::sqs::SqsEvent;
use local::{
    embedded_queue::{EmbeddedQueues, Rules},
    worker::Worker,
};
use shared::{
    aws,
    clock::Clock,
    config::QueueUrls,
    domain::{Error, time::Timestamp},
    queue::Queues,
};
use std::{
    future::{pending, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    sync::{Semaphore, mpsc},
    time::Instant,
};

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
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let handler = {
        let (hearing, waiting_at, most) = (heard.clone(), gate.clone(), most.clone());
        move |event| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            hearing.hear(&event);
            let (gate, running) = (waiting_at.clone(), running.clone());
            async move {
                gate.acquire().await.unwrap().forget();
                running.fetch_sub(1, Ordering::SeqCst);
                all_is_well()
            }
        }
    };
    let queue = world.queues.deliveries.clone();
    let worker = Worker::new(queue.clone(), 5, handler);
    let groups: Vec<_> = (0..12).map(|number| format!("group-{number}")).collect();
    for group in &groups {
        send(&world, &[(group, 1)]).await;
    }
    let working = tokio::spawn(async move { worker.run().await });
    for (released, started) in [(0, 5), (1, 6), (5, 11), (1, 12)] {
        gate.add_permits(released);
        heard.until(started).await;
    }
    gate.add_permits(12);
    loop {
        let changed = queue.changed();
        if queue.in_flight() == 0 {
            break;
        }
        changed.await;
    }
    assert_eq!((queue.waiting(), most.load(Ordering::SeqCst)), (0, 5));
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
    let sender = Queues::new(&aws::embedded(queues.clone(), NO_TIME), &QueueUrls::default()).deliveries;
    let (telling, mut told) = mpsc::unbounded_channel();
    let began = Instant::now();
    let worker = Worker::new(queues.deliveries.clone(), AT_ONCE, move |event: SqsEvent| {
        telling.send((group(&event), began.elapsed())).unwrap();
        let is_first = event.records[0].attributes["ApproximateReceiveCount"] == "1";
        ready(if group(&event) == "fails" && is_first { Err(Error::ModelFailed) } else { all_is_well() })
    });
    let working = tokio::spawn(async move { worker.run().await });
    let delays = [("late", 900), ("soon", 5), ("at-once", 0), ("fails", 100)];
    let messages = delays.map(|(group, delay)| message(group, 0, SECOND * delay));
    sender.send(messages.to_vec()).await.unwrap();
    for (group, seconds) in [("at-once", 0), ("soon", 5), ("fails", 100), ("fails", 101)] {
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
