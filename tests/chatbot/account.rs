//! Spec 003, "Register User" and "Login User".

use crate::{
    platform::taken,
    world::{PASSWORD, Reply, World},
};
use serde_json::{Value, json};
use std::time::Duration;

async fn register(world: &World, body: Value) -> Reply {
    world.anonymous().post("/users/register/", body).await
}

async fn login(world: &World, body: Value) -> Reply {
    world.anonymous().post("/users/login/", body).await
}

#[tokio::test]
async fn somebody_registers() {
    let world = World::new();
    let reply = register(&world, json!({"username": "Alice", "password": "password"})).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "username": "Alice", "tokens": 4000}));
    let body = json!({"username": "bob", "password": "password123"});
    let reply = world.anonymous().post("/users/register", body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 2, "username": "bob", "tokens": 4000}));
}

#[tokio::test]
async fn the_operator_grants_another_sum() {
    let world = World::with(&[("INITIAL_TOKENS", "0")]);
    let reply = register(&world, json!({"username": "alice", "password": PASSWORD})).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "username": "alice", "tokens": 0}));
}

#[tokio::test]
async fn fields_of_other_routes_take_no_effect() {
    let world = World::new();
    let body = json!({"username": "alice", "password": PASSWORD, "id": 9, "tokens": 9, "role": "admin"});
    let reply = register(&world, body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "username": "alice", "tokens": 4000}));
    assert_eq!(world.profile("alice")["role"], json!({"S": "user"}));
}

#[tokio::test]
async fn the_name_is_taken() {
    let world = World::new();
    world.user("alice").await;
    for username in ["alice", "ALICE", " alice "] {
        let body = json!({"username": username, "password": PASSWORD});
        let reply = register(&world, body).await;
        assert_eq!(reply.status, 400, "{username}");
        assert_eq!(reply.body, json!({"username": ["A user with that username already exists."]}), "{username}");
    }
}

#[tokio::test]
async fn registering_with_bad_fields() {
    let world = World::new();
    let both = |message: &str| json!({"username": [message], "password": [message]});
    let bodies = [
        (json!({}), both("This field is required.")),
        (json!({"username": "", "password": ""}), both("This field may not be blank.")),
        (json!({"username": null, "password": null}), both("This field may not be null.")),
        (json!({"username": true, "password": {}}), both("Not a valid string.")),
        (
            json!({"username": "a\0b", "password": "string"}),
            json!({
                "username": ["Null characters are not allowed."],
                "password": ["Ensure this field has at least 8 characters."],
            }),
        ),
    ];
    for (body, expected) in bodies {
        let reply = register(&world, body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert_eq!(reply.body, expected, "{body}");
    }
    assert!(world.rows("users").is_empty());
}

#[tokio::test]
async fn letters_of_any_script() {
    let world = World::new();
    for (id, username) in [(1, "Зоя"), (2, "李雷"), (3, "José")] {
        let body = json!({"username": username, "password": "пароль"});
        let reply = register(&world, body).await;
        assert_eq!(reply.status, 201, "{username}");
        assert_eq!(reply.body, json!({"id": id, "username": username, "tokens": 4000}));
    }
    // The same word, its accent written as a character of its own.
    let body = json!({"username": "Jose\u{301}", "password": "пароль"});
    assert_eq!(register(&world, body.clone()).await.status, 400);
    assert_eq!(login(&world, body).await.status, 200);
}

#[tokio::test]
async fn numbers_are_read_as_text() {
    let world = World::new();
    let reply = register(&world, json!({"username": 7, "password": 12_345_678})).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "username": "7", "tokens": 4000}));
    for password in [json!("12345678"), json!(12_345_678)] {
        let body = json!({"username": "7", "password": password});
        assert_eq!(login(&world, body).await.status, 200);
    }
}

#[tokio::test]
async fn a_long_number_is_read_digit_by_digit() {
    let world = World::new();
    let digits = "123456789012345678901234567890";
    let body = format!(r#"{{"username": "alice", "password": {digits}}}"#);
    let reply = world.anonymous().post_raw("/users/register/", "application/json", body).await;
    assert_eq!(reply.status, 201);
    let body = json!({"username": "alice", "password": digits});
    assert_eq!(login(&world, body).await.status, 200);
}

#[tokio::test]
async fn forms_are_read_like_json() {
    let world = World::new();
    let form = "username=alice&password=a+b%26c%3Dd%2B";
    let reply = world.anonymous().post_form("/users/register/", form).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "username": "alice", "tokens": 4000}));
    let body = json!({"username": "alice", "password": "a b&c=d+"});
    assert_eq!(login(&world, body).await.status, 200);
    let parts = "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nbob\r\n\
                 --x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\npassword123\r\n--x--\r\n";
    let reply = world.anonymous().post_raw("/users/register/", "multipart/form-data; boundary=x", parts).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 2, "username": "bob", "tokens": 4000}));
}

#[tokio::test]
async fn somebody_signs_in() {
    let world = World::new();
    world.user("alice").await;
    for path in ["/users/login/", "/users/login"] {
        let body = json!({"username": "alice", "password": PASSWORD});
        let mut reply = world.anonymous().post(path, body).await;
        assert_eq!(reply.status, 200, "{path}");
        let token = taken::jwt(&mut reply, "token");
        assert_eq!(reply.body, json!({}), "{path}");
        let reply = world.anonymous().bearing(&token).get("/token/").await;
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_token_lives_for_sixty_minutes() {
    let world = World::new();
    world.user("alice").await;
    let body = json!({"username": "alice", "password": PASSWORD});
    let mut reply = login(&world, body).await;
    let alice = world.anonymous().bearing(&taken::jwt(&mut reply, "token"));
    world.pass(Duration::from_secs(60 * 60 - 1));
    assert_eq!(alice.get("/token/").await.status, 200);
    world.pass(Duration::from_secs(1));
    let reply = alice.get("/token/").await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.body, json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let world = World::new();
    world.user("alice").await;
    for (username, password) in [("alice", "Password123"), ("nobody", PASSWORD), ("?", "?")] {
        let body = json!({"username": username, "password": password});
        let reply = login(&world, body).await;
        assert_eq!(reply.status, 401, "{username}");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        assert_eq!(reply.body, json!({"detail": "No active account found with the given credentials"}), "{username}");
    }
}

#[tokio::test]
async fn signing_in_with_bad_fields() {
    let world = World::new();
    let both = |message: &str| json!({"username": [message], "password": [message]});
    let bodies = [
        (json!({}), both("This field is required.")),
        (json!({"username": "", "password": ""}), both("This field may not be blank.")),
        (json!({"username": null, "password": null}), both("This field may not be null.")),
        (json!({"username": [], "password": false}), both("Not a valid string.")),
    ];
    for (body, expected) in bodies {
        let reply = login(&world, body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert_eq!(reply.body, expected, "{body}");
    }
}
