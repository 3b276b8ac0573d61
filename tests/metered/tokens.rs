//! Spec 004, "Token Balance API".

use crate::world::World;
use serde_json::json;

#[tokio::test]
async fn the_documents_example() {
    let world = World::new();
    let alice = world.user("alice").await;
    for path in ["/api/tokens/", "/api/tokens"] {
        let reply = alice.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.body, json!({"tokens": 4000}), "{path}");
    }
}

#[tokio::test]
async fn a_turn_costs_a_hundred_of_ones_own() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let reply = alice.post("/api/chat/", json!({"message": "Hi"})).await;
    assert_eq!(reply.status, 200);
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 3900}));
    assert_eq!(bob.get("/api/tokens/").await.body, json!({"tokens": 4000}));
}

#[tokio::test]
async fn without_a_credential() {
    let world = World::new();
    for path in ["/api/tokens/", "/api/tokens"] {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 401, "{path}");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        assert_eq!(reply.body, json!({"detail": "Authentication credentials were not provided."}), "{path}");
    }
}

#[tokio::test]
async fn with_an_invalid_credential() {
    let world = World::new();
    for header in ["Bearer a.b.c", "Bearer nonsense", "Bearer", "Token x"] {
        let reply = world.anonymous().authorized(header).get("/api/tokens/").await;
        assert_eq!(reply.status, 401, "{header}");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        assert_eq!(
            reply.body,
            json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}),
            "{header}"
        );
    }
}
