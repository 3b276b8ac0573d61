//! The queues: sending through the SDK, what the embedded ones do with messages, and who works on them.

mod receiving;
mod sending;
mod worker;

use crate::world::World;
use local::embedded_queue::{EmbeddedQueue, Received};
use shared::{
    config::QueueUrls,
    queue::{Outgoing, Queue, Queues},
};
use std::time::Duration;

const NO_TIME: Duration = Duration::ZERO;

/// What the services send with.
fn sender(world: &World) -> Queue {
    Queues::embedded(world.queue_faults.clone(), &QueueUrls::default(), Duration::from_millis(1)).deliveries
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
