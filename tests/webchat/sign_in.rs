//! Spec 002, "Authentication API", "Login".

use super::*;
use crate::world::{JWT_SECRET, PASSWORD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

const WRONG: &str = "No active account found with the given credentials";

#[tokio::test]
async fn the_example_of_the_document() {
    let world = World::new();
    let body = json!({
        "username": "newuser",
        "email": "user@example.com",
        "password": "password123",
        "confirm_password": "password123",
    });
    assert_eq!(world.anonymous().post(REGISTER, body).await.status, 201);

    let body = json!({"username": "newuser", "password": "password123"});
    let mut reply = world.anonymous().post(LOGIN, body).await;
    assert_eq!(reply.status, 200);
    let access = take_jwt(&mut reply, "access");
    let refresh = take_jwt(&mut reply, "refresh");
    let user = json!({"id": 1, "username": "newuser", "email": "user@example.com"});
    assert_eq!(reply.body, json!({"user": user, "message": "Login successful"}));

    let profile = world.anonymous().bearing(&access).get(PROFILE).await;
    assert_eq!(profile.status, 200);
    assert_eq!(profile.body, user);
    let renewed = world.anonymous().post(REFRESH, json!({"refresh": refresh})).await;
    assert_eq!(renewed.status, 200);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user() {
    let world = World::new();
    world.user("alice").await;
    let wrong = json!({"username": "alice", "password": "password124"});
    let wrong = world.anonymous().post(LOGIN, wrong).await;
    assert_eq!(wrong.status, 401);
    assert_eq!(wrong.body, json!({"detail": WRONG}));

    let unknown = ["nobody", "two words", "nul\0", "\u{1f600}", &"x".repeat(10_000)];
    for name in unknown {
        let body = json!({"username": name, "password": PASSWORD});
        assert_same(&world.anonymous().post(LOGIN, body).await, &wrong);
    }
}

#[tokio::test]
async fn a_password_that_nobody_can_have() {
    let world = World::new();
    world.user("alice").await;
    for password in ["short", "password123 ", "PASSWORD123", &"p".repeat(100_000)] {
        let body = json!({"username": "alice", "password": password});
        let reply = world.anonymous().post(LOGIN, body).await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.body, json!({"detail": WRONG}));
    }
}

#[tokio::test]
async fn an_empty_object() {
    let world = World::new();
    let reply = world.anonymous().post(LOGIN, json!({})).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.body, json!({"username": ["This field is required."], "password": ["This field is required."]}));
}

#[tokio::test]
async fn a_field_that_is_empty_or_not_text() {
    let world = World::new();
    world.user("alice").await;
    let wrong = [
        (json!(""), "This field may not be blank."),
        (json!(null), "This field may not be null."),
        (json!(false), "Not a valid string."),
        (json!([]), "Not a valid string."),
        (json!({}), "Not a valid string."),
    ];
    for field in ["username", "password"] {
        for (value, message) in &wrong {
            let mut body = json!({"username": "alice", "password": PASSWORD});
            body[field] = value.clone();
            let reply = world.anonymous().post(LOGIN, body).await;
            assert_eq!(reply.status, 400, "{field}: {value}");
            assert_eq!(reply.body, json!({field: [message]}), "{field}: {value}");
        }
    }
}

#[tokio::test]
async fn the_name_in_another_spelling() {
    let world = World::new();
    world.user("Alice").await;
    for name in ["alice", "ALICE", "  Alice ", "\u{ff21}lice"] {
        let body = json!({"username": name, "password": PASSWORD});
        let mut reply = world.anonymous().post(LOGIN, body).await;
        assert_eq!(reply.status, 200, "{name}");
        take_jwt(&mut reply, "access");
        take_jwt(&mut reply, "refresh");
        let user = json!({"id": 1, "username": "Alice", "email": ""});
        assert_eq!(reply.body, json!({"user": user, "message": "Login successful"}));
    }
}

#[tokio::test]
async fn somebody_who_registered_through_another_dialect() {
    let world = World::new();
    let body = json!({"username": "alice", "password": PASSWORD});
    let reply = world.anonymous().post("/users/register/", body.clone()).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let reply = world.anonymous().post(LOGIN, body).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["user"], json!({"id": 1, "username": "alice", "email": ""}));
}

#[tokio::test]
async fn two_sign_ins_live_side_by_side() {
    let world = World::new();
    let first = world.user("alice").await;
    let second = sign_in_again(&world, "alice").await;
    assert_ne!(first.token(), second.token());
    assert_ne!(first.refresh, second.refresh);
    for alice in [first, second] {
        let reply = alice.get(PROFILE).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, json!({"id": 1, "username": "alice", "email": ""}));
    }
}

#[tokio::test]
async fn tokens_say_how_long_they_last() {
    let world = World::new();
    let alice = world.user("alice").await;
    let now = world.now_millis() / 1000;
    let hour = 60 * 60;
    let tokens = [(alice.token(), "quintet/access", hour), (alice.refresh.as_str(), "quintet/refresh", 24 * hour)];
    for (token, audience, lasts) in tokens {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&["quintet"]);
        validation.set_audience(&[audience]);
        validation.validate_exp = false;
        let key = DecodingKey::from_secret(JWT_SECRET.as_bytes());
        let claims = decode::<Value>(token, &key, &validation).unwrap().claims;
        assert_eq!(claims["iat"], json!(now), "{audience}");
        assert_eq!(claims["exp"], json!(now + lasts), "{audience}");
    }
}
