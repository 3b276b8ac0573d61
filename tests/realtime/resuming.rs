//! Whoever was away for a while hears what they missed.

use super::{REPLY, alice_and_server, said, says};
use crate::world::{Socket, World, ticket};
use serde_json::{Value, json};
use std::time::Duration;

fn id_of(frame: &Value) -> String {
    frame["data"]["event_id"].as_str().unwrap().to_owned()
}

/// The last event that somebody heard of who then went away; after that two turns, 20 seconds apart from it.
async fn missed(world: &World, alice: &crate::world::Actor, mut socket: Socket) -> String {
    says(world, alice, "Heard").await;
    let last = id_of(&socket.hears_all(3).await[2]);
    socket.0.close(None).await.unwrap();
    world.until_rows_of_connections(0).await;
    world.pass(Duration::from_secs(20));
    says(world, alice, "Missed").await;
    says(world, &world.user("bob").await, "Not for Alice").await;
    world.pass(Duration::from_secs(20));
    let admin = world.admin("root").await;
    assert_eq!(admin.post("/api/v1/notifications", json!({"message": "For all"})).await.status, 201);
    world.dispatch().await;
    last
}

/// What is missed, and the overlap before it without the last event itself.
async fn hears_what_was_missed(socket: &mut Socket) {
    let frames = socket.hears_all(5).await;
    assert_eq!(said(&frames), ["user: Heard", "user: Missed", REPLY]);
    assert_eq!(frames[0]["data"]["event"], "conversation.created");
    assert_eq!(frames[4]["type"], "system_notification");
    assert_eq!(frames[4]["data"]["message"], "For all");
    socket.hears_nothing_more().await;
}

#[tokio::test]
async fn by_the_first_message() {
    let (world, alice, server) = alice_and_server().await;
    let last = missed(&world, &alice, world.connect(server, &alice).await).await;
    let mut socket = server.connect("/ws").await;
    socket.say(json!({"type": "authenticate", "token": alice.token(), "last_event_id": last})).await;
    hears_what_was_missed(&mut socket).await;
}

#[tokio::test]
async fn by_a_later_message() {
    let (world, alice, server) = alice_and_server().await;
    let last = missed(&world, &alice, world.connect(server, &alice).await).await;
    let mut socket = world.connect(server, &alice).await;
    socket.say(json!({"type": "resume", "last_event_id": last})).await;
    hears_what_was_missed(&mut socket).await;
}

#[tokio::test]
async fn by_the_handshake_as_soon_as_the_connection_is_open() {
    let (world, alice, server) = alice_and_server().await;
    let last = missed(&world, &alice, world.connect(server, &alice).await).await;
    world.pass(Duration::from_secs(20));
    assert_eq!(world.work_on_connections().await, 0);
    let path = format!("/ws?ticket={}&last_event_id={last}", ticket(&alice).await);
    let mut socket = server.connect(&path).await;
    world.pass(Duration::from_secs(1));
    assert_eq!(world.work_on_connections().await, 1);
    hears_what_was_missed(&mut socket).await;
}

#[tokio::test]
async fn an_hour_back_at_most() {
    let (world, alice, server) = alice_and_server().await;
    let last = missed(&world, &alice, world.connect(server, &alice).await).await;
    world.pass(Duration::from_secs(60 * 60 - 19));
    let mut socket = world.connect(server, &world.sign_in("alice").await).await;
    socket.say(json!({"type": "resume", "last_event_id": last})).await;
    let frames = socket.hears_all(1).await;
    assert_eq!(frames[0]["data"]["message"], "For all");
    socket.hears_nothing_more().await;
}

#[tokio::test]
async fn an_event_that_is_no_event_is_ignored() {
    let (world, alice, server) = alice_and_server().await;
    says(&world, &alice, "Heard").await;
    let mut socket = world.connect(server, &alice).await;
    for last in [json!("nonsense"), json!("ffffffff-ffff-7fff-bfff-ffffffffffff"), json!(null)] {
        socket.say(json!({"type": "resume", "last_event_id": last})).await;
    }
    socket.hears_nothing_more().await;
}
