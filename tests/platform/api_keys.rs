//! API keys of spec 001: credentials for programs, which outlive passwords and sign-ins.

use super::{error, invalid, only_page, taken};
use crate::world::{Actor, NOW, PASSWORD, Reply, World};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const KEYS: &str = "/api/v1/users/me/api-keys";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A route of each dialect that shows something of the caller's.
const OWN: [&str; 5] = ["/api/v1/assistants/", "/api/v1/users/me", "/api/v1/auth/profile/", "/token/", "/api/tokens/"];

/// A new key: its id, and the program that holds it.
async fn made(owner: &Actor, body: Value) -> (String, Actor) {
    let mut reply = owner.post(KEYS, body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    (taken::uuid(&mut reply, "id"), owner.bearing(&taken::text(&mut reply, "key")))
}

/// The statuses in all dialects.
async fn statuses(program: &Actor) -> Vec<u16> {
    let mut statuses = Vec::new();
    for path in OWN {
        statuses.push(program.get(path).await.status);
    }
    statuses
}

async fn removed(owner: &Actor, id: &str) -> Reply {
    owner.delete(&format!("{KEYS}/{id}")).await
}

fn ids(reply: &Reply) -> Vec<&str> {
    let items = reply.body["items"].as_array().unwrap_or_else(|| panic!("{}", reply.text)).iter();
    items.map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_key_is_shown_once() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut lasting = alice.post(KEYS, json!({"name": " my bot "})).await;
    assert_eq!(lasting.status, 201);
    let (id, key) = (taken::uuid(&mut lasting, "id"), taken::text(&mut lasting, "key"));
    assert_eq!(lasting.body, json!({"name": "my bot", "created_at": NOW, "expires_at": null}));
    assert!(key.starts_with("qk_") && key.len() == 89, "{key}");
    world.pass(Duration::from_secs(60));
    let mut ending = alice.post(KEYS, json!({"name": "my bot", "expires_in_days": 90})).await;
    assert_eq!(ending.status, 201);
    let (other_id, other_key) = (taken::uuid(&mut ending, "id"), taken::text(&mut ending, "key"));
    let shown = json!({"name": "my bot", "created_at": "2024-03-13T10:06:00Z", "expires_at": "2024-06-11T10:06:00Z"});
    assert_eq!(ending.body, shown);
    assert_ne!((&id, &key), (&other_id, &other_key));
    let list = alice.get(KEYS).await;
    assert_eq!(list.status, 200);
    let entry = |id: &str, mut shown: Value| {
        shown["id"] = json!(id);
        shown
    };
    assert_eq!(list.body, only_page(json!([entry(&other_id, ending.body), entry(&id, lasting.body)])));
    assert_eq!(alice.get(&format!("{KEYS}/{id}")).await.status, 405, "there is nothing more to see of one");
    // What is stored opens nothing.
    let rows = world.rows("users");
    let stored: Vec<&Value> =
        rows.iter().filter(|row| row["sk"]["S"].as_str().unwrap().starts_with("api-key#")).collect();
    assert_eq!(stored.len(), 2);
    for table in ["users", "balances", "assistants", "sessions"] {
        let rows = world.rows(table).into_iter().map(|row| row.to_string()).collect::<String>();
        assert!(!rows.contains(&key) && !rows.contains(&key[50..]), "{table}");
    }
    for row in stored {
        let hash = row["hash"]["S"].as_str().unwrap();
        assert_eq!(hash.len(), 64);
        assert_eq!(statuses(&alice.bearing(hash)).await, [401; 5]);
    }
}

#[tokio::test]
async fn a_key_opens_every_dialect_after_either_scheme() {
    let world = World::new();
    let alice = world.user("alice").await;
    let (_, program) = made(&alice, json!({"name": "bot"})).await;
    for scheme in ["Bearer", "Token", "bearer", "TOKEN"] {
        let program = program.authorized(&format!("{scheme} {}", program.token()));
        assert_eq!(statuses(&program).await, [200; 5], "{scheme}");
    }
    assert_eq!(program.get("/api/v1/users/me").await.body, alice.get("/api/v1/users/me").await.body);
    assert_eq!(program.post("/api/chat/", json!({"message": "Hello"})).await.status, 200);
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(statuses(&program.in_world(&world.restarted())).await, [200; 5]);
}

#[tokio::test]
async fn a_key_makes_no_keys() {
    let world = World::new();
    let alice = world.user("alice").await;
    let (_, program) = made(&alice, json!({"name": "bot", "expires_in_days": 1})).await;
    for program in [program.clone(), program.sending("Idempotency-Key", "once")] {
        let reply = program.post(KEYS, json!({"name": "another"})).await;
        assert_eq!(reply.status, 403);
        assert_eq!(reply.body, error(403, "FORBIDDEN", "You do not have permission to perform this action."));
    }
    assert_eq!(alice.get(KEYS).await.body["total"], 1);
    let token = alice.post("/api/v1/tokens/", json!({"username": "alice", "password": PASSWORD})).await;
    let token = token.body["token"].as_str().unwrap().to_owned();
    assert_eq!(alice.bearing(&token).post(KEYS, json!({"name": "another"})).await.status, 201);
}

#[tokio::test]
async fn a_key_that_is_not_quite_ours() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let (_, program) = made(&alice, json!({"name": "bot"})).await;
    let (_, other) = made(&bob, json!({"name": "bot"})).await;
    let (key, other) = (program.token(), other.token());
    // User and id end within the letters 22 and 43.
    let keys = [
        key[3..].to_owned(),
        "qk_".to_owned(),
        format!("{key}A"),
        key[..key.len() - 1].to_owned(),
        key.to_uppercase(),
        format!("QK_{}", &key[3..]),
        format!("{}{}", &key[..50], &other[50..]),
        format!("{}{}", &other[..24], &key[24..]),
        format!("{key}="),
    ];
    for key in keys {
        let reply = alice.bearing(&key).get("/api/v1/users/me").await;
        assert_eq!(reply.status, 401, "{key}");
        assert_eq!(reply.body, error(401, "UNAUTHORIZED", "Given token not valid for any token type"), "{key}");
    }
    for path in ["/api/v1/auth/refresh", "/api/v1/auth/token/refresh/"] {
        let body = json!({"refresh_token": key, "refresh": key});
        assert_eq!(world.anonymous().post(path, body).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_made() {
    const DAYS: &str = "Ensure this value is between 1 and 3650.";
    const INTEGER: &str = "A valid integer is required.";
    const BLANK: &str = "This field may not be blank.";
    let world = World::new();
    let alice = world.user("alice").await;
    let long = "x".repeat(256);
    let cases = [
        (json!({}), vec![("name", "This field is required.")]),
        (
            json!({"name": null, "expires_in_days": 0}),
            vec![("name", "This field may not be null."), ("expires_in_days", DAYS)],
        ),
        (json!({"name": " ", "expires_in_days": 3651}), vec![("name", BLANK), ("expires_in_days", DAYS)]),
        (json!({"name": 5, "expires_in_days": -1}), vec![("name", "Not a valid string."), ("expires_in_days", DAYS)]),
        (json!({"name": long}), vec![("name", "Ensure this field has no more than 255 characters.")]),
        (json!({"name": "bot", "expires_in_days": 1.5}), vec![("expires_in_days", INTEGER)]),
        (json!({"name": "bot", "expires_in_days": "90"}), vec![("expires_in_days", INTEGER)]),
    ];
    for (body, mistakes) in cases {
        let reply = alice.post(KEYS, body.clone()).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&mistakes)), "{body}");
    }
    assert_eq!(alice.get(KEYS).await.body["total"], 0);
    for (days, ends) in [(json!(1), json!("2024-03-14T10:05:00Z")), (json!(3650), json!("2034-03-11T10:05:00Z"))] {
        let reply = alice.post(KEYS, json!({"name": "x".repeat(255), "expires_in_days": days})).await;
        assert_eq!((reply.status, &reply.body["expires_at"]), (201, &ends), "{days}");
    }
    let reply = alice.post(KEYS, json!({"name": "bot", "expires_in_days": null})).await;
    assert_eq!((reply.status, &reply.body["expires_at"]), (201, &json!(null)));
}

