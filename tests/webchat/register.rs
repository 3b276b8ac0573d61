//! Spec 002, "Authentication API", "Register": who gets an account. The limits of fields are in
//! `register_limits.rs`.

use super::*;
use crate::world::PASSWORD;
use axum::http::Method;

fn registration(username: &str) -> Value {
    json!({"username": username, "password": PASSWORD, "confirm_password": PASSWORD})
}

#[tokio::test]
async fn the_example_of_the_document() {
    let world = World::new();
    let body = json!({
        "username": "newuser",
        "email": "user@example.com",
        "password": "password123",
        "confirm_password": "password123",
    });
    let mut reply = world.anonymous().post(REGISTER, body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let access = take_jwt(&mut reply, "access");
    let refresh = take_jwt(&mut reply, "refresh");
    let user = json!({"id": 1, "username": "newuser", "email": "user@example.com"});
    assert_eq!(reply.body, json!({"user": user, "message": "User registered successfully"}));
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");

    let profile = world.anonymous().bearing(&access).get(PROFILE).await;
    assert_eq!(profile.status, 200);
    assert_eq!(profile.body, user);
    let renewed = world.anonymous().post(REFRESH, json!({"refresh": refresh})).await;
    assert_eq!(renewed.status, 200);
    assert_eq!(world.available("newuser"), 4000);
}

#[tokio::test]
async fn users_are_numbered_in_the_order_of_registration() {
    let world = World::new();
    for (number, name) in [(1, "carol"), (2, "alice"), (3, "bob")] {
        let reply = world.anonymous().post(REGISTER, registration(name)).await;
        assert_eq!(reply.status, 201);
        assert_eq!(reply.body["user"], json!({"id": number, "username": name, "email": ""}));
    }
}

#[tokio::test]
async fn an_email_that_is_absent_or_empty() {
    let world = World::new();
    let mut users = Vec::new();
    for (name, email) in [("alice", None), ("bob", Some("")), ("carol", Some("  "))] {
        let mut body = registration(name);
        if let Some(email) = email {
            body["email"] = json!(email);
        }
        let reply = world.anonymous().post(REGISTER, body).await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.text);
        users.push(reply.body["user"].clone());
    }
    let expected = [
        json!({"id": 1, "username": "alice", "email": ""}),
        json!({"id": 2, "username": "bob", "email": ""}),
        json!({"id": 3, "username": "carol", "email": ""}),
    ];
    assert_eq!(users, expected);
}

#[tokio::test]
async fn an_empty_object() {
    let world = World::new();
    let reply = world.anonymous().post(REGISTER, json!({})).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.body,
        json!({
            "username": ["This field is required."],
            "password": ["This field is required."],
            "confirm_password": ["This field is required."],
        })
    );
    assert_eq!(world.rows("users"), [] as [Value; 0]);
}

#[tokio::test]
async fn one_field_is_missing() {
    let world = World::new();
    for field in ["username", "password", "confirm_password"] {
        let mut body = registration("alice");
        body.as_object_mut().unwrap().remove(field).unwrap();
        let reply = world.anonymous().post(REGISTER, body).await;
        assert_eq!(reply.status, 400, "{field}");
        assert_eq!(reply.body, json!({field: ["This field is required."]}));
    }
}

#[tokio::test]
async fn one_field_is_not_text() {
    let world = World::new();
    let wrong = [
        (json!(null), "This field may not be null."),
        (json!(true), "Not a valid string."),
        (json!(["alice"]), "Not a valid string."),
        (json!({"a": "b"}), "Not a valid string."),
    ];
    for field in ["username", "email", "password", "confirm_password"] {
        for (value, message) in &wrong {
            let mut body = registration("alice");
            body[field] = value.clone();
            let reply = world.anonymous().post(REGISTER, body).await;
            assert_eq!(reply.status, 400, "{field}: {value}");
            assert_eq!(reply.body, json!({field: [message]}), "{field}: {value}");
        }
    }
    assert_eq!(world.rows("users"), [] as [Value; 0]);
}

#[tokio::test]
async fn one_field_is_empty() {
    let world = World::new();
    for field in ["username", "password", "confirm_password"] {
        let mut body = registration("alice");
        body[field] = json!("");
        let reply = world.anonymous().post(REGISTER, body).await;
        assert_eq!(reply.status, 400, "{field}");
        assert_eq!(reply.body, json!({field: ["This field may not be blank."]}));
    }
}

