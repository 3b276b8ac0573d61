//! The queues: sending through the SDK, what the embedded ones do with messages, and who works on them.

mod receiving;
mod running;
mod sending;
mod worker;

use crate::world::{Progress, World};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use local::{
    embedded_queue::{EmbeddedQueue, Received},
    worker::Worker,
};
use shared::{
    aws,
    config::QueueUrls,
    domain::Error,
    queue::{Outgoing, Queue, Queues},
};
use std::{
    future::ready,
    sync::{Arc, Mutex},
    time::Duration,
};

const NO_TIME: Duration = Duration::ZERO;
const AT_ONCE: usize = 64;
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// What the services send with.
fn sender(world: &World) -> Queue {
    Queues::new(&aws::embedded(world.queue_faults.clone(), MILLISECOND), &QueueUrls::default()).deliveries
}

fn message(group: &str, number: usize, delay: Duration) -> Outgoing {
    Outgoing { body: body(number), group: group.to_owned(), delay }
}

fn body(number: usize) -> String {
    format!("{{\"number\":{number}}}")
}

/// Sends messages without a delay: a group and how many of them.
async fn send(world: &World, groups: &[(&str, usize)]) {
    for (group, count) in groups {
        let messages = (0..*count).map(|number| message(group, number, NO_TIME)).collect();
        sender(world).send(messages).await.unwrap();
    }
}

/// All that can be received now.
fn take_all(queue: &EmbeddedQueue) -> Vec<Received> {
    std::iter::from_fn(|| queue.take()).collect()
}

/// Keeps what it was told.
#[derive(Clone, Default)]
struct Heard {
    bodies: Arc<Mutex<Vec<String>>>,
    progress: Progress,
}

impl Heard {
    fn hear(&self, event: &SqsEvent) {
        self.bodies.lock().unwrap().push(event.records[0].body.clone().unwrap());
        self.progress.note();
    }

    fn count(&self) -> usize {
        self.bodies.lock().unwrap().len()
    }

    /// What was heard since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.bodies.lock().unwrap())
    }

    async fn until(&self, count: usize) {
        self.progress.until(&format!("{count} are heard"), || (self.count() == count).then_some(())).await;
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
