//! Administration and money: granting, renaming, disabling, deleting, keys and tools. After any failure, the change was
//! made completely or not at all, and a retried request takes effect once.

use super::{
    audit::audit,
    faults::{every_call, nobody},
    flows::{Flow, Setup, flows},
};
use crate::world::{Actor, Moment, OVER_SDK, PASSWORD, Reply, World};
use axum::http::Method;
use futures::future::{FutureExt, join_all};
use serde_json::{Value, json};

const GRANT: i64 = 4000;
const PRICE: i64 = 100;
const KEYS: &str = "/api/v1/users/me/api-keys";
const TOOL: &str = "/api/v1/tools/weather";

/// Alice, who has one of everything, the administrator Root, and the path to Alice for Root.
async fn cast(world: &World) -> (Actor, Actor, String) {
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    assert_eq!(alice.post("/api/v1/assistants", json!({"name": "Helper"})).await.status, 201);
    assert_eq!(alice.post("/send/", json!({"message": "Hello"})).await.status, 200);
    let path = format!("/api/v1/users/{}", world.id_of("alice"));
    (alice, root, path)
}

/// Root gives Alice a full name, so that another request loses the race.
fn a_change(world: &World, _: &Flow) {
    let path = format!("/api/v1/users/{}", world.id_of("alice"));
    let anonymous = world.restarted().anonymous();
    world.faults().rival(move || {
        let (anonymous, path) = (anonymous.clone(), path.clone());
        async move {
            let sign_in = json!({"email": "root", "password": PASSWORD});
            let token = anonymous.post("/api/v1/auth/login", sign_in).await.body["access_token"].clone();
            let root = anonymous.bearing(token.as_str().unwrap());
            let reply = root.put(&path, json!({"full_name": "Alice A."})).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
        .boxed()
    });
}

fn put(name: &'static str, path: &str, body: Value, actor: &Actor) -> Flow {
    Flow { method: Method::PUT, ..Flow::new(name, path, body, actor.clone(), 200) }
}

fn delete(name: &'static str, path: &str, actor: &Actor) -> Flow {
    Flow { method: Method::DELETE, ..Flow::new(name, path, json!(null), actor.clone(), 204) }
}

fn all_flows() -> Vec<Setup> {
    flows![
        async |w: &World| {
            let cast = cast(w).await;
            put("grant", &cast.2, json!({"tokens_granted": 500}), &cast.1).keyed()
        },
        async |w: &World| {
            let cast = cast(w).await;
            let names = json!({"username": "alicia", "email": "alicia@example.com", "current_password": PASSWORD});
            put("rename", "/api/v1/users/me", names, &cast.0)
        },
        async |w: &World| {
            let cast = cast(w).await;
            let change = json!({"password": "password456", "current_password": PASSWORD});
            put("password", "/api/v1/users/me", change, &cast.0)
        },
        async |w: &World| {
            let cast = cast(w).await;
            put("disable", &cast.2, json!({"is_active": false}), &cast.1)
        },
        async |w: &World| {
            let cast = cast(w).await;
            put("promote", &cast.2, json!({"role": "admin"}), &cast.1)
        },
        async |w: &World| {
            let cast = cast(w).await;
            assert_eq!(cast.0.post(KEYS, json!({"name": "bot"})).await.status, 201);
            delete("delete", &cast.2, &cast.1)
        },
        async |w: &World| {
            let cast = cast(w).await;
            Flow::new("new key", KEYS, json!({"name": "bot"}), cast.0.clone(), 201).keyed()
        },
        async |w: &World| {
            let cast = cast(w).await;
            let key = cast.0.post(KEYS, json!({"name": "bot"})).await;
            let path = format!("{KEYS}/{}", key.body["id"].as_str().unwrap());
            delete("remove key", &path, &cast.0)
        },
        async |w: &World| {
            let cast = cast(w).await;
            let tool = json!({"name": "Weather", "endpoint": "https://example.com/"});
            Flow::new("new tool", "/api/v1/tools", tool, cast.1.clone(), 201).keyed()
        },
        async |w: &World| {
            let cast = cast(w).await;
            let tool = json!({"name": "Weather", "endpoint": "https://example.com/"});
            assert_eq!(cast.1.post("/api/v1/tools", tool).await.status, 201);
            delete("remove tool", TOOL, &cast.1)
        },
        async |w: &World| {
            let cast = cast(w).await;
            let notification = json!({"message": "Maintenance begins."});
            Flow::new("notification", "/api/v1/notifications", notification, cast.1.clone(), 201).keyed()
        },
    ]
}

fn rows_with(world: &World, table: &str, key: &str, beginning: &str) -> usize {
    let begins = |row: &&Value| row[key]["S"].as_str().unwrap().starts_with(beginning);
    world.rows(table).iter().filter(begins).count()
}

/// Whether the change was made, judged by the rows.
fn happened(world: &World, name: &str) -> bool {
    let rows = world.rows("users");
    let alice = rows.into_iter().find(|row| row["sk"]["S"] == "profile" && row["number"]["N"] == "1");
    let is = |field: &str, value: &str| {
        let found = &alice.as_ref().unwrap()[field];
        found["S"] == value
            || found["N"] == value
            || found["BOOL"].as_bool().is_some_and(|is_true| is_true.to_string() == value)
    };
    let names = |name: &str| rows_with(world, "users", "pk", name);
    match name {
        "grant" => match world.available("alice") as i64 - (GRANT - PRICE) {
            0 => false,
            500 => true,
            more => panic!("alice was granted {more}"),
        },
        "rename" => {
            let owned = (names("name#alice"), names("name#alicia"), names("name#alicia@example.com"));
            let new = is("username", "alicia");
            // The prefix of Alicia's name also matches her e-mail address.
            assert_eq!(owned, if new { (0, 2, 1) } else { (1, 0, 0) });
            assert_eq!(is("email", "alicia@example.com"), new);
            new
        }
        "password" => is("epoch", "1"),
        "disable" => {
            let disabled = is("is_active", "false");
            assert_eq!((is("epoch", "1"), is("key_epoch", "1")), (disabled, disabled));
            disabled
        }
        "promote" => is("role", "admin"),
        "delete" => alice.is_none(),
        "new key" => rows_with(world, "users", "sk", "api-key#") == 1,
        "remove key" => rows_with(world, "users", "sk", "api-key#") == 0,
        "new tool" => tools(world) == 1,
        "remove tool" => tools(world) == 0,
        "notification" => rows_with(world, "outbox", "pk", "everybody") == 1,
        other => panic!("{other}"),
    }
}

/// The number of tools, which must equal their counter.
fn tools(world: &World) -> usize {
    let found = rows_with(world, "tools", "sk", "tool#");
    let counts = world.rows("tools").into_iter().filter(|row| row["sk"]["S"] == "count");
    let counted = counts.map(|row| row["count"]["N"].as_str().unwrap().parse::<usize>().unwrap()).sum::<usize>();
    assert_eq!(found, counted);
    found
}

async fn assert_books(world: &World, what: &str) {
    while !world.services.sweeper.sweep().await.unwrap() {}
    assert_eq!(audit(world, GRANT, PRICE), Vec::<String>::new(), "{what}");
    assert_eq!(rows_with(world, "users", "pk", "sweep"), 0, "{what}");
}

#[tokio::test]
async fn a_hiccup_at_any_call_is_not_noticed() {
    for setup in all_flows() {
        for moment in [Moment::BeforeCommit, Moment::AfterCommit, Moment::Conflict] {
            every_call(setup, (moment, 1), nobody, async |world, flow, reply, what| {
                assert_eq!(reply.status, flow.success, "{what}");
                assert!(happened(world, flow.name), "{what}");
                assert_books(world, what).await;
            })
            .await;
        }
    }
}

#[tokio::test]
async fn the_process_dies_at_any_call() {
    for setup in all_flows() {
        for moment in [Moment::BeforeCommit, Moment::AfterCommit] {
            every_call(setup, (moment, usize::MAX), nobody, async |world, flow, reply, what| {
                assert!([flow.success, 503].contains(&reply.status), "{what}");
                let after = world.restarted();
                let first = happened(&after, flow.name);
                assert!(first || reply.status == 503, "{what}");
                assert_books(&after, what).await;
                // The client retries.
                let again = flow.run_as(&flow.actor.in_world(&after)).await;
                let done_before = first && !flow.is_keyed && [401, 404].contains(&again.status);
                assert!(again.status == flow.success || done_before, "{what}; again: {}", again.text);
                if flow.is_keyed && reply.status == flow.success {
                    assert_eq!(again.body, reply.body, "{what}");
                }
                assert!(happened(&after, flow.name), "{what}; again");
                assert_books(&after, what).await;
            })
            .await;
        }
    }
}

#[tokio::test]
async fn another_change_comes_first_at_any_call() {
    for setup in all_flows() {
        every_call(setup, (Moment::LostRace, 1), a_change, async |world, flow, reply, what| {
            assert_eq!(reply.status, flow.success, "{what}");
            assert!(happened(world, flow.name), "{what}");
            if flow.name != "delete" {
                let alice = world.rows("users").into_iter().find(|row| row["number"]["N"] == "1").unwrap();
                assert_eq!(alice["full_name"]["S"], "Alice A.", "{what}");
            }
            assert_books(world, what).await;
        })
        .await;
    }
}

/// Runs `requests` concurrently on all threads.
async fn at_once(requests: Vec<Flow>) -> Vec<Reply> {
    let tasks = requests.into_iter().map(|flow| tokio::spawn(async move { flow.run().await }));
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_and_turns_at_once_add_up() {
    let world = World::new();
    let (alice, root, path) = cast(&world).await;
    let grant = |n: usize| {
        let root = root.sending("Idempotency-Key", &n.to_string());
        put("grant", &path, json!({"tokens_granted": 50}), &root)
    };
    let turn = || Flow::new("turn", "/send/", json!({"message": "Hello"}), alice.clone(), 200);
    let replies = at_once((0..60).map(|n| if n % 3 == 0 { grant(n) } else { turn() }).collect()).await;
    let granted = replies.iter().step_by(3).filter(|reply| reply.status == 200).count() as u64;
    assert!(granted > 0, "{replies:?}");
    // A request that loses the race too often gets an error that asks for a retry.
    assert!(replies.iter().step_by(3).all(|reply| [200, 409].contains(&reply.status)), "{replies:?}");
    let paid = replies.iter().enumerate().filter(|(n, reply)| n % 3 != 0 && reply.status == 200).count() as u64;
    assert!(paid >= 39, "that many the balance pays for without a grant: {replies:?}");
    assert_eq!(world.available("alice"), 3900 + 50 * granted - 100 * paid);
    for n in (0..60).step_by(3) {
        let reply = grant(n).run().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    assert_eq!(world.available("alice"), 3900 + 50 * 20 - 100 * paid);
    assert_books(&world, "at once").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_grant_fifty_times_at_once() {
    let world = World::new();
    let (_, root, path) = cast(&world).await;
    let grant = put("grant", &path, json!({"tokens_granted": 500}), &root).keyed();
    let replies = at_once(vec![grant.clone(); 50]).await;
    assert!(replies.iter().all(|reply| [200, 409].contains(&reply.status)), "{replies:?}");
    assert_eq!(grant.run().await.status, 200);
    assert_eq!(world.available("alice"), 4400);
    assert_books(&world, "at once").await;
}

#[tokio::test]
async fn the_sweeper_dies_at_any_call() {
    use crate::world::Fault;
    let world = World::with(&[OVER_SDK]);
    let (_, root, path) = cast(&world).await;
    assert_eq!(root.delete(&path).await.status, 204);
    let deleted = world.snapshot();
    for moment in [Moment::BeforeCommit, Moment::AfterCommit] {
        for call in 0.. {
            let world = deleted.world();
            world.faults().plan(Some(Fault { call, moment, times: usize::MAX }));
            let swept = world.services.sweeper.sweep().await;
            let hits = world.faults().hits();
            let after = world.restarted();
            assert_books(&after, &format!("call {call}, {moment:?}")).await;
            assert_eq!(rows_with(&after, "assistants", "pk", "owner#"), 0, "call {call}");
            assert_eq!(rows_with(&after, "sessions", "pk", "conversation#"), 0, "call {call}");
            assert_eq!(rows_with(&after, "balances", "pk", "user#"), 2, "call {call}: Root's own");
            if hits == 0 {
                assert!(call > 3 && swept.unwrap(), "call {call}");
                break;
            }
        }
    }
}
