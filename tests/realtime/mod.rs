//! Live updates over WebSocket. Source: spec 001, "WebSocket Support".

mod connecting;
mod ending;
mod events;
mod limits;
mod many;
mod notifications;
mod resuming;
mod telling;

use crate::world::{Actor, LiveServer, World};
use serde_json::{Value, json};

/// A world with somebody who is signed in, and where sockets reach it.
async fn alice_and_server() -> (World, Actor, LiveServer) {
    let world = World::new();
    let (alice, server) = (world.user("alice").await, world.listen().await);
    (world, alice, server)
}

/// Somebody says something, and live connections are told.
async fn says(world: &World, actor: &Actor, message: &str) {
    let reply = actor.post("/send/", json!({"message": message})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    world.dispatch().await;
}

/// What is said in frames that tell of messages, as `role: content`.
fn said(frames: &[Value]) -> Vec<String> {
    let messages = frames.iter().map(|frame| &frame["data"]["message"]).filter(|message| message.is_object());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    messages.map(|message| format!("{}: {}", text(&message["role"]), text(&message["content"]))).collect()
}

/// How many rows of connections there are: two for each.
fn rows(world: &World) -> usize {
    world.rows("connections").len()
}

const REPLY: &str = "assistant: This is a dummy response from the AI.";
