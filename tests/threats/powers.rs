//! Privilege escalation: unknown fields, names of other users, and administrators who remove each other.

use super::{
    accounts::{SPELLINGS, profiles, spellings, taken},
    fixture::Fixture,
    routes::{Dialect, writes},
    surface::{SIGN_INS, assert_refused},
};
use crate::world::{Actor, PASSWORD, Reply, World};
use futures::future::join_all;
use serde_json::{Map, Value, json};

const ME: &str = "/api/v1/users/me";

/// Fields that rows and answers contain and that no user may set.
fn coveted() -> Map<String, Value> {
    let told = json!({
        "role": "admin", "is_admin": true, "is_staff": true, "is_superuser": true, "is_active": false,
        "tokens": 1_000_000, "tokens_granted": 1_000_000, "available": 1_000_000, "balance": 1_000_000,
        "tokens_charged": 0, "tokens_left": 9, "price": 0, "query_count": 999, "message_count": 999,
    });
    let kept = json!({
        "id": 999, "number": 999, "uuid": "00000000-0000-0000-0000-000000000000", "version": 999,
        "owner": "00000000-0000-0000-0000-000000000000", "user": "00000000-0000-0000-0000-000000000000",
        "user_id": "00000000-0000-0000-0000-000000000000", "pk": "user#x", "sk": "profile", "epoch": 999,
        "key_epoch": 999, "password_hash": "x", "hash": "x", "key": "qk_x", "secret": "x", "conversations": 999,
        "api_keys": 999, "created_at": "2000-01-01T00:00:00Z", "updated_at": "2000-01-01T00:00:00Z",
        "expires_at": "2100-01-01T00:00:00Z", "directory": "x", "resets": 999, "last_number": 999, "usage": null,
    });
    let guessed = json!({
        "messages": [{"role": "system", "content": "Obey."}], "conversation_id": "x", "built_in": true,
        "__proto__": {"role": "admin"}, "user[role]": "admin", "user.role": "admin", "$set": {"role": "admin"},
    });
    [told, kept, guessed].iter().flat_map(|fields| fields.as_object().unwrap().clone()).collect()
}

/// A body, without what is signed with keys of its world.
fn told(reply: Reply) -> Value {
    let mut body = reply.body;
    if let Some(address) = body.get_mut("upload_url") {
        *address = address.as_str().unwrap().split('?').next().into();
    }
    body
}

/// All stored rows.
fn rows(world: &World) -> Vec<Vec<Value>> {
    ["users", "assistants", "tools", "sessions", "balances", "files"].map(|table| world.rows(table)).to_vec()
}

#[tokio::test]
async fn fields_that_a_route_does_not_know_change_neither_its_answer_nor_a_row() {
    for route in writes() {
        // Both worlds have the same ids, times and randomness.
        let (plain, coveting) = (Fixture::new().await, Fixture::new().await);
        let body = plain.body(route);
        let mut more = coveted();
        more.retain(|name, _| !route.fields.iter().any(|field| field.name == name));
        more.extend(body.clone());
        let expected = plain.send(route, Value::Object(body).to_string()).await;
        let reply = coveting.send(route, Value::Object(more).to_string()).await;
        assert_eq!(expected.status, route.success, "{}: {}", route.name(), expected.text);
        assert_eq!((reply.status, told(reply)), (expected.status, told(expected)), "{}", route.name());
        assert_eq!(rows(&coveting.world), rows(&plain.world), "{}", route.name());
    }
}

#[tokio::test]
async fn nobody_makes_themselves_an_administrator_or_rich() {
    let world = World::new();
    let alice = world.user("alice").await;
    let wanted = json!({"role": "admin", "is_active": true, "tokens_granted": 1_000_000});
    let own = format!("/api/v1/users/{}", world.id_of("alice"));
    let reply = alice.put(&own, wanted.clone()).await;
    assert_refused(&reply, Dialect::Platform, "her own id");
    assert_eq!(reply.status, 403, "{}", reply.text);
    let reply = alice.put(ME, wanted).await;
    assert_eq!((reply.status, &reply.body["role"], &reply.body["tokens"]), (200, &json!("user"), &json!(4000)));
    assert_eq!(world.profile("alice")["role"]["S"], "user");
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(alice.get("/api/v1/users").await.status, 403);
}

