//! Spec 000, "Obtain Token", and what the token opens.

use crate::{
    platform::taken,
    world::{PASSWORD, Reply, World},
};
use serde_json::{Value, json};
use std::time::Duration;

async fn obtain(world: &World, body: Value) -> Reply {
    world.anonymous().post("/api/v1/tokens/", body).await
}

async fn token_of(world: &World, username: &str) -> String {
    let body = json!({"username": username, "password": PASSWORD});
    let mut reply = obtain(world, body).await;
    assert_eq!(reply.status, 200);
    let token = taken::forty_hex(&mut reply, "token");
    assert_eq!(reply.body, json!({}));
    token
}

#[tokio::test]
async fn forty_hex_digits_and_nothing_else() {
    let world = World::new();
    world.user("alice").await;
    let (one, other) = (token_of(&world, "alice").await, token_of(&world, "Alice").await);
    assert_ne!(one, other);
    for token in [one, other] {
        let alice = world.anonymous().authorized(&format!("Token {token}"));
        assert_eq!(alice.get("/token/").await.status, 200);
    }
}

#[tokio::test]
async fn without_the_final_slash() {
    let world = World::new();
    world.user("alice").await;
    let body = json!({"username": "alice", "password": PASSWORD});
    let mut reply = world.anonymous().post("/api/v1/tokens", body).await;
    assert_eq!(reply.status, 200);
    taken::forty_hex(&mut reply, "token");
    assert_eq!(reply.body, json!({}));
}

#[tokio::test]
async fn the_token_is_not_stored_as_it_is() {
    let world = World::new();
    world.user("alice").await;
    let token = token_of(&world, "alice").await;
    for table in ["users", "sessions", "balances", "limits"] {
        for row in world.rows(table) {
            assert!(!row.to_string().contains(&token), "{row}");
        }
    }
}

#[tokio::test]
async fn it_opens_every_dialect_after_either_scheme_in_any_case() {
    let world = World::new();
    world.user("alice").await;
    let token = token_of(&world, "alice").await;
    for scheme in ["Token", "Bearer", "token", "bearer", "TOKEN", "bEARER"] {
        let alice = world.anonymous().authorized(&format!("{scheme} {token}"));
        let expected = [
            ("/api/v1/auth/profile/", json!({"id": 1, "username": "alice", "email": ""})),
            ("/users/", json!([{"id": 1, "username": "alice"}])),
            ("/token/", json!({"tokens": 4000})),
            ("/api/tokens/", json!({"tokens": 4000})),
        ];
        for (path, body) in expected {
            let reply = alice.get(path).await;
            assert_eq!(reply.status, 200, "{scheme} {path}");
            assert_eq!(reply.body, body, "{scheme} {path}");
        }
    }
    let alice = world.anonymous().authorized(&format!("Token {token}"));
    assert_eq!(alice.post("/api/v1/auth/logout", json!({})).await.status, 200);
}

#[tokio::test]
async fn access_tokens_are_accepted_after_token_too() {
    let world = World::new();
    let alice = world.user("alice").await;
    for scheme in ["Token", "tOKEN", "BEARER"] {
        let alice = alice.authorized(&format!("{scheme} {}", alice.token()));
        assert_eq!(alice.get("/token/").await.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn another_scheme_is_no_credential() {
    let world = World::new();
    world.user("alice").await;
    let token = token_of(&world, "alice").await;
    for header in [format!("Basic {token}"), format!("Tokens {token}"), token] {
        let reply = world.anonymous().authorized(&header).get("/token/").await;
        assert_eq!(reply.status, 401, "{header}");
        assert_eq!(reply.body, json!({"detail": "Authentication credentials were not provided."}), "{header}");
    }
}

#[tokio::test]
async fn a_token_that_was_never_given() {
    let world = World::new();
    world.user("alice").await;
    let token = token_of(&world, "alice").await;
    let (zeros, longer) = ("0".repeat(40), format!("{token}0"));
    for wrong in [zeros.as_str(), longer.as_str(), &token[..39], ""] {
        let reply = world.anonymous().authorized(&format!("Token {wrong}")).get("/token/").await;
        assert_eq!(reply.status, 401, "{wrong}");
        assert_eq!(
            reply.body,
            json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn it_does_not_expire() {
    let world = World::new();
    world.user("alice").await;
    let token = token_of(&world, "alice").await;
    world.pass(Duration::from_secs(10 * 365 * 24 * 60 * 60));
    let world = world.restarted();
    let alice = world.anonymous().authorized(&format!("Token {token}"));
    let reply = alice.get("/token/").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"tokens": 4000}));
}

#[tokio::test]
async fn a_logout_elsewhere_leaves_it_alone() {
    let world = World::new();
    let alice = world.user("alice").await;
    let token = token_of(&world, "alice").await;
    assert_eq!(alice.post("/api/v1/auth/logout", json!({})).await.status, 200);
    let alice = world.anonymous().authorized(&format!("Token {token}"));
    assert_eq!(alice.get("/token/").await.status, 200);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let world = World::new();
    world.user("alice").await;
    for (username, password) in [("alice", "password124"), ("nobody", PASSWORD), ("?", "?")] {
        let body = json!({"username": username, "password": password});
        let reply = obtain(&world, body).await;
        assert_eq!(reply.status, 401, "{username}");
        assert_eq!(reply.header("www-authenticate"), "Token", "{username}");
        assert_eq!(reply.body, json!({"detail": "Unable to log in with provided credentials."}), "{username}");
    }
}

#[tokio::test]
async fn fields_are_missing() {
    let world = World::new();
    let missing = "This field is required.";
    let bodies = [
        (json!({}), json!({"username": [missing], "password": [missing]})),
        (json!({"username": "alice"}), json!({"password": [missing]})),
        (json!({"password": PASSWORD}), json!({"username": [missing]})),
    ];
    for (body, expected) in bodies {
        let reply = obtain(&world, body).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.body, expected);
    }
}

#[tokio::test]
async fn fields_are_empty_or_not_text() {
    let world = World::new();
    let values = [
        (json!(""), "This field may not be blank."),
        (json!(null), "This field may not be null."),
        (json!(false), "Not a valid string."),
        (json!([1]), "Not a valid string."),
    ];
    for (value, message) in values {
        let reply = obtain(&world, json!({"username": value, "password": value})).await;
        assert_eq!(reply.status, 400, "{value}");
        assert_eq!(reply.body, json!({"username": [message], "password": [message]}), "{value}");
    }
}
