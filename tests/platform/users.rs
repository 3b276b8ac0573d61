//! Spec 001, "Users": what somebody sees and changes about themselves.

use super::{error, invalid, user};
use crate::{
    threats::surface::SIGN_INS,
    world::{Actor, PASSWORD, World},
};
use futures::future::join;
use serde_json::{Value, json};
use std::time::Duration;

const ME: &str = "/api/v1/users/me";

/// Changes that must succeed.
async fn changed(actor: &Actor, mut change: Value) -> Value {
    change["current_password"] = json!(PASSWORD);
    let reply = actor.put(ME, change).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

/// The statuses of signing in through every endpoint.
async fn sign_ins(world: &World, name: &str, password: &str) -> Vec<bool> {
    let mut opened = Vec::new();
    for endpoint in SIGN_INS {
        opened.push(endpoint.sign_in(&world.anonymous(), name, password).await.status == 200);
    }
    opened
}

#[tokio::test]
async fn the_caller() {
    let world = World::new();
    let alice = world.user("alice").await;
    let reply = alice.get(ME).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, user(&world, "alice", json!({})));
    assert_eq!(alice.post("/send/", json!({"message": "Hello"})).await.status, 200);
    assert_eq!(alice.get(ME).await.body, user(&world, "alice", json!({"tokens": 3900})));
}

#[tokio::test]
async fn what_is_due_to_the_balance_is_shown_everywhere() {
    let world = World::with(&[("REFILL_TOKENS", "50"), ("REFILL_HOURS", "1")]);
    world.user("alice").await;
    world.admin("root").await;
    world.pass(Duration::from_secs(2 * 3600));
    let (alice, root) = (world.sign_in("alice").await, world.sign_in("root").await);
    let path = format!("/api/v1/users/{}", world.id_of("alice"));
    assert_eq!(root.get(&path).await.body["tokens"], 4100);
    assert_eq!(root.get("/api/v1/users?sort=username").await.body["items"][0]["tokens"], 4100);
    assert_eq!(alice.put(ME, json!({})).await.body["tokens"], 4100);
    assert_eq!(alice.get(ME).await.body["tokens"], 4100);
}

#[tokio::test]
async fn every_field_is_changed() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.pass(Duration::from_secs(60));
    let change = json!({"username": " Alicia ", "email": " Alice@Example.com ", "full_name": " Alice A. "});
    let body = changed(&alice, change).await;
    let expected = user(
        &world,
        "Alicia",
        json!({"email": "Alice@Example.com", "full_name": "Alice A.", "updated_at": "2024-03-13T10:06:00Z"}),
    );
    assert_eq!(body, expected);
    assert_eq!(alice.get(ME).await.body, expected);
    let webchat = alice.get("/api/v1/auth/profile/").await;
    assert_eq!(webchat.body, json!({"id": 1, "username": "Alicia", "email": "Alice@Example.com"}));
}

#[tokio::test]
async fn what_is_not_given_stays() {
    let world = World::new();
    let alice = world.user("alice").await;
    changed(&alice, json!({"email": "alice@example.com", "full_name": "Alice A."})).await;
    let email = user(&world, "alice", json!({"email": "alice@example.com", "full_name": "Alice A."}));
    assert_eq!(changed(&alice, json!({})).await, email);
    for nothing in [json!(null), json!(""), json!(" ")] {
        changed(&alice, json!({"full_name": "Alice A."})).await;
        let body = changed(&alice, json!({"full_name": nothing})).await;
        assert_eq!(body, user(&world, "alice", json!({"email": "alice@example.com"})), "{nothing}");
    }
}

