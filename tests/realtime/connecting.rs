//! How connections become known, and that nobody hears anything before.

use crate::world::{NOW, World};
use serde_json::json;

#[tokio::test]
async fn who_says_who_they_are_hears_what_is_said() {
    let world = World::new();
    let alice = world.user("alice").await;
    let door = world.door().await;
    let mut socket = door.connect("/ws").await;
    socket.authenticate(alice.token()).await;
    socket.hears_nothing_more().await;
    let begun = alice.post("/api/v1/conversations", json!({"initial_message": "Hello"})).await;
    assert_eq!(begun.status, 201);
    world.dispatch().await;
    let (conversation, user) = (begun.body["id"].clone(), world.id_of("alice").to_string());
    let messages = begun.body["messages"].as_array().unwrap().clone();
    let created = socket.hears().await;
    let event_id = created["data"]["event_id"].clone();
    assert_eq!(
        created,
        json!({
            "type": "conversation_update",
            "timestamp": NOW,
            "data": {
                "event": "conversation.created",
                "event_id": event_id,
                "conversation_id": conversation,
                "user_id": user,
            },
        })
    );
    for message in messages {
        let frame = socket.hears().await;
        let event_id = frame["data"]["event_id"].clone();
        assert_eq!(
            frame,
            json!({
                "type": "conversation_update",
                "timestamp": NOW,
                "data": {
                    "event": "message.received",
                    "event_id": event_id,
                    "conversation_id": conversation,
                    "user_id": user,
                    "message_id": message["id"],
                    "message": {
                        "id": message["id"],
                        "role": message["role"],
                        "content": message["content"],
                        "status": "complete",
                        "created_at": NOW,
                    },
                },
            })
        );
    }
    socket.hears_nothing_more().await;
}
