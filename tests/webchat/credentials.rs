//! Spec 002, "User Profile", and what every route asks of a credential.

use super::*;
use crate::world::PASSWORD;
use axum::http::Method;

/// A request to every route that needs a credential.
async fn every_route(actor: &Actor) -> Vec<Reply> {
    let session = format!("{SESSIONS}018e3736-0000-7000-8000-000000000000/");
    let chats = format!("{session}chats/");
    let mut replies = Vec::new();
    for path in [PROFILE, SESSIONS, &session, &chats, &format!("{chats}1/")] {
        replies.push(actor.get(path).await);
    }
    replies.push(actor.post(LOGOUT, json!({"refresh": actor.refresh})).await);
    replies.push(actor.post(SESSIONS, json!({"title": "t"})).await);
    replies.push(actor.post(&chats, json!({"message": "m"})).await);
    replies
}

#[tokio::test]
async fn the_profile_of_the_document() {
    let world = World::new();
    let body = json!({
        "username": "newuser",
        "email": "user@example.com",
        "password": "password123",
        "confirm_password": "password123",
    });
    let mut registered = world.anonymous().post(REGISTER, body).await;
    let access = take_jwt(&mut registered, "access");
    let user = world.anonymous().bearing(&access);
    for path in [PROFILE, PROFILE.trim_end_matches('/')] {
        let reply = user.get(path).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, json!({"id": 1, "username": "newuser", "email": "user@example.com"}));
    }
}

#[tokio::test]
async fn everybody_sees_their_own_profile() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    assert_eq!(alice.get(PROFILE).await.body, json!({"id": 1, "username": "alice", "email": ""}));
    assert_eq!(bob.get(PROFILE).await.body, json!({"id": 2, "username": "bob", "email": ""}));
}

#[tokio::test]
async fn no_route_answers_without_a_credential() {
    let world = World::new();
    for reply in every_route(&world.anonymous()).await {
        assert_no_credential(&reply);
    }
}

#[tokio::test]
async fn another_scheme_is_no_credential() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bare = alice.token().to_owned();
    for authorization in ["Basic YWxpY2U6cGFzc3dvcmQxMjM=", "Digest username=alice", &bare] {
        for reply in every_route(&alice.authorized(authorization)).await {
            assert_no_credential(&reply);
        }
    }
}

#[tokio::test]
async fn no_route_answers_to_a_broken_credential() {
    let world = World::new();
    let alice = world.user("alice").await;
    let (signed, signature) = alice.token().rsplit_once('.').unwrap();
    let flipped: String = signature.chars().rev().collect();
    for authorization in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer nonsense".to_owned(),
        "Bearer a.b.c".to_owned(),
        format!("Bearer {signed}."),
        format!("Bearer {signed}.{flipped}"),
        format!("Bearer {} {}", alice.token(), alice.token()),
        format!("Token {}", alice.refresh),
        format!("Bearer {}", alice.refresh),
    ] {
        for reply in every_route(&alice.authorized(&authorization)).await {
            assert_invalid_token(&reply);
        }
    }
}

#[tokio::test]
async fn either_scheme_in_any_case() {
    let world = World::new();
    let alice = world.user("alice").await;
    for scheme in ["Bearer", "bearer", "BEARER", "Token", "token", "tOkEn"] {
        let reply = alice.authorized(&format!("{scheme} {}", alice.token())).get(PROFILE).await;
        assert_eq!(reply.status, 200, "{scheme}");
        assert_eq!(reply.body, json!({"id": 1, "username": "alice", "email": ""}));
    }
}

#[tokio::test]
async fn a_token_of_the_reports_dialect() {
    let world = World::new();
    world.user("alice").await;
    let body = json!({"username": "alice", "password": PASSWORD});
    let reply = world.anonymous().post("/api/v1/tokens/", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let token = reply.body["token"].as_str().unwrap();
    for scheme in ["Token", "Bearer"] {
        let reply = world.anonymous().authorized(&format!("{scheme} {token}")).get(PROFILE).await;
        assert_eq!(reply.status, 200, "{scheme}");
        assert_eq!(reply.body, json!({"id": 1, "username": "alice", "email": ""}));
    }
}

#[tokio::test]
async fn methods_that_a_path_does_not_have() {
    let world = World::new();
    let alice = world.user("alice").await;
    let session = begin_at(&alice, "t").await;
    let wrong = [
        (Method::POST, PROFILE.to_owned(), "GET,HEAD"),
        (Method::GET, REFRESH.to_owned(), "POST"),
        (Method::GET, LOGOUT.to_owned(), "POST"),
        (Method::DELETE, SESSIONS.to_owned(), "GET,HEAD,POST"),
        (Method::DELETE, session.clone(), "GET,HEAD"),
        (Method::PUT, format!("{session}chats/"), "GET,HEAD,POST"),
        (Method::PATCH, format!("{session}chats/1/"), "GET,HEAD"),
    ];
    for (method, path, allow) in wrong {
        let reply = alice.send(method.clone(), &path, None, Vec::new()).await;
        assert_eq!(reply.status, 405, "{method} {path}");
        assert_eq!(reply.body, json!({"detail": format!("Method \"{method}\" not allowed.")}));
        assert_eq!(reply.header("allow"), allow, "{path}");
    }
}