#[tokio::test]
async fn a_key_ends_exactly_when_it_says() {
    let world = World::new();
    let alice = world.user("alice").await;
    let (id, ending) = made(&alice, json!({"name": "bot", "expires_in_days": 2})).await;
    let (_, lasting) = made(&alice, json!({"name": "bot"})).await;
    world.pass(2 * DAY - Duration::from_millis(1));
    assert_eq!(statuses(&ending).await, [200; 5]);
    world.pass(Duration::from_millis(1));
    assert_eq!(statuses(&ending).await, [401; 5]);
    let list = lasting.get(KEYS).await;
    assert!(ids(&list).contains(&id.as_str()), "it is still listed: {}", list.text);
    world.pass(5000 * DAY);
    assert_eq!(statuses(&lasting).await, [200; 5]);
    assert_eq!(removed(&lasting, &id).await.status, 204);
}

#[tokio::test]
async fn a_deleted_key_is_dead_at_the_next_request() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let (id, program) = made(&alice, json!({"name": "bot"})).await;
    let (_, other) = made(&alice, json!({"name": "bot"})).await;
    for foreign in [id.as_str(), "00000000-0000-7000-8000-000000000000", "bot", "1"] {
        let reply = removed(&bob, foreign).await;
        assert_eq!((reply.status, reply.body), (404, error(404, "NOT_FOUND", "Not found.")), "{foreign}");
    }
    assert_eq!(statuses(&program).await, [200; 5]);
    let reply = removed(&alice, &id).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    assert_eq!(statuses(&program).await, [401; 5]);
    assert_eq!(statuses(&other).await, [200; 5]);
    assert_eq!(removed(&alice, &id).await.status, 404);
    assert_eq!(alice.get(KEYS).await.body["total"], 1);
    assert_eq!(bob.get(KEYS).await.body, only_page(json!([])));
}