#[tokio::test]
async fn numbers_are_read_as_text() {
    let world = World::new();
    let body = json!({"username": 2024, "password": 12_345_678, "confirm_password": 12_345_678});
    let reply = world.anonymous().post(REGISTER, body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.body["user"], json!({"id": 1, "username": "2024", "email": ""}));

    let body = json!({"username": "2024", "password": "12345678"});
    assert_eq!(world.anonymous().post(LOGIN, body).await.status, 200);
}

#[tokio::test]
async fn a_password_that_is_a_long_number() {
    let world = World::new();
    let digits = "123456789012345678901234";
    let body = format!("{{\"username\": \"alice\", \"password\": {digits}, \"confirm_password\": \"{digits}\"}}");
    let reply = world.anonymous().post_raw(REGISTER, "application/json", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let body = json!({"username": "alice", "password": digits});
    assert_eq!(world.anonymous().post(LOGIN, body).await.status, 200);
}

#[tokio::test]
async fn the_passwords_differ() {
    let world = World::new();
    for again in ["password124", "password123 ", "Password123"] {
        let mut body = registration("alice");
        body["confirm_password"] = json!(again);
        let reply = world.anonymous().post(REGISTER, body).await;
        assert_eq!(reply.status, 400, "{again}");
        assert_eq!(reply.body, json!({"confirm_password": ["Passwords do not match."]}));
    }
    assert_eq!(world.rows("users"), [] as [Value; 0]);
}

#[tokio::test]
async fn several_fields_are_wrong_at_once() {
    let world = World::new();
    let body = json!({"username": "a b", "email": "nonsense", "password": "short", "confirm_password": null});
    let reply = world.anonymous().post(REGISTER, body).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.body,
        json!({
            "username": ["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."],
            "email": ["Enter a valid email address."],
            "password": ["Ensure this field has at least 8 characters."],
            "confirm_password": ["This field may not be null."],
        })
    );
}

#[tokio::test]
async fn the_username_is_taken_in_another_spelling() {
    let world = World::new();
    world.user("Alice").await;
    let rows = world.rows("users");
    // The last one is of full-width letters, which NFKC makes plain ones.
    for name in ["Alice", "alice", "ALICE", " alice ", "\u{ff21}\u{ff4c}ice"] {
        let reply = world.anonymous().post(REGISTER, registration(name)).await;
        assert_eq!(reply.status, 400, "{name}");
        assert_eq!(reply.body, json!({"username": ["A user with that username already exists."]}));
    }
    assert_eq!(world.rows("users"), rows);
}

#[tokio::test]
async fn username_and_email_are_both_taken() {
    let world = World::new();
    let mut body = registration("alice");
    body["email"] = json!("Alice@Example.com");
    assert_eq!(world.anonymous().post(REGISTER, body.clone()).await.status, 201);
    body["email"] = json!("alice@example.COM");
    let reply = world.anonymous().post(REGISTER, body).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.body,
        json!({
            "username": ["A user with that username already exists."],
            "email": ["A user with that email already exists."],
        })
    );
}

#[tokio::test]
async fn the_email_is_taken() {
    let world = World::new();
    let mut body = registration("alice");
    body["email"] = json!("alice@example.com");
    assert_eq!(world.anonymous().post(REGISTER, body).await.status, 201);
    let mut body = registration("bob");
    body["email"] = json!("ALICE@example.com");
    let reply = world.anonymous().post(REGISTER, body).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.body, json!({"email": ["A user with that email already exists."]}));
}

#[tokio::test]
async fn fields_that_nobody_asked_for() {
    let world = World::new();
    let mut body = registration("alice");
    for (field, value) in [
        ("id", json!(99)),
        ("role", json!("admin")),
        ("is_admin", json!(true)),
        ("is_staff", json!(true)),
        ("tokens", json!(1_000_000)),
        ("user", json!({"id": 99})),
    ] {
        body[field] = value;
    }
    let reply = world.anonymous().post(REGISTER, body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.body["user"], json!({"id": 1, "username": "alice", "email": ""}));
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(world.profile("alice")["role"], json!({"S": "user"}));
}

#[tokio::test]
async fn a_method_that_the_path_does_not_have() {
    let world = World::new();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let reply = world.anonymous().send(method.clone(), REGISTER, None, Vec::new()).await;
        assert_eq!(reply.status, 405);
        assert_eq!(reply.body, json!({"detail": format!("Method \"{method}\" not allowed.")}));
        assert_eq!(reply.header("allow"), "POST");
    }
}
