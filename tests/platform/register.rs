//! Spec 001, "POST /auth/register".

use super::{DOCUMENTED_PASSWORD, EMAIL, error, invalid, taken};
use crate::world::{NOW, PASSWORD, Reply, World};
use serde_json::{Value, json};

async fn register(world: &World, body: Value) -> Reply {
    world.anonymous().post("/api/v1/auth/register", body).await
}

/// The username of a new account that did not choose one.
async fn name_made_from(world: &World, email: &str) -> String {
    let body = json!({"email": email, "password": PASSWORD});
    let mut reply = register(world, body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    taken::text(&mut reply, "username")
}

#[tokio::test]
async fn an_address_and_a_password_are_enough() {
    let world = World::new();
    let body = json!({"email": EMAIL, "password": DOCUMENTED_PASSWORD});
    let mut reply = register(&world, body).await;
    assert_eq!(reply.status, 201);
    taken::uuid(&mut reply, "id");
    assert_eq!(
        reply.body,
        json!({
            "username": "user",
            "email": "user@example.com",
            "full_name": null,
            "role": "user",
            "is_active": true,
            "tokens": 4000,
            "created_at": NOW,
            "updated_at": NOW,
        })
    );
    assert_eq!(world.available("user"), 4000);
}

#[tokio::test]
async fn every_field_is_given() {
    let world = World::new();
    let body = json!({
        "email": "Ada@Example.com",
        "password": PASSWORD,
        "username": " Countess ",
        "full_name": " Ada Lovelace ",
    });
    let mut reply = register(&world, body).await;
    assert_eq!(reply.status, 201);
    taken::uuid(&mut reply, "id");
    assert_eq!(
        reply.body,
        json!({
            "username": "Countess",
            "email": "Ada@Example.com",
            "full_name": "Ada Lovelace",
            "role": "user",
            "is_active": true,
            "tokens": 4000,
            "created_at": NOW,
            "updated_at": NOW,
        })
    );
}

#[tokio::test]
async fn optional_fields_may_be_null() {
    let world = World::new();
    let body = json!({"email": EMAIL, "password": PASSWORD, "username": null, "full_name": null});
    let mut reply = register(&world, body).await;
    assert_eq!(reply.status, 201);
    taken::uuid(&mut reply, "id");
    assert_eq!(reply.body["username"], "user");
    assert_eq!(reply.body["full_name"], Value::Null);
}

#[tokio::test]
async fn the_operator_grants_another_sum() {
    let world = World::with(&[("INITIAL_TOKENS", "250")]);
    let reply = register(&world, json!({"email": EMAIL, "password": PASSWORD})).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body["tokens"], 250);
    assert_eq!(world.available("user"), 250);
}

#[tokio::test]
async fn unknown_fields_take_no_effect() {
    let world = World::new();
    let id = "00000000-0000-4000-8000-000000000000";
    let body = json!({
        "email": EMAIL, "password": PASSWORD, "role": "admin", "is_admin": true, "is_active": false,
        "tokens": 1_000_000, "id": id, "created_at": "1999-01-01T00:00:00Z",
    });
    let mut reply = register(&world, body).await;
    assert_eq!(reply.status, 201);
    assert_ne!(taken::uuid(&mut reply, "id"), id);
    assert_eq!(
        reply.body,
        json!({
            "username": "user",
            "email": "user@example.com",
            "full_name": null,
            "role": "user",
            "is_active": true,
            "tokens": 4000,
            "created_at": NOW,
            "updated_at": NOW,
        })
    );
}

#[tokio::test]
async fn the_local_part_is_taken_so_digits_follow_it() {
    let world = World::new();
    let mut names = vec![name_made_from(&world, "ada@example.com").await];
    for host in ["example.org", "example.net", "example.edu"] {
        names.push(name_made_from(&world, &format!("Ada@{host}")).await);
    }
    assert_eq!(names[0], "ada");
    for name in &names[1..] {
        let digits = name.strip_prefix("Ada").unwrap();
        assert!(!digits.is_empty(), "{name}");
        assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{name}");
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 4);
}

#[tokio::test]
async fn characters_of_the_local_part_that_no_username_has_are_left_out() {
    let world = World::new();
    assert_eq!(name_made_from(&world, "o'brien+news@example.com").await, "obrien+news");
    assert_eq!(name_made_from(&world, "{}@example.com").await, "user");
}

#[tokio::test]
async fn the_address_is_taken() {
    let world = World::new();
    register(&world, json!({"email": EMAIL, "password": PASSWORD})).await;
    for email in [EMAIL, "USER@Example.COM", " user@example.com "] {
        let reply = register(&world, json!({"email": email, "password": PASSWORD})).await;
        assert_eq!(reply.status, 409, "{email}");
        assert_eq!(reply.body, error(409, "CONFLICT", "A user with that email already exists."), "{email}");
    }
    assert_eq!(world.rows("balances").len(), 2, "one balance, one grant");
}

