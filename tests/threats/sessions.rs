//! Tokens after their sign-in ended, refresh tokens used twice or concurrently, and tokens of other users.

use super::{
    routes::Dialect,
    surface::{GUARDED, SIGN_INS, SignInEndpoint, access_in, assert_refused},
};
use crate::world::{Actor, PASSWORD, Reply, World};
use futures::future::join_all;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// The longest time during which a replaced refresh token still yields its successor.
const GRACE: Duration = Duration::from_secs(10);

/// A sign-in through one of the endpoints.
pub struct SignIn {
    pub endpoint: SignInEndpoint,
    pub access: String,
    pub refresh: Option<String>,
}

/// Signs `alice` in at every endpoint.
pub async fn everywhere(world: &World) -> Vec<SignIn> {
    let mut signed_in = Vec::new();
    for endpoint in SIGN_INS {
        let reply = endpoint.sign_in(&world.anonymous(), "alice", PASSWORD).await;
        let refresh = ["refresh", "refresh_token"].iter().find_map(|name| reply.body[*name].as_str());
        signed_in.push(SignIn { endpoint, access: access_in(&reply).to_owned(), refresh: refresh.map(str::to_owned) });
    }
    signed_in
}

pub async fn is_alive(world: &World, access: &str) -> bool {
    let bearing = world.anonymous().bearing(access);
    let mut statuses = BTreeSet::new();
    for (dialect, path) in GUARDED {
        let reply = bearing.get(path).await;
        if reply.status != 200 {
            assert_refused(&reply, dialect, path);
        }
        statuses.insert(reply.status);
    }
    assert!(statuses == [200].into() || statuses == [401].into(), "the dialects disagree: {statuses:?}");
    statuses.contains(&200)
}

/// Both refresh endpoints, starting with the one that does not rotate.
async fn refresh_everywhere(world: &World, refresh: &str) -> [Reply; 2] {
    let webchat = json!({"refresh": refresh});
    [world.anonymous().post("/api/v1/auth/token/refresh/", webchat).await, rotate(&world.anonymous(), refresh).await]
}

async fn rotate(actor: &Actor, refresh: &str) -> Reply {
    let body = json!({"refresh_token": refresh});
    actor.post("/api/v1/auth/refresh", body).await
}

pub async fn assert_refresh_dead(world: &World, refresh: &str, why: &str) {
    let [webchat, platform] = refresh_everywhere(world, refresh).await;
    assert_refused(&webchat, Dialect::Webchat, why);
    assert_eq!(webchat.status, 401, "{why}: {}", webchat.text);
    assert_refused(&platform, Dialect::Platform, why);
    assert_eq!(platform.status, 401, "{why}: {}", platform.text);
}

pub async fn assert_all_dead(world: &World, sign_ins: &[SignIn], why: &str) {
    for sign_in in sign_ins {
        let why = format!("{} {why}", sign_in.endpoint.path);
        assert!(!is_alive(world, &sign_in.access).await, "{why}");
        if let Some(refresh) = &sign_in.refresh {
            assert_refresh_dead(world, refresh, &why).await;
        }
    }
}

fn text(reply: &Reply, name: &str) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn access_and_refresh_die_with_a_logout_of_either_dialect() {
    for path in ["/api/v1/auth/logout", "/api/v1/auth/logout/"] {
        let world = World::new();
        let alice = world.user("alice").await;
        let others = everywhere(&world).await;
        assert!(is_alive(&world, alice.token()).await);
        let body = json!({"refresh": alice.refresh});
        let reply = alice.post(path, body).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert!(!is_alive(&world, alice.token()).await, "{path}");
        assert_refresh_dead(&world, &alice.refresh, path).await;
        for other in others {
            assert!(is_alive(&world, &other.access).await, "{path}: {}", other.endpoint.path);
        }
    }
}

#[tokio::test]
async fn every_kind_of_access_token_can_be_logged_out() {
    let world = World::new();
    world.user("alice").await;
    let sign_ins = everywhere(&world).await;
    for (at, sign_in) in sign_ins.iter().enumerate() {
        let bearing = world.anonymous().bearing(&sign_in.access);
        let reply = bearing.post("/api/v1/auth/logout", json!({})).await;
        assert_eq!(reply.status, 200, "{}: {}", sign_in.endpoint.path, reply.text);
        assert_all_dead(&world, &sign_ins[..=at], "logged out").await;
        for other in &sign_ins[at + 1..] {
            assert!(is_alive(&world, &other.access).await, "{}", other.endpoint.path);
        }
    }
}

