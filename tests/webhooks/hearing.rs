//! Who hears of what: owners of their own things, active administrators of all accounts, from when their webhooks
//! are there and for as long as they are switched on.

use super::{EVENTS, SECOND, alice_with_a_webhook, deliveries, set_active, webhook, world};
use crate::world::{Actor, Receiver, World};
use serde_json::{Value, json};

/// Whom the receiver was told of, event by event.
async fn told(world: &World, receiver: &Receiver) -> Vec<(String, String)> {
    world.settle().await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let told = receiver.received().into_iter().map(|request| request.body);
    told.map(|body| (text(&body["event"]), text(&body["data"]["user_id"]))).collect()
}

/// Changes an account as an administrator.
async fn change(root: &Actor, world: &World, username: &str, change: Value) {
    let reply = root.put(&format!("/api/v1/users/{}", world.id_of(username)), change).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// Somebody registers; tells whether the receiver, and nobody else than it, heard of that.
async fn hears_of(world: &World, receiver: &Receiver, username: &str) -> bool {
    world.pass(SECOND);
    world.user(username).await;
    let heard = told(world, receiver).await;
    let expected = ("user.created".to_owned(), world.id_of(username).to_string());
    assert!(heard.is_empty() || heard == [expected], "{heard:?}");
    !heard.is_empty()
}

/// root, and alice with a receiver of everything.
async fn root_and_alice() -> (World, Actor, Actor, Receiver, String) {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    let root = world.admin("root").await;
    assert_eq!(told(&world, &receiver).await, []);
    (world, root, alice, receiver, path)
}

#[tokio::test]
async fn nobody_hears_of_what_others_do() {
    let (world, root, _, receiver, _) = root_and_alice().await;
    let bob = world.user("bob").await;
    assert_eq!(bob.post("/api/chat/", json!({"message": "Hello"})).await.status, 200);
    assert_eq!(bob.put("/api/v1/users/me", json!({"full_name": "Bob"})).await.status, 200);
    assert_eq!(told(&world, &receiver).await, []);
    // Not even administrators, but for accounts.
    let roots = Receiver::start().await;
    webhook(&root, &roots.url, &EVENTS).await;
    world.pass(SECOND);
    assert_eq!(bob.post("/api/chat/", json!({"message": "Hello"})).await.status, 200);
    assert_eq!(told(&world, &roots).await, []);
    assert_eq!(bob.put("/api/v1/users/me", json!({"full_name": "Bobby"})).await.status, 200);
    assert_eq!(told(&world, &roots).await, [("user.updated".to_owned(), world.id_of("bob").to_string())]);
    assert_eq!(root.put("/api/v1/users/me", json!({"full_name": "Root"})).await.status, 200);
    assert_eq!(told(&world, &roots).await, [("user.updated".to_owned(), world.id_of("root").to_string())], "once");
}

#[tokio::test]
async fn a_promotion_and_its_end() {
    let (world, root, _, receiver, _) = root_and_alice().await;
    assert!(!hears_of(&world, &receiver, "bob").await);
    for round in 0..2 {
        change(&root, &world, "alice", json!({"role": "admin"})).await;
        told(&world, &receiver).await;
        assert!(hears_of(&world, &receiver, &format!("carol{round}")).await);
        change(&root, &world, "alice", json!({"role": "user"})).await;
        told(&world, &receiver).await;
        assert!(!hears_of(&world, &receiver, &format!("dave{round}")).await);
    }
    let listed = world.rows("webhooks").iter().filter(|row| row["pk"]["S"] == "directory").count();
    assert_eq!(listed, 0, "nobody looks for her among administrators");
}

#[tokio::test]
async fn a_demotion_counts_before_it_is_told() {
    let (world, root, _, receiver, _) = root_and_alice().await;
    change(&root, &world, "alice", json!({"role": "admin"})).await;
    told(&world, &receiver).await;
    world.user("bob").await;
    change(&root, &world, "alice", json!({"role": "user"})).await;
    let own = ("user.updated".to_owned(), world.id_of("alice").to_string());
    assert_eq!(told(&world, &receiver).await, [own]);
}

#[tokio::test]
async fn an_administrator_is_disabled() {
    let (world, root, _, receiver, path) = root_and_alice().await;
    change(&root, &world, "alice", json!({"role": "admin"})).await;
    told(&world, &receiver).await;
    assert!(hears_of(&world, &receiver, "bob").await);
    change(&root, &world, "alice", json!({"is_active": false})).await;
    assert_eq!(told(&world, &receiver).await, [], "not even of that");
    assert!(!hears_of(&world, &receiver, "carol").await);
    change(&root, &world, "alice", json!({"is_active": true})).await;
    let own = ("user.updated".to_owned(), world.id_of("alice").to_string());
    assert_eq!(told(&world, &receiver).await, [own]);
    assert!(hears_of(&world, &receiver, "dave").await);
    let alice = world.sign_in("alice").await;
    assert_eq!(deliveries(&alice, &path).await.len(), 4, "her promotion and return, and two registrations");
}

#[tokio::test]
async fn what_is_on_its_way_to_somebody_who_is_disabled_is_not_delivered() {
    let (world, root, alice, receiver, path) = root_and_alice().await;
    receiver.answers([500]);
    super::test(&alice, &path).await;
    assert_eq!(told(&world, &receiver).await.len(), 1);
    change(&root, &world, "alice", json!({"is_active": false})).await;
    world.pass(SECOND * 5);
    assert_eq!(told(&world, &receiver).await, []);
    change(&root, &world, "alice", json!({"is_active": true})).await;
    let alice = world.sign_in("alice").await;
    let found = deliveries(&alice, &path).await;
    assert_eq!((&found[0]["status"], found[0]["attempts"].as_array().unwrap().len()), (&json!("failed"), 1));
}

#[tokio::test]
async fn a_deleted_user_hears_nothing() {
    let (world, root, alice, receiver, path) = root_and_alice().await;
    change(&root, &world, "alice", json!({"role": "admin"})).await;
    receiver.answers([500]);
    assert_eq!(told(&world, &receiver).await.len(), 1);
    super::test(&alice, &path).await;
    assert_eq!(alice.post("/api/chat/", json!({"message": "Hello"})).await.status, 200);
    let deleted = root.delete(&format!("/api/v1/users/{}", world.id_of("alice"))).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text);
    world.pass(SECOND * 5);
    assert_eq!(told(&world, &receiver).await, []);
    assert!(!hears_of(&world, &receiver, "bob").await);
}

