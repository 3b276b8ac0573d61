//! What ends access ends connections, too.

use super::{REPLY, alice_and_server, rows, said, says};
use crate::world::{Actor, LiveServer, PASSWORD, Socket, World};
use axum::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn by_token(server: LiveServer, token: &str) -> Socket {
    let mut socket = server.connect("/ws").await;
    socket.authenticate(token).await;
    socket.hears_nothing_more().await;
    socket
}

/// A connection by a sign-in, one by an API key, one by a 000 token.
async fn three(world: &World, alice: &Actor, server: LiveServer) -> ([Socket; 3], String) {
    let key = alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await.body;
    let name = json!({"username": "alice", "password": PASSWORD});
    let opaque = world.anonymous().post("/api/v1/tokens/", name).await.body["token"].as_str().unwrap().to_owned();
    let sockets = [
        by_token(server, alice.token()).await,
        by_token(server, key["key"].as_str().unwrap()).await,
        by_token(server, &opaque).await,
    ];
    (sockets, key["id"].as_str().unwrap().to_owned())
}

/// What ends which of the three, at the next dispatch; the others stay, and so does everybody else's.
#[tokio::test]
async fn whatever_ends_a_credential_closes_its_connections() {
    let off = json!({"is_active": false});
    let new_password = json!({"password": "another password", "current_password": PASSWORD});
    let cases: [(Method, &str, Value, bool, [bool; 3]); 5] = [
        (Method::POST, "/api/v1/auth/logout", json!({}), false, [true, false, false]),
        (Method::PUT, "/api/v1/users/me", new_password, false, [true, false, true]),
        (Method::DELETE, "/api/v1/users/me/api-keys/{key}", Value::Null, false, [false, true, false]),
        (Method::PUT, "/api/v1/users/{alice}", off, true, [true, true, true]),
        (Method::DELETE, "/api/v1/users/{alice}", Value::Null, true, [true, true, true]),
    ];
    for (method, path, body, by_admin, ended) in cases {
        let (world, alice, server) = alice_and_server().await;
        let (bob, admin) = (world.user("bob").await, world.admin("root").await);
        let mut of_bob = world.connect(server, &bob).await;
        let (sockets, key) = three(&world, &alice, server).await;
        world.dispatch().await;
        let path = path.replace("{key}", &key).replace("{alice}", &world.id_of("alice").to_string());
        let actor = if by_admin { &admin } else { &alice };
        let reply = actor.send(method, &path, Some("application/json"), body.to_string().into()).await;
        assert!(reply.status < 300, "{path}: {}", reply.text);
        world.dispatch().await;
        for (mut socket, has_ended) in sockets.into_iter().zip(ended) {
            if has_ended {
                assert_eq!(socket.is_closed().await, Some(1008), "{path}");
            } else {
                socket.hears_nothing_more().await;
            }
        }
        of_bob.hears_nothing_more().await;
    }
}

#[tokio::test]
async fn a_connection_outlives_the_access_token_that_opened_it() {
    let (world, alice, server) = alice_and_server().await;
    let mut socket = by_token(server, alice.token()).await;
    world.pass(Duration::from_secs(119 * 60));
    says(&world, &world.sign_in("alice").await, "Hello").await;
    assert_eq!(said(&socket.hears_all(3).await), ["user: Hello", REPLY]);
}

#[tokio::test]
async fn a_connection_ends_with_its_sign_in_and_after_two_hours() {
    let (world, alice, server) = alice_and_server().await;
    let short = world.anonymous().post("/users/login/", json!({"username": "alice", "password": PASSWORD})).await;
    let mut of_an_hour = by_token(server, short.body["token"].as_str().unwrap()).await;
    let mut of_two = by_token(server, alice.token()).await;
    world.pass(Duration::from_secs(60 * 60));
    says(&world, &world.sign_in("alice").await, "Hello").await;
    assert_eq!(of_an_hour.is_closed().await, Some(1008));
    assert_eq!(said(&of_two.hears_all(3).await), ["user: Hello", REPLY]);
    world.pass(Duration::from_secs(60 * 60));
    says(&world, &world.sign_in("alice").await, "Hello").await;
    assert_eq!(of_two.is_closed().await, Some(1008));
}

#[tokio::test]
async fn who_goes_away_is_forgotten() {
    let (world, alice, server) = alice_and_server().await;
    let mut socket = world.connect(server, &alice).await;
    assert_eq!(rows(&world), 2);
    socket.0.close(None).await.unwrap();
    world.until_rows_of_connections(0).await;
    assert_eq!(world.gateway.count(), 0);
}

/// What is left of a process that was killed.
#[tokio::test]
async fn connections_of_a_former_process_are_forgotten_when_they_are_to_hear_something() {
    let (world, alice, server) = alice_and_server().await;
    let _socket = world.connect(server, &alice).await;
    let restarted = world.restarted();
    restarted.pass(Duration::from_secs(60));
    says(&restarted, &alice.in_world(&restarted), "Hello").await;
    assert_eq!(rows(&restarted), 0);
}
