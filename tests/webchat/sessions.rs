//! Spec 002, "Chat API": sessions by themselves. Pages are in `paging.rs`.

use super::*;
use crate::world::{NOW, Script};
use axum::http::Method;
use std::time::Duration;

#[tokio::test]
async fn the_examples_of_the_document() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut created = alice.post(SESSIONS, json!({"title": "New Chat Session"})).await;
    assert_eq!(created.status, 201);
    let id = take_uuid(&mut created, "id");
    let rest = json!({
        "title": "New Chat Session",
        "created_at": NOW,
        "chats": [],
        "last_message": null,
    });
    assert_eq!(created.body, rest);

    let mut session = rest;
    session["id"] = json!(id);
    let shown = alice.get(&format!("{SESSIONS}{id}/")).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body, session);

    let listed = alice.get(SESSIONS).await;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.body, json!({"count": 1, "next": null, "previous": null, "results": [session]}));
}

#[tokio::test]
async fn without_the_final_slash() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bare = SESSIONS.trim_end_matches('/');
    let mut created = alice.post(bare, json!({"title": "bare"})).await;
    assert_eq!(created.status, 201);
    let whole = created.body.clone();
    let id = take_uuid(&mut created, "id");
    assert_eq!(created.body, json!({"title": "bare", "created_at": NOW, "chats": [], "last_message": null}));
    assert_same(&alice.get(bare).await, &alice.get(SESSIONS).await);
    assert_eq!(alice.get(bare).await.body, only_page(std::slice::from_ref(&whole)));
    let shown = alice.get(&format!("{bare}/{id}")).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body, whole);
}

#[tokio::test]
async fn a_session_without_a_title() {
    let world = World::new();
    let alice = world.user("alice").await;
    let empty_object = alice.post(SESSIONS, json!({})).await;
    let no_body = alice.send(Method::POST, SESSIONS, None, Vec::new()).await;
    for mut reply in [empty_object, no_body] {
        assert_eq!(reply.status, 201, "{}", reply.text);
        take_uuid(&mut reply, "id");
        assert_eq!(reply.body, json!({"title": "New Chat", "created_at": NOW, "chats": [], "last_message": null}));
    }
}

#[tokio::test]
async fn titles_that_fit() {
    let world = World::new();
    let alice = world.user("alice").await;
    let longest = "t".repeat(255);
    let widest = "\u{1f600}".repeat(255);
    let padded = format!("  {longest}\n");
    let titles = [
        ("t", "t"),
        ("  trimmed \t", "trimmed"),
        (&longest, &longest),
        (&widest, &widest),
        (&padded, &longest),
        ("<b>\"quoted\" \\ </b>", "<b>\"quoted\" \\ </b>"),
    ];
    for (sent, shown) in titles {
        let mut reply = alice.post(SESSIONS, json!({"title": sent})).await;
        assert_eq!(reply.status, 201, "{sent}");
        let id = take_uuid(&mut reply, "id");
        let mut expected = json!({"title": shown, "created_at": NOW, "chats": [], "last_message": null});
        assert_eq!(reply.body, expected);
        expected["id"] = json!(id);
        assert_eq!(alice.get(&format!("{SESSIONS}{id}/")).await.body, expected);
    }
}

#[tokio::test]
async fn titles_that_do_not_fit() {
    let world = World::new();
    let alice = world.user("alice").await;
    let wrong = [
        (json!(""), "This field may not be blank."),
        (json!(" \t\n"), "This field may not be blank."),
        (json!(null), "This field may not be null."),
        (json!(true), "Not a valid string."),
        (json!(["t"]), "Not a valid string."),
        (json!({"t": "t"}), "Not a valid string."),
        (json!("nul\0"), "Null characters are not allowed."),
        (json!("t".repeat(256)), "Ensure this field has no more than 255 characters."),
    ];
    for (title, message) in wrong {
        let reply = alice.post(SESSIONS, json!({"title": title})).await;
        assert_eq!(reply.status, 400, "{title}");
        assert_eq!(reply.body, json!({"title": [message]}), "{title}");
    }
    assert_eq!(alice.get(SESSIONS).await.body, only_page(&[]));
}

#[tokio::test]
async fn a_number_as_the_title() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut reply = alice.post(SESSIONS, json!({"title": 2024})).await;
    assert_eq!(reply.status, 201);
    take_uuid(&mut reply, "id");
    assert_eq!(reply.body, json!({"title": "2024", "created_at": NOW, "chats": [], "last_message": null}));
}

