//! Spec 001, "POST /auth/refresh": the refresh token rotates.

use super::{error, invalid, taken};
use crate::world::{Actor, PASSWORD, Reply, World};
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SECOND: Duration = Duration::from_secs(1);

struct Pair {
    access: String,
    refresh: String,
}

/// The tokens of an answer, the rest of which is as documented.
fn pair(mut reply: Reply) -> Pair {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let pair =
        Pair { access: taken::jwt(&mut reply, "access_token"), refresh: taken::jwt(&mut reply, "refresh_token") };
    assert_eq!(reply.body, json!({"token_type": "bearer", "expires_in": 1800}));
    pair
}

async fn sign_in(world: &World) -> Pair {
    let body = json!({"email": "alice", "password": PASSWORD});
    pair(world.anonymous().post("/api/v1/auth/login", body).await)
}

/// A world in which alice signs in through this dialect.
async fn signed_in() -> (World, Pair) {
    let world = World::new();
    world.user("alice").await;
    let tokens = sign_in(&world).await;
    (world, tokens)
}

async fn refresh(world: &World, token: &str) -> Reply {
    let body = json!({"refresh_token": token});
    world.anonymous().post("/api/v1/auth/refresh", body).await
}

async fn assert_dead(world: &World, token: &str) {
    let reply = refresh(world, token).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    assert_eq!(reply.body, error(401, "UNAUTHORIZED", "Token is invalid or expired"));
}

async fn is_alive(world: &World, access: &str) -> bool {
    let user: Actor = world.anonymous().bearing(access);
    user.get("/api/v1/auth/profile/").await.status == 200
}

#[tokio::test]
async fn the_answer_is_that_of_login_with_other_tokens() {
    let (world, old) = signed_in().await;
    let new = pair(refresh(&world, &old.refresh).await);
    assert_ne!(new.access, old.access);
    assert_ne!(new.refresh, old.refresh);
    assert!(is_alive(&world, &new.access).await);
    pair(refresh(&world, &new.refresh).await);
}

#[tokio::test]
async fn no_credential_is_needed_and_a_dead_one_does_not_matter() {
    let (world, old) = signed_in().await;
    world.pass(Duration::from_secs(1800));
    let client = world.anonymous().bearing(&old.access);
    let body = json!({"refresh_token": old.refresh});
    let new = pair(client.post("/api/v1/auth/refresh", body).await);
    assert!(is_alive(&world, &new.access).await);
}

#[tokio::test]
async fn the_replaced_token_gives_the_same_successor_for_ten_seconds() {
    let (world, old) = signed_in().await;
    let new = pair(refresh(&world, &old.refresh).await);
    for _ in 0..3 {
        let again = pair(refresh(&world, &old.refresh).await);
        assert_eq!(again.refresh, new.refresh);
        assert!(is_alive(&world, &again.access).await);
    }
    world.pass(10 * SECOND);
    let again = pair(refresh(&world, &old.refresh).await);
    assert_eq!(again.refresh, new.refresh);
    assert!(is_alive(&world, &new.access).await);
    pair(refresh(&world, &new.refresh).await);
}

#[tokio::test]
async fn the_replaced_token_comes_back_later_and_the_whole_sign_in_ends() {
    let (world, old) = signed_in().await;
    let other = sign_in(&world).await;
    let new = pair(refresh(&world, &old.refresh).await);
    world.pass(11 * SECOND);
    assert!(is_alive(&world, &new.access).await);
    assert_dead(&world, &old.refresh).await;
    assert!(!is_alive(&world, &old.access).await);
    assert!(!is_alive(&world, &new.access).await);
    assert_dead(&world, &new.refresh).await;
    assert!(is_alive(&world, &other.access).await);
    pair(refresh(&world, &other.refresh).await);
}

#[tokio::test]
async fn a_token_replaced_twice_ends_the_sign_in_at_once() {
    let (world, first) = signed_in().await;
    let second = pair(refresh(&world, &first.refresh).await);
    let third = pair(refresh(&world, &second.refresh).await);
    assert_dead(&world, &first.refresh).await;
    assert!(!is_alive(&world, &third.access).await);
    assert_dead(&world, &third.refresh).await;
}