#[tokio::test]
async fn access_tokens_of_earlier_refreshes_die_with_the_logout_too() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut accesses = vec![alice.token().to_owned()];
    let mut refresh = alice.refresh.clone();
    for _ in 0..3 {
        let [same, rotated] = refresh_everywhere(&world, &refresh).await;
        accesses.push(text(&same, "access"));
        accesses.push(text(&rotated, "access_token"));
        refresh = text(&rotated, "refresh_token");
    }
    for access in &accesses {
        assert!(is_alive(&world, access).await);
    }
    let reply = alice.post("/api/v1/auth/logout", json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    for access in &accesses {
        assert!(!is_alive(&world, access).await);
    }
    assert_refresh_dead(&world, &refresh, "the latest").await;
    assert_refresh_dead(&world, &alice.refresh, "the first").await;
}

#[tokio::test]
async fn fifty_refreshes_at_once_make_one_successor() {
    let world = World::new();
    let alice = world.user("alice").await;
    let anonymous = world.anonymous();
    let replies = join_all((0..50).map(|_| rotate(&anonymous, &alice.refresh))).await;
    assert_one_successor(&world, &replies).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refreshes_at_once_on_several_threads_make_one_successor() {
    let world = World::new();
    let alice = world.user("alice").await;
    let tasks = (0..50).map(|_| {
        let (anonymous, refresh) = (world.anonymous(), alice.refresh.clone());
        tokio::spawn(async move { rotate(&anonymous, &refresh).await })
    });
    let replies: Result<Vec<Reply>, _> = join_all(tasks).await.into_iter().collect();
    assert_one_successor(&world, &replies.unwrap()).await;
}

async fn assert_one_successor(world: &World, replies: &[Reply]) {
    let successors: BTreeSet<String> = replies.iter().map(|reply| text(reply, "refresh_token")).collect();
    assert_eq!(successors.len(), 1);
    let accesses: BTreeSet<String> = replies.iter().map(|reply| text(reply, "access_token")).collect();
    for access in &accesses {
        assert!(is_alive(world, access).await);
    }
    let rows = world.rows("users");
    let logins = rows.iter().filter(|row| row["sk"]["S"].as_str().unwrap().starts_with("login#"));
    assert_eq!(logins.count(), 1);
    let next = successors.first().unwrap();
    let reply = rotate(&world.anonymous(), next).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn a_replaced_refresh_token_yields_its_successor_for_ten_seconds() {
    let world = World::new();
    let alice = world.user("alice").await;
    let first = rotate(&world.anonymous(), &alice.refresh).await;
    world.pass(GRACE);
    let again = rotate(&world.anonymous(), &alice.refresh).await;
    assert_eq!(text(&again, "refresh_token"), text(&first, "refresh_token"));
    assert!(is_alive(&world, &text(&again, "access_token")).await);
}

#[tokio::test]
async fn a_refresh_token_replayed_later_ends_the_whole_family() {
    for endpoint in ["/api/v1/auth/refresh", "/api/v1/auth/token/refresh/"] {
        let world = World::new();
        let alice = world.user("alice").await;
        let others = everywhere(&world).await;
        let first = rotate(&world.anonymous(), &alice.refresh).await;
        let second = rotate(&world.anonymous(), &text(&first, "refresh_token")).await;
        world.pass(GRACE + Duration::from_millis(1));
        let body = json!({"refresh": alice.refresh, "refresh_token": alice.refresh});
        let reply = world.anonymous().post(endpoint, body).await;
        assert_eq!(reply.status, 401, "{endpoint}: {}", reply.text);
        for access in [alice.token().to_owned(), text(&first, "access_token"), text(&second, "access_token")] {
            assert!(!is_alive(&world, &access).await, "{endpoint}");
        }
        for refresh in [alice.refresh.clone(), text(&first, "refresh_token"), text(&second, "refresh_token")] {
            assert_refresh_dead(&world, &refresh, endpoint).await;
        }
        for other in others {
            assert!(is_alive(&world, &other.access).await, "{}", other.endpoint.path);
        }
    }
}

#[tokio::test]
async fn a_thief_who_refreshes_first_is_thrown_out_when_the_owner_comes_back() {
    let world = World::new();
    let alice = world.user("alice").await;
    let thief = world.anonymous().at("198.51.100.66");
    let stolen = rotate(&thief, &alice.refresh).await;
    world.pass(Duration::from_secs(60));
    let reply = rotate(&world.anonymous(), &alice.refresh).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert!(!is_alive(&world, &text(&stolen, "access_token")).await);
    assert_refresh_dead(&world, &text(&stolen, "refresh_token"), "the thief's").await;
}

#[tokio::test]
async fn a_token_two_generations_old_has_no_grace() {
    let world = World::new();
    let alice = world.user("alice").await;
    let first = rotate(&world.anonymous(), &alice.refresh).await;
    let second = rotate(&world.anonymous(), &text(&first, "refresh_token")).await;
    let reply = rotate(&world.anonymous(), &alice.refresh).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert!(!is_alive(&world, &text(&second, "access_token")).await);
}

#[tokio::test]
async fn somebody_elses_refresh_token_ends_nothing_at_a_logout() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let webchat = bob.post("/api/v1/auth/logout/", json!({"refresh": alice.refresh})).await;
    assert_refused(&webchat, Dialect::Webchat, "foreign refresh");
    assert_eq!(webchat.status, 400, "{}", webchat.text);
    let platform = bob.post("/api/v1/auth/logout", json!({"refresh_token": alice.refresh})).await;
    assert_refused(&platform, Dialect::Platform, "foreign refresh");
    assert_eq!(platform.status, 422, "{}", platform.text);
    for user in [&alice, &bob] {
        assert!(is_alive(&world, user.token()).await);
        let [webchat, _] = refresh_everywhere(&world, &user.refresh).await;
        assert_eq!(webchat.status, 200, "{}", webchat.text);
    }
}

#[tokio::test]
async fn what_is_no_refresh_token_ends_nothing_at_a_logout() {
    let world = World::new();
    let alice = world.user("alice").await;
    let (header, rest) = alice.refresh.split_once('.').unwrap();
    let tampered = format!("{header}.A{}", &rest[1..]);
    let tokens = ["x", "..", "\u{1}", alice.token(), &tampered];
    for token in tokens.map(Value::from) {
        let webchat = json!({"refresh": token});
        let webchat = alice.post("/api/v1/auth/logout/", webchat).await;
        assert_eq!(webchat.status, 400, "{token}: {}", webchat.text);
        let platform = json!({"refresh_token": token});
        let platform = alice.post("/api/v1/auth/logout", platform).await;
        assert_eq!(platform.status, 422, "{token}: {}", platform.text);
        assert!(is_alive(&world, alice.token()).await, "{token}");
    }
}

#[tokio::test]
async fn a_refresh_token_alone_logs_nobody_out() {
    let world = World::new();
    let alice = world.user("alice").await;
    for (path, name) in [("/api/v1/auth/logout", "refresh_token"), ("/api/v1/auth/logout/", "refresh")] {
        let body = json!({name: alice.refresh});
        for actor in [world.anonymous(), world.anonymous().bearing(&alice.refresh)] {
            let reply = actor.post(path, body.clone()).await;
            assert_eq!(reply.status, 401, "{path}: {}", reply.text);
        }
    }
    assert!(is_alive(&world, alice.token()).await);
}

#[tokio::test]
async fn ten_logouts_at_once_end_the_session_and_none_of_them_fails() {
    let world = World::new();
    let alice = world.user("alice").await;
    let replies = join_all((0..10).map(|_| alice.post("/api/v1/auth/logout", json!({})))).await;
    for reply in &replies {
        assert!(matches!(reply.status, 200 | 401), "{}", reply.text);
    }
    assert!(replies.iter().any(|reply| reply.status == 200));
    assert!(!is_alive(&world, alice.token()).await);
}

#[tokio::test]
async fn a_refresh_that_meets_a_logout_brings_nothing_back() {
    let world = World::new();
    let alice = world.user("alice").await;
    let anonymous = world.anonymous();
    let refreshes = join_all((0..20).map(|_| rotate(&anonymous, &alice.refresh)));
    let logout = alice.post("/api/v1/auth/logout", json!({}));
    let (replies, logout) = futures::future::join(refreshes, logout).await;
    assert_eq!(logout.status, 200, "{}", logout.text);
    for reply in replies {
        assert!(matches!(reply.status, 200 | 401), "{}", reply.text);
        if reply.status == 200 {
            assert!(!is_alive(&world, &text(&reply, "access_token")).await);
            assert_refresh_dead(&world, &text(&reply, "refresh_token"), "met a logout").await;
        }
    }
}

#[tokio::test]
async fn a_session_survives_a_restart_and_its_end_does_too() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    alice.post("/api/v1/auth/logout", json!({})).await;
    let world = world.restarted();
    assert!(!is_alive(&world, alice.token()).await);
    assert!(is_alive(&world, bob.token()).await);
}
