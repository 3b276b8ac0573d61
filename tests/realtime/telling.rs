//! What is told, and to whom.

use super::{REPLY, alice_and_server, said, says};
use crate::world::{NOW, Script};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

#[tokio::test]
async fn every_connection_of_a_user_hears_and_nobody_elses() {
    let (world, alice, server) = alice_and_server().await;
    let bob = world.user("bob").await;
    let mut of_alice = [world.connect(server, &alice).await, world.connect(server, &alice).await];
    let mut of_bob = world.connect(server, &bob).await;
    says(&world, &alice, "A secret of Alice's").await;
    for socket in &mut of_alice {
        assert_eq!(said(&socket.hears_all(3).await), ["user: A secret of Alice's", REPLY]);
        socket.hears_nothing_more().await;
    }
    of_bob.hears_nothing_more().await;
}

/// A turn is told of by its two messages, not by the conversation that they change.
#[tokio::test]
async fn a_later_turn_is_told_of_once() {
    let (world, alice, server) = alice_and_server().await;
    says(&world, &alice, "First").await;
    let mut socket = world.connect(server, &alice).await;
    says(&world, &alice, "Second").await;
    assert_eq!(said(&socket.hears_all(2).await), ["user: Second", REPLY]);
    socket.hears_nothing_more().await;
}

#[tokio::test]
async fn an_assistant_that_is_switched_off() {
    let (world, alice, server) = alice_and_server().await;
    let assistant = alice.post("/api/v1/assistants", json!({"name": "Ada"})).await.body["id"].clone();
    let mut socket = world.connect(server, &alice).await;
    world.dispatch().await;
    let path = format!("/api/v1/assistants/{}", assistant.as_str().unwrap());
    assert_eq!(alice.put(&path, json!({"status": "inactive"})).await.status, 200);
    world.dispatch().await;
    let frame = socket.hears().await;
    let event_id = frame["data"]["event_id"].clone();
    assert_eq!(
        frame,
        json!({
            "type": "assistant_status",
            "timestamp": NOW,
            "data": {
                "event": "assistant.status_changed",
                "event_id": event_id,
                "assistant_id": assistant,
                "user_id": world.id_of("alice").to_string(),
                "status": "inactive",
            },
        })
    );
    socket.hears_nothing_more().await;
}

/// The gateway sends nothing that is larger.
#[tokio::test]
async fn a_message_that_does_not_fit_into_a_frame_is_left_out() {
    let (world, alice, server) = alice_and_server().await;
    let mut socket = world.connect(server, &alice).await;
    says(&world, &alice, &"ä".repeat(32_000)).await;
    let [_, large, small] = <[Value; 3]>::try_from(socket.hears_all(3).await).unwrap();
    let data = large["data"].as_object().unwrap();
    assert_eq!(data.keys().collect::<Vec<_>>(), ["conversation_id", "event", "event_id", "message_id", "user_id"]);
    assert_eq!(said(&[small]), [REPLY]);
}

#[tokio::test]
async fn what_was_said_in_a_deleted_conversation_is_not_told() {
    let (world, alice, server) = alice_and_server().await;
    let mut socket = world.connect(server, &alice).await;
    let begun = alice.post("/api/v1/conversations", json!({"initial_message": "Hello"})).await;
    let path = format!("/api/v1/conversations/{}", begun.body["id"].as_str().unwrap());
    assert_eq!(alice.delete(&path).await.status, 204);
    world.dispatch().await;
    assert_eq!(said(&socket.hears_all(3).await), [""; 0]);
}

/// Whoever asks for a stream has it told to their other connections, too.
#[tokio::test]
async fn a_streamed_reply_is_told_piece_by_piece() {
    let (world, alice, server) = alice_and_server().await;
    let begun = alice.post("/api/v1/conversations", json!({})).await.body["id"].clone();
    let path = format!("/api/v1/conversations/{}/messages", begun.as_str().unwrap());
    let (mut socket, mut of_bob) =
        (world.connect(server, &alice).await, world.connect(server, &world.user("bob").await).await);
    let (model, pieces) = unbounded_channel();
    world.model.next(Script::Pieces(pieces));
    let events = alice.listen(&path, json!({"content": "Hello"})).await;
    model.send(Ok("Well, ")).unwrap();
    let first = socket.hears().await;
    model.send(Ok("hello ")).unwrap();
    model.send(Ok("you.")).unwrap();
    drop(model);
    let done = events.rest().await.pop().unwrap();
    let reply = done.1["assistant_message"]["id"].clone();
    let data = |delta: &str| {
        json!({
            "type": "conversation_update",
            "timestamp": NOW,
            "data": {
                "event": "message.delta",
                "conversation_id": begun,
                "message_id": reply,
                "user_id": world.id_of("alice").to_string(),
                "delta": delta,
            },
        })
    };
    assert_eq!(first, data("Well, "));
    assert_eq!(socket.hears().await, data("hello you."));
    socket.hears_nothing_more().await;
    of_bob.hears_nothing_more().await;
}

#[tokio::test]
async fn a_streamed_reply_that_is_there_at_once_is_one_piece_and_none_when_it_is_repeated() {
    let (world, alice, server) = alice_and_server().await;
    let begun = alice.post("/api/v1/conversations", json!({})).await.body["id"].clone();
    let path = format!("/api/v1/conversations/{}/messages", begun.as_str().unwrap());
    let mut socket = world.connect(server, &alice).await;
    let keyed = alice.sending("Idempotency-Key", "once");
    for _ in 0..2 {
        let done = keyed.listen(&path, json!({"content": "Hello"})).await.rest().await.pop().unwrap();
        assert_eq!(done.0, "done");
    }
    assert_eq!(socket.hears().await["data"]["delta"], "This is a dummy response from the AI.");
    socket.hears_nothing_more().await;
}

#[tokio::test]
async fn a_failed_reply_is_told_to_every_connection() {
    let (world, alice, server) = alice_and_server().await;
    let begun = alice.post("/api/v1/conversations", json!({})).await.body["id"].clone();
    let path = format!("/api/v1/conversations/{}/messages", begun.as_str().unwrap());
    let mut socket = world.connect(server, &alice).await;
    let mut of_bob = world.connect(server, &world.user("bob").await).await;
    let (model, pieces) = unbounded_channel();
    world.model.next(Script::Pieces(pieces));
    let events = alice.listen(&path, json!({"content": "Hello"})).await;
    model.send(Ok("Well, ")).unwrap();
    let reply = socket.hears().await["data"]["message_id"].clone();
    model.send(Err(())).unwrap();
    assert_eq!(events.rest().await.pop().unwrap().0, "error");
    let failed = |reply: &Value| {
        json!({
            "type": "conversation_update",
            "timestamp": NOW,
            "data": {
                "event": "message.failed",
                "conversation_id": begun,
                "message_id": reply,
                "user_id": world.id_of("alice").to_string(),
            },
        })
    };
    assert_eq!(socket.hears().await, failed(&reply));
    world.model.next(Script::Fail);
    assert_eq!(alice.post(&path, json!({"content": "Hello"})).await.status, 502);
    let frame = socket.hears().await;
    assert_eq!(frame, failed(&frame["data"]["message_id"]), "whoever waited is told, too");
    assert_ne!(frame["data"]["message_id"], reply);
    of_bob.hears_nothing_more().await;
}