#[tokio::test]
async fn what_ends_keys_and_what_does_not() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    let path = format!("/api/v1/users/{}", world.id_of("alice"));
    let (_, program) = made(&alice, json!({"name": "bot"})).await;
    assert_eq!(alice.post("/api/v1/auth/logout", json!({})).await.status, 200);
    assert_eq!(program.post("/api/v1/auth/logout", json!({})).await.status, 200, "it is no session");
    let own = json!({"password": "password456", "current_password": PASSWORD});
    assert_eq!(program.put("/api/v1/users/me", own).await.status, 200);
    assert_eq!(root.put(&path, json!({"password": PASSWORD, "role": "admin"})).await.status, 200);
    assert_eq!(program.get("/api/v1/users").await.status, 200, "it may what its owner may");
    assert_eq!(statuses(&program).await, [200; 5]);
    assert_eq!(root.put(&path, json!({"is_active": false})).await.status, 200);
    assert_eq!(statuses(&program).await, [401; 5]);
    assert_eq!(root.put(&path, json!({"is_active": true})).await.status, 200);
    assert_eq!(statuses(&program).await, [401; 5], "enabled again");
    let (_, program) = made(&world.sign_in("alice").await, json!({"name": "bot"})).await;
    assert_eq!(statuses(&program).await, [200; 5]);
    assert_eq!(root.delete(&path).await.status, 204);
    assert_eq!(statuses(&program).await, [401; 5]);
}

