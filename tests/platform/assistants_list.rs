//! Spec 001, "GET /assistants": what a filter lets through, and how many that are.

use super::{
    assistants::{ASSISTANTS, create, path},
    invalid,
};
use crate::world::{Actor, World};
use serde_json::{Value, json};
use std::time::Duration;

const STATUSES: [&str; 3] = ["active", "inactive", "draft"];
/// The last is one of the others to who does not look at each letter.
const CATEGORIES: [&str; 4] = ["general", "sales", "a#b & c", "General"];

/// The names that a filter shows, newest first, and the total.
async fn listed(actor: &Actor, filter: &str) -> (Vec<String>, u64) {
    let reply = actor.get(&format!("{ASSISTANTS}?size=100&{filter}")).await;
    assert_eq!(reply.status, 200, "{filter}: {}", reply.text);
    let name = |entry: &Value| entry["name"].as_str().unwrap().to_owned();
    let names = reply.body["items"].as_array().unwrap().iter().map(name).collect();
    (names, reply.body["total"].as_u64().unwrap())
}

/// Every filter shows those of `all`, oldest first, which have what it asks for.
async fn assert_filters(actor: &Actor, all: &[Value]) {
    for status in [None].into_iter().chain(STATUSES.map(Some)) {
        for category in [None].into_iter().chain(CATEGORIES.map(Some)) {
            let escaped = category.map(|text| text.replace(' ', "%20").replace('#', "%23").replace('&', "%26"));
            let parts = [("status", status.map(str::to_owned)), ("category", escaped)];
            let filter: Vec<String> =
                parts.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))).collect();
            let fits = |entry: &&Value| {
                status.is_none_or(|status| entry["status"] == status)
                    && category.is_none_or(|category| entry["category"] == category)
            };
            let expected: Vec<_> =
                all.iter().filter(fits).map(|one| one["name"].as_str().unwrap().to_owned()).collect();
            let expected: Vec<_> = expected.into_iter().rev().collect();
            let total = expected.len() as u64;
            assert_eq!(listed(actor, &filter.join("&")).await, (expected, total), "{filter:?}");
        }
    }
}

#[tokio::test]
async fn filters_follow_every_change() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let mut all = Vec::new();
    for (number, status) in STATUSES.into_iter().cycle().take(12).enumerate() {
        let category = CATEGORIES.get(number / 2);
        let body = json!({"name": format!("Helper {number}"), "status": status, "category": category});
        all.push(create(&alice, body).await);
        world.pass(Duration::from_secs(1));
    }
    create(&bob, json!({"name": "Helper", "category": "general"})).await;
    assert_filters(&alice, &all).await;
    let changes = [
        (0, json!({"status": "draft"})),
        (1, json!({"category": "sales"})),
        (2, json!({"category": null})),
        (3, json!({"status": "inactive", "category": "general"})),
        (9, json!({"category": "General"})),
        (10, json!({"name": "Renamed"})),
    ];
    for (at, change) in changes {
        let reply = alice.put(&path(&all[at]), change).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        all[at] = reply.body;
    }
    assert_filters(&alice, &all).await;
    for at in [11, 4, 0] {
        assert_eq!(alice.delete(&path(&all.remove(at))).await.status, 204);
    }
    assert_filters(&alice, &all).await;
    assert_eq!(listed(&bob, "category=general").await, (vec!["Helper".to_owned()], 1));
}

#[tokio::test]
async fn a_filter_that_makes_no_sense() {
    let world = World::new();
    let alice = world.user("alice").await;
    create(&alice, json!({"name": "Helper", "category": "general"})).await;
    let choice = "Not a valid choice. Choices are: active, inactive, draft.";
    let long = "x".repeat(65);
    let refused = [
        ("status=gone".to_owned(), invalid(&[("status", choice)])),
        ("status=Active".to_owned(), invalid(&[("status", choice)])),
        (
            format!("status=gone&category={long}"),
            invalid(&[("status", choice), ("category", "Ensure this field has no more than 64 characters.")]),
        ),
    ];
    for (filter, expected) in refused {
        let reply = alice.get(&format!("{ASSISTANTS}?{filter}")).await;
        assert_eq!((reply.status, reply.body), (422, expected), "{filter}");
    }
    assert_eq!(listed(&alice, "category=nothing").await, (vec![], 0));
    // An empty filter is none.
    for none in ["status=", "category=", "status=&category="] {
        assert_eq!(listed(&alice, none).await, (vec!["Helper".to_owned()], 1), "{none}");
    }
    assert_eq!(listed(&alice, "category=%20general+").await, (vec!["Helper".to_owned()], 1));
    assert_eq!(listed(&alice, "tool=web_search&name=x").await, (vec!["Helper".to_owned()], 1));
}

#[tokio::test]
async fn a_question_does_not_count_as_a_change() {
    let world = World::new();
    let alice = world.user("alice").await;
    let old = create(&alice, json!({"name": "Old"})).await;
    world.pass(Duration::from_secs(1));
    create(&alice, json!({"name": "New"})).await;
    world.pass(Duration::from_secs(1));
    let new = json!({"assistant_id": old["id"], "initial_message": "Hello"});
    assert_eq!(alice.post("/api/v1/conversations", new).await.status, 201);
    assert_eq!(alice.get(&path(&old)).await.body, old);
    assert_eq!(listed(&alice, "sort=updated_at:desc").await.0, ["New", "Old"]);
    assert_eq!(alice.put(&path(&old), json!({})).await.status, 200);
    assert_eq!(listed(&alice, "sort=updated_at:desc").await.0, ["Old", "New"]);
}
