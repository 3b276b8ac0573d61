//! Spec 002, "List Chat Sessions" and "List Chats in Session": pages, and the links between them.

use super::*;
use std::time::Duration;

fn page(count: usize, next: Option<&str>, previous: Option<&str>, results: &[Value]) -> Value {
    let link = |path: Option<&str>| path.map(|path| format!("{ORIGIN}{path}"));
    json!({"count": count, "next": link(next), "previous": link(previous), "results": results})
}

/// Sessions, a second apart, in the order of the list: newest first.
async fn sessions(world: &World, actor: &Actor, count: usize) -> Vec<Value> {
    let mut sessions = Vec::new();
    for number in 1..=count {
        sessions.push(begin(actor, &format!("session {number}")).await);
        world.pass(Duration::from_secs(1));
    }
    sessions.reverse();
    sessions
}

async fn chats(actor: &Actor, path: &str, count: usize) -> Vec<Value> {
    let mut chats = Vec::new();
    for number in 1..=count {
        chats.push(say(actor, path, &format!("message {number}")).await);
    }
    chats
}

#[tokio::test]
async fn ten_sessions_fit_on_a_page() {
    let world = World::new();
    let alice = world.user("alice").await;
    let ten = sessions(&world, &alice, 10).await;
    assert_eq!(alice.get(SESSIONS).await.body, page(10, None, None, &ten));
}

#[tokio::test]
async fn twenty_five_sessions_take_three_pages() {
    let world = World::new();
    let alice = world.user("alice").await;
    let all = sessions(&world, &alice, 25).await;
    let second = format!("{SESSIONS}?page=2");
    let third = format!("{SESSIONS}?page=3");

    let reply = alice.get(SESSIONS).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, page(25, Some(&second), None, &all[..10]));
    let reply = alice.get(&second).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, page(25, Some(&third), Some(SESSIONS), &all[10..20]));
    let reply = alice.get(&third).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, page(25, None, Some(&second), &all[20..]));
    assert_same(&alice.get(&format!("{SESSIONS}?page=1")).await, &alice.get(SESSIONS).await);
}

#[tokio::test]
async fn links_keep_the_size_of_the_page() {
    let world = World::new();
    let alice = world.user("alice").await;
    let all = sessions(&world, &alice, 7).await;
    let sized = format!("{SESSIONS}?page_size=3");
    let (second, third) = (format!("{sized}&page=2"), format!("{sized}&page=3"));
    assert_eq!(alice.get(&sized).await.body, page(7, Some(&second), None, &all[..3]));
    assert_eq!(alice.get(&second).await.body, page(7, Some(&third), Some(&sized), &all[3..6]));
    assert_eq!(alice.get(&third).await.body, page(7, None, Some(&second), &all[6..]));
}

#[tokio::test]
async fn a_page_has_at_most_a_hundred_sessions() {
    let world = World::new();
    let alice = world.user("alice").await;
    let all = sessions(&world, &alice, 101).await;
    for size in [100, 101, 1_000_000] {
        let sized = format!("{SESSIONS}?page_size={size}");
        let next = format!("{sized}&page=2");
        let reply = alice.get(&sized).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, page(101, Some(&next), None, &all[..100]));
        let reply = alice.get(&next).await;
        assert_eq!(reply.body, page(101, None, Some(&sized), &all[100..]));
    }
}

#[tokio::test]
async fn a_page_has_at_most_a_hundred_chats() {
    let world = World::with(&[("INITIAL_TOKENS", "10100")]);
    let alice = world.user("alice").await;
    let path = begin_at(&alice, "long").await;
    let all = chats(&alice, &path, 101).await;
    for size in [100, 101, 1_000_000] {
        let sized = format!("{path}chats/?page_size={size}");
        let next = format!("{sized}&page=2");
        let reply = alice.get(&sized).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, page(101, Some(&next), None, &all[..100]));
        let reply = alice.get(&next).await;
        assert_eq!(reply.body, page(101, None, Some(&sized), &all[100..]));
    }
}

