//! Spec 001, "Conversations": beginning, listing, reading and deleting them.

use super::{error, invalid, talk::*};
use crate::world::{Actor, NOW, Script, World};
use serde_json::{Value, json};
use std::time::Duration;

/// A page of a list with its neighbours; the cursor is taken out.
async fn page(actor: &Actor, query: &str) -> (Value, Option<String>) {
    let mut reply = actor.get(&format!("{CONVERSATIONS}{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    let cursor = reply.body.as_object_mut().unwrap().remove("next_cursor").unwrap();
    (reply.body, cursor.as_str().map(str::to_owned))
}

async fn titles(actor: &Actor, query: &str) -> Vec<String> {
    let (page, _) = page(actor, query).await;
    page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

async fn total(actor: &Actor) -> Value {
    page(actor, "").await.0["total"].clone()
}

#[tokio::test]
async fn begun_with_nothing() {
    let world = World::new();
    let alice = world.user("alice").await;
    for body in [json!({}), json!({"assistant_id": null, "title": null, "initial_message": null})] {
        let mut shown = made(alice.post(CONVERSATIONS, body).await);
        let id = id_of(&shown);
        assert_eq!(
            shown,
            json!({
                "id": id,
                "assistant_id": null,
                "title": "New Chat",
                "message_count": 0,
                "created_at": NOW,
                "updated_at": NOW,
            })
        );
        shown["messages"] = json!([]);
        assert_eq!(alice.get(&format!("{CONVERSATIONS}/{id}")).await.body, shown);
    }
    let blank = alice.post(CONVERSATIONS, json!({"title": " "})).await;
    assert_eq!((blank.status, blank.body), (422, invalid(&[("title", "This field may not be blank.")])));
    assert_eq!(total(&alice).await, 2);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn begun_with_an_assistant_a_title_and_a_first_message() {
    let world = World::new();
    let alice = world.user("alice").await;
    let assistant = assistant(&alice, "Ada").await;
    let body = json!({"assistant_id": assistant, "title": "  Conversation Title ", "initial_message": " Hello\n"});
    let shown = made(alice.post(CONVERSATIONS, body).await);
    let messages = shown["messages"].as_array().unwrap();
    let message = |at: usize, role: &str, content: &str, usage: Value| {
        json!({
            "id": messages[at]["id"],
            "conversation_id": shown["id"],
            "role": role,
            "content": content,
            "attachments": [],
            "status": "complete",
            "usage": usage,
            "model": if role == "assistant" { json!("echo") } else { json!(null) },
            "sources": [],
            "steps": [],
            "created_at": NOW,
        })
    };
    assert_eq!(
        shown,
        json!({
            "id": id_of(&shown),
            "assistant_id": assistant,
            "title": "Conversation Title",
            "message_count": 2,
            "created_at": NOW,
            "updated_at": NOW,
            "messages": [
                message(0, "user", " Hello\n", json!(null)),
                message(1, "assistant", ANSWER, json!({"input_tokens": null, "output_tokens": null, "tokens_charged": 100})),
            ],
        })
    );
    assert_eq!(alice.get(&format!("{CONVERSATIONS}/{}", id_of(&shown))).await.body, shown);
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(alice.get("/api/v1/assistants/").await.body[0]["query_count"], 1);
}

#[tokio::test]
async fn what_cannot_be_begun() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bobs = assistant(&world.user("bob").await, "Bob's").await;
    let cases = [
        ("assistant_id", json!(NOTHING), "There is no such assistant."),
        ("assistant_id", json!(bobs), "There is no such assistant."),
        ("assistant_id", json!("assistant"), "There is no such assistant."),
        ("assistant_id", json!(1), "Not a valid string."),
        ("title", json!("a".repeat(256)), "Ensure this field has no more than 255 characters."),
        ("title", json!(["Title"]), "Not a valid string."),
        ("title", json!("a\0b"), "Null characters are not allowed."),
        ("initial_message", json!(" \n"), "This field may not be blank."),
        ("initial_message", json!("a".repeat(32_001)), "Ensure this field has no more than 32000 characters."),
        ("initial_message", json!(true), "Not a valid string."),
    ];
    for (field, value, message) in cases {
        for first in [json!(null), json!("Hello")] {
            let mut body = json!({"initial_message": first});
            body[field] = value.clone();
            let reply = alice.post(CONVERSATIONS, body).await;
            assert_eq!(reply.status, 422, "{field}: {message}");
            assert_eq!(reply.body, invalid(&[(field, message)]));
        }
    }
    let reply = alice.post(CONVERSATIONS, json!({"assistant_id": 1, "title": 2, "initial_message": 3})).await;
    let all = ["assistant_id", "title", "initial_message"].map(|field| (field, "Not a valid string."));
    assert_eq!((reply.status, reply.body), (422, invalid(&all)));
    assert_eq!(total(&alice).await, 0);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn a_first_message_that_cannot_be_paid_begins_nothing() {
    let world = World::with(&[("INITIAL_TOKENS", "99")]);
    let alice = world.user("alice").await;
    let reply = alice.post(CONVERSATIONS, json!({"initial_message": "Hello"})).await;
    assert_eq!(reply.status, 402);
    assert_eq!(reply.body, error(402, "INSUFFICIENT_TOKENS", "Insufficient tokens."));
    assert_eq!(total(&alice).await, 0);
    assert_eq!(alice.post(CONVERSATIONS, json!({})).await.status, 201);
}

#[tokio::test]
async fn a_first_message_that_the_model_fails_on_is_kept_as_failed() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Fail);
    let reply = alice.post(CONVERSATIONS, json!({"title": "Work", "initial_message": "Hello"})).await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.body, error(502, "MODEL_ERROR", "The model failed to answer."));
    let (listed, _) = page(&alice, "").await;
    assert_eq!((&listed["items"][0]["title"], &listed["items"][0]["message_count"]), (&json!("Work"), &json!(1)));
    let path = format!("{CONVERSATIONS}/{}", id_of(&listed["items"][0]));
    assert_eq!(said(&alice, &path).await, ["user: Hello (failed)"]);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn a_first_message_to_an_assistant_that_is_not_active_begins_nothing() {
    let world = World::new();
    let alice = world.user("alice").await;
    let ada = assistant(&alice, "Ada").await;
    for status in ["draft", "inactive"] {
        set_status(&alice, &ada, status).await;
        let body = json!({"assistant_id": ada, "initial_message": "Hello"});
        let reply = alice.post(CONVERSATIONS, body).await;
        assert_eq!(reply.status, 409, "{status}");
        assert_eq!(reply.body, error(409, "CONFLICT", "The assistant is not active."));
    }
    assert_eq!(total(&alice).await, 0);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn the_same_key_begins_one_conversation() {
    let world = World::new();
    let alice = world.user("alice").await;
    for (key, body) in [("one", json!({"title": "Work"})), ("two", json!({"initial_message": "Hello"}))] {
        let alice = alice.sending("Idempotency-Key", key);
        let first = made(alice.post(CONVERSATIONS, body.clone()).await);
        say(&alice.without("Idempotency-Key"), &format!("{CONVERSATIONS}/{}", id_of(&first)), "More").await;
        world.pass(Duration::from_secs(60));
        assert_eq!(made(alice.post(CONVERSATIONS, body.clone()).await), first, "{key}");
        for changed in [json!({"title": "Play"}), json!({"initial_message": "Bye"})] {
            let mut other = body.clone();
            other.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
            let reply = alice.post(CONVERSATIONS, other).await;
            assert_eq!(reply.status, 409, "{changed}");
            assert_eq!(reply.body, error(409, "CONFLICT", "This Idempotency-Key was used for another request."));
        }
    }
    assert_eq!(total(&alice).await, 2);
    assert_eq!(world.available("alice"), 3700);
}

#[tokio::test]
async fn a_list_page_by_page_and_from_a_cursor_on() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    begin(&bob, json!({"title": "Bob's"})).await;
    let mut shown = Vec::new();
    for title in ["one", "two", "three"] {
        shown.insert(0, made(alice.post(CONVERSATIONS, json!({"title": title})).await));
        world.pass(Duration::from_secs(1));
    }
    let listed = |items: &[Value], page: u64, next: bool| {
        json!({
            "items": items,
            "total": 3,
            "page": page,
            "size": 2,
            "pages": 2,
            "has_next": next,
            "has_prev": page > 1,
        })
    };
    let (first, cursor) = page(&alice, "?size=2").await;
    assert_eq!(first, listed(&shown[..2], 1, true));
    for query in ["?size=2&page=2".to_owned(), format!("?size=2&after={}", cursor.unwrap())] {
        let (second, cursor) = page(&alice, &query).await;
        assert_eq!((second, cursor), (listed(&shown[2..], 2, false), None), "{query}");
    }
    assert_eq!(page(&alice, "?size=2&page=3").await, (listed(&[], 3, false), None));
    let (whole, cursor) = page(&alice, "?size=3").await;
    assert_eq!((&whole["has_next"], &whole["items"], cursor), (&json!(false), &json!(shown), None));
}

#[tokio::test]
async fn every_published_order() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut paths = Vec::new();
    for title in ["beta", "Alpha", "gamma"] {
        paths.push(begin(&alice, json!({"title": title})).await);
        world.pass(Duration::from_secs(1));
    }
    say(&alice, &paths[0], "Hello").await;
    let orders = [
        ("", ["gamma", "Alpha", "beta"]),
        ("?sort=created_at", ["beta", "Alpha", "gamma"]),
        ("?sort=created_at:desc", ["gamma", "Alpha", "beta"]),
        ("?sort=updated_at:asc", ["Alpha", "gamma", "beta"]),
        ("?sort=updated_at:desc", ["beta", "gamma", "Alpha"]),
        ("?sort=title:asc", ["Alpha", "beta", "gamma"]),
        ("?sort=title:desc", ["gamma", "beta", "Alpha"]),
    ];
    for (query, expected) in orders {
        assert_eq!(titles(&alice, query).await, expected, "{query}");
    }
    let choices = "Not a valid choice. Choices are: created_at, updated_at, title.";
    for (query, field, message) in [
        ("?sort=owner:asc", "sort", choices),
        ("?sort=title:down", "sort", "Not a valid choice. Choices are: asc, desc."),
        ("?size=101", "size", "Ensure this value is between 1 and 100."),
        ("?page=0", "page", "Ensure this value is between 1 and 1000000000."),
        ("?after=x", "after", "Not a cursor of this list."),
    ] {
        let reply = alice.get(&format!("{CONVERSATIONS}{query}")).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&[(field, message)])), "{query}");
    }
}

