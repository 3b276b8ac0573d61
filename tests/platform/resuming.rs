//! Streams that are taken up again, and turns that are stopped.

use super::{error, talk::*};
use crate::{
    money::audit::audit,
    world::{Actor, Events, Script, World},
};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

type Model = UnboundedSender<Result<&'static str, ()>>;

/// A user who listens to a reply to `Hello` of which nothing was said yet, and the path of the message.
async fn alice_listens() -> (World, Actor, String, Model, Events) {
    let (world, alice, path) = alice_in_a_conversation().await;
    let (model, pieces) = unbounded_channel();
    world.model.next(Script::Pieces(pieces));
    let mut events = alice.listen(&format!("{path}/messages/stream"), json!({"content": "Hello"})).await;
    let message = events.data_of("message").await;
    let message = format!("{path}/messages/{}", message["id"].as_str().unwrap());
    (world, alice, message, model, events)
}

/// The whole stream of a message after a position, and what `delta` events say.
async fn resumed(alice: &Actor, message: &str, after: &str) -> (String, Vec<(String, Value)>) {
    let events = alice.resume(&format!("{message}/stream?after={after}")).await.rest().await;
    let texts = events.iter().filter(|(name, _)| name == "delta").map(|(_, data)| data["text"].as_str().unwrap());
    (texts.collect(), events)
}

#[tokio::test]
async fn from_every_byte_after_the_end() {
    let (world, alice, message, model, events) = alice_listens().await;
    let reply = "H\u{e9} \u{1f600}!";
    model.send(Ok(reply)).unwrap();
    drop(model);
    let (_, done) = events.rest().await.pop().unwrap();
    world.until_settled().await;
    for start in 0..=reply.len() {
        let (text, events) = resumed(&alice, &message, &format!("{start}.0")).await;
        // A place in a character counts as the beginning of that character.
        let start = (0..=start).rev().find(|start| reply.is_char_boundary(*start)).unwrap();
        assert_eq!(text, reply[start..]);
        assert_eq!(events.last(), Some(&("done".to_owned(), done.clone())));
        assert_eq!(events.len(), 1 + usize::from(!text.is_empty()));
    }
    let (text, events) = resumed(&alice, &message, "999999.0").await;
    assert_eq!((text.as_str(), events.len()), ("", 1));
    let whole = alice.resume(&format!("{message}/stream")).await.rest().await;
    let names: Vec<&str> = whole.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["message", "delta", "done"]);
    for nowhere in ["x", "1", "1.", "-1.0", "1.0.0", "99999999999999999999999.0"] {
        let reply = alice.get(&format!("{message}/stream?after={nowhere}")).await;
        assert_eq!(reply.status, 422, "{nowhere}: {}", reply.text);
    }
}

#[tokio::test]
async fn while_it_runs_by_two_at_once_here_and_elsewhere() {
    let (world, alice, message, model, mut events) = alice_listens().await;
    let elsewhere = alice.in_world(&world.restarted());
    let mut second = alice.resume(&format!("{message}/stream")).await;
    let mut third = elsewhere.resume(&format!("{message}/stream?after=0.0")).await;
    second.data_of("message").await;
    for piece in ["Hi", " Alice"] {
        model.send(Ok(piece)).unwrap();
        assert_eq!(events.data_of("delta").await, json!({"text": piece}));
        assert_eq!(second.data_of("delta").await, json!({"text": piece}));
        // As soon as it is stored.
        assert_eq!(third.data_of("delta").await, json!({"text": piece}));
    }
    drop(model);
    let done = events.data_of("done").await;
    assert_eq!(second.data_of("done").await, done);
    assert_eq!(third.data_of("done").await, done);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_turn_is_stopped_here_and_elsewhere() {
    for is_elsewhere in [false, true] {
        let (world, alice, message, model, mut events) = alice_listens().await;
        let stopping = if is_elsewhere { alice.in_world(&world.restarted()) } else { alice.clone() };
        model.send(Ok("Hi")).unwrap();
        events.data_of("delta").await;
        let stopped = stopping.post(&format!("{message}/cancel"), json!({})).await;
        assert_eq!((stopped.status, &stopped.body["status"]), (202, &json!("pending")), "{}", stopped.text);
        let done = events.data_of("done").await;
        assert_eq!(done["assistant_message"]["status"], "cancelled");
        assert_eq!((&done["assistant_message"]["content"], &done["tokens_charged"]), (&json!("Hi"), &json!(100)));
        model.closed().await;
        let again = alice.post(&format!("{message}/cancel"), json!({})).await;
        assert_eq!((again.status, again.body), (409, error(409, "CONFLICT", "The answer has already ended.")));
        assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_turn_that_is_stopped_before_a_word_costs_nothing() {
    let (world, alice, message, _model, events) = alice_listens().await;
    assert_eq!(alice.post(&format!("{message}/cancel"), json!({})).await.status, 202);
    let (name, done) = events.rest().await.pop().unwrap();
    assert_eq!((name.as_str(), &done["tokens_charged"], &done["tokens_left"]), ("done", &json!(0), &json!(4000)));
    assert_eq!(done["assistant_message"]["status"], "cancelled");
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn other_peoples_turns_are_unknown() {
    let (world, _alice, message, _model, _events) = alice_listens().await;
    let bob = world.user("bob").await;
    let unknown = error(404, "NOT_FOUND", "Not found.");
    let replies =
        [bob.post(&format!("{message}/cancel"), json!({})).await, bob.get(&format!("{message}/stream")).await];
    for reply in replies {
        assert_eq!((reply.status, reply.body), (404, unknown.clone()));
    }
}

#[tokio::test]
async fn a_turn_whose_process_died_fails_with_what_was_said() {
    let (world, alice, message, model, mut events) = alice_listens().await;
    model.send(Ok("Hi")).unwrap();
    events.data_of("delta").await;
    world.until("a part is stored", |world| world.rows("sessions").iter().any(|row| row.get("start").is_some())).await;
    let later = world.restarted();
    let alice = alice.in_world(&later);
    let (path, _) = message.split_once("/messages").unwrap();
    assert_eq!(said(&alice, path).await, ["user: Hello (pending)"]);
    later.pass(std::time::Duration::from_secs(30));
    assert_eq!(said(&alice, path).await, ["user: Hello (failed)", "assistant: Hi (failed)"]);
    let (text, events) = resumed(&alice, &message, "0.0").await;
    let failed = error(502, "MODEL_ERROR", "The model failed to answer.");
    assert_eq!((text.as_str(), events.last().unwrap()), ("Hi", &("error".to_owned(), failed)));
    assert_eq!(later.available("alice"), 4000);
    assert_eq!(audit(&later, 4000, 100), Vec::<String>::new());
    drop(model);
}
