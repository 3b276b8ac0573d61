//! Spec 001, "POST /auth/login".

use super::{DOCUMENTED_PASSWORD, EMAIL, error, invalid, taken};
use crate::world::{Actor, Fault, JWT_SECRET, Moment, OVER_SDK, PASSWORD, Reply, START, World};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use std::time::Duration;

/// A world with the account of the document's example.
async fn world_with_example() -> World {
    let world = World::with(&[OVER_SDK]);
    let body = json!({"email": EMAIL, "password": DOCUMENTED_PASSWORD});
    let reply = world.anonymous().post("/api/v1/auth/register", body).await;
    assert_eq!(reply.status, 201);
    world
}

async fn login(world: &World, name: &str, password: &str) -> Reply {
    let body = json!({"email": name, "password": password});
    world.anonymous().post("/api/v1/auth/login", body).await
}

async fn signed_in(world: &World) -> Actor {
    let mut reply = login(world, EMAIL, DOCUMENTED_PASSWORD).await;
    world.anonymous().bearing(&taken::jwt(&mut reply, "access_token"))
}

#[tokio::test]
async fn the_documents_example() {
    let world = world_with_example().await;
    let mut reply = login(&world, "user@example.com", "password").await;
    assert_eq!(reply.status, 200);
    let access = taken::jwt(&mut reply, "access_token");
    let refresh = taken::jwt(&mut reply, "refresh_token");
    assert_eq!(reply.body, json!({"token_type": "bearer", "expires_in": 1800}));
    assert_ne!(access, refresh);
    let profile = world.anonymous().bearing(&access);
    let reply = profile.get("/api/v1/auth/profile/").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"id": 1, "username": "user", "email": "user@example.com"}));
}

#[tokio::test]
async fn a_username_in_the_field_for_the_address() {
    let world = World::new();
    world.user("alice").await;
    let mut reply = login(&world, "alice", PASSWORD).await;
    assert_eq!(reply.status, 200);
    taken::jwt(&mut reply, "access_token");
    taken::jwt(&mut reply, "refresh_token");
    assert_eq!(reply.body, json!({"token_type": "bearer", "expires_in": 1800}));
}

#[tokio::test]
async fn the_name_in_another_spelling() {
    let world = world_with_example().await;
    for name in ["USER@EXAMPLE.COM", " user@example.com ", "User", "ｕｓｅｒ"] {
        let reply = login(&world, name, DOCUMENTED_PASSWORD).await;
        assert_eq!(reply.status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let world = world_with_example().await;
    let attempts = [
        (EMAIL, "Password"),
        (EMAIL, " password"),
        (EMAIL, "password "),
        ("nobody@example.com", "password"),
        ("no such name", "password"),
    ];
    for (name, password) in attempts {
        let reply = login(&world, name, password).await;
        assert_eq!(reply.status, 401, "{name} {password}");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        assert_eq!(
            reply.text,
            r#"{"detail":"Incorrect email or password","error_code":"UNAUTHORIZED","status_code":401}"#
        );
    }
}

#[tokio::test]
async fn no_field_is_given() {
    let world = World::new();
    let reply = world.anonymous().post("/api/v1/auth/login", json!({})).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.body, invalid(&[("email", "This field is required."), ("password", "This field is required."),]));
}

#[tokio::test]
async fn the_fields_are_empty_or_not_text() {
    let world = World::new();
    let values = [
        (json!(""), "This field may not be blank."),
        (json!(null), "This field may not be null."),
        (json!(12_345_678), "Not a valid string."),
        (json!(true), "Not a valid string."),
        (json!(["a"]), "Not a valid string."),
    ];
    for (value, message) in values {
        let body = json!({"email": value, "password": value});
        let reply = world.anonymous().post("/api/v1/auth/login", body).await;
        assert_eq!(reply.status, 422, "{value}");
        assert_eq!(reply.body, invalid(&[("email", message), ("password", message)]), "{value}");
    }
}

#[tokio::test]
async fn the_access_token_dies_after_1800_seconds() {
    let world = world_with_example().await;
    let user = signed_in(&world).await;
    world.pass(Duration::from_secs(1799));
    assert_eq!(user.get("/api/v1/auth/profile/").await.status, 200);
    world.pass(Duration::from_secs(1));
    let reply = user.send(axum::http::Method::POST, "/api/v1/auth/logout", None, Vec::new()).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    assert_eq!(reply.body, error(401, "UNAUTHORIZED", "Given token not valid for any token type"));
    assert_eq!(user.get("/api/v1/auth/profile/").await.status, 401);
}

#[tokio::test]
async fn the_access_token_survives_a_restart() {
    let world = world_with_example().await;
    let user = signed_in(&world).await;
    let world = world.restarted();
    let reply = world.anonymous().bearing(user.token()).get("/api/v1/auth/profile/").await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn the_access_token_claims_what_it_should() {
    let world = World::new();
    let body = json!({"email": EMAIL, "password": DOCUMENTED_PASSWORD});
    let mut registered = world.anonymous().post("/api/v1/auth/register", body).await;
    let id = taken::uuid(&mut registered, "id");
    let user = signed_in(&world).await;

    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(JWT_SECRET.as_bytes());
    let token = jsonwebtoken::decode::<Value>(user.token(), &key, &validation).unwrap();

    assert!(token.header.kid.is_some());
    let claims = token.claims.as_object().unwrap();
    let mut names: Vec<&String> = claims.keys().collect();
    names.sort();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "sid", "sub"]);
    assert_eq!(claims["sub"], json!(id));
    assert_eq!(claims["iat"], json!(START / 1000));
    assert_eq!(claims["exp"], json!(START / 1000 + 1800));
}

#[tokio::test]
async fn two_sign_ins_have_different_tokens() {
    let world = world_with_example().await;
    let (first, second) = (signed_in(&world).await, signed_in(&world).await);
    assert_ne!(first.token(), second.token());
}

#[tokio::test]
async fn the_database_is_down() {
    let world = world_with_example().await;
    world.faults().plan(Some(Fault { call: 0, moment: Moment::BeforeCommit, times: usize::MAX }));
    let reply = login(&world, EMAIL, DOCUMENTED_PASSWORD).await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.body, error(503, "UNAVAILABLE", "Service temporarily unavailable, try again later."));
}