#[tokio::test]
async fn those_with_one_assistant() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let (ada, bobs) = (assistant(&alice, "Ada").await, assistant(&bob, "Bob's").await);
    begin(&bob, json!({"assistant_id": bobs})).await;
    for title in ["b", "a"] {
        begin(&alice, json!({"title": title, "assistant_id": ada})).await;
    }
    begin(&alice, json!({"title": "with nobody"})).await;
    alice.post("/api/v1/chat/", json!({"assistant_name": "Ada", "_input": "Hello"})).await;
    let (with_ada, _) = page(&alice, &format!("?assistant_id={ada}&size=2")).await;
    assert_eq!((&with_ada["total"], &with_ada["pages"]), (&json!(3), &json!(2)));
    assert_eq!(titles(&alice, &format!("?assistant_id={ada}&sort=title")).await, ["a", "Ada", "b"]);
    let nothing = json!({
        "items": [], "total": 0, "page": 1, "size": 20, "pages": 0, "has_next": false, "has_prev": false,
    });
    assert_eq!(page(&alice, "?assistant_id=").await.0["total"], 4, "an empty filter is none");
    for id in [NOTHING, bobs.as_str(), "assistant"] {
        assert_eq!(page(&alice, &format!("?assistant_id={id}")).await, (nothing.clone(), None), "{id}");
    }
}