#[tokio::test]
async fn a_request_repeated_with_its_key_makes_one_and_shows_it_again() {
    let world = World::new();
    let alice = world.user("alice").await;
    let keyed = alice.sending("Idempotency-Key", "once");
    let body = json!({"name": "bot", "expires_in_days": 9});
    let first = keyed.post(KEYS, body.clone()).await;
    world.pass(Duration::from_secs(600));
    let again = keyed.in_world(&world.restarted()).post(KEYS, body).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    assert_eq!(statuses(&alice.bearing(again.body["key"].as_str().unwrap())).await, [200; 5]);
    for other in [json!({"name": "bot"}), json!({"name": "bots", "expires_in_days": 9})] {
        let reply = keyed.post(KEYS, other.clone()).await;
        let reused = error(409, "CONFLICT", "This Idempotency-Key was used for another request.");
        assert_eq!((reply.status, reply.body), (409, reused), "{other}");
    }
    assert_eq!(alice.get(KEYS).await.body["total"], 1);
    let records: Vec<String> = world.rows("balances").iter().map(Value::to_string).collect();
    let key = first.body["key"].as_str().unwrap();
    assert!(!records.concat().contains(&key[50..]), "the record alone opens nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_keys_and_no_more() {
    let world = World::new();
    let alice = world.user("alice").await;
    let replies = join_all((0..60).map(|n| {
        let alice = alice.clone();
        tokio::spawn(async move { alice.post(KEYS, json!({"name": format!("{n}")})).await })
    }));
    let replies: Vec<Reply> = replies.await.into_iter().map(Result::unwrap).collect();
    let (made, refused): (Vec<&Reply>, Vec<&Reply>) = replies.iter().partition(|reply| reply.status == 201);
    assert_eq!((made.len(), refused.len()), (50, 10));
    for reply in refused {
        let full = error(409, "CONFLICT", "You have reached the limit of 50.");
        assert_eq!((reply.status, &reply.body), (409, &full));
    }
    let list = alice.get(&format!("{KEYS}?size=100")).await;
    assert_eq!((ids(&list).len(), &list.body["total"]), (50, &json!(50)));
    assert_eq!(removed(&alice, ids(&list)[0]).await.status, 204);
    assert_eq!(alice.post(KEYS, json!({"name": "one more"})).await.status, 201);
    assert_eq!(alice.post(KEYS, json!({"name": "two more"})).await.status, 409);
    assert_eq!(world.user("bob").await.post(KEYS, json!({"name": "bot"})).await.status, 201, "everybody has fifty");
}

#[tokio::test]
async fn in_every_order_and_page_by_page() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut made_in_order = Vec::new();
    for name in ["b", "C", "a"] {
        made_in_order.push(made(&alice, json!({"name": name})).await.0);
        world.pass(Duration::from_secs(1));
    }
    let [b, c, a] = [0, 1, 2].map(|at| made_in_order[at].as_str());
    let cases = [
        ("", vec![a, c, b]),
        ("sort=created_at", vec![b, c, a]),
        ("sort=name", vec![a, b, c]),
        ("sort=name:desc", vec![c, b, a]),
        ("sort=name&size=2&page=2", vec![c]),
        ("page=2", vec![]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&alice.get(&format!("{KEYS}?{query}")).await), expected, "{query}");
    }
    let first = alice.get(&format!("{KEYS}?sort=name&size=2")).await;
    let after = format!("{KEYS}?sort=name&size=2&after={}", first.body["next_cursor"].as_str().unwrap());
    assert_eq!(removed(&alice, b).await.status, 204, "the cursor's own place is gone");
    assert_eq!(ids(&alice.get(&after).await), [c]);
    let reply = alice.get(&format!("{KEYS}?sort=key")).await;
    let choices = "Not a valid choice. Choices are: created_at, name.";
    assert_eq!((reply.status, reply.body), (422, invalid(&[("sort", choices)])));
}
