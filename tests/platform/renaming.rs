//! `PUT /api/v1/conversations/{id}`, which spec 001 does not have, and titles that users did not choose.

use super::{error, invalid, talk::*};
use crate::world::{Actor, NOW, World};
use serde_json::{Value, json};
use shared::domain::{
    event::{EventDetails, OutboxEntry},
    ids::{ConversationId, TurnNumber},
    text::Title,
    time::Timestamp,
};
use std::time::Duration;

/// The titles of the caller's conversations, in the order of the alphabet.
async fn titles(actor: &Actor) -> Vec<String> {
    let listed = actor.get(&format!("{CONVERSATIONS}?sort=title")).await.body;
    listed["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

async fn title(actor: &Actor, path: &str) -> String {
    actor.get(path).await.body["title"].as_str().unwrap().to_owned()
}

/// Gives the conversation at `path` a title that alice did not choose. Returns whether it has it.
async fn titled(world: &World, path: &str, title: &str) -> bool {
    let id = ConversationId::parse(path.rsplit('/').next().unwrap()).unwrap();
    let title = Title::parse(title).unwrap();
    let alice = world.id_of("alice");
    let updated = EventDetails::ConversationUpdated { conversation: id, assistant: None, turn: TurnNumber(1) };
    // Another one each time, because an entry is written once.
    world.pass(Duration::from_millis(1));
    let entry = OutboxEntry::new(alice, Timestamp::from_millis(world.now_millis()), vec![updated]);
    world.store().title_if_unset(alice, id, &title, &entry).await.unwrap()
}

#[tokio::test]
async fn renamed_it_has_the_title_everywhere() {
    let (world, alice, path) = alice_in_a_conversation().await;
    assert_eq!(say(&alice, &path, "Hello").await.status, 201);
    begin(&alice, json!({"title": "Middle"})).await;
    world.pass(Duration::from_secs(60));
    let reply = alice.put(&path, json!({"title": "  Another title\n"})).await;
    let expected = json!({
        "id": path.rsplit('/').next().unwrap(),
        "assistant_id": null,
        "title": "Another title",
        "message_count": 2,
        "created_at": NOW,
        "updated_at": NOW,
    });
    assert_eq!((reply.status, &reply.body), (200, &expected));
    let mut shown = alice.get(&path).await.body;
    shown.as_object_mut().unwrap().remove("messages").unwrap();
    assert_eq!(shown, expected);
    let session = path.replace(CONVERSATIONS, "/api/v1/chat/sessions");
    assert_eq!(alice.get(&format!("{session}/")).await.body["title"], "Another title");
    assert_eq!(titles(&alice).await, ["Another title", "Middle"]);
    assert_eq!(alice.put(&path, json!({"title": "Zebra"})).await.status, 200);
    assert_eq!(titles(&alice).await, ["Middle", "Zebra"]);
}

#[tokio::test]
async fn what_is_shown_can_be_put_back() {
    let (_world, alice, path) = alice_in_a_conversation().await;
    let shown = alice.get(&path).await.body;
    assert_eq!(alice.put(&path, shown.clone()).await.status, 200);
    assert_eq!(alice.get(&path).await.body, shown);
}

#[tokio::test]
async fn titles_that_do_not_fit() {
    let (_world, alice, path) = alice_in_a_conversation().await;
    let wrong = [
        (json!({}), "This field is required."),
        (json!({"title": null}), "This field may not be null."),
        (json!({"title": " \n"}), "This field may not be blank."),
        (json!({"title": 1}), "Not a valid string."),
        (json!({"title": "a\0b"}), "Null characters are not allowed."),
        (json!({"title": "t".repeat(256)}), "Ensure this field has no more than 255 characters."),
    ];
    for (body, message) in wrong {
        let reply = alice.put(&path, body.clone()).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&[("title", message)])), "{body}");
    }
    let widest = "\u{1f600}".repeat(255);
    assert_eq!(title(&alice, &path).await, "Work");
    assert_eq!(alice.put(&path, json!({"title": widest})).await.body["title"], json!(widest));
}

#[tokio::test]
async fn somebody_elses_is_not_there() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let bob = world.user("bob").await;
    let nothing = format!("{CONVERSATIONS}/{NOTHING}");
    for path in [&path, &nothing, &format!("{CONVERSATIONS}/1")] {
        let reply = bob.put(path, json!({"title": "Mine"})).await;
        assert_eq!((reply.status, reply.body), (404, error(404, "NOT_FOUND", "Not found.")), "{path}");
    }
    assert_eq!(world.anonymous().put(&path, json!({"title": "Mine"})).await.status, 401);
    assert_eq!(title(&alice, &path).await, "Work");
    assert_eq!(alice.delete(&path).await.status, 204);
    assert_eq!(alice.put(&path, json!({"title": "Late"})).await.status, 404);
}