#[tokio::test]
async fn a_hundred_messages_are_shown_and_the_earlier_ones_on_request() {
    let world = World::with(&[("TOKENS_PER_TURN", "0")]);
    let alice = world.user("alice").await;
    let path = begin(&alice, json!({})).await;
    for turn in 1..=51 {
        assert_eq!(say(&alice, &path, &format!("turn {turn}")).await.status, 201);
    }
    let latest = alice.get(&path).await.body;
    let messages = latest["messages"].as_array().unwrap();
    assert_eq!((messages.len(), &latest["message_count"]), (100, &json!(102)));
    let expected: Vec<String> = (2..=51).flat_map(|n| [format!("turn {n}"), ANSWER.to_owned()]).collect();
    let contents: Vec<&str> = messages.iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!(contents, expected);
    let earlier = alice.get(&format!("{path}?before={}", id_of(&messages[0]))).await.body;
    let contents = |at: usize| earlier["messages"][at]["content"].clone();
    assert_eq!((contents(0), contents(1), contents(2)), (json!("turn 1"), json!(ANSWER), json!(null)));
    // A page may begin between a message and its reply.
    let between = alice.get(&format!("{path}?before={}", id_of(&messages[1]))).await.body;
    assert_eq!(between["messages"].as_array().unwrap().len(), 3);
    assert_eq!(between["messages"][2], messages[0]);
    let before_all = alice.get(&format!("{path}?before={}", id_of(&earlier["messages"][0]))).await.body;
    assert_eq!(before_all["messages"], json!([]));
}

