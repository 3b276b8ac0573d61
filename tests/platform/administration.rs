//! Spec 001, "Users": what administrators see and change about others.

use super::{error, invalid, only_page, user};
use crate::{
    threats::surface::{SIGN_INS, SIGN_UPS},
    world::{Actor, PASSWORD, Reply, World},
};
use futures::future::join;
use serde_json::{Value, json};
use std::time::Duration;

const USERS: &str = "/api/v1/users";
const LAST: &str = "The last administrator cannot be deleted, demoted or disabled.";

fn path_of(world: &World, username: &str) -> String {
    format!("{USERS}/{}", world.id_of(username))
}

/// Alice, and the administrator Root.
async fn two(world: &World) -> (Actor, Actor) {
    (world.user("alice").await, world.admin("root").await)
}

fn assert_last(reply: &Reply, how: &str) {
    assert_eq!(reply.status, 409, "{how}: {}", reply.text);
    assert_eq!(reply.body, error(409, "CONFLICT", LAST), "{how}");
}

#[tokio::test]
async fn every_field_of_somebody_is_changed() {
    let world = World::new();
    let (alice, root) = two(&world).await;
    let path = path_of(&world, "alice");
    world.pass(Duration::from_secs(60));
    let change = json!({
        "username": "Alicia", "email": "alicia@example.com", "full_name": "Alicia A.", "password": "a new one",
        "role": "admin", "is_active": true, "tokens_granted": 1000,
    });
    let reply = root.put(&path, change).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let shown = json!({
        "email": "alicia@example.com", "full_name": "Alicia A.", "role": "admin", "tokens": 5000,
        "updated_at": "2024-03-13T10:06:00Z",
    });
    assert_eq!(reply.body, user(&world, "Alicia", shown));
    assert_eq!(root.get(&path).await.body, reply.body);
    assert_eq!(alice.get("/api/v1/users/me").await.status, 401, "the password is another");
    for (password, opens) in [(PASSWORD, false), ("a new one", true)] {
        let reply = SIGN_INS[4].sign_in(&world.anonymous(), "alicia", password).await;
        assert_eq!(reply.status == 200, opens, "{password}");
    }
    let reply = root.put(&path, json!({"full_name": null})).await;
    assert_eq!((reply.status, &reply.body["full_name"]), (200, &json!(null)));
    assert_eq!(root.put(&path, json!({"username": "ROOT"})).await.status, 409);
}

#[tokio::test]
async fn a_change_that_makes_no_sense_or_is_of_nobody() {
    const NULL: &str = "This field may not be null.";
    const RANGE: &str = "Ensure this value is between 0 and 1000000000.";
    let world = World::new();
    let (alice, root) = two(&world).await;
    let path = path_of(&world, "alice");
    let cases = [
        (json!({"role": "root"}), vec![("role", "Not a valid choice. Choices are: user, admin.")]),
        (json!({"is_active": "yes"}), vec![("is_active", "Must be a valid boolean.")]),
        (
            json!({"is_active": 1, "role": 1}),
            vec![("role", "Not a valid string."), ("is_active", "Must be a valid boolean.")],
        ),
        (json!({"tokens_granted": -1}), vec![("tokens_granted", RANGE)]),
        (json!({"tokens_granted": 1_000_000_001}), vec![("tokens_granted", RANGE)]),
        (json!({"tokens_granted": 1.5}), vec![("tokens_granted", "A valid integer is required.")]),
        (json!({"tokens_granted": "5"}), vec![("tokens_granted", "A valid integer is required.")]),
        (
            json!({"role": null, "is_active": null, "tokens_granted": null}),
            vec![("role", NULL), ("is_active", NULL), ("tokens_granted", NULL)],
        ),
    ];
    for (change, mistakes) in cases {
        let reply = root.put(&path, change.clone()).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&mistakes)), "{change}");
    }
    assert_eq!(root.get(&path).await.body, user(&world, "alice", json!({})));
    let own = alice.put(&path, json!({"full_name": "Alice A."})).await;
    assert_eq!(own.status, 403, "not even oneself");
    for id in ["00000000-0000-7000-8000-000000000000", "1", "alice"] {
        let path = format!("{USERS}/{id}");
        for (actor, status) in [(&root, 404), (&alice, 403)] {
            assert_eq!(actor.put(&path, json!({"full_name": "A."})).await.status, status, "{id}");
            assert_eq!(actor.delete(&path).await.status, status, "{id}");
        }
    }
}