#[tokio::test]
async fn a_renamed_conversation_is_reported_to_webhooks() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let before = world.outbox_entries().len();
    world.pass(Duration::from_secs(1));
    assert_eq!(alice.put(&path, json!({"title": "Other"})).await.status, 200);
    let entries = world.outbox_entries();
    let kinds: Vec<_> = entries[before..].iter().flat_map(|entry| &entry.events).map(|event| event.kind()).collect();
    assert_eq!(kinds, [Some(shared::domain::event::EventKind::ConversationUpdated)]);
}

#[tokio::test]
async fn a_title_that_the_user_chose_stays() {
    let world = World::new();
    let alice = world.user("alice").await;
    let session = alice.post("/api/v1/chat/sessions/", json!({"title": "New Chat"})).await.body["id"].clone();
    let renamed = begin(&alice, json!({})).await;
    assert_eq!(alice.put(&renamed, json!({"title": "New Chat"})).await.status, 200);
    let own = [
        begin(&alice, json!({"title": "New Chat"})).await,
        begin(&alice, json!({"title": "New Chat", "initial_message": "Hello"})).await,
        format!("{CONVERSATIONS}/{}", session.as_str().unwrap()),
        renamed,
    ];
    for path in own {
        assert!(!titled(&world, &path, "Automatic").await, "{path}");
        assert_eq!(title(&alice, &path).await, "New Chat", "{path}");
    }
}

#[tokio::test]
async fn a_title_that_nobody_chose_is_replaced_until_somebody_chooses_one() {
    let world = World::new();
    let alice = world.user("alice").await;
    assistant(&alice, "Ada").await;
    let session = alice.post("/api/v1/chat/sessions/", json!({})).await.body["id"].clone();
    let mut paths = vec![
        begin(&alice, json!({})).await,
        begin(&alice, json!({"initial_message": "Hello"})).await,
        format!("{CONVERSATIONS}/{}", session.as_str().unwrap()),
    ];
    for (path, body) in [
        ("/send/", json!({"message": "Hello"})),
        ("/api/v1/chat/", json!({"assistant_name": "Ada", "_input": "Hello"})),
    ] {
        let known = paths.clone();
        assert!(alice.post(path, body).await.status < 300);
        let listed = alice.get(CONVERSATIONS).await.body;
        let all = listed["items"].as_array().unwrap().iter().map(|item| format!("{CONVERSATIONS}/{}", id_of(item)));
        paths.extend(all.filter(|path| !known.contains(path)));
    }
    assert_eq!(paths.len(), 5);
    for path in &paths {
        assert!(titled(&world, path, "Automatic").await, "{path}");
        assert!(titled(&world, path, "Again").await, "{path}");
        assert_eq!(title(&alice, path).await, "Again", "{path}");
        assert_eq!(alice.put(path, json!({"title": "Mine"})).await.status, 200);
        assert!(!titled(&world, path, "Late").await, "{path}");
    }
    assert_eq!(titles(&alice).await, ["Mine"; 5]);
}

#[tokio::test]
async fn only_the_users_existing_conversation_gets_a_title() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let of_bob = begin(&bob, json!({})).await;
    let deleted = begin(&alice, json!({})).await;
    assert_eq!(alice.delete(&deleted).await.status, 204);
    let rows = world.rows("sessions");
    for path in [of_bob.as_str(), &deleted, NOTHING] {
        assert!(!titled(&world, path, "Automatic").await, "{path}");
    }
    assert_eq!(world.rows("sessions"), rows);
    assert_eq!(title(&bob, &of_bob).await, "New Chat");
}

#[tokio::test]
async fn the_same_conversation_twice_with_one_key() {
    let world = World::new();
    let keyed = world.user("alice").await.sending("Idempotency-Key", "once");
    let first = keyed.post(CONVERSATIONS, json!({})).await;
    let again = keyed.post(CONVERSATIONS, json!({"title": null})).await;
    assert_eq!((first.status, again.status, &again.body), (201, 201, &first.body));
    // Who names the default title chose it.
    let other: Value = json!({"title": "New Chat"});
    assert_eq!(keyed.post(CONVERSATIONS, other).await.status, 409);
}
