//! What is somebody else's, does not exist, or cannot exist: the same 404, byte for byte.

use super::*;
use crate::world::Actor;

const ABSENT: &str = "018e3736-1b2c-7000-8000-00000000abcd";

fn assert_not_found(reply: &Reply) {
    assert_eq!(reply.status, 404, "{}", reply.text);
    assert_eq!(reply.text, "{\"detail\":\"Not found.\"}");
}

/// Ids that no session has: absent, then malformed ones.
fn nobodys_ids(foreign: &str) -> Vec<String> {
    let braced = format!("%7B{foreign}%7D");
    let plain = foreign.replace('-', "");
    let others = [ABSENT, "", "1", "abc", "0", "-1", "%00", "%20", "%FF", "a%2Fb", &braced, &plain];
    others.into_iter().map(str::to_owned).collect()
}

/// The session of somebody else.
async fn foreign_session() -> (World, Actor, Actor, String) {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let session = begin(&bob, "Bob's").await;
    say(&bob, &path_of(&session), "Hello").await;
    let id = session["id"].as_str().unwrap().to_owned();
    (world, alice, bob, id)
}

#[tokio::test]
async fn a_session_of_somebody_else() {
    let (_, alice, _, id) = foreign_session().await;
    let foreign = alice.get(&format!("{SESSIONS}{id}/")).await;
    assert_not_found(&foreign);
    for other in nobodys_ids(&id) {
        assert_same(&alice.get(&format!("{SESSIONS}{other}/")).await, &foreign);
    }
}

#[tokio::test]
async fn the_chats_of_somebody_else() {
    let (_, alice, _, id) = foreign_session().await;
    let foreign = alice.get(&format!("{SESSIONS}{id}/chats/")).await;
    assert_not_found(&foreign);
    for other in nobodys_ids(&id) {
        let reply = alice.get(&format!("{SESSIONS}{other}/chats/")).await;
        assert_same(&reply, &foreign);
    }
    // A page says no more than its list.
    for page in ["1", "2", "99"] {
        for id in [id.as_str(), ABSENT] {
            let path = format!("{SESSIONS}{id}/chats/?page={page}");
            assert_same(&alice.get(&path).await, &foreign);
        }
    }
}

#[tokio::test]
async fn a_chat_of_somebody_else() {
    let (_, alice, _, id) = foreign_session().await;
    let foreign = alice.get(&format!("{SESSIONS}{id}/chats/1/")).await;
    assert_not_found(&foreign);
    for other in nobodys_ids(&id) {
        let reply = alice.get(&format!("{SESSIONS}{other}/chats/1/")).await;
        assert_same(&reply, &foreign);
    }
}

#[tokio::test]
async fn a_chat_that_does_not_exist() {
    let (_, _, bob, id) = foreign_session().await;
    let absent = bob.get(&format!("{SESSIONS}{id}/chats/2/")).await;
    assert_not_found(&absent);
    let others = [
        "0",
        "00",
        "01",
        "-1",
        "+1",
        "1.0",
        "1e0",
        "abc",
        "%20",
        "%001",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999",
        ABSENT,
    ];
    for chat in others {
        let reply = bob.get(&format!("{SESSIONS}{id}/chats/{chat}/")).await;
        assert_same(&reply, &absent);
    }
}

#[tokio::test]
async fn saying_something_in_the_session_of_somebody_else() {
    let (world, alice, bob, id) = foreign_session().await;
    let path = format!("{SESSIONS}{id}/");
    let before = bob.get(&path).await.body;
    let message = json!({"message": "Let me in"});
    let foreign = alice.post(&format!("{path}chats/"), message.clone()).await;
    assert_not_found(&foreign);
    for other in nobodys_ids(&id) {
        let other = format!("{SESSIONS}{other}/chats/");
        assert_same(&alice.post(&other, message.clone()).await, &foreign);
    }
    assert_eq!(bob.get(&path).await.body, before);
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(world.available("bob"), 3900);
}

#[tokio::test]
async fn a_key_does_not_open_the_session_of_somebody_else() {
    let (_, alice, bob, id) = foreign_session().await;
    let chats = format!("{SESSIONS}{id}/chats/");
    let message = json!({"message": "Hello"});
    let bob = bob.sending("Idempotency-Key", "k");
    assert_eq!(bob.post(&chats, message.clone()).await.status, 201);
    let alice = alice.sending("Idempotency-Key", "k");
    assert_not_found(&alice.post(&chats, message).await);
}

#[tokio::test]
async fn the_id_in_capital_letters() {
    let (_, _, bob, id) = foreign_session().await;
    let reply = bob.get(&format!("{SESSIONS}{}/", id.to_ascii_uppercase())).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["id"], id);
}

#[tokio::test]
async fn paths_that_nobody_has() {
    let (world, alice, _, id) = foreign_session().await;
    let paths = [
        "/api/v1/auth/".to_owned(),
        "/api/v1/auth/profile/1/".to_owned(),
        "/api/v1/chat/nothing/".to_owned(),
        format!("{SESSIONS}{id}/chats/1/2/"),
    ];
    for path in paths {
        assert_not_found(&alice.get(&path).await);
        assert_not_found(&world.anonymous().get(&path).await);
    }
}