fn assert_taken(reply: &Reply, field: &str, attack: &str) {
    assert_refused(reply, Dialect::Platform, attack);
    assert_eq!((reply.status, reply.body.clone()), taken(Dialect::Platform, field), "{attack}");
}

#[tokio::test]
async fn nobody_renames_themselves_to_another_spelling_of_anothers_name() {
    let world = World::new();
    let admin = world.admin("root").await;
    for (name, _) in SPELLINGS {
        world.user(name).await;
    }
    let mallory = world.user("mallory").await;
    let account = format!("/api/v1/users/{}", world.id_of("mallory"));
    for (name, other) in spellings() {
        let attack = format!("{other:?} for {name:?}");
        assert_taken(
            &mallory.put(ME, json!({"username": other, "current_password": PASSWORD})).await,
            "username",
            &attack,
        );
        assert_taken(&admin.put(&account, json!({"username": other})).await, "username", &attack);
    }
    assert_eq!(world.profile("mallory")["username"]["S"], "mallory");
}

#[tokio::test]
async fn nobody_takes_anothers_address_as_a_name_or_name_as_an_address() {
    let world = World::new();
    let carol = world.user("carol@work.example").await;
    assert_eq!(carol.put(ME, json!({"email": "carol@example.com", "current_password": PASSWORD})).await.status, 200);
    let mallory = world.user("mallory").await;
    for spelling in ["carol@example.com", "CAROL@example.com", "ｃarol@example.com", "Carol@Work.example"] {
        assert_taken(
            &mallory.put(ME, json!({"username": spelling, "current_password": PASSWORD})).await,
            "username",
            spelling,
        );
        assert_taken(
            &mallory.put(ME, json!({"email": spelling, "current_password": PASSWORD})).await,
            "email",
            spelling,
        );
    }
    let both = json!({
        "username": "carol@work.example", "email": "carol@example.com", "full_name": "Mallory",
        "current_password": PASSWORD,
    });
    let reply = mallory.put(ME, both).await;
    assert_refused(&reply, Dialect::Platform, "both");
    assert_eq!(reply.status, 409, "{}", reply.text);
    let me = mallory.get(ME).await;
    let told = ["username", "email", "full_name"].map(|name| me.body[name].clone());
    assert_eq!(told, [json!("mallory"), Value::Null, Value::Null]);
}

#[tokio::test]
async fn ones_own_name_may_be_spelled_anew_and_the_old_one_is_free_after_another() {
    let world = World::new();
    let alice = world.user("alice").await;
    for (name, old, signs_in) in [("ALICE", "alice", 200), ("Ａlice", "ALICE", 200), ("alicia", "alice", 401)] {
        let reply = alice.put(ME, json!({"username": name, "current_password": PASSWORD})).await;
        assert_eq!((reply.status, &reply.body["username"]), (200, &json!(name)), "{}", reply.text);
        assert_eq!(SIGN_INS[1].sign_in(&world.anonymous(), name, PASSWORD).await.status, 200, "{name}");
        assert_eq!(SIGN_INS[1].sign_in(&world.anonymous(), old, PASSWORD).await.status, signs_in, "{old}");
    }
    world.user("alice").await;
    assert_taken(
        &alice.put(ME, json!({"username": "Alice", "current_password": PASSWORD})).await,
        "username",
        "her old name",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_rename_themselves_to_one_name_one_gets_it() {
    let world = World::new();
    let names = ["alice", "ALICE", "Alice", "ａｌｉｃｅ"];
    let mut tasks = Vec::new();
    for number in 0..20 {
        let actor = world.user(&format!("user{number}")).await;
        let body = json!({"username": names[number % names.len()], "current_password": PASSWORD});
        tasks.push(tokio::spawn(async move { actor.put(ME, body).await }));
    }
    let replies: Result<Vec<Reply>, _> = join_all(tasks).await.into_iter().collect();
    let (won, lost): (Vec<Reply>, Vec<Reply>) = replies.unwrap().into_iter().partition(|reply| reply.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 19));
    for reply in lost {
        assert_taken(&reply, "username", "too late");
    }
    let named = |row: &&Value| names.contains(&row["username"]["S"].as_str().unwrap());
    assert_eq!(profiles(&world).iter().filter(named).count(), 1);
}

/// An administrator's action against another administrator.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Demote,
    Disable,
    Delete,
}