#[tokio::test]
async fn the_username_is_taken() {
    let world = World::new();
    world.user("alice").await;
    for username in ["alice", "ALICE", " alice ", "ａｌｉｃｅ"] {
        let body = json!({"email": EMAIL, "password": PASSWORD, "username": username});
        let reply = register(&world, body).await;
        assert_eq!(reply.status, 409, "{username}");
        assert_eq!(reply.body, error(409, "CONFLICT", "A user with that username already exists."), "{username}");
    }
}

#[tokio::test]
async fn both_names_are_taken() {
    let world = World::new();
    register(&world, json!({"email": EMAIL, "password": PASSWORD})).await;
    let body = json!({"email": EMAIL, "password": PASSWORD, "username": "user"});
    let reply = register(&world, body).await;
    assert_eq!(reply.status, 409);
    assert_eq!(
        reply.body,
        error(409, "CONFLICT", "A user with that username already exists. A user with that email already exists.")
    );
}

#[tokio::test]
async fn a_username_that_is_its_owners_own_address() {
    let world = World::new();
    let body = json!({"email": EMAIL, "password": PASSWORD, "username": EMAIL});
    let reply = register(&world, body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body["username"], EMAIL);
    assert_eq!(reply.body["email"], EMAIL);
}

#[tokio::test]
async fn a_username_that_is_somebody_elses_address() {
    let world = World::new();
    register(&world, json!({"email": EMAIL, "password": PASSWORD})).await;
    let body = json!({"email": "other@example.com", "password": PASSWORD, "username": EMAIL});
    let reply = register(&world, body).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.body, error(409, "CONFLICT", "A user with that username already exists."));
}

#[tokio::test]
async fn no_field_is_given() {
    let world = World::new();
    let reply = register(&world, json!({})).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.body, invalid(&[("email", "This field is required."), ("password", "This field is required."),]));
}

#[tokio::test]
async fn every_field_is_wrong() {
    let world = World::new();
    let body = json!({
        "email": "not an address", "password": "2 short", "username": "two words", "full_name": " ",
    });
    let reply = register(&world, body).await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.body,
        invalid(&[
            ("email", "Enter a valid email address."),
            ("password", "Ensure this field has at least 8 characters."),
            (
                "username",
                "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
            ),
            ("full_name", "This field may not be blank."),
        ])
    );
    assert!(world.rows("users").is_empty());
}

#[tokio::test]
async fn numbers_and_other_values_are_not_text() {
    let world = World::new();
    for value in [json!(12_345_678), json!(true), json!([]), json!({})] {
        let body = json!({"email": value, "password": value, "username": value, "full_name": value});
        let reply = register(&world, body).await;
        assert_eq!(reply.status, 422, "{value}");
        assert_eq!(
            reply.body,
            invalid(&[
                ("email", "Not a valid string."),
                ("password", "Not a valid string."),
                ("username", "Not a valid string."),
                ("full_name", "Not a valid string."),
            ]),
            "{value}"
        );
    }
}

#[tokio::test]
async fn required_fields_may_not_be_null() {
    let world = World::new();
    let reply = register(&world, json!({"email": null, "password": null})).await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.body,
        invalid(&[("email", "This field may not be null."), ("password", "This field may not be null."),])
    );
}

#[tokio::test]
async fn a_mistake_beside_a_taken_name_is_told_first() {
    let world = World::new();
    world.user("alice").await;
    let body = json!({"email": "nowhere", "password": PASSWORD, "username": "alice"});
    let reply = register(&world, body).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.body, invalid(&[("email", "Enter a valid email address.")]));
}

#[tokio::test]
async fn the_longest_and_the_shortest_that_is_allowed() {
    let world = World::new();
    let domain = "d".repeat(60);
    let tail = format!("@{domain}.{domain}.{domain}.example");
    let email = format!("{}{tail}", "l".repeat(254 - tail.len()));
    let body = json!({
        "email": email, "password": "8 bytes!", "username": "u".repeat(150), "full_name": "f".repeat(255),
    });
    let reply = register(&world, body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let body = json!({"email": EMAIL, "password": "p".repeat(1024), "username": "u"});
    assert_eq!(register(&world, body).await.status, 201);
}

#[tokio::test]
async fn one_character_more_than_is_allowed() {
    let world = World::new();
    let domain = "d".repeat(60);
    let tail = format!("@{domain}.{domain}.{domain}.example");
    let email = format!("{}{tail}", "l".repeat(255 - tail.len()));
    let body = json!({
        "email": email, "password": "p".repeat(1025), "username": "u".repeat(151), "full_name": "f".repeat(256),
    });
    let reply = register(&world, body).await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.body,
        invalid(&[
            ("email", "Ensure this field has no more than 254 characters."),
            ("password", "Ensure this field has no more than 1024 characters."),
            ("username", "Ensure this field has no more than 150 characters."),
            ("full_name", "Ensure this field has no more than 255 characters."),
        ])
    );
}
