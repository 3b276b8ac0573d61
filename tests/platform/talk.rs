//! What the tests of conversations share.

use crate::world::{Actor, Reply, World};
use serde_json::{Value, json};

pub const CONVERSATIONS: &str = "/api/v1/conversations";
pub const ASSISTANTS: &str = "/api/v1/assistants";
/// What the model says when it has no script.
pub const ANSWER: &str = "This is a dummy response from the AI.";
/// An id that nothing has.
pub const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// What was made, whole.
pub fn made(reply: Reply) -> Value {
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

/// The id of something that is shown.
pub fn id_of(shown: &Value) -> String {
    shown["id"].as_str().unwrap().to_owned()
}

/// Begins a conversation, and gives its path.
pub async fn begin(actor: &Actor, body: Value) -> String {
    format!("{CONVERSATIONS}/{}", id_of(&made(actor.post(CONVERSATIONS, body).await)))
}

/// A user in a new world, with the path of a conversation.
pub async fn alice_in_a_conversation() -> (World, Actor, String) {
    let world = World::new();
    let alice = world.user("alice").await;
    let path = begin(&alice, json!({"title": "Work"})).await;
    (world, alice, path)
}

/// Says something in the conversation at `path`.
pub async fn say(actor: &Actor, path: &str, content: &str) -> Reply {
    actor.post(&format!("{path}/messages"), json!({"content": content})).await
}

/// Makes an assistant, and gives its id.
pub async fn assistant(actor: &Actor, name: &str) -> String {
    id_of(&made(actor.post(ASSISTANTS, json!({"name": name})).await))
}

/// Changes an assistant's status.
pub async fn set_status(actor: &Actor, assistant: &str, status: &str) {
    let reply = actor.put(&format!("{ASSISTANTS}/{assistant}"), json!({"status": status})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// What was said in the conversation at `path`, with what became of it: `user: Hello (failed)`.
pub async fn said(actor: &Actor, path: &str) -> Vec<String> {
    let reply = actor.get(path).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |it: &Value| format!("{}: {} ({})", text(&it["role"]), text(&it["content"]), text(&it["status"]));
    reply.body["messages"].as_array().unwrap().iter().map(line).collect()
}
