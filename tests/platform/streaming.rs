//! A turn that is listened to: `Accept: text/event-stream`.

use super::{error, invalid, talk::*};
use crate::{
    money::audit::audit,
    world::{Actor, Events, NOW, Script, World},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::Instant,
};

/// The test's end of what the model says next.
type Model = UnboundedSender<Result<&'static str, ()>>;

fn scripted(world: &World) -> Model {
    let (model, pieces) = unbounded_channel();
    world.model.next(Script::Pieces(pieces));
    model
}

async fn listen(actor: &Actor, path: &str, content: &str) -> Events {
    actor.listen(&format!("{path}/messages"), json!({"content": content})).await
}

/// A user who listens to a reply to `Hello` of which nothing was said yet; the message is told already.
async fn alice_listens() -> (World, Actor, String, Model, Events) {
    let (world, alice, path) = alice_in_a_conversation().await;
    let model = scripted(&world);
    let mut events = listen(&alice, &path, "Hello").await;
    events.data_of("message").await;
    (world, alice, path, model, events)
}

fn named(name: &str, data: Value) -> (String, Value) {
    (name.to_owned(), data)
}

/// The text of all pieces.
fn text_of(events: &[(String, Value)]) -> String {
    let text = |(name, data): &(String, Value)| {
        assert_eq!(name, "delta");
        data["text"].as_str().unwrap().to_owned()
    };
    events.iter().map(text).collect()
}

/// The usage of a reply whose provider tells nothing.
fn usage(charged: u64) -> Value {
    json!({"input_tokens": null, "output_tokens": null, "tokens_charged": charged})
}

/// In the end what was said is `expected`.
async fn assert_said_in_the_end(world: &World, actor: &Actor, path: &str, expected: &[&str]) {
    world.until_settled().await;
    assert_eq!(said(actor, path).await, expected);
}

