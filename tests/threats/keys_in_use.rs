//! Signing keys that are rotated while processes run, that cannot be read, or that are requested too often.

use crate::world::{Actor, Answers, World};
use serde_json::json;
use std::time::Duration;

const NEXT: &str = "the next key of tests that is long enough: 012";
const AFTER_NEXT: &str = "the key after the next that is long enough: 01";

/// A token with an unknown key and an invalid signature.
const MADE_UP: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYifQ.e30.AAAA";

/// The same sign-in at another process.
fn at(world: &World, actor: &Actor) -> Actor {
    world.anonymous().bearing(actor.token())
}

async fn is_known(actor: &Actor) -> bool {
    let reply = actor.get("/api/tokens/").await;
    assert!([200, 401].contains(&reply.status), "{}", reply.text);
    reply.status == 200
}

#[tokio::test]
async fn a_key_is_changed_while_two_processes_run() {
    let one = World::new();
    let before = one.user("alice").await;
    one.keyring.change_to(NEXT);
    let other = one.restarted();
    let after = other.sign_in("alice").await;
    assert_ne!(before.token().split('.').next(), after.token().split('.').next());
    for (world, actor) in [(&one, &before), (&one, &after), (&other, &before), (&other, &after)] {
        assert!(is_known(&at(world, actor)).await);
    }
    // After another rotation, every process that reads the keys forgets the first one.
    one.pass(Duration::from_secs(10));
    one.keyring.change_to(AFTER_NEXT);
    let last = one.restarted();
    assert!(is_known(&at(&one, &last.sign_in("alice").await)).await);
    for world in [&one, &last] {
        assert!(!is_known(&at(world, &before)).await);
        assert!(is_known(&at(world, &after)).await);
    }
}

#[tokio::test]
async fn a_process_that_nobody_shows_a_new_token_signs_with_the_new_key_after_an_hour() {
    let world = World::new();
    let before = world.user("alice").await;
    world.keyring.change_to(NEXT);
    let kid = |actor: &Actor| actor.token().split('.').next().unwrap().to_owned();
    world.pass(Duration::from_secs(60 * 60 - 1));
    assert_eq!(kid(&world.sign_in("alice").await), kid(&before));
    world.pass(Duration::from_secs(1));
    assert_ne!(kid(&world.sign_in("alice").await), kid(&before));
}

#[tokio::test]
async fn keys_are_read_once_by_many_requests_and_every_five_seconds_at_most_for_made_up_tokens() {
    let world = World::new();
    let alice = world.user("alice").await;
    let fresh = world.restarted();
    world.keyring.reads();
    let many = (0..20).map(|_| async { assert!(is_known(&at(&fresh, &alice)).await) });
    futures::future::join_all(many).await;
    assert_eq!(fresh.keyring.reads(), 1);
    let stranger = fresh.anonymous().bearing(MADE_UP);
    for (seconds, reads) in [(0, 1), (4, 0), (1, 1), (5, 1)] {
        fresh.pass(Duration::from_secs(seconds));
        for _ in 0..5 {
            assert!(!is_known(&stranger).await);
        }
        assert_eq!(fresh.keyring.reads(), reads);
    }
}

#[tokio::test]
async fn what_names_no_key_of_ours_is_refused_without_a_look() {
    let world = World::new();
    world.user("alice").await;
    world.pass(Duration::from_secs(10));
    world.keyring.reads();
    // `kid` is "../../etc/passwd", a number, and missing.
    for header in [
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QifQ",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6MX0",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9",
    ] {
        assert!(!is_known(&world.anonymous().bearing(&format!("{header}.e30.AAAA"))).await);
    }
    assert_eq!(world.keyring.reads(), 0);
}

#[tokio::test(start_paused = true)]
async fn known_keys_go_on_while_they_cannot_be_read() {
    for how in [Answers::WithFailure, Answers::Never] {
        let world = World::new();
        let alice = world.user("alice").await;
        world.keyring.answers(how);
        world.keyring.reads();
        for _ in 0..5 {
            assert!(is_known(&alice).await);
        }
        assert_eq!(world.keyring.reads(), 0, "{how:?}");
        // An hour later the keys are read again, by one request per minute.
        world.pass(Duration::from_secs(60 * 60));
        let alice = world.sign_in("alice").await;
        for (seconds, reads) in [(0, 1), (59, 0), (1, 1)] {
            world.pass(Duration::from_secs(seconds));
            for _ in 0..5 {
                assert!(is_known(&alice).await);
            }
            assert_eq!(world.keyring.reads(), reads, "{how:?} after {seconds} s");
        }
    }
}

/// The key may be new, which cannot be checked at this moment.
#[tokio::test(start_paused = true)]
async fn a_token_of_an_unknown_key_is_503_while_the_keys_cannot_be_read_and_asks_once_in_five_seconds() {
    for how in [Answers::WithFailure, Answers::Never] {
        let world = World::with(&[("RATE_LIMIT_API", "4")]);
        world.user("alice").await;
        world.keyring.answers(how);
        world.keyring.reads();
        let stranger = world.anonymous().bearing(MADE_UP);
        let mut statuses = Vec::new();
        for _ in 0..5 {
            statuses.push(stranger.get("/api/tokens/").await.status);
        }
        // These requests are counted, too.
        assert_eq!((statuses, world.keyring.reads()), (vec![503, 503, 503, 503, 429], 1), "{how:?}");
        world.keyring.answers(Answers::Well);
        world.pass(Duration::from_secs(90));
        assert!(!is_known(&stranger).await);
    }
}

#[tokio::test]
async fn an_api_key_is_shown_again_after_the_key_that_made_it_was_changed_but_not_after_the_next() {
    let world = World::new();
    let alice = world.user("alice").await;
    let made = alice.sending("Idempotency-Key", "bot").post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    world.keyring.change_to(NEXT);
    let again = |world: World| async move {
        let alice = world.sign_in("alice").await.sending("Idempotency-Key", "bot");
        alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await
    };
    let shown = again(world.restarted()).await;
    assert_eq!((shown.status, shown.body), (201, made.body));
    world.pass(Duration::from_secs(10));
    world.keyring.change_to(AFTER_NEXT);
    assert_eq!(again(world.restarted()).await.status, 409);
}
