//! Making, showing, changing and removing webhooks.

use super::{EVENTS, SECOND, SECRET, WEBHOOKS, deliveries, set_active, test, user, webhook, world};
use crate::{
    platform::{error, only_page, taken, talk::NOTHING},
    world::{NOW, Receiver, World},
};
use axum::http::Method;
use serde_json::{Value, json};

/// The document's example.
fn documented() -> Value {
    json!({
        "url": "https://your-domain.com/webhook",
        "events": ["conversation.created", "message.received"],
        "secret": SECRET,
    })
}

/// What is shown of it.
fn shown(id: &str) -> Value {
    json!({
        "id": id,
        "url": "https://your-domain.com/webhook",
        "events": ["conversation.created", "message.received"],
        "is_active": true,
        "created_at": NOW,
    })
}

#[tokio::test]
async fn the_documents_example() {
    let world = World::new();
    let alice = world.user("alice").await;
    let reply = alice.post(WEBHOOKS, documented()).await;
    assert_eq!(reply.status, 201);
    let id = taken::uuid(&mut reply.clone(), "id");
    assert_eq!(reply.body, shown(&id), "a secret that was given is not shown");
    let path = format!("{WEBHOOKS}/{id}");
    let one = alice.get(&path).await;
    assert_eq!((one.status, one.body), (200, shown(&id)));
    let list = alice.get(WEBHOOKS).await;
    assert_eq!((list.status, list.body), (200, only_page(json!([shown(&id)]))));
    let removed = alice.delete(&path).await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    assert_eq!(alice.get(WEBHOOKS).await.body, only_page(json!([])));
    for method in [Method::GET, Method::DELETE] {
        let gone = alice.send(method, &path, None, Vec::new()).await;
        assert_eq!((gone.status, gone.body), (404, error(404, "NOT_FOUND", "Not found.")));
    }
}

#[tokio::test]
async fn an_event_that_is_asked_for_twice_is_told_once() {
    let world = world();
    let (alice, receiver) = (user(&world, "alice").await, Receiver::start().await);
    let body = json!({"url": receiver.url, "events": ["user.updated", "conversation.created", "user.updated"]});
    let reply = alice.post(WEBHOOKS, body).await;
    assert_eq!(reply.body["events"], json!(["user.updated", "conversation.created"]));
    assert_eq!(alice.put("/api/v1/users/me", json!({"full_name": "Alice"})).await.status, 200);
    world.settle().await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn only_what_is_given_changes() {
    let world = World::new();
    let alice = world.user("alice").await;
    let id = taken::uuid(&mut alice.post(WEBHOOKS, documented()).await, "id");
    let path = format!("{WEBHOOKS}/{id}");
    let mut expected = shown(&id);
    let changes = [
        json!({}),
        json!({"url": "https://example.org/hook"}),
        json!({"events": EVENTS}),
        json!({"is_active": false}),
        json!({"is_active": true, "events": ["user.updated"]}),
        json!({"secret": "another", "id": NOTHING, "created_at": "2020-01-01T00:00:00Z", "owner": NOTHING}),
    ];
    for change in changes {
        world.pass(SECOND);
        let reply = alice.put(&path, change.clone()).await;
        for field in ["url", "events", "is_active"].iter().filter(|field| !change[**field].is_null()) {
            expected[*field] = change[*field].clone();
        }
        assert_eq!((reply.status, &reply.body), (200, &expected), "{change}");
        assert_eq!(alice.get(&path).await.body, expected, "{change}");
    }
}

#[tokio::test]
async fn lists_are_newest_first_and_in_any_order() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    for host in ["b", "c", "a"] {
        webhook(&alice, &format!("https://{host}.example.com/"), &["user.updated"]).await;
        world.pass(SECOND);
    }
    webhook(&bob, "https://d.example.com/", &["user.updated"]).await;
    let orders = [
        ("", "acb"),
        ("?sort=created_at", "bca"),
        ("?sort=url:asc", "abc"),
        ("?sort=url:desc", "cba"),
        ("?page=2&size=2", "b"),
        ("?page=2&size=2&sort=url", "c"),
    ];
    for (query, expected) in orders {
        let reply = alice.get(&format!("{WEBHOOKS}{query}")).await;
        let items = reply.body["items"].as_array().unwrap_or_else(|| panic!("{query}: {}", reply.text)).iter();
        let hosts: String = items.map(|item| item["url"].as_str().unwrap()[8..9].to_owned()).collect();
        assert_eq!((hosts.as_str(), &reply.body["total"]), (expected, &json!(3)), "{query}");
    }
}

