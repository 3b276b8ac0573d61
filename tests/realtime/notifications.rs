//! `POST /api/v1/notifications`.

use super::alice_and_server;
use crate::world::{NOW, World};
use serde_json::json;

const PATH: &str = "/api/v1/notifications";

#[tokio::test]
async fn everybody_who_is_connected_hears_of_it_once() {
    let (world, alice, server) = alice_and_server().await;
    let mut sockets = vec![world.connect(server, &alice).await, world.connect(server, &alice).await];
    for name in ["bob", "carl", "dora", "emil"] {
        sockets.push(world.connect(server, &world.user(name).await).await);
    }
    let admin = world.admin("root").await.sending("Idempotency-Key", "once");
    let reply = admin.post(PATH, json!({"message": "  Maintenance begins.  "})).await;
    assert_eq!(reply.status, 201);
    let id = reply.body["id"].clone();
    assert_eq!(reply.body, json!({"id": id, "message": "Maintenance begins.", "created_at": NOW}));
    let again = admin.post(PATH, json!({"message": "  Maintenance begins.  "})).await;
    assert_eq!((again.status, again.body), (201, reply.body));
    world.dispatch().await;
    for socket in &mut sockets {
        assert_eq!(
            socket.hears().await,
            json!({
                "type": "system_notification",
                "timestamp": NOW,
                "data": {"event_id": id, "message": "Maintenance begins."},
            })
        );
        socket.hears_nothing_more().await;
    }
}

#[tokio::test]
async fn only_administrators_notify() {
    let world = World::new();
    let reply = world.user("alice").await.post(PATH, json!({"message": "Hello"})).await;
    assert_eq!(reply.status, 403);
    assert_eq!(reply.body["error_code"], "FORBIDDEN");
    assert_eq!(world.anonymous().post(PATH, json!({"message": "Hello"})).await.status, 401);
    assert!(world.outbox_entries().iter().all(|change| change.audience().is_some()));
}

#[tokio::test]
async fn a_notification_says_something_and_not_too_much() {
    let admin = World::new().admin("root").await;
    let cases = [json!({}), json!({"message": "  "}), json!({"message": null}), json!({"message": "x".repeat(2_001)})];
    for body in cases {
        let reply = admin.post(PATH, body).await;
        assert_eq!(reply.status, 422);
        assert_eq!(reply.body["errors"][0]["field"], "message");
    }
    assert_eq!(admin.post(PATH, json!({"message": "x".repeat(2_000)})).await.status, 201);
}