#[tokio::test]
async fn long_messages_are_shown_in_smaller_portions() {
    let (_world, alice, path) = alice_in_a_conversation().await;
    let long = "\u{1f600}".repeat(32_000);
    for _ in 0..17 {
        assert_eq!(say(&alice, &path, &long).await.status, 201);
    }
    let mut portions = Vec::new();
    let mut query = String::new();
    loop {
        let shown = alice.get(&format!("{path}{query}")).await.body;
        let messages = shown["messages"].as_array().unwrap();
        let Some(first) = messages.first() else {
            break;
        };
        query = format!("?before={}", id_of(first));
        portions.push(messages.len());
    }
    // Fifteen long ones fit into two megabytes, and the replies between them.
    assert_eq!(portions, [31, 3]);
}

#[tokio::test]
async fn before_what_is_no_message_of_the_conversation() {
    let (_world, alice, path) = alice_in_a_conversation().await;
    let other = begin(&alice, json!({"initial_message": "Hello"})).await;
    let others = id_of(&alice.get(&other).await.body["messages"][0]);
    for before in [NOTHING, others.as_str(), "1", ""] {
        let reply = alice.get(&format!("{path}?before={before}")).await;
        assert_eq!(reply.status, 422, "{before}");
        assert_eq!(reply.body, invalid(&[("before", "Not a cursor of this list.")]));
    }
}

#[tokio::test]
async fn deleted_it_is_gone_everywhere_and_what_it_cost_stays_paid() {
    let world = World::new();
    let alice = world.user("alice").await;
    let ada = assistant(&alice, "Ada").await;
    let path = begin(&alice, json!({"assistant_id": ada, "initial_message": "Hello"})).await;
    let kept = begin(&alice, json!({"title": "kept"})).await;
    let id = path.rsplit('/').next().unwrap();
    let session = format!("/api/v1/chat/sessions/{id}/");
    assert_eq!(alice.get(&session).await.status, 200);

    let reply = alice.delete(&path).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    let gone = error(404, "NOT_FOUND", "Not found.");
    for reply in [alice.get(&path).await, alice.delete(&path).await, say(&alice, &path, "Hello?").await] {
        assert_eq!((reply.status, reply.body), (404, gone.clone()));
    }
    for path in [session.clone(), format!("{session}chats/"), format!("{session}chats/1/")] {
        let reply = alice.get(&path).await;
        assert_eq!((reply.status, reply.body), (404, json!({"detail": "Not found."})), "{path}");
    }
    assert_eq!(titles(&alice, "").await, ["kept"]);
    assert_eq!(total(&alice).await, 1);
    assert_eq!(page(&alice, &format!("?assistant_id={ada}")).await.0["total"], 0);
    assert_eq!(alice.get("/api/v1/chat/sessions/").await.body["count"], 1);
    assert_eq!(alice.get(&kept).await.status, 200);
    assert_eq!(world.available("alice"), 3900);
    assert!(world.rows("sessions").iter().all(|row| !row["pk"]["S"].as_str().unwrap().contains(id)));
}

#[tokio::test]
async fn a_deleted_default_conversation_is_followed_by_an_empty_one() {
    let world = World::new();
    let alice = world.user("alice").await;
    assistant(&alice, "Ada").await;
    let turns = [
        ("/send/", json!({"message": "Hello"})),
        ("/api/v1/chat/", json!({"assistant_name": "Ada", "_input": "Hello"})),
    ];
    for (path, body) in turns {
        let mut last = String::new();
        for _ in 0..3 {
            assert!(alice.post(path, body.clone()).await.status < 300, "{path}");
            let (listed, _) = page(&alice, "").await;
            assert_eq!((&listed["total"], &listed["items"][0]["message_count"]), (&json!(1), &json!(2)), "{path}");
            let id = id_of(&listed["items"][0]);
            assert_ne!(id, last, "{path}");
            assert_eq!(alice.delete(&format!("{CONVERSATIONS}/{id}")).await.status, 204);
            last = id;
        }
    }
}
