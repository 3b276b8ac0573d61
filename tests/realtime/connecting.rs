//! How connections become known, and that nobody hears anything before.

use super::{alice_and_server, rows, says};
use crate::world::{NOW, PASSWORD, World, ticket};
use serde_json::json;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn who_says_who_they_are_hears_what_is_said() {
    let world = World::new();
    let alice = world.user("alice").await;
    let server = world.listen().await;
    let mut socket = server.connect("/ws").await;
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

#[tokio::test]
async fn every_credential_opens_a_connection() {
    let (world, alice, server) = alice_and_server().await;
    let key = alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await.body["key"].clone();
    let name = json!({"username": "alice", "password": PASSWORD});
    let opaque = world.anonymous().post("/api/v1/tokens/", name).await.body["token"].clone();
    let mut open = Vec::new();
    for token in [json!(alice.token()), key, opaque] {
        let mut socket = server.connect("/ws").await;
        socket.say(json!({"type": "authenticate", "token": token})).await;
        socket.hears_nothing_more().await;
        open.push(socket);
        let actor = world.anonymous().bearing(token.as_str().unwrap());
        let mut socket = server.connect(&format!("/ws?ticket={}", ticket(&actor).await)).await;
        socket.hears_nothing_more().await;
        open.push(socket);
    }
    assert_eq!(rows(&world), 12);
}

#[tokio::test]
async fn a_ticket_opens_one_connection() {
    let (_world, alice, server) = alice_and_server().await;
    let reply = alice.post("/api/v1/ws/ticket", json!({})).await;
    assert_eq!(reply.status, 200);
    let ticket = reply.body["ticket"].as_str().unwrap();
    assert_eq!(reply.body, json!({"ticket": ticket, "expires_in": 30, "url": "ws://quintet.test/ws"}));
    assert_eq!(ticket.len(), 64);
    let path = format!("/ws?ticket={ticket}");
    server.connect(&path).await.hears_nothing_more().await;
    assert_eq!(server.try_to_connect(&path, &[]).await.err(), Some(401));
}

#[tokio::test]
async fn a_ticket_that_is_too_old_made_up_or_of_a_dead_sign_in_opens_nothing() {
    let (world, alice, server) = alice_and_server().await;
    let old = ticket(&alice).await;
    world.pass(Duration::from_secs(30));
    let again = world.sign_in("alice").await;
    let of_dead = ticket(&again).await;
    assert_eq!(again.post("/api/v1/auth/logout", json!({})).await.status, 200);
    for ticket in [old, of_dead, "0".repeat(64), String::new()] {
        assert_eq!(server.try_to_connect(&format!("/ws?ticket={ticket}"), &[]).await.err(), Some(401), "{ticket}");
    }
    assert_eq!(world.gateway.count(), 0);
    assert_eq!(rows(&world), 0);
}

/// Browsers send cookies along from pages of any site.
#[tokio::test]
async fn a_browsers_session_counts_on_our_own_pages_only() {
    let world = World::with(&[("CORS_ORIGINS", "https://chat.example.com")]);
    let (alice, server) = (world.user("alice").await, world.listen().await);
    let own = format!("http://{}", server.0);
    let other_port = format!("http://{}:1", server.0.ip());
    let session = format!("theme=dark; quintet_session={}; a=b", alice.token());
    let cases = [
        (Some(own.as_str()), session.as_str(), true),
        (Some("https://chat.example.com"), &session, true),
        (Some("https://evil.example.com"), &session, false),
        (Some("https://chat.example.com.evil.example.com"), &session, false),
        (Some("null"), &session, false),
        (Some(&other_port), &session, false),
        (None, &session, false),
        (Some(&own), "quintet_session=made.up.token", false),
        (Some(&own), "quintet_session=", false),
        (Some(&own), "theme=dark", false),
    ];
    for (origin, cookie, is_known) in cases {
        let origin = origin.map(|origin| ("origin", origin));
        let headers: Vec<_> = origin.into_iter().chain([("cookie", cookie)]).collect();
        let mut socket = server.try_to_connect("/ws", &headers).await.unwrap_or_else(|status| panic!("{status}"));
        if is_known {
            socket.hears_nothing_more().await;
        } else {
            socket.say(json!({"type": "ping"})).await;
            assert_eq!(socket.is_closed().await, Some(1008), "{headers:?}");
        }
    }
}

#[tokio::test]
async fn who_is_not_known_hears_nothing() {
    let (world, alice, server) = alice_and_server().await;
    let mut socket = server.connect("/ws").await;
    says(&world, &alice, "Hello").await;
    let notification = json!({"message": "Maintenance begins."});
    assert_eq!(world.admin("root").await.post("/api/v1/notifications", notification).await.status, 201);
    world.dispatch().await;
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.is_closed().await, Some(1008));
}

#[tokio::test]
async fn a_first_message_that_proves_nothing_closes_the_connection() {
    let (world, alice, server) = alice_and_server().await;
    let messages = [
        "nonsense".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        json!({"type": "authenticate"}).to_string(),
        json!({"type": "authenticate", "token": ""}).to_string(),
        json!({"type": "authenticate", "token": 1}).to_string(),
        json!({"type": "authenticate", "token": "made up"}).to_string(),
        json!({"type": "authenticate", "token": alice.refresh}).to_string(),
        json!({"type": "resume", "last_event_id": "00000000-0000-7000-8000-000000000000"}).to_string(),
        json!({"type": "hello", "token": alice.token()}).to_string(),
    ];
    for message in messages {
        let mut socket = server.connect("/ws").await;
        socket.send(Message::text(message.clone())).await;
        assert_eq!(socket.is_closed().await, Some(1008), "{message}");
    }
    assert_eq!(rows(&world), 0);
}

#[tokio::test]
async fn an_expired_access_token_closes_the_connection() {
    let (world, alice, server) = alice_and_server().await;
    let mut socket = server.connect("/ws").await;
    world.pass(Duration::from_secs(2 * 60 * 60));
    socket.authenticate(alice.token()).await;
    assert_eq!(socket.is_closed().await, Some(1008));
}

#[tokio::test]
async fn who_does_not_say_who_they_are_within_ten_seconds_must_go() {
    let (world, alice, server) = alice_and_server().await;
    let (mut silent, mut known) = (server.connect("/ws").await, server.connect("/ws").await);
    known.authenticate(alice.token()).await;
    known.hears_nothing_more().await;
    world.pass(Duration::from_millis(9_999));
    assert_eq!(world.work_on_connections().await, 0);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.work_on_connections().await, 2);
    assert_eq!(silent.is_closed().await, Some(1008));
    known.hears_nothing_more().await;
}