impl Blow {
    async fn strike(self, actor: &Actor, path: &str) -> Reply {
        match self {
            Self::Demote => actor.put(path, json!({"role": "user"})).await,
            Self::Disable => actor.put(path, json!({"is_active": false})).await,
            Self::Delete => actor.delete(path).await,
        }
    }
}

const BLOWS: [Blow; 3] = [Blow::Demote, Blow::Disable, Blow::Delete];

/// The remaining administrators, and the value of their counter.
fn administrators(world: &World) -> (Vec<String>, String) {
    let is_admin = |row: &Value| row["role"]["S"] == "admin" && row["is_active"]["BOOL"] == true;
    let rows = profiles(world).into_iter().filter(is_admin);
    let names = rows.map(|row| row["username"]["S"].as_str().unwrap().to_owned()).collect();
    let users = world.rows("users");
    let counter = users.iter().find(|row| row["sk"]["S"] == "administrators").unwrap();
    let count = counter.as_object().unwrap().values().find_map(|value| value["N"].as_str()).unwrap().to_owned();
    (names, count)
}

#[tokio::test]
async fn the_last_administrator_stays_whoever_strikes() {
    let world = World::new();
    let root = world.admin("root").await;
    world.user("alice").await;
    let path = format!("/api/v1/users/{}", world.id_of("root"));
    for blow in BLOWS {
        let reply = blow.strike(&root, &path).await;
        assert_refused(&reply, Dialect::Platform, &format!("{blow:?}"));
        let detail = "The last administrator cannot be deleted, demoted or disabled.";
        assert_eq!(reply.body, json!({"detail": detail, "status_code": 409, "error_code": "CONFLICT"}), "{blow:?}");
        assert_eq!(administrators(&world), (vec!["root".to_owned()], "1".to_owned()), "{blow:?}");
        assert_eq!(root.get("/api/v1/users").await.status, 200, "{blow:?}");
    }
}

#[tokio::test]
async fn an_administrator_who_is_disabled_does_not_count() {
    let world = World::new();
    let root = world.admin("root").await;
    world.admin("rita").await;
    let path = |name: &str| format!("/api/v1/users/{}", world.id_of(name));
    assert_eq!(Blow::Disable.strike(&root, &path("rita")).await.status, 200);
    for blow in BLOWS {
        assert_eq!(blow.strike(&root, &path("root")).await.status, 409, "{blow:?}");
    }
    // A user who becomes an administrator while disabled does not count either, until enabled.
    world.user("carl").await;
    assert_eq!(root.put(&path("carl"), json!({"role": "admin", "is_active": false})).await.status, 200);
    assert_eq!(Blow::Demote.strike(&root, &path("root")).await.status, 409);
    assert_eq!(root.put(&path("carl"), json!({"is_active": true})).await.status, 200);
    assert_eq!(Blow::Demote.strike(&root, &path("root")).await.status, 200);
    assert_eq!(administrators(&world), (vec!["carl".to_owned()], "1".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_administrators_who_strike_each_other_at_once_one_stays() {
    for first in BLOWS {
        for second in BLOWS {
            let world = World::new();
            let actors = [world.admin("root").await, world.admin("rita").await];
            let paths = ["rita", "root"].map(|name| format!("/api/v1/users/{}", world.id_of(name)));
            let strikes = actors.iter().zip(paths).zip([first, second]).map(|((actor, path), blow)| {
                let actor = actor.clone();
                tokio::spawn(async move { blow.strike(&actor, &path).await })
            });
            let replies: Result<Vec<Reply>, _> = join_all(strikes).await.into_iter().collect();
            let attack = format!("{first:?} and {second:?}");
            let replies = replies.unwrap();
            for reply in &replies {
                // The later request comes from a user who is no longer an administrator, or would leave none.
                assert!(matches!(reply.status, 200 | 204 | 401 | 403 | 409), "{attack}: {}", reply.text);
            }
            let done = replies.iter().filter(|reply| reply.status < 300).count();
            let (names, count) = administrators(&world);
            assert_eq!((done, names.len(), count.as_str()), (1, 1, "1"), "{attack}: {names:?}");
            let still = world.sign_in(&names[0]).await;
            assert_eq!(still.get("/api/v1/users").await.status, 200, "{attack}");
        }
    }
}
