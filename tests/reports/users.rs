//! Spec 000, "Create User".

use crate::world::{PASSWORD, Reply, World};
use serde_json::{Value, json};

async fn create(world: &World, body: Value) -> Reply {
    world.anonymous().post("/api/v1/users/", body).await
}

#[tokio::test]
async fn somebody_new() {
    let world = World::new();
    let body = json!({"username": "Alice", "email": "Alice@example.com", "password": "password"});
    let reply = create(&world, body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "username": "Alice", "email": "Alice@example.com"}));
    assert_eq!(world.available("Alice"), 4000);
    let body = json!({"username": "bob", "email": "bob@example.com", "password": "password"});
    let reply = create(&world, body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 2, "username": "bob", "email": "bob@example.com"}));
}

#[tokio::test]
async fn forms_are_read_like_json() {
    let world = World::new();
    let form = "username=a%2Bb&email=a%40example.com&password=pass+word%21";
    let reply = world.anonymous().post_form("/api/v1/users/", form).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "username": "a+b", "email": "a@example.com"}));
    let parts = [("username", "a+b"), ("password", "pass word!")];
    let parts =
        parts.map(|(name, value)| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    let reply = world
        .anonymous()
        .post_raw("/api/v1/tokens/", "multipart/form-data; boundary=x", format!("{}--x--\r\n", parts.concat()))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn numbers_are_read_as_text() {
    let world = World::new();
    let body = json!({"username": 42, "email": "a@example.com", "password": 12_345_678});
    let reply = create(&world, body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "username": "42", "email": "a@example.com"}));
    let body = json!({"username": "42", "password": "12345678"});
    let reply = world.anonymous().post("/api/v1/tokens/", body).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn no_field_is_given() {
    let world = World::new();
    let reply = create(&world, json!({})).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.body,
        json!({
            "username": ["This field is required."],
            "email": ["This field is required."],
            "password": ["This field is required."],
        })
    );
}

#[tokio::test]
async fn every_field_is_wrong() {
    let world = World::new();
    let body = json!({"username": "two words", "email": "nowhere", "password": "2 short"});
    let reply = create(&world, body).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.body,
        json!({
            "username": ["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."],
            "email": ["Enter a valid email address."],
            "password": ["Ensure this field has at least 8 characters."],
        })
    );
    assert!(world.rows("users").is_empty());
}

#[tokio::test]
async fn fields_that_are_empty_or_not_text() {
    let world = World::new();
    let values = [
        (json!(""), "This field may not be blank."),
        (json!(null), "This field may not be null."),
        (json!(true), "Not a valid string."),
        (json!(["a"]), "Not a valid string."),
        (json!({"a": 1}), "Not a valid string."),
    ];
    for (value, message) in values {
        let body = json!({"username": value, "email": value, "password": value});
        let reply = create(&world, body).await;
        assert_eq!(reply.status, 400, "{value}");
        assert_eq!(reply.body, json!({"username": [message], "email": [message], "password": [message]}), "{value}");
    }
}

#[tokio::test]
async fn both_names_are_taken() {
    let world = World::new();
    let body = json!({"username": "alice", "email": "alice@example.com", "password": PASSWORD});
    assert_eq!(create(&world, body).await.status, 201);
    let body = json!({"username": "ALICE", "email": "ALICE@example.com", "password": PASSWORD});
    let reply = create(&world, body).await;
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
async fn fields_of_other_routes_take_no_effect() {
    let world = World::new();
    let body = json!({
        "username": "alice", "email": "alice@example.com", "password": PASSWORD,
        "id": 7, "tokens": 1_000_000, "role": "admin", "is_admin": true,
    });
    let reply = create(&world, body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "username": "alice", "email": "alice@example.com"}));
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(world.profile("alice")["role"], json!({"S": "user"}));
}