#[tokio::test]
async fn a_user_has_at_most_twenty() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let mut paths = Vec::new();
    for number in 0..20 {
        paths.push(webhook(&alice, &format!("https://example.com/{number}"), &["user.updated"]).await);
    }
    set_active(&alice, &paths[0], false).await;
    let full = alice.post(WEBHOOKS, documented()).await;
    assert_eq!((full.status, full.body), (409, error(409, "CONFLICT", "You have reached the limit of 20.")));
    assert_eq!(alice.get(WEBHOOKS).await.body["total"], 20);
    assert_eq!(bob.post(WEBHOOKS, documented()).await.status, 201, "others have their own");
    assert_eq!(alice.delete(&paths[1]).await.status, 204);
    assert_eq!(alice.post(WEBHOOKS, documented()).await.status, 201);
    assert_eq!(alice.post(WEBHOOKS, documented()).await.status, 409);
}

#[tokio::test]
async fn a_removed_webhook_is_not_told_what_was_on_its_way() {
    let world = world();
    let (alice, receiver) = (user(&world, "alice").await, Receiver::start().await);
    let path = webhook(&alice, &receiver.url, &EVENTS).await;
    receiver.answers([500]);
    test(&alice, &path).await;
    world.settle().await;
    test(&alice, &path).await;
    assert_eq!(alice.delete(&path).await.status, 204);
    world.pass(SECOND * 10);
    world.settle().await;
    assert_eq!(receiver.received().len(), 1, "before it was removed");
    assert!(world.rows("webhooks").iter().all(|row| row["status"].is_null()), "no delivery is left waiting");
    assert_eq!(alice.get(&format!("{path}/deliveries")).await.status, 404);
}

#[tokio::test]
async fn a_test_is_delivered_whatever_the_webhook_asks_for() {
    let world = world();
    let (alice, receiver) = (user(&world, "alice").await, Receiver::start().await);
    let path = webhook(&alice, &receiver.url, &["user.updated"]).await;
    let webhook_id = path.rsplit('/').next().unwrap();
    let mut reply = alice.post(&format!("{path}/test"), json!({})).await;
    assert_eq!(reply.status, 202);
    let id = taken::uuid(&mut reply, "id");
    let payload = json!({
        "event": "webhook.test",
        "timestamp": NOW,
        "data": {"user_id": world.id_of("alice").to_string(), "webhook_id": webhook_id},
    });
    let mut expected = json!({
        "webhook_id": webhook_id,
        "event": "webhook.test",
        "payload": payload,
        "status": "pending",
        "attempts": [],
        "next_attempt_at": NOW,
        "created_at": NOW,
    });
    assert_eq!(reply.body, expected);
    world.settle().await;
    let received = receiver.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].body, payload);
    expected["id"] = json!(id);
    expected["status"] = json!("delivered");
    expected["attempts"] = json!([{"at": NOW, "status_code": 200, "duration_ms": 0, "response": "ok", "error": null}]);
    expected["next_attempt_at"] = json!(null);
    assert_eq!(deliveries(&alice, &path).await, [expected]);
}

#[tokio::test]
async fn a_webhook_that_is_switched_off_is_not_tested() {
    let world = world();
    let (alice, receiver) = (user(&world, "alice").await, Receiver::start().await);
    let path = webhook(&alice, &receiver.url, &EVENTS).await;
    set_active(&alice, &path, false).await;
    let refused = alice.post(&format!("{path}/test"), json!({})).await;
    assert_eq!((refused.status, refused.body), (409, error(409, "CONFLICT", "The webhook is not active.")));
    world.settle().await;
    assert_eq!(receiver.received().len(), 0);
    assert_eq!(deliveries(&alice, &path).await, Vec::<Value>::new());
}
