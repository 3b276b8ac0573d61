//! Titles of conversations that nobody named.

use super::talk::*;
use crate::world::{Actor, Script, World};
use serde_json::{Value, json};
use shared::{domain::event::EventKind, model::PromptMessage};

async fn title(actor: &Actor, path: &str) -> Value {
    actor.get(path).await.body["title"].clone()
}

/// Waits until the conversation has this title.
async fn until_titled(world: &World, title: &str) {
    let has = |world: &World| world.rows("sessions").iter().any(|row| row["title"]["S"] == title);
    world.until("there is a title", has).await;
}

#[tokio::test]
async fn the_first_answered_turn_gives_one_in_every_dialect() {
    let world = World::new();
    let alice = world.user("alice").await;
    let question = "  How do I\nbake bread?  ";
    let session = alice.post("/api/v1/chat/sessions/", json!({})).await;
    assert_eq!(session.body["title"], "New Chat");
    let session = session.body["id"].as_str().unwrap().to_owned();
    let begun = begin(&alice, json!({})).await;
    assert_eq!(title(&alice, &begun).await, "New Chat");
    assert_eq!(
        alice.post(&format!("/api/v1/chat/sessions/{session}/chats/"), json!({"message": question})).await.status,
        201
    );
    assert_eq!(say(&alice, &begun, question).await.status, 201);
    let at_once = alice.post(CONVERSATIONS, json!({"initial_message": question})).await;
    assert_eq!(at_once.body["title"], "How do I bake bread?");
    for path in [&begun, &format!("{CONVERSATIONS}/{session}")] {
        assert_eq!(title(&alice, path).await, "How do I bake bread?", "{path}");
    }
    assert_eq!(say(&alice, &begun, "And then?").await.status, 201);
    assert_eq!(title(&alice, &begun).await, "How do I bake bread?", "the second turn changes nothing");
    let shown = alice.get(&format!("/api/v1/chat/sessions/{session}/")).await;
    assert_eq!(shown.body["title"], "How do I bake bread?");
    let listed = alice.get(&format!("{CONVERSATIONS}?sort=title")).await.body;
    let titles: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| &item["title"]).collect();
    assert_eq!(titles, ["How do I bake bread?"; 3]);
}

#[tokio::test]
async fn a_turn_that_failed_gives_none() {
    let world = World::new();
    let alice = world.user("alice").await;
    let path = begin(&alice, json!({})).await;
    world.model.next(Script::Fail);
    assert_eq!(say(&alice, &path, "First").await.status, 502);
    assert_eq!(title(&alice, &path).await, "New Chat");
    assert_eq!(say(&alice, &path, "Second").await.status, 201);
    assert_eq!(title(&alice, &path).await, "Second");
}

#[tokio::test]
async fn one_that_the_user_chose_stays() {
    let world = World::new();
    world.model.write_titles();
    let alice = world.user("alice").await;
    let chosen = begin(&alice, json!({"title": "Work"})).await;
    let renamed = begin(&alice, json!({})).await;
    assert_eq!(alice.put(&renamed, json!({"title": "New Chat"})).await.status, 200);
    for (path, expected) in [(&chosen, "Work"), (&renamed, "New Chat")] {
        assert_eq!(say(&alice, path, "Hello").await.status, 201);
        assert_eq!(title(&alice, path).await, expected);
    }
    assert_eq!(world.model.prompts().len(), 2, "nobody asked for a title");
}

#[tokio::test]
async fn one_that_the_user_chose_during_the_first_turn_stays() {
    let world = World::new();
    let alice = world.user("alice").await;
    let path = begin(&alice, json!({})).await;
    let (tell, told) = tokio::sync::oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let asking = tokio::spawn({
        let (alice, path) = (alice.clone(), path.clone());
        async move { say(&alice, &path, "Hello").await }
    });
    world.model.until_asked().await;
    assert_eq!(alice.put(&path, json!({"title": "Mine"})).await.status, 200);
    tell.send("Hi!").unwrap();
    assert_eq!(asking.await.unwrap().status, 201);
    assert_eq!(title(&alice, &path).await, "Mine");
    assert_eq!(said(&alice, &path).await, ["user: Hello (complete)", "assistant: Hi! (complete)"]);
}

#[tokio::test]
async fn the_model_suggests_a_better_one_for_nothing() {
    let world = World::new();
    world.model.write_titles();
    let alice = world.user("alice").await;
    let path = begin(&alice, json!({})).await;
    world.model.next(Script::Answer("Knead it."));
    world.model.next(Script::Answer("<think>Bread?</think>\n**\"Baking Bread\"**\n"));
    assert_eq!(say(&alice, &path, "How do I bake bread?").await.status, 201);
    until_titled(&world, "Baking Bread").await;
    assert_eq!(title(&alice, &path).await, "Baking Bread");
    assert_eq!(world.available("alice"), 3_900);
    let prompts = world.model.prompts();
    let [PromptMessage::User(told)] = &prompts[1].messages[..] else { panic!("{prompts:?}") };
    assert!(told.contains("How do I bake bread?") && told.contains("Knead it."), "{told}");
    let entries = world.outbox_entries();
    let kinds: Vec<_> = entries.iter().flat_map(|entry| &entry.events).filter_map(|event| event.kind()).collect();
    assert_eq!(kinds.last(), Some(&EventKind::ConversationUpdated));
    assert_eq!(said(&alice, &path).await, ["user: How do I bake bread? (complete)", "assistant: Knead it. (complete)"]);
    assert_eq!(say(&alice, &path, "Thanks").await.status, 201);
    assert_eq!(world.model.prompts().len(), 3, "a second turn asks for no title");
}

#[tokio::test]
async fn a_suggestion_that_is_none_changes_nothing() {
    for script in [Script::Fail, Script::Answer("Here is one:\nBread"), Script::Answer("<think>Bread"), Script::TooLong]
    {
        let world = World::new();
        world.model.write_titles();
        let alice = world.user("alice").await;
        let path = begin(&alice, json!({})).await;
        world.model.next(Script::Answer("Knead it."));
        world.model.next(script);
        assert_eq!(say(&alice, &path, "How do I bake bread?").await.status, 201);
        world.until("the model is asked for a title", |world| world.model.prompts().len() == 2).await;
        assert_eq!(title(&alice, &path).await, "How do I bake bread?");
    }
}

#[tokio::test]
async fn a_suggestion_comes_too_late_for_a_user_who_chose() {
    let world = World::new();
    world.model.write_titles();
    let alice = world.user("alice").await;
    let path = begin(&alice, json!({})).await;
    world.model.next(Script::Answer("Knead it."));
    let (tell, told) = tokio::sync::oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    assert_eq!(say(&alice, &path, "How do I bake bread?").await.status, 201);
    world.until("the model is asked for a title", |world| world.model.prompts().len() == 2).await;
    assert_eq!(alice.put(&path, json!({"title": "Mine"})).await.status, 200);
    let rows = world.rows("outbox").len();
    tell.send("Baking Bread").unwrap();
    tokio::task::yield_now().await;
    assert_eq!(title(&alice, &path).await, "Mine");
    assert_eq!(world.rows("outbox").len(), rows);
}