#[tokio::test]
async fn what_only_administrators_change_takes_no_effect() {
    let world = World::new();
    let alice = world.user("alice").await;
    let change = json!({
        "role": "admin", "is_active": false, "tokens": 1_000_000, "tokens_granted": 1_000_000, "id": "x",
        "created_at": "1999-01-01T00:00:00Z",
    });
    assert_eq!(changed(&alice, change).await, user(&world, "alice", json!({})));
    assert_eq!(alice.get("/api/v1/users").await.status, 403);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn every_mistake_is_told() {
    const CHARACTERS: &str =
        "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";
    const NOT_TEXT: &str = "Not a valid string.";
    const NULL: &str = "This field may not be null.";
    const BLANK: &str = "This field may not be blank.";
    let world = World::new();
    let alice = world.user("alice").await;
    let long = "x".repeat(1025);
    let names = ["full_name", "email", "username", "password", "current_password"];
    let all = |values: [&Value; 5]| {
        let fields = names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.clone()));
        Value::Object(fields.collect())
    };
    let (null, empty, number, long) = (json!(null), json!(""), json!(12_345_678), json!(long));
    let cases = [
        (all([&number; 5]), names.map(|name| (name, NOT_TEXT)).to_vec()),
        // The account has no e-mail address, so `null` is what it has.
        (all([&null; 5]), vec![("username", NULL), ("password", NULL)]),
        (all([&empty; 5]), vec![("email", BLANK), ("username", BLANK), ("password", BLANK)]),
        (
            all([&long; 5]),
            vec![
                ("full_name", "Ensure this field has no more than 255 characters."),
                ("email", "Ensure this field has no more than 254 characters."),
                ("username", "Ensure this field has no more than 150 characters."),
                ("password", "Ensure this field has no more than 1024 characters."),
            ],
        ),
        (
            json!({"email": "nowhere", "username": "two words", "password": "2 short", "full_name": "\0"}),
            vec![
                ("full_name", "Null characters are not allowed."),
                ("email", "Enter a valid email address."),
                ("username", CHARACTERS),
                ("password", "Ensure this field has at least 8 characters."),
            ],
        ),
    ];
    for (change, mistakes) in cases {
        let reply = alice.put(ME, change.clone()).await;
        assert_eq!(reply.status, 422, "{change}");
        assert_eq!(reply.body, invalid(&mistakes), "{change}");
    }
    assert_eq!(alice.get(ME).await.body, user(&world, "alice", json!({})));
}

#[tokio::test]
async fn a_new_password_needs_the_current_one() {
    let world = World::new();
    let alice = world.user("alice").await;
    let (required, wrong) = ("This field is required.", "The current password is incorrect.");
    let cases = [
        (json!({"password": "a new one"}), required),
        (json!({"password": "a new one", "current_password": null}), required),
        (json!({"password": "a new one", "current_password": ""}), wrong),
        (json!({"password": "a new one", "current_password": "a new one"}), wrong),
        (json!({"full_name": "A.", "current_password": "a new one"}), wrong),
        (json!({"password": "a new one", "current_password": "Password123"}), wrong),
        (json!({"password": "a new one", "current_password": "password123 ", "full_name": "A."}), wrong),
    ];
    for (change, problem) in cases {
        let reply = alice.put(ME, change.clone()).await;
        assert_eq!(reply.status, 422, "{change}");
        assert_eq!(reply.body, invalid(&[("current_password", problem)]), "{change}");
    }
    assert_eq!(alice.get(ME).await.body, user(&world, "alice", json!({})));
    assert_eq!(sign_ins(&world, "alice", "a new one").await, [false; 5]);
}

#[tokio::test]
async fn a_new_name_or_address_needs_the_current_password() {
    let world = World::new();
    let alice = world.user("alice").await;
    let key = alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await.body["key"].clone();
    let program = alice.bearing(key.as_str().unwrap());
    let changes =
        [json!({"username": "mallory"}), json!({"username": "Alice"}), json!({"email": "mallory@example.com"})];
    for (actor, change) in [&alice, &program].into_iter().flat_map(|actor| changes.iter().map(move |it| (actor, it))) {
        let reply = actor.put(ME, change.clone()).await;
        assert_eq!(reply.status, 422, "{change}");
        assert_eq!(reply.body, invalid(&[("current_password", "This field is required.")]), "{change}");
    }
    let reply = program.put(ME, json!({"username": "mallory", "current_password": "wrong password"})).await;
    assert_eq!(reply.body, invalid(&[("current_password", "The current password is incorrect.")]));
    assert_eq!(alice.get(ME).await.body, user(&world, "alice", json!({})));
    assert_eq!(program.put(ME, json!({"full_name": "A bot"})).await.status, 200);
    let body = json!({"email": "alice@example.com", "current_password": PASSWORD});
    assert_eq!(program.put(ME, body).await.status, 200);
    assert_eq!(sign_ins(&world, "alice@example.com", PASSWORD).await, [true; 5]);
}

