//! Webhooks of spec 001: what their owners do with them, what they hear of, and how it reaches them.

mod answers;
mod deliveries;
mod disabling;
mod events;
mod hearing;
mod lambda;
mod managing;
mod never_lost;
mod refused;
mod schedule;
mod secrets;
mod signatures;

use crate::{
    platform::talk::{id_of, made},
    world::{Actor, Receiver, World},
};
use serde_json::{Value, json};
use std::time::Duration;

const WEBHOOKS: &str = "/api/v1/webhooks";
/// The secret of the document's example.
const SECRET: &str = "webhook-secret";
/// What a webhook can ask for.
const EVENTS: [&str; 7] = [
    "conversation.created",
    "conversation.updated",
    "message.received",
    "assistant.status_changed",
    "user.created",
    "user.updated",
    "webhook.disabled",
];
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A world whose webhooks may be on this machine, with these settings.
fn world_with(settings: &[(&str, &str)]) -> World {
    World::with(&[&[("OUTBOUND_ALLOW", "127.0.0.1")], settings].concat())
}

/// A world whose webhooks may be on this machine.
fn world() -> World {
    world_with(&[])
}

/// A user who can wait for days, and of whose registration is told.
async fn user(world: &World, username: &str) -> Actor {
    let user = world.user(username).await;
    world.settle().await;
    let key = made(user.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await);
    user.bearing(key["key"].as_str().unwrap())
}

/// Makes a webhook, and gives its path.
async fn webhook(owner: &Actor, url: &str, events: &[&str]) -> String {
    let body = json!({"url": url, "events": events, "secret": SECRET});
    format!("{WEBHOOKS}/{}", id_of(&made(owner.post(WEBHOOKS, body).await)))
}

/// A user in such a world, with a receiver and the path of a webhook that hears of all events.
async fn alice_with_a_webhook(settings: &[(&str, &str)]) -> (World, Actor, Receiver, String) {
    let world = world_with(settings);
    let (alice, receiver) = (user(&world, "alice").await, Receiver::start().await);
    let path = webhook(&alice, &receiver.url, &EVENTS).await;
    (world, alice, receiver, path)
}

/// Has the webhook at `path` sent a test, and gives the delivery's id.
async fn test(owner: &Actor, path: &str) -> String {
    let reply = owner.post(&format!("{path}/test"), json!({})).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    id_of(&reply.body)
}

/// The deliveries of the webhook at `path`, newest first.
async fn deliveries(owner: &Actor, path: &str) -> Vec<Value> {
    let reply = owner.get(&format!("{path}/deliveries?size=100")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["items"].as_array().unwrap().clone()
}

/// The only delivery of the webhook at `path`.
async fn delivery(owner: &Actor, path: &str) -> Value {
    let mut found = deliveries(owner, path).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// Switches the webhook at `path` on or off.
async fn set_active(owner: &Actor, path: &str, is_active: bool) -> Value {
    let reply = owner.put(path, json!({"is_active": is_active})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

/// Lets time pass as it does for a deployment: the janitor comes every hour, and what is due is done.
async fn pass(world: &World, time: Duration) {
    let mut left = time;
    while left > Duration::ZERO {
        let step = left.min(HOUR);
        world.pass(step);
        janitor::tidy(world.services.clone()).await.unwrap();
        world.settle().await;
        left -= step;
    }
}
