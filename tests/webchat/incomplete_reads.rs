//! Pages of a session that the database cannot read turn by turn: failed turns between answered ones, and
//! turns that are longer than what it hands out at once.

use super::*;
use crate::world::Script;

/// The sizes of pages by which the links do not show exactly `said`.
async fn sizes_that_lose(actor: &Actor, path: &str, sizes: &[usize], said: &[Value]) -> Vec<usize> {
    let mut wrong = Vec::new();
    for &size in sizes {
        let list = format!("{path}chats/?page_size={size}");
        if follow(actor, &list).await != said {
            wrong.push(size);
        }
    }
    wrong
}

async fn fail(world: &World, actor: &Actor, path: &str) {
    world.model.next(Script::Fail);
    let reply = actor.post(&format!("{path}chats/"), json!({"message": "lost"})).await;
    assert_eq!(reply.status, 502);
}

#[tokio::test]
async fn the_second_page_after_a_failed_turn() {
    let (world, alice, path) = alice_in_a_session().await;
    fail(&world, &alice, &path).await;
    let mut said = Vec::new();
    for number in 1..=12 {
        said.push(say(&alice, &path, &format!("message {number}")).await);
    }
    let list = format!("{path}chats/");
    let reply = alice.get(&format!("{list}?page=2")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.body,
        json!({"count": 12, "next": null, "previous": format!("{ORIGIN}{list}"), "results": said[10..]})
    );
}

#[tokio::test]
async fn a_failed_turn_in_every_place() {
    for failing in 0..8 {
        let (world, alice, path) = alice_in_a_session().await;
        let mut said = Vec::new();
        for number in 0..8 {
            if number == failing {
                fail(&world, &alice, &path).await;
            }
            said.push(say(&alice, &path, &format!("message {number}")).await);
        }
        let wrong = sizes_that_lose(&alice, &path, &[1, 2, 3, 4, 5, 8], &said).await;
        assert_eq!(wrong, [] as [usize; 0], "turn {failing} failed");
        assert_eq!(alice.get(&path).await.body["chats"], json!(said));
    }
}

#[tokio::test]
async fn failed_turns_do_not_count_among_the_latest_fifty() {
    let world = World::with(&[("INITIAL_TOKENS", "10000")]);
    let alice = world.user("alice").await;
    let path = begin_at(&alice, "long").await;
    let mut said = Vec::new();
    for number in 0..55 {
        if number % 7 == 0 {
            fail(&world, &alice, &path).await;
        }
        said.push(say(&alice, &path, &format!("message {number}")).await);
    }
    assert_eq!(alice.get(&path).await.body["chats"], json!(said[5..]));
}

#[tokio::test]
async fn long_messages() {
    // Each of 128 kB: the database's answers, of 1 MB at most, end between two turns.
    let (_, alice, path) = alice_in_a_session().await;
    let long = "\u{1f600}".repeat(31_990);
    let mut said = Vec::new();
    for number in 1..=22 {
        said.push(say(&alice, &path, &format!("{long} {number}")).await);
    }
    let wrong = sizes_that_lose(&alice, &path, &[3, 7, 10, 20, 100], &said).await;
    assert_eq!(wrong, [] as [usize; 0]);
    // Not `assert_eq!`, which would print it all.
    assert!(alice.get(&path).await.body["chats"] == json!(said));
}

#[tokio::test]
async fn long_replies() {
    // The database's answers, of 1 MB at most, end between a message and its reply.
    let (world, alice, path) = alice_in_a_session().await;
    let long: &'static str = Box::leak("r".repeat(100_000).into_boxed_str());
    let mut said = Vec::new();
    for number in 1..=25 {
        world.model.next(Script::Answer(long));
        said.push(say(&alice, &path, &format!("message {number}")).await);
    }
    // Not `assert_eq!`, which would print it all.
    assert!(alice.get(&path).await.body["chats"] == json!(said));
    let wrong = sizes_that_lose(&alice, &path, &[3, 7, 10, 20, 100], &said).await;
    assert_eq!(wrong, [] as [usize; 0]);
}