#[tokio::test]
async fn what_is_shown_can_be_sent_back() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    let by_id = format!("/api/v1/users/{}", world.id_of("alice"));
    for _ in 0..2 {
        for (actor, path) in [(&alice, ME), (&root, &by_id)] {
            let mut shown = actor.get(path).await.body;
            let mut reply = actor.put(path, shown.clone()).await;
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
            for body in [&mut shown, &mut reply.body] {
                body["updated_at"] = json!(null);
            }
            assert_eq!(reply.body, shown, "{path}");
        }
        changed(&alice, json!({"email": "alice@example.com", "full_name": "Alice A."})).await;
    }
    let reply = alice.put(ME, json!({"email": null})).await;
    assert_eq!((reply.status, reply.body), (422, invalid(&[("email", "This field may not be null.")])));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_once_all_take_place() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    let by_id = format!("/api/v1/users/{}", world.id_of("alice"));
    let changes = (0..20).map(|n| {
        let (alice, root, by_id) = (alice.clone(), root.clone(), by_id.clone());
        tokio::spawn(async move {
            match n % 2 {
                0 => root.put(&by_id, json!({"tokens_granted": 10})).await.status,
                _ => alice.put(ME, json!({"full_name": format!("Alice {n}")})).await.status,
            }
        })
    });
    for status in futures::future::join_all(changes).await {
        assert_eq!(status.unwrap(), 200);
    }
    assert_eq!(world.available("alice"), 4100);
}

#[tokio::test]
async fn a_new_password_is_the_only_one() {
    let world = World::new();
    let alice = world.user("alice").await;
    let before = world.profile("alice")["password_hash"].clone();
    let body = changed(&alice, json!({"password": " a new one ", "current_password": PASSWORD})).await;
    assert_eq!(body, user(&world, "alice", json!({})));
    assert_eq!(alice.get(ME).await.status, 401, "this sign-in ended too");
    assert_eq!(sign_ins(&world, "alice", PASSWORD).await, [false; 5]);
    assert_eq!(sign_ins(&world, "alice", "a new one").await, [false; 5], "taken exactly as sent");
    assert_eq!(sign_ins(&world, "alice", " a new one ").await, [true; 5]);
    let after = world.profile("alice")["password_hash"].clone();
    assert_ne!(before, after);
    assert!(!after.to_string().contains("a new one"));
}

#[tokio::test]
async fn of_two_new_passwords_at_once_one_counts() {
    let world = World::new();
    let alice = world.user("alice").await;
    let change = |password: &str| json!({"password": password, "current_password": PASSWORD});
    let (first, second) = join(alice.put(ME, change("the first")), alice.put(ME, change("the second"))).await;
    let mut statuses = [first.status, second.status];
    let opens = if first.status == 200 { "the first" } else { "the second" };
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    for password in ["the first", "the second"] {
        assert_eq!(sign_ins(&world, "alice", password).await, [password == opens; 5], "{password}");
    }
}

