//! Spec 003, "Check Token".

use crate::world::World;
use serde_json::json;

#[tokio::test]
async fn a_turn_costs_a_hundred() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    for path in ["/token/", "/token"] {
        let reply = alice.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.body, json!({"tokens": 4000}), "{path}");
    }
    assert_eq!(alice.post("/send/", json!({"message": "Hi"})).await.status, 200);
    assert_eq!(alice.get("/token/").await.body, json!({"tokens": 3900}));
    assert_eq!(bob.get("/token/").await.body, json!({"tokens": 4000}));
}

#[tokio::test]
async fn without_a_credential() {
    let world = World::new();
    for path in ["/token/", "/token"] {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 401, "{path}");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        assert_eq!(reply.body, json!({"detail": "Authentication credentials were not provided."}), "{path}");
    }
}

#[tokio::test]
async fn with_an_invalid_credential() {
    let world = World::new();
    let reply = world.anonymous().bearing("a.b.c").get("/token/").await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(reply.body, json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}));
}
