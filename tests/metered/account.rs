//! Spec 004, "User Registration" and "User Login".

use crate::{
    platform::taken,
    world::{Actor, PASSWORD, Reply, World},
};
use serde_json::{Value, json};
use std::time::Duration;

async fn register(world: &World, body: Value) -> Reply {
    world.anonymous().post("/api/register/", body).await
}

async fn login(world: &World, body: Value) -> Reply {
    world.anonymous().post("/api/login/", body).await
}

/// Alice, signed in here.
async fn signed_in(world: &World) -> Actor {
    world.user("alice").await;
    let mut reply = login(world, json!({"username": "alice", "password": PASSWORD})).await;
    let mut alice = world.anonymous().bearing(&taken::jwt(&mut reply, "access"));
    alice.refresh = taken::jwt(&mut reply, "refresh");
    alice
}

/// Bodies that both endpoints refuse, and with which words.
fn bad_bodies() -> Vec<(Value, &'static str)> {
    vec![
        (json!({}), "Username is required"),
        (json!({"password": PASSWORD}), "Username is required"),
        (json!({"username": "bob"}), "Password is required"),
        (json!({"username": "", "password": PASSWORD}), "Username is required"),
        (json!({"username": null, "password": PASSWORD}), "Username is required"),
        (json!({"username": "bob", "password": ""}), "Password is required"),
        (json!({"username": "bob", "password": null}), "Password is required"),
        (json!({"username": true, "password": PASSWORD}), "Username: Not a valid string."),
        (json!({"username": "bob", "password": []}), "Password: Not a valid string."),
    ]
}

#[tokio::test]
async fn somebody_registers() {
    let world = World::new();
    for (path, username) in [("/api/register/", "alice"), ("/api/register", "bob")] {
        let body = json!({"username": username, "password": "password"});
        let reply = world.anonymous().post(path, body).await;
        assert_eq!(reply.status, 201, "{path}");
        assert_eq!(reply.body, json!({"message": "User created successfully"}), "{path}");
        assert_eq!(world.available(username), 4000, "{path}");
    }
}

#[tokio::test]
async fn the_name_is_taken() {
    let world = World::new();
    world.user("alice").await;
    for username in ["alice", "Alice", " alice "] {
        let reply = register(&world, json!({"username": username, "password": PASSWORD})).await;
        assert_eq!(reply.status, 400, "{username}");
        assert_eq!(reply.body, json!({"error": "Username already exists"}), "{username}");
    }
}

#[tokio::test]
async fn registering_with_bad_fields() {
    let world = World::new();
    let mut bodies = bad_bodies();
    bodies.extend([
        (
            json!({"username": "two words", "password": PASSWORD}),
            "Username: Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
        ),
        (json!({"username": "  ", "password": PASSWORD}), "Username is required"),
        (json!({"username": "string", "password": "string"}), "Password: Ensure this field has at least 8 characters."),
    ]);
    for (body, error) in bodies {
        let reply = register(&world, body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert_eq!(reply.body, json!({"error": error}), "{body}");
    }
    assert!(world.rows("users").is_empty());
}

#[tokio::test]
async fn signing_in_with_bad_fields() {
    let world = World::new();
    for (body, error) in bad_bodies() {
        let reply = login(&world, body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert_eq!(reply.body, json!({"error": error}), "{body}");
    }
}

#[tokio::test]
async fn fields_of_other_routes_take_no_effect() {
    let world = World::new();
    let body = json!({"username": "alice", "password": PASSWORD, "tokens": 9, "role": "admin", "is_admin": true});
    assert_eq!(register(&world, body).await.status, 201);
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(world.profile("alice")["role"], json!({"S": "user"}));
}

#[tokio::test]
async fn forms_and_numbers() {
    let world = World::new();
    let reply = world.anonymous().post_form("/api/register/", "username=alice&password=12345678").await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"message": "User created successfully"}));
    let body = json!({"username": "alice", "password": 12_345_678});
    assert_eq!(login(&world, body).await.status, 200);
    let parts = "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nalice\r\n\
                 --x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n12345678\r\n--x--\r\n";
    let reply = world.anonymous().post_raw("/api/login/", "multipart/form-data; boundary=x", parts).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn somebody_signs_in() {
    let world = World::new();
    world.user("alice").await;
    for path in ["/api/login/", "/api/login"] {
        let body = json!({"username": "alice", "password": PASSWORD});
        let mut reply = world.anonymous().post(path, body).await;
        assert_eq!(reply.status, 200, "{path}");
        let access = taken::jwt(&mut reply, "access");
        let refresh = taken::jwt(&mut reply, "refresh");
        assert_eq!(reply.body, json!({}), "{path}");
        assert_ne!(access, refresh);
        let reply = world.anonymous().bearing(&access).get("/api/tokens/").await;
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let world = World::new();
    world.user("alice").await;
    for (username, password) in [("alice", "Password123"), ("nobody", PASSWORD), ("?", "?")] {
        let body = json!({"username": username, "password": password});
        let reply = login(&world, body).await;
        assert_eq!(reply.status, 400, "{username}");
        assert_eq!(reply.body, json!({"error": "Invalid credentials"}), "{username}");
    }
}

#[tokio::test]
async fn the_access_token_lives_for_fifteen_minutes() {
    let world = World::new();
    let alice = signed_in(&world).await;
    world.pass(Duration::from_secs(15 * 60 - 1));
    assert_eq!(alice.get("/api/tokens/").await.status, 200);
    world.pass(Duration::from_secs(1));
    let reply = alice.get("/api/tokens/").await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(reply.body, json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}));
}

#[tokio::test]
async fn the_refresh_token_lives_for_a_day() {
    let world = World::new();
    let alice = signed_in(&world).await;
    let body = json!({"refresh": alice.refresh});
    world.pass(Duration::from_secs(24 * 60 * 60 - 1));
    let mut reply = world.anonymous().post("/api/v1/auth/token/refresh/", body.clone()).await;
    assert_eq!(reply.status, 200);
    let fresh = alice.bearing(&taken::jwt(&mut reply, "access"));
    assert_eq!(fresh.get("/api/tokens/").await.status, 200);
    world.pass(Duration::from_secs(1));
    let reply = world.anonymous().post("/api/v1/auth/token/refresh/", body).await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn the_refresh_token_is_not_an_access_token() {
    let world = World::new();
    let alice = signed_in(&world).await;
    let reply = alice.bearing(&alice.refresh).get("/api/tokens/").await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.body, json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}));
}