#[tokio::test]
async fn somebody_else_has_the_name_or_the_address() {
    const USERNAME: &str = "A user with that username already exists.";
    const EMAIL: &str = "A user with that email already exists.";
    let world = World::new();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    changed(&bob, json!({"email": "bob@example.com"})).await;
    let both = format!("{USERNAME} {EMAIL}");
    let cases = [
        (json!({"username": "bob"}), USERNAME),
        (json!({"username": " ＢＯＢ "}), USERNAME),
        (json!({"username": "bob@example.com"}), USERNAME),
        (json!({"email": "bob@example.com"}), EMAIL),
        (json!({"email": "BOB@Example.com", "full_name": "Alice A."}), EMAIL),
        (json!({"username": "bob", "email": "bob@example.com"}), both.as_str()),
    ];
    for (mut change, detail) in cases {
        change["current_password"] = json!(PASSWORD);
        let reply = alice.put(ME, change.clone()).await;
        assert_eq!(reply.status, 409, "{change}");
        let mut body = reply.body;
        if detail == both {
            // The store tells them in no order.
            assert!(body["detail"] == both || body["detail"] == format!("{EMAIL} {USERNAME}"), "{body}");
            body["detail"] = json!(both);
        }
        assert_eq!(body, error(409, "CONFLICT", detail), "{change}");
    }
    assert_eq!(alice.get(ME).await.body, user(&world, "alice", json!({})));
}

#[tokio::test]
async fn ones_own_name_in_another_case_and_as_ones_address() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = changed(&alice, json!({"username": "ALICE"})).await;
    assert_eq!(body, user(&world, "ALICE", json!({})));
    let address = "Alice@Example.com";
    let body = changed(&alice, json!({"username": address, "email": address.to_lowercase()})).await;
    assert_eq!(body, user(&world, address, json!({"email": "alice@example.com"})));
    // The name stays hers while the username keeps it.
    changed(&alice, json!({"email": "other@example.com"})).await;
    let reply = world.anonymous().post("/users/register/", json!({"username": address, "password": PASSWORD})).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    assert_eq!(sign_ins(&world, "ALICE@EXAMPLE.COM", PASSWORD).await, [true; 5]);
    assert_eq!(sign_ins(&world, "other@example.com", PASSWORD).await, [true; 5]);
    assert_eq!(sign_ins(&world, "alice", PASSWORD).await, [false; 5]);
}

#[tokio::test]
async fn a_name_that_was_given_up_is_free() {
    let world = World::new();
    let alice = world.user("alice").await;
    changed(&alice, json!({"email": "alice@example.com"})).await;
    changed(&alice, json!({"username": "alicia", "email": "alicia@example.com"})).await;
    for (old, new) in [("alice", "alicia"), ("alice@example.com", "alicia@example.com")] {
        assert_eq!(sign_ins(&world, old, PASSWORD).await, [false; 5], "{old}");
        assert_eq!(sign_ins(&world, new, PASSWORD).await, [true; 5], "{new}");
    }
    let body = json!({"username": "alice", "email": "alice@example.com", "password": "another's"});
    assert_eq!(world.anonymous().post("/api/v1/auth/register", body).await.status, 201);
    assert_eq!(sign_ins(&world, "alice", "another's").await, [true; 5]);
    let reply = alice.put(ME, json!({"username": "alice", "current_password": PASSWORD})).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.body, error(409, "CONFLICT", "A user with that username already exists."));
    assert_eq!(alice.get("/users/").await.body[0], json!({"id": 1, "username": "alicia"}));
}

#[tokio::test]
async fn oneself_by_id_and_nobody_else() {
    let world = World::new();
    let alice = world.user("alice").await;
    let root = world.admin("root").await;
    let path = |id: &str| format!("/api/v1/users/{id}");
    let (own, other) = (world.id_of("alice").to_string(), world.id_of("root").to_string());
    let reply = alice.get(&path(&own)).await;
    assert_eq!((reply.status, reply.body), (200, user(&world, "alice", json!({}))));
    let reply = root.get(&path(&own)).await;
    assert_eq!((reply.status, reply.body), (200, user(&world, "alice", json!({}))));
    let nobodys = "00000000-0000-7000-8000-000000000000";
    for id in [other.as_str(), nobodys, "1", "alice", "%00"] {
        let reply = alice.get(&path(id)).await;
        assert_eq!(reply.status, 403, "{id}");
        assert_eq!(reply.body, error(403, "FORBIDDEN", "You do not have permission to perform this action."), "{id}");
    }
    for id in [nobodys, "1", "alice", "%00"] {
        let reply = root.get(&path(id)).await;
        assert_eq!((reply.status, reply.body), (404, error(404, "NOT_FOUND", "Not found.")), "{id}");
    }
}