#[tokio::test]
async fn tokens_are_granted_and_spent() {
    let world = World::with(&[("INITIAL_TOKENS", "0")]);
    let (alice, root) = two(&world).await;
    let path = path_of(&world, "alice");
    assert_eq!(alice.post("/send/", json!({"message": "Hello"})).await.status, 402);
    for (granted, has) in [(0, 0), (150, 150), (1_000_000_000, 1_000_000_150), (1_000_000_000, 2_000_000_150_u64)] {
        let reply = root.put(&path, json!({"tokens_granted": granted})).await;
        assert_eq!((reply.status, &reply.body["tokens"]), (200, &json!(has)), "{granted}");
        assert_eq!(alice.get("/token/").await.body, json!({"tokens": has}), "{granted}");
    }
    assert_eq!(alice.post("/send/", json!({"message": "Hello"})).await.status, 200);
    assert_eq!(world.available("alice"), 2_000_000_050);
    let ledger = world.rows("balances").into_iter().filter(|row| row["kind"]["S"] == "gift").count();
    assert_eq!(ledger, 3, "nothing is no gift");
}

#[tokio::test]
async fn the_same_grant_twice_with_one_key() {
    let world = World::new();
    let (_, root) = two(&world).await;
    world.user("bob").await;
    let keyed = root.sending("Idempotency-Key", "once");
    let path = path_of(&world, "alice");
    let first = keyed.put(&path, json!({"tokens_granted": 500})).await;
    let again = keyed.put(&path, json!({"tokens_granted": 500})).await;
    assert_eq!((first.status, &first.body), (200, &user(&world, "alice", json!({"tokens": 4500}))));
    assert_eq!((again.status, &again.body), (200, &first.body));
    let other = path_of(&world, "bob");
    for (path, tokens) in [(&path, 501), (&other, 500)] {
        let reply = keyed.put(path, json!({"tokens_granted": tokens})).await;
        let reused = error(409, "CONFLICT", "This Idempotency-Key was used for another request.");
        assert_eq!((reply.status, reply.body), (409, reused), "{tokens}");
    }
    assert_eq!((world.available("alice"), world.available("bob")), (4500, 4000));
    let keyed = root.sending("Idempotency-Key", "password");
    for (password, status) in [("a new one", 200), ("a new one", 200), ("another one", 409), ("a new one", 200)] {
        assert_eq!(keyed.put(&path, json!({"password": password})).await.status, status, "{password}");
    }
    let next = root.sending("Idempotency-Key", "twice").put(&path, json!({"tokens_granted": 500})).await;
    assert_eq!((next.status, &next.body["tokens"]), (200, &json!(5000)));
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on() {
    let world = World::new();
    let (alice, root) = two(&world).await;
    let path = path_of(&world, "alice");
    for (role, status) in [("admin", 200), ("user", 403)] {
        assert_eq!(root.put(&path, json!({"role": role})).await.body["role"], role);
        assert_eq!(alice.get(USERS).await.status, status, "{role}");
    }
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_but_a_gap() {
    let world = World::new();
    let (alice, root) = two(&world).await;
    assert_eq!(
        alice.put("/api/v1/users/me", json!({"email": "alice@example.com", "current_password": PASSWORD})).await.status,
        200
    );
    let conversation = alice.post("/api/v1/conversations", json!({"initial_message": "Hello"})).await;
    let conversation = format!("/api/v1/conversations/{}", conversation.body["id"].as_str().unwrap());
    assert_eq!(alice.post("/api/v1/assistants", json!({"name": "Helper"})).await.status, 201);
    assert_eq!(alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await.status, 201);
    let (path, id) = (path_of(&world, "alice"), world.id_of("alice").to_string());
    let reply = root.delete(&path).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    for reply in [root.get(&path).await, root.put(&path, json!({"role": "user"})).await, root.delete(&path).await] {
        assert_eq!((reply.status, reply.body), (404, error(404, "NOT_FOUND", "Not found.")));
    }
    assert_eq!(root.get(USERS).await.body, only_page(json!([user(&world, "root", json!({"role": "admin"}))])));
    assert_eq!(root.get("/users/").await.body, json!([{"id": 2, "username": "root"}]));
    assert_eq!(root.get(&conversation).await.status, 404);
    assert_eq!(alice.get("/api/v1/users/me").await.status, 401);
    for endpoint in SIGN_INS {
        let reply = endpoint.sign_in(&world.anonymous(), "alice", PASSWORD).await;
        assert_eq!((reply.status, reply.body), endpoint.wrong_password(), "{}", endpoint.path);
    }
    while !world.services.sweeper.sweep().await.unwrap() {}
    for table in ["users", "assistants", "sessions", "balances"] {
        let left = world.rows(table).into_iter().filter(|row| row.to_string().contains(&id));
        assert_eq!(left.collect::<Vec<_>>(), Vec::<Value>::new(), "{table}");
    }
    let reply = SIGN_UPS[1].sign_up(&world.anonymous(), "alice", "alice@example.com").await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let namesake = world.sign_in("alice").await;
    assert_eq!(namesake.get("/users/").await.body[1], json!({"id": 3, "username": "alice"}));
    assert_eq!(namesake.get("/api/v1/conversations").await.body["total"], 0);
    assert_eq!(namesake.get(&conversation).await.status, 404);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let world = World::new();
    let (_, root) = two(&world).await;
    let second = world.admin("second").await;
    let (first, other) = (path_of(&world, "root"), path_of(&world, "second"));
    assert_eq!(root.put(&other, json!({"is_active": false})).await.status, 200);
    let ways = [json!({"role": "user"}), json!({"is_active": false}), json!({"role": "user", "tokens_granted": 5})];
    for change in &ways {
        assert_last(&root.put(&first, change.clone()).await, &format!("beside a disabled one, {change}"));
    }
    assert_last(&root.delete(&first).await, "beside a disabled one");
    assert_eq!(world.available("root"), 4000, "a refused change grants nothing");
    assert_eq!(root.put(&other, json!({"is_active": true})).await.status, 200);
    assert_eq!(root.put(&first, json!({"role": "user"})).await.body["role"], "user", "now there is another");
    assert_eq!(second.get(USERS).await.status, 401, "who was disabled signs in anew");
    let second = world.sign_in("second").await;
    for change in &ways {
        assert_last(&second.put(&other, change.clone()).await, &change.to_string());
    }
    assert_last(&second.delete(&other).await, "deleted");
    assert_eq!(second.delete(&first).await.status, 204, "an administrator no more");
    assert_eq!(second.get(USERS).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_remove_each_other_at_once() {
    for change in [json!({"role": "user"}), json!({"is_active": false}), json!(null)] {
        let world = World::new();
        let (one, other) = (world.admin("one").await, world.admin("other").await);
        let remove = async |actor: &Actor, whom: &str| match change.is_null() {
            true => actor.delete(&path_of(&world, whom)).await,
            false => actor.put(&path_of(&world, whom), change.clone()).await,
        };
        let replies = join(remove(&one, "other"), remove(&other, "one")).await;
        let done = [replies.0.status, replies.1.status].iter().filter(|status| **status < 300).count();
        assert_eq!(done, 1, "{change}: {} {}", replies.0.text, replies.1.text);
        let rows = world.rows("users").into_iter();
        let left = rows.filter(|row| row["role"]["S"] == "admin" && row["is_active"]["BOOL"] == true);
        assert_eq!(left.count(), 1, "{change}");
    }
}
