//! What clients may not do: say too much, too fast, in the wrong form; read too slowly.

use super::{alice_and_server, rows, said, says};
use crate::world::World;
use futures::StreamExt;
use serde_json::json;
use shared::domain::{
    event::{EventDetails, OutboxEntry},
    ids::{MessageId, Speaker},
};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_frame_that_is_too_large_closes_the_connection() {
    let (world, alice, server) = alice_and_server().await;
    for is_known in [true, false] {
        let mut socket = server.connect("/ws").await;
        if is_known {
            socket.authenticate(alice.token()).await;
            socket.hears_nothing_more().await;
        }
        socket.send(Message::text("x".repeat(33 * 1024))).await;
        assert_eq!(socket.is_closed().await, Some(1009));
    }
    world.until_rows_of_connections(0).await;
}

#[tokio::test]
async fn a_frame_of_32_kilobytes_is_taken() {
    let (world, alice, server) = alice_and_server().await;
    let mut socket = world.connect(server, &alice).await;
    socket.send(Message::text("x".repeat(32 * 1024))).await;
    socket.hears_nothing_more().await;
}

#[tokio::test]
async fn bytes_close_the_connection() {
    let (world, alice, server) = alice_and_server().await;
    let mut socket = world.connect(server, &alice).await;
    socket.send(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(socket.is_closed().await, Some(1003));
}

#[tokio::test]
async fn what_makes_no_sense_is_ignored_from_somebody_who_is_known() {
    let (world, alice, server) = alice_and_server().await;
    let mut socket = world.connect(server, &alice).await;
    let other = world.user("bob").await;
    for message in ["", "nonsense", "[]", "{\"type\": 1}", "{\"type\": \"shout\"}", "{\"type\": \"resume\"}"] {
        socket.send(Message::text(message)).await;
    }
    // Nobody becomes somebody else.
    socket.authenticate(other.token()).await;
    socket.hears_nothing_more().await;
    assert_eq!(rows(&world), 2);
    assert!(world.rows("connections").iter().all(|row| row["user"]["S"] == world.id_of("alice").to_string()));
}

#[tokio::test]
async fn a_flood_closes_the_connection() {
    let world = World::with(&[("RATE_LIMIT_API", "10")]);
    let (alice, server) = (world.user("alice").await, world.listen().await);
    let mut socket = world.connect(server, &alice).await;
    // A ticket, the connection by it and a ping came before.
    for _ in 0..7 {
        socket.hears_nothing_more().await;
    }
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.is_closed().await, Some(1008));
    world.until_rows_of_connections(0).await;
}

#[tokio::test]
async fn too_many_handshakes_are_refused() {
    let world = World::with(&[("RATE_LIMIT_API", "10")]);
    let server = world.listen().await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(server.connect("/ws").await);
    }
    assert_eq!(server.try_to_connect("/ws", &[]).await.err(), Some(429));
    assert_eq!(server.try_to_connect("/ws?ticket=made-up", &[]).await.err(), Some(429));
}

#[tokio::test]
async fn one_connection_more_than_a_hundred_closes_the_oldest() {
    let (world, alice, server) = alice_and_server().await;
    let mut sockets = Vec::new();
    for _ in 0..101 {
        sockets.push(world.connect(server, &alice).await);
        world.pass(Duration::from_millis(1));
    }
    assert_eq!(sockets[0].is_closed().await, Some(1008));
    sockets[1].hears_nothing_more().await;
    sockets[100].hears_nothing_more().await;
    assert_eq!(rows(&world), 200);
}

/// Frames wait for a client that does not read, but not for ever: it may come again and resume.
#[tokio::test]
async fn who_does_not_read_is_let_go_and_others_hear_on() {
    let (world, alice, server) = alice_and_server().await;
    let mut slow = world.connect(server, &alice).await;
    let mut quick = world.connect(server, &alice).await;
    let reading = tokio::spawn(async move { while said(&[quick.hears().await]) != ["user: last"] {} });
    says(&world, &alice, &"x".repeat(30_000)).await;
    let change = world.restarted().outbox_entries().into_iter().find(is_question).unwrap();
    for _ in 0..2_000 {
        world.services.realtime.dispatch(&change).await.unwrap();
        if world.gateway.count() == 1 {
            break;
        }
    }
    assert_eq!(world.gateway.count(), 1);
    says(&world, &alice, "last").await;
    reading.await.unwrap();
    while let Some(Ok(message)) = slow.0.next().await {
        assert!(!message.to_string().contains("last"));
    }
}

fn is_question(change: &OutboxEntry) -> bool {
    let is_from_user = |message: &MessageId| message.speaker == Speaker::User;
    matches!(change.events.last(), Some(EventDetails::MessageReceived { message, .. }) if is_from_user(message))
}