#[tokio::test]
async fn each_piece_comes_when_the_model_says_it() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let model = scripted(&world);
    let mut events = listen(&alice, &path, "Hello").await;
    assert_eq!(events.status, 200);
    assert_eq!(events.headers["cache-control"], "no-store");
    let message = |id: &Value, role: &str, content: &str, status: &str| {
        let is_reply = role == "assistant";
        json!({
            "id": id,
            "conversation_id": path.rsplit('/').next().unwrap(),
            "role": role,
            "content": content,
            "attachments": [],
            "status": status,
            "usage": if is_reply { usage(100) } else { Value::Null },
            "model": if is_reply { json!("echo") } else { Value::Null },
            "sources": [],
            "steps": [],
            "created_at": NOW,
        })
    };
    let told = events.data_of("message").await;
    assert_eq!(told, message(&told["id"], "user", "Hello", "pending"));
    assert_eq!(said(&alice, &path).await, ["user: Hello (pending)"]);
    for piece in ["Hi", " \"Alice\"\n", "\u{1f600}"] {
        model.send(Ok(piece)).unwrap();
        assert_eq!(events.data_of("delta").await, json!({"text": piece}));
    }
    drop(model);
    let done = events.data_of("done").await;
    let reply = "Hi \"Alice\"\n\u{1f600}";
    let assistant = &done["assistant_message"]["id"];
    assert_eq!(
        done,
        json!({
            "user_message": message(&told["id"], "user", "Hello", "complete"),
            "assistant_message": message(assistant, "assistant", reply, "complete"),
            "tokens_charged": 100,
            "tokens_left": 3900,
        })
    );
    assert_eq!(events.next().await, None);
    let shown = alice.get(&path).await.body;
    assert_eq!(shown["messages"], json!([done["user_message"], done["assistant_message"]]));
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_model_in_this_process_is_heard_in_one_piece() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let events = listen(&alice, &path, "Hello").await.rest().await;
    let shown = alice.get(&path).await.body;
    let (user, assistant) = (&shown["messages"][0], &shown["messages"][1]);
    let done = json!({
        "user_message": user, "assistant_message": assistant, "tokens_charged": 100, "tokens_left": 3900,
    });
    let mut asked = user.clone();
    asked["status"] = json!("pending");
    let expected = [named("message", asked), named("delta", json!({"text": ANSWER})), named("done", done)];
    assert_eq!(events, expected);
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn who_gets_events() {
    let (_world, alice, path) = alice_in_a_conversation().await;
    let cases: [(&[&str], &str); 11] = [
        (&["text/event-stream"], "text/event-stream"),
        (&["Text/Event-Stream"], "text/event-stream"),
        (&["text/event-stream;q=0.5, */*;q=0.1"], "text/event-stream"),
        (&["application/json , text/event-stream ; q=1"], "text/event-stream"),
        (&["application/json", "text/event-stream"], "text/event-stream"),
        (&[], "application/json"),
        (&["*/*"], "application/json"),
        (&["text/*"], "application/json"),
        (&["application/json"], "application/json"),
        (&["text/event-stream;q=0, application/json"], "application/json"),
        (&["text/event-stream; Q=0.000"], "application/json"),
    ];
    for (accepted, expected) in cases {
        let asking = accepted.iter().fold(alice.clone(), |actor, value| actor.sending("Accept", value));
        let reply = say(&asking, &path, "Hello").await;
        assert_eq!(reply.header("content-type"), expected, "{accepted:?}");
        assert_eq!(reply.status, if expected == "application/json" { 201 } else { 200 });
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_every_ten_seconds() {
    let (_world, _alice, _path, model, mut events) = alice_listens().await;
    let mut heard = Instant::now();
    for _ in 0..4 {
        assert_eq!(events.next().await, Some(named(":", json!("heartbeat"))));
        assert_eq!(heard.elapsed().as_secs(), 10);
        heard = Instant::now();
    }
    model.send(Ok("Hi")).unwrap();
    assert_eq!(events.data_of("delta").await, json!({"text": "Hi"}));
    assert!(heard.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_turn_runs_on_without_anybody_who_listens() {
    let (world, alice, path, model, mut events) = alice_listens().await;
    model.send(Ok("Hi")).unwrap();
    events.data_of("delta").await;
    drop(events);
    model.send(Ok(" Alice")).unwrap();
    assert_eq!(said(&alice, &path).await, ["user: Hello (pending)"]);
    drop(model);
    assert_said_in_the_end(&world, &alice, &path, &["user: Hello (complete)", "assistant: Hi Alice (complete)"]).await;
    let shown = alice.get(&path).await.body;
    assert_eq!(shown["messages"][1]["usage"], usage(100));
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
    let session = path.replace(CONVERSATIONS, "/api/v1/chat/sessions");
    assert_eq!(alice.get(&format!("{session}/chats/1/")).await.body["response"], "Hi Alice");
}

#[tokio::test]
async fn a_model_that_fails_costs_nothing_and_what_it_said_is_kept_as_that() {
    for pieces in [&[][..], &["Hi", " Ali"]] {
        let (world, alice, path, model, mut events) = alice_listens().await;
        for piece in pieces {
            model.send(Ok(piece)).unwrap();
            assert_eq!(events.data_of("delta").await, json!({"text": piece}));
        }
        model.send(Err(())).unwrap();
        let failed = error(502, "MODEL_ERROR", "The model failed to answer.");
        assert_eq!(events.rest().await, [named("error", failed)]);
        let shown = alice.get(&path).await.body;
        let wanted: &[&str] = match pieces.is_empty() {
            true => &["user: Hello (failed)"],
            false => &["user: Hello (failed)", "assistant: Hi Ali (failed)"],
        };
        assert_eq!(said(&alice, &path).await, wanted);
        assert_eq!(shown["message_count"], wanted.len());
        assert_eq!(world.available("alice"), 4000);
        assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_model_that_says_nothing_or_panics() {
    let (world, alice, path, model, events) = alice_listens().await;
    drop(model);
    let failed = error(502, "MODEL_ERROR", "The model failed to answer.");
    assert_eq!(events.rest().await, [named("error", failed)]);
    world.model.next(Script::Panic);
    let mut events = listen(&alice, &path, "Again").await;
    events.data_of("message").await;
    assert_eq!(events.rest().await, [named("error", error(502, "MODEL_ERROR", "The model failed to answer."))]);
    assert_eq!(said(&alice, &path).await, ["user: Hello (failed)", "user: Again (failed)"]);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_model_may_take_as_long_as_the_operator_allows() {
    let (world, alice, path, model, mut events) = alice_listens().await;
    let begun = Instant::now();
    model.send(Ok("Hi")).unwrap();
    events.data_of("delta").await;
    let mut events = events.rest().await;
    assert_eq!(begun.elapsed().as_secs(), 240);
    let failed = error(504, "MODEL_TIMEOUT", "The model did not answer in time.");
    assert_eq!(events.pop(), Some(named("error", failed)));
    assert!(events.iter().all(|event| *event == named(":", json!("heartbeat"))), "{events:?}");
    assert_eq!(said(&alice, &path).await, ["user: Hello (failed)", "assistant: Hi (failed)"]);
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_reply_that_is_too_long_is_cut_and_the_model_stopped() {
    let (world, alice, path, model, events) = alice_listens().await;
    let (piece, rest): (&str, &str) = ("\u{1f600}".repeat(25_000).leak(), "\u{1f600}".repeat(5_000).leak());
    model.send(Ok(piece)).unwrap();
    model.send(Ok(piece)).unwrap();
    let mut events = events.rest().await;
    model.closed().await;
    let (name, done) = events.pop().unwrap();
    assert_eq!(name, "done");
    assert_eq!(text_of(&events), format!("{piece}{rest}"));
    let reply = &done["assistant_message"];
    assert_eq!((&reply["status"], &reply["usage"]), (&json!("cut"), &usage(100)));
    assert_eq!(reply["content"], format!("{piece}{rest}"));
    assert_eq!(alice.get(&path).await.body["messages"][1], *reply);
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_slow_listener_misses_nothing() {
    let (world, _alice, _path, model, events) = alice_listens().await;
    let pieces: Vec<&str> = (0..100).map(|n| &*format!("{n} ").leak()).collect();
    for &piece in &pieces {
        model.send(Ok(piece)).unwrap();
    }
    drop(model);
    let mut events = events.rest().await;
    let (name, done) = events.pop().unwrap();
    assert_eq!((name.as_str(), &done["assistant_message"]["content"]), ("done", &json!(pieces.concat())));
    assert_eq!(text_of(&events), pieces.concat());
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn what_is_wrong_before_the_stream_is_an_ordinary_answer() {
    let world = World::with(&[("INITIAL_TOKENS", "100")]);
    let alice = world.user("alice").await.sending("Accept", "text/event-stream");
    let ada = assistant(&alice, "Ada").await;
    let with_ada = begin(&alice, json!({"assistant_id": ada})).await;
    set_status(&alice, &ada, "inactive").await;
    let path = begin(&alice, json!({})).await;
    let unknown = format!("{CONVERSATIONS}/{NOTHING}");
    let anonymous = world.anonymous().sending("Accept", "text/event-stream");
    let required = "This field is required.";
    let messages = |path: &str| format!("{path}/messages");
    let cases = [
        (
            anonymous.post(&messages(&path), json!({"content": "Hello"})).await,
            error(401, "UNAUTHORIZED", "Authentication credentials were not provided."),
        ),
        (say(&alice, &unknown, "Hello").await, error(404, "NOT_FOUND", "Not found.")),
        (say(&alice, &with_ada, "Hello").await, error(409, "CONFLICT", "The assistant is not active.")),
        (alice.post(&messages(&path), json!({})).await, invalid(&[("content", required)])),
        (
            alice.post_raw(&messages(&path), "text/plain", "Hello").await,
            error(
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "Unsupported media type \"text/plain\" in request. Send application/json.",
            ),
        ),
    ];
    for (reply, expected) in cases {
        assert_eq!(reply.header("content-type"), "application/json", "{}", reply.text);
        assert_eq!((json!(reply.status), reply.body), (expected["status_code"].clone(), expected));
    }
    assert_eq!(say(&alice, &path, "Hello").await.status, 200);
    let reply = say(&alice, &path, "Again").await;
    assert_eq!((reply.status, reply.body), (402, error(402, "INSUFFICIENT_TOKENS", "Insufficient tokens.")));
    assert_eq!(audit(&world, 100, 100), Vec::<String>::new());
}

#[tokio::test]
async fn the_same_key_gives_the_same_reply_again() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let keyed = alice.sending("Idempotency-Key", "k");
    let model = scripted(&world);
    let mut events = listen(&keyed, &path, "Hello").await;
    let told = events.data_of("message").await;
    let running = say(&keyed.sending("Accept", "text/event-stream"), &path, "Hello").await;
    assert_eq!((running.status, running.header("retry-after")), (409, "1"));
    for piece in ["Hi ", "Alice"] {
        model.send(Ok(piece)).unwrap();
    }
    drop(model);
    let (_, done) = events.rest().await.pop().unwrap();
    let mut again = listen(&keyed, &path, "Hello").await;
    let message = again.data_of("message").await;
    assert_eq!((&message["id"], &message), (&told["id"], &done["user_message"]));
    assert_eq!(again.rest().await, [named("delta", json!({"text": "Hi Alice"})), named("done", done.clone())]);
    // Nor does it matter whether the repeated request listens.
    let whole = say(&keyed, &path, "Hello").await;
    assert_eq!((whole.status, whole.body), (201, done));
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_request_whose_turn_failed_runs_again() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let keyed = alice.sending("Idempotency-Key", "k");
    world.model.next(Script::Fail);
    let events = listen(&keyed, &path, "Hello").await.rest().await;
    assert_eq!(events.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["message", "error"]);
    let events = listen(&keyed, &path, "Hello").await.rest().await;
    assert_eq!(events.last().unwrap().0, "done");
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn two_turns_of_one_conversation_at_once() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let (one, two) = (scripted(&world), scripted(&world));
    let mut first = listen(&alice, &path, "one").await;
    first.data_of("message").await;
    let mut second = listen(&alice, &path, "two").await;
    second.data_of("message").await;
    two.send(Ok("II")).unwrap();
    drop(two);
    assert_eq!(second.rest().await.last().unwrap().1["tokens_left"], 3800);
    one.send(Ok("I")).unwrap();
    drop(one);
    assert_eq!(first.rest().await.last().unwrap().0, "done");
    let expected =
        ["user: one (complete)", "assistant: I (complete)", "user: two (complete)", "assistant: II (complete)"];
    assert_eq!(said(&alice, &path).await, expected);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_conversation_that_is_deleted_meanwhile() {
    let (world, alice, path, model, mut events) = alice_listens().await;
    model.send(Ok("Hi")).unwrap();
    events.data_of("delta").await;
    assert_eq!(alice.delete(&path).await.status, 204);
    drop(model);
    assert_eq!(events.rest().await, [named("error", error(404, "NOT_FOUND", "Not found."))]);
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(world.rows("sessions"), [] as [Value; 0]);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}