#[tokio::test]
async fn sizes_that_are_none_count_as_ten() {
    let world = World::new();
    let alice = world.user("alice").await;
    let all = sessions(&world, &alice, 11).await;
    for size in ["0", "-1", "abc", "", "1.5", "99999999999999999999999"] {
        let sized = format!("{SESSIONS}?page_size={size}");
        let next = format!("{sized}&page=2");
        let reply = alice.get(&sized).await;
        assert_eq!(reply.status, 200, "{size}");
        assert_eq!(reply.body, page(11, Some(&next), None, &all[..10]), "{size}");
    }
}

#[tokio::test]
async fn a_page_that_does_not_exist() {
    let (_, alice, path) = alice_in_a_session().await;
    say(&alice, &path, "Hello").await;
    let wrong = ["2", "0", "-1", "abc", "1.5", "1%00", "18446744073709551615", "18446744073709551616"];
    for list in [SESSIONS, &format!("{path}chats/")] {
        for number in wrong {
            let reply = alice.get(&format!("{list}?page={number}")).await;
            assert_eq!(reply.status, 404, "{number}");
            assert_eq!(reply.body, json!({"detail": "Invalid page."}), "{number}");
        }
    }
}

#[tokio::test]
async fn the_second_page_of_nothing() {
    let world = World::new();
    let alice = world.user("alice").await;
    for page in ["", "?page=1", "?page=1&page_size=100"] {
        let reply = alice.get(&format!("{SESSIONS}{page}")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, only_page(&[]));
    }
    let reply = alice.get(&format!("{SESSIONS}?page=2")).await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.body, json!({"detail": "Invalid page."}));
}

#[tokio::test]
async fn twenty_five_chats_take_three_pages() {
    let (_, alice, path) = alice_in_a_session().await;
    let all = chats(&alice, &path, 25).await;
    let ids: Vec<&Value> = all.iter().map(|chat| &chat["id"]).collect();
    assert_eq!(json!(ids), json!((1..=25).collect::<Vec<_>>()));
    let list = format!("{path}chats/");
    let (second, third) = (format!("{list}?page=2"), format!("{list}?page=3"));

    let reply = alice.get(&list).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, page(25, Some(&second), None, &all[..10]));
    let reply = alice.get(&second).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, page(25, Some(&third), Some(&list), &all[10..20]));
    let reply = alice.get(&third).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, page(25, None, Some(&second), &all[20..]));
}

#[tokio::test]
async fn links_of_a_path_without_the_final_slash() {
    let (_, alice, path) = alice_in_a_session().await;
    let all = chats(&alice, &path, 12).await;
    let bare = format!("{path}chats");
    let next = format!("{bare}?page=2");
    assert_eq!(alice.get(&bare).await.body, page(12, Some(&next), None, &all[..10]));
    assert_eq!(alice.get(&next).await.body, page(12, None, Some(&bare), &all[10..]));
}

#[tokio::test]
async fn links_are_addresses_whatever_the_parameters_are() {
    let (_, alice, path) = alice_in_a_session().await;
    chats(&alice, &path, 12).await;
    let list = format!("{path}chats/");
    let reply = alice.get(&format!("{list}?a[]=1&b=%zz|%5B&page=1&c=%")).await;
    let next = format!("http://quintet.test{list}?a%5B%5D=1&b=%25zz%7C%5B&c=%25&page=2");
    assert_eq!(reply.body["next"], next);
}

#[tokio::test]
async fn following_the_links_shows_everything_once() {
    let (world, alice, path) = alice_in_a_session().await;
    let said = chats(&alice, &path, 13).await;
    let bob = world.user("bob").await;
    let begun = sessions(&world, &bob, 13).await;
    for size in 1..=14 {
        let list = format!("{path}chats/?page_size={size}");
        assert_eq!(follow(&alice, &list).await, said, "{size} chats a page");
        let list = format!("{SESSIONS}?page_size={size}");
        assert_eq!(follow(&bob, &list).await, begun, "{size} sessions a page");
    }
}