#[tokio::test]
async fn an_administrator_asks_for_accounts_later_or_no_longer() {
    let world = world();
    let (root, receiver) = (world.admin("root").await, Receiver::start().await);
    let path = webhook(&root, &receiver.url, &["message.received"]).await;
    assert!(!hears_of(&world, &receiver, "alice").await);
    let asks = async |events: Value| assert_eq!(root.put(&path, json!({"events": events})).await.status, 200);
    asks(json!(["user.created"])).await;
    assert!(hears_of(&world, &receiver, "bob").await);
    change(&root, &world, "bob", json!({"full_name": "Bob"})).await;
    assert_eq!(told(&world, &receiver).await, [], "not asked for");
    asks(json!(["user.updated"])).await;
    assert!(!hears_of(&world, &receiver, "carol").await);
    asks(json!(EVENTS)).await;
    assert!(hears_of(&world, &receiver, "dave").await);
    assert_eq!(root.delete(&path).await.status, 204);
    assert!(!hears_of(&world, &receiver, "erin").await);
}

#[tokio::test]
async fn only_what_happens_after_it_was_made_and_while_it_is_switched_on() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    assert_eq!(alice.put("/api/v1/users/me", json!({"full_name": "Alice"})).await.status, 200);
    world.pass(SECOND);
    let later = Receiver::start().await;
    webhook(&alice, &later.url, &EVENTS).await;
    let own = ("user.updated".to_owned(), world.id_of("alice").to_string());
    assert_eq!(told(&world, &receiver).await, std::slice::from_ref(&own));
    assert_eq!(told(&world, &later).await, [], "it was made later");
    set_active(&alice, &path, false).await;
    assert_eq!(alice.put("/api/v1/users/me", json!({"full_name": "Eve"})).await.status, 200);
    assert_eq!(told(&world, &later).await, [own]);
    set_active(&alice, &path, true).await;
    assert_eq!(told(&world, &receiver).await, [], "it was switched off");
}