#[tokio::test]
async fn two_requests_with_one_token_at_the_same_moment() {
    let (world, old) = signed_in().await;
    let (one, other) = tokio::join!(refresh(&world, &old.refresh), refresh(&world, &old.refresh));
    let (one, other) = (pair(one), pair(other));
    assert_eq!(one.refresh, other.refresh);
    pair(refresh(&world, &one.refresh).await);
}

#[tokio::test]
async fn the_token_lives_for_seven_days() {
    let (world, old) = signed_in().await;
    world.pass(7 * DAY);
    assert_dead(&world, &old.refresh).await;
    let (world, old) = signed_in().await;
    world.pass(7 * DAY - SECOND);
    pair(refresh(&world, &old.refresh).await);
}

#[tokio::test]
async fn the_successor_lives_for_seven_days_of_its_own() {
    let (world, old) = signed_in().await;
    world.pass(6 * DAY);
    let new = pair(refresh(&world, &old.refresh).await);
    world.pass(7 * DAY - SECOND);
    let newest = pair(refresh(&world, &new.refresh).await);
    assert!(is_alive(&world, &newest.access).await);
    world.pass(7 * DAY);
    assert_dead(&world, &newest.refresh).await;
}

#[tokio::test]
async fn the_token_survives_a_restart() {
    let (world, old) = signed_in().await;
    pair(refresh(&world.restarted(), &old.refresh).await);
}

#[tokio::test]
async fn something_that_is_not_a_refresh_token() {
    let (world, old) = signed_in().await;
    let mut forged = old.refresh.clone();
    let last = if forged.pop() == Some('A') { 'E' } else { 'A' };
    forged.push(last);
    for token in [old.access.as_str(), "nonsense", "a.b.c", forged.as_str()] {
        assert_dead(&world, token).await;
    }
    pair(refresh(&world, &old.refresh).await);
}

#[tokio::test]
async fn a_refresh_token_is_not_an_access_token() {
    let (world, old) = signed_in().await;
    let reply = world.anonymous().bearing(&old.refresh).post("/api/v1/auth/logout", json!({})).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.body, error(401, "UNAUTHORIZED", "Given token not valid for any token type"));
    pair(refresh(&world, &old.refresh).await);
}

#[tokio::test]
async fn no_token_is_given() {
    let world = World::new();
    let values = [
        (json!({}), "This field is required."),
        (json!({"refresh": "a.b.c"}), "This field is required."),
        (json!({"refresh_token": ""}), "This field may not be blank."),
        (json!({"refresh_token": null}), "This field may not be null."),
        (json!({"refresh_token": 5}), "Not a valid string."),
    ];
    for (body, message) in values {
        let reply = world.anonymous().post("/api/v1/auth/refresh", body.clone()).await;
        assert_eq!(reply.status, 422, "{body}");
        assert_eq!(reply.body, invalid(&[("refresh_token", message)]), "{body}");
    }
}

#[tokio::test]
async fn the_other_dialects_refresh_tokens_are_accepted() {
    let world = World::new();
    let webchat = world.user("alice").await;
    let body = json!({"username": "alice", "password": PASSWORD});
    let mut metered = world.anonymous().post("/api/login/", body).await;
    let metered = taken::jwt(&mut metered, "refresh");
    for token in [webchat.refresh.as_str(), metered.as_str()] {
        let new = pair(refresh(&world, token).await);
        assert_ne!(new.refresh, token);
        assert!(is_alive(&world, &new.access).await);
    }
}

#[tokio::test]
async fn this_dialects_refresh_token_at_the_webchat_door() {
    let (world, tokens) = signed_in().await;
    let body = json!({"refresh": tokens.refresh});
    let mut reply = world.anonymous().post("/api/v1/auth/token/refresh/", body).await;
    assert_eq!(reply.status, 200);
    let access = taken::jwt(&mut reply, "access");
    assert_eq!(reply.body, json!({}));
    assert!(is_alive(&world, &access).await);
    pair(refresh(&world, &tokens.refresh).await);
}
