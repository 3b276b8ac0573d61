//! Spec 001, "POST /auth/logout": both kinds of token stop working at once.

use super::{error, invalid, taken};
use crate::world::{Actor, PASSWORD, Reply, World};
use axum::http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/auth/logout";

async fn sign_in(world: &World, username: &str) -> Actor {
    let body = json!({"email": username, "password": PASSWORD});
    let mut reply = world.anonymous().post("/api/v1/auth/login", body).await;
    let mut actor = world.anonymous().bearing(&taken::jwt(&mut reply, "access_token"));
    actor.refresh = taken::jwt(&mut reply, "refresh_token");
    actor
}

/// Whether the access token and the refresh token still work.
async fn alive(world: &World, actor: &Actor) -> (bool, bool) {
    let access = actor.get("/api/v1/auth/profile/").await;
    let body = json!({"refresh": actor.refresh});
    let refresh = world.anonymous().post("/api/v1/auth/token/refresh/", body).await;
    (access.status == 200, refresh.status == 200)
}

fn assert_logged_out(reply: &Reply) {
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body, json!({"message": "Logout successful"}));
}

#[tokio::test]
async fn without_a_body() {
    let world = World::new();
    world.user("alice").await;
    let (alice, elsewhere) = (sign_in(&world, "alice").await, sign_in(&world, "alice").await);
    assert_eq!(alive(&world, &alice).await, (true, true));
    assert_logged_out(&alice.send(Method::POST, PATH, None, Vec::new()).await);
    assert_eq!(alive(&world, &alice).await, (false, false));
    assert_eq!(alive(&world, &elsewhere).await, (true, true));
}

#[tokio::test]
async fn with_an_empty_object_or_null() {
    let world = World::new();
    world.user("alice").await;
    for body in [json!({}), json!({"refresh_token": null})] {
        let alice = sign_in(&world, "alice").await;
        assert_logged_out(&alice.post(PATH, body.clone()).await);
        assert_eq!(alive(&world, &alice).await, (false, false), "{body}");
    }
}

#[tokio::test]
async fn with_the_refresh_token() {
    let world = World::new();
    world.user("alice").await;
    let alice = sign_in(&world, "alice").await;
    let body = json!({"refresh_token": alice.refresh});
    assert_logged_out(&alice.post(PATH, body).await);
    assert_eq!(alive(&world, &alice).await, (false, false));
}

#[tokio::test]
async fn with_the_refresh_token_of_another_sign_in_of_ones_own() {
    let world = World::new();
    world.user("alice").await;
    let (alice, elsewhere) = (sign_in(&world, "alice").await, sign_in(&world, "alice").await);
    let body = json!({"refresh_token": elsewhere.refresh});
    assert_logged_out(&alice.post(PATH, body).await);
    assert_eq!(alive(&world, &alice).await, (false, false));
    assert_eq!(alive(&world, &elsewhere).await, (false, false));
}

#[tokio::test]
async fn with_somebody_elses_refresh_token_nothing_ends() {
    let world = World::new();
    world.user("alice").await;
    world.user("mallory").await;
    let (alice, mallory) = (sign_in(&world, "alice").await, sign_in(&world, "mallory").await);
    let reply = mallory.post(PATH, json!({"refresh_token": alice.refresh})).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.body, invalid(&[("refresh_token", "Token is invalid or expired.")]));
    assert_eq!(alive(&world, &alice).await, (true, true));
    assert_eq!(alive(&world, &mallory).await, (true, true));
}

#[tokio::test]
async fn with_something_that_is_not_a_refresh_token() {
    let world = World::new();
    world.user("alice").await;
    let alice = sign_in(&world, "alice").await;
    let values: [(Value, &str); 4] = [
        (json!("nonsense"), "Token is invalid or expired."),
        (json!(alice.token()), "Token is invalid or expired."),
        (json!(7), "Not a valid string."),
        (json!(["x"]), "Not a valid string."),
    ];
    for (value, message) in values {
        let reply = alice.post(PATH, json!({"refresh_token": value})).await;
        assert_eq!(reply.status, 422, "{value}");
        assert_eq!(reply.body, invalid(&[("refresh_token", message)]), "{value}");
        assert_eq!(alive(&world, &alice).await, (true, true), "{value}");
    }
}

#[tokio::test]
async fn twice() {
    let world = World::new();
    world.user("alice").await;
    let alice = sign_in(&world, "alice").await;
    assert_logged_out(&alice.post(PATH, json!({})).await);
    let reply = alice.post(PATH, json!({})).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    assert_eq!(reply.body, error(401, "UNAUTHORIZED", "Given token not valid for any token type"));
}

#[tokio::test]
async fn without_a_credential() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = json!({"refresh_token": alice.refresh});
    let reply = world.anonymous().post(PATH, body).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    assert_eq!(reply.body, error(401, "UNAUTHORIZED", "Authentication credentials were not provided."));
    assert_eq!(alive(&world, &alice).await, (true, true));
}

#[tokio::test]
async fn with_another_scheme() {
    let world = World::new();
    let alice = world.user("alice").await;
    let reply = alice.authorized("Basic YWxpY2U6cGFzc3dvcmQxMjM=").post(PATH, json!({})).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.body, error(401, "UNAUTHORIZED", "Authentication credentials were not provided."));
}

#[tokio::test]
async fn of_a_sign_in_of_another_dialect() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = json!({"refresh_token": alice.refresh});
    assert_logged_out(&alice.post(PATH, body).await);
    assert_eq!(alive(&world, &alice).await, (false, false));
}
