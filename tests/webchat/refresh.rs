//! Spec 002, "Authentication API", "Token Refresh".

use super::*;
use crate::world::PASSWORD;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(60 * 60);
const SECOND: Duration = Duration::from_secs(1);

async fn refresh(world: &World, token: &str) -> Reply {
    world.anonymous().post(REFRESH, json!({"refresh": token})).await
}

#[tokio::test]
async fn the_example_of_the_document() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut reply = refresh(&world, &alice.refresh).await;
    assert_eq!(reply.status, 200);
    let access = take_jwt(&mut reply, "access");
    assert_eq!(reply.body, json!({}));
    assert_ne!(access, alice.token());
    for alice in [alice.bearing(&access), alice] {
        let profile = alice.get(PROFILE).await;
        assert_eq!(profile.status, 200);
        assert_eq!(profile.body, json!({"id": 1, "username": "alice", "email": ""}));
    }
}

#[tokio::test]
async fn without_the_final_slash() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bare = REFRESH.trim_end_matches('/');
    let mut reply = world.anonymous().post(bare, json!({"refresh": alice.refresh})).await;
    assert_eq!(reply.status, 200);
    take_jwt(&mut reply, "access");
    assert_eq!(reply.body, json!({}));
}

#[tokio::test]
async fn the_refresh_token_does_not_rotate() {
    let world = World::new();
    let alice = world.user("alice").await;
    for _ in 0..3 {
        let mut reply = refresh(&world, &alice.refresh).await;
        assert_eq!(reply.status, 200);
        take_jwt(&mut reply, "access");
        assert_eq!(reply.body, json!({}));
        world.pass(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn an_access_token_lasts_an_hour() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.pass(HOUR - SECOND);
    assert_eq!(alice.get(PROFILE).await.status, 200);
    world.pass(SECOND);
    assert_invalid_token(&alice.get(PROFILE).await);

    let mut reply = refresh(&world, &alice.refresh).await;
    let alice = alice.bearing(&take_jwt(&mut reply, "access"));
    world.pass(HOUR - SECOND);
    assert_eq!(alice.get(PROFILE).await.status, 200);
    world.pass(SECOND);
    assert_invalid_token(&alice.get(PROFILE).await);
}

#[tokio::test]
async fn a_refresh_token_lasts_a_day() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.pass(24 * HOUR - SECOND);
    assert_eq!(refresh(&world, &alice.refresh).await.status, 200);
    world.pass(SECOND);
    assert_invalid_refresh(&refresh(&world, &alice.refresh).await);
}

#[tokio::test]
async fn tokens_survive_a_restart() {
    let world = World::new();
    let alice = world.user("alice").await;
    let world = world.restarted();
    let profile = world.anonymous().bearing(alice.token()).get(PROFILE).await;
    assert_eq!(profile.status, 200);
    assert_eq!(refresh(&world, &alice.refresh).await.status, 200);
}

#[tokio::test]
async fn something_that_is_not_a_refresh_token() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = json!({"username": "alice", "password": PASSWORD});
    let opaque = world.anonymous().post("/api/v1/tokens/", body).await;
    assert_eq!(opaque.status, 200, "{}", opaque.text);

    let (signed, signature) = alice.refresh.rsplit_once('.').unwrap();
    let flipped: String = signature.chars().rev().collect();
    let tampered = format!("{signed}.{flipped}");
    let wrong = [
        "nonsense",
        "a.b.c",
        "..",
        " ",
        "nul\0",
        alice.token(),
        opaque.body["token"].as_str().unwrap(),
        &tampered,
        &"x".repeat(100_000),
    ];
    for token in wrong {
        assert_invalid_refresh(&refresh(&world, token).await);
    }
    assert_eq!(refresh(&world, &alice.refresh).await.status, 200);
}

#[tokio::test]
async fn a_body_without_a_token() {
    let world = World::new();
    let wrong = [
        (json!({}), "This field is required."),
        (json!({"refresh": ""}), "This field may not be blank."),
        (json!({"refresh": null}), "This field may not be null."),
        (json!({"refresh": true}), "Not a valid string."),
        (json!({"refresh": ["a.b.c"]}), "Not a valid string."),
        (json!({"refresh": {}}), "Not a valid string."),
    ];
    for (body, message) in wrong {
        let reply = world.anonymous().post(REFRESH, body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert_eq!(reply.body, json!({"refresh": [message]}), "{body}");
    }
    let number = world.anonymous().post(REFRESH, json!({"refresh": 5})).await;
    assert_invalid_refresh(&number);
}

#[tokio::test]
async fn a_token_of_the_platform_dialect() {
    let world = World::new();
    world.user("alice").await;
    let body = json!({"email": "alice", "password": PASSWORD});
    let signed_in = world.anonymous().post("/api/v1/auth/login", body).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    let first = signed_in.body["refresh_token"].as_str().unwrap();
    let mut reply = refresh(&world, first).await;
    assert_eq!(reply.status, 200);
    let alice = world.anonymous().bearing(&take_jwt(&mut reply, "access"));
    assert_eq!(reply.body, json!({}));
    assert_eq!(alice.get(PROFILE).await.status, 200);
}

#[tokio::test]
async fn a_token_that_was_replaced_long_ago_ends_its_sign_in() {
    let world = World::new();
    let alice = world.user("alice").await;
    let rotated = world.anonymous().post("/api/v1/auth/refresh", json!({"refresh_token": alice.refresh})).await;
    assert_eq!(rotated.status, 200, "{}", rotated.text);
    let successor = rotated.body["refresh_token"].as_str().unwrap();
    world.pass(Duration::from_secs(60));
    assert_eq!(refresh(&world, successor).await.status, 200);

    assert_invalid_refresh(&refresh(&world, &alice.refresh).await);
    assert_invalid_refresh(&refresh(&world, successor).await);
    assert_invalid_token(&alice.get(PROFILE).await);
}