#[tokio::test]
async fn fields_that_nobody_asked_for() {
    let (_, alice, path) = alice_in_a_session().await;
    let before = alice.get(&path).await.body;
    let body = json!({
        "id": before["id"],
        "created_at": "1970-01-01T00:00:00Z",
        "chats": [{"id": 1, "message": "m", "response": "r"}],
        "last_message": {"message": "m"},
        "owner": 2,
    });
    let mut reply = alice.post(SESSIONS, body).await;
    assert_eq!(reply.status, 201);
    assert_ne!(json!(take_uuid(&mut reply, "id")), before["id"]);
    assert_eq!(reply.body, json!({"title": "New Chat", "created_at": NOW, "chats": [], "last_message": null}));
    assert_eq!(alice.get(&path).await.body, before);
}

#[tokio::test]
async fn nobody_sees_the_sessions_of_others() {
    let (world, alice, _) = alice_in_a_session().await;
    let bob = world.user("bob").await;
    assert_eq!(bob.get(SESSIONS).await.body, only_page(&[]));
    let of_bob = begin(&bob, "Bob's").await;
    assert_eq!(bob.get(SESSIONS).await.body, only_page(&[of_bob]));
    assert_eq!(alice.get(SESSIONS).await.body["count"], 1);
}

#[tokio::test]
async fn chats_and_last_message_follow_what_is_said() {
    let (world, alice, path) = alice_in_a_session().await;
    let mut expected = alice.get(&path).await.body;

    world.model.next(Script::Answer("Hi there!"));
    let hello = say(&alice, &path, "Hello").await;
    world.pass(Duration::from_secs(60));
    let again = say(&alice, &path, "Again").await;
    assert_eq!(hello, json!({"id": 1, "message": "Hello", "response": "Hi there!", "created_at": NOW}));
    let later = "2024-03-13T10:06:00Z";
    assert_eq!(again, json!({"id": 2, "message": "Again", "response": REPLY, "created_at": later}));

    expected["last_message"] = json!({"message": "Again", "response": REPLY, "created_at": later});
    // The list does not show the chats themselves.
    assert_eq!(alice.get(SESSIONS).await.body, only_page(std::slice::from_ref(&expected)));
    expected["chats"] = json!([hello, again]);
    assert_eq!(alice.get(&path).await.body, expected);
}

#[tokio::test]
async fn the_newest_session_comes_first_whatever_was_said_since() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut sessions = Vec::new();
    for title in ["first", "second", "third"] {
        sessions.push(begin(&alice, title).await);
        world.pass(Duration::from_secs(1));
    }
    sessions.reverse();
    assert_eq!(alice.get(SESSIONS).await.body, only_page(&sessions));

    say(&alice, &path_of(&sessions[2]), "Hello").await;
    let listed = alice.get(SESSIONS).await.body;
    sessions[2]["last_message"] = json!({"message": "Hello", "response": REPLY, "created_at": "2024-03-13T10:05:03Z"});
    assert_eq!(listed, only_page(&sessions));
}

#[tokio::test]
async fn the_single_view_shows_the_latest_fifty_of_sixty_chats() {
    let world = World::with(&[("INITIAL_TOKENS", "6000")]);
    let alice = world.user("alice").await;
    let mut expected = begin(&alice, "long").await;
    let path = path_of(&expected);
    let mut said = Vec::new();
    for number in 1..=60 {
        said.push(say(&alice, &path, &format!("message {number}")).await);
    }
    assert_eq!(said[10]["id"], 11);
    expected["chats"] = json!(said[10..]);
    expected["last_message"] = json!({"message": "message 60", "response": REPLY, "created_at": NOW});
    let shown = alice.get(&path).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body, expected);
}

#[tokio::test]
async fn a_conversation_that_was_begun_in_another_dialect() {
    let world = World::new();
    let alice = world.user("alice").await;
    let sent = alice.post("/send/", json!({"message": "Hello"})).await;
    assert_eq!(sent.status, 200, "{}", sent.text);

    let mut listed = alice.get(SESSIONS).await;
    let mut results = listed.body["results"].take();
    let mut session = results[0].take();
    let path = path_of(&session);
    assert_eq!(listed.body["count"], 1);
    session.as_object_mut().unwrap().remove("id").unwrap();
    let last = json!({"message": "Hello", "response": REPLY, "created_at": NOW});
    assert_eq!(session, json!({"title": "Hello", "created_at": NOW, "chats": [], "last_message": last}));
    assert_eq!(
        alice.get(&format!("{path}chats/1/")).await.body,
        json!({"id": 1, "message": "Hello", "response": REPLY, "created_at": NOW})
    );
    assert_eq!(say(&alice, &path, "Again").await["id"], 2);
}
