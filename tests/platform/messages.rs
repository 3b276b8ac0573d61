//! Spec 001, "Send message to conversation": a turn that is answered as a whole, and turns that are not
//! answered.

use super::{error, invalid, talk::*};
use crate::world::{NOW, OVER_SDK, Script, World};
use serde_json::{Value, json};
use shared::model::PromptMessage;
use tokio::sync::{mpsc, oneshot};

#[tokio::test]
async fn a_message_and_its_reply() {
    let world = World::new();
    let alice = world.user("alice").await;
    let ada = assistant(&alice, "Ada").await;
    let path = begin(&alice, json!({"assistant_id": ada})).await;
    let reply = say(&alice, &path, "  User message\n").await;
    assert_eq!(reply.status, 201);
    let message = |name: &str, role: &str, content: &str, usage: Value| {
        json!({
            "id": reply.body[name]["id"],
            "conversation_id": path.rsplit('/').next().unwrap(),
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
    let user_message = message("user_message", "user", "  User message\n", json!(null));
    let assistant_message = message(
        "assistant_message",
        "assistant",
        ANSWER,
        json!({"input_tokens": null, "output_tokens": null, "tokens_charged": 100}),
    );
    assert_eq!(
        reply.body,
        json!({
            "user_message": user_message,
            "assistant_message": assistant_message,
            "tokens_charged": 100,
            "tokens_left": 3900,
        })
    );
    assert_ne!(user_message["id"], assistant_message["id"]);
    let shown = alice.get(&path).await.body;
    assert_eq!(shown["messages"], json!([user_message, assistant_message]));
    assert_eq!(shown["message_count"], 2);
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(alice.get("/api/v1/assistants/").await.body[0]["query_count"], 1);

    let session = path.replace(CONVERSATIONS, "/api/v1/chat/sessions");
    assert_eq!(
        alice.get(&format!("{session}/chats/1/")).await.body,
        json!({"id": 1, "message": "  User message\n", "response": ANSWER, "created_at": NOW})
    );
}

#[tokio::test]
async fn the_assistants_character_reaches_the_model() {
    let world = World::with(&[("MODELS", "echo,gpt-4")]);
    let alice = world.user("alice").await;
    let character = json!({
        "name": "Ada", "system_prompt": "Be brief.", "personality": "Dry", "model": "gpt-4", "temperature": 0.7,
    });
    let ada = id_of(&made(alice.post(ASSISTANTS, character).await));
    let path = begin(&alice, json!({"assistant_id": ada, "initial_message": "one"})).await;
    say(&alice, &path, "two").await;
    alice.post("/api/v1/chat/", json!({"assistant_name": "Ada", "_input": "three"})).await;
    let prompts = world.model.prompts();
    let user = |text: &str| PromptMessage::User(text.to_owned());
    let answer = PromptMessage::Assistant { text: ANSWER.to_owned(), reasoning: None, calls: Vec::new() };
    let messages: Vec<_> = prompts.iter().map(|prompt| prompt.messages.clone()).collect();
    let (first, third) = (vec![user("one")], vec![user("three")]);
    assert_eq!(messages, [first, vec![user("one"), answer, user("two")], third]);
    for prompt in prompts {
        let character = (prompt.instructions, prompt.model, prompt.temperature);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(character, (text("Be brief.\n\nYour personality: Dry"), text("gpt-4"), Some(0.7)));
    }
}

#[tokio::test]
async fn messages_that_are_none() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let cases = [
        (json!({}), "This field is required."),
        (json!({"message": "Hello"}), "This field is required."),
        (json!({"content": null}), "This field may not be null."),
        (json!({"content": ""}), "This field may not be blank."),
        (json!({"content": " \t\n"}), "This field may not be blank."),
        (json!({"content": 5}), "Not a valid string."),
        (json!({"content": "a\0b"}), "Null characters are not allowed."),
        (json!({"content": "a".repeat(32_001)}), "Ensure this field has no more than 32000 characters."),
    ];
    for (body, message) in cases {
        let reply = alice.post(&format!("{path}/messages"), body).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&[("content", message)])), "{message}");
    }
    assert_eq!(said(&alice, &path).await, [""; 0]);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn the_longest_message_is_kept_as_sent() {
    let (_world, alice, path) = alice_in_a_conversation().await;
    let longest = format!(" {}\n", "\u{1f600}".repeat(32_000));
    let reply = say(&alice, &path, &longest).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body["user_message"]["content"], longest);
    assert_eq!(alice.get(&path).await.body["messages"][0]["content"], longest);
}

#[tokio::test]
async fn an_assistant_that_is_not_active_or_gone_does_not_answer() {
    let world = World::new();
    let alice = world.user("alice").await;
    let ada = assistant(&alice, "Ada").await;
    let path = begin(&alice, json!({"assistant_id": ada, "initial_message": "Hello"})).await;
    let conflict = error(409, "CONFLICT", "The assistant is not active.");
    for status in ["draft", "inactive"] {
        set_status(&alice, &ada, status).await;
        let reply = say(&alice, &path, status).await;
        assert_eq!((reply.status, reply.body), (409, conflict.clone()), "{status}");
        assert_eq!(alice.get("/api/v1/assistants/").await.body[0]["query_count"], 1);
    }
    set_status(&alice, &ada, "active").await;
    assert_eq!(say(&alice, &path, "again").await.status, 201);
    assert_eq!(alice.delete(&format!("{ASSISTANTS}/{ada}")).await.status, 204);
    let reply = say(&alice, &path, "gone").await;
    assert_eq!((reply.status, reply.body), (409, conflict));
    let kept = ["Hello", "again"]
        .iter()
        .flat_map(|text| [format!("user: {text} (complete)"), format!("assistant: {ANSWER} (complete)")]);
    assert_eq!(said(&alice, &path).await, kept.collect::<Vec<_>>());
    assert_eq!(alice.get(&path).await.body["assistant_id"], ada);
    assert_eq!(world.available("alice"), 3800);
}

#[tokio::test]
async fn an_assistant_that_is_deactivated_while_the_turn_begins_does_not_answer() {
    use crate::world::{Fault, Moment};
    use futures::FutureExt;
    let world = World::with(&[OVER_SDK]);
    let alice = world.user("alice").await;
    let ada = assistant(&alice, "Ada").await;
    let path = begin(&alice, json!({"assistant_id": ada})).await;
    let rival = (alice.in_world(&world.restarted()), ada.clone());
    world.faults().rival(move || {
        let (alice, ada) = rival.clone();
        async move { set_status(&alice, &ada, "inactive").await }.boxed()
    });
    // Sign-in and account, what is known before a turn, its number and the assistant; then it is written.
    world.faults().plan(Some(Fault { call: 4, moment: Moment::LostRace, times: 1 }));
    let reply = say(&alice, &path, "Hello").await;
    assert_eq!(world.faults().hits(), 1);
    assert_eq!(reply.status, 409, "{}", reply.text);
    assert_eq!(reply.body, error(409, "CONFLICT", "The assistant is not active."));
    assert_eq!(said(&alice, &path).await, [""; 0]);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn a_message_is_pending_while_the_model_thinks() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let asking = say(&alice, &path, "Hello");
    let meanwhile = async {
        world.until_no_longer("alice", 4000).await;
        assert_eq!(said(&alice, &path).await, ["user: Hello (pending)"]);
        assert_eq!(alice.get(&path).await.body["message_count"], 1);
        tell.send("Hi!").unwrap();
    };
    let (reply, ()) = tokio::join!(asking, meanwhile);
    assert_eq!(reply.status, 201);
    assert_eq!(said(&alice, &path).await, ["user: Hello (complete)", "assistant: Hi! (complete)"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_turn_is_shown_here_and_nowhere_else() {
    let cases: [(fn() -> Script, Value); 3] = [
        (|| Script::Fail, error(502, "MODEL_ERROR", "The model failed to answer.")),
        (|| Script::Hang, error(504, "MODEL_TIMEOUT", "The model did not answer in time.")),
        (|| Script::Panic, error(502, "MODEL_ERROR", "The model failed to answer.")),
    ];
    for (script, expected) in cases {
        let (world, alice, path) = alice_in_a_conversation().await;
        world.model.next(script());
        let reply = say(&alice, &path, "Hello").await;
        assert_eq!((json!(reply.status), reply.body), (expected["status_code"].clone(), expected));
        assert_eq!(said(&alice, &path).await, ["user: Hello (failed)"]);
        assert_eq!(alice.get(&path).await.body["message_count"], 1);
        assert_eq!(world.available("alice"), 4000);
        let session = path.replace(CONVERSATIONS, "/api/v1/chat/sessions");
        assert_eq!(alice.get(&format!("{session}/chats/")).await.body["count"], 0);
        assert_eq!(alice.get(&format!("{session}/")).await.body["last_message"], json!(null));
        assert_eq!(alice.get(&format!("{session}/chats/1/")).await.status, 404);
        assert_eq!(say(&alice, &path, "Again").await.status, 201);
        let said = said(&alice, &path).await;
        assert_eq!(said[..2], ["user: Hello (failed)", "user: Again (complete)"]);
    }
}

#[tokio::test]
async fn an_empty_balance_keeps_nothing() {
    let world = World::with(&[("INITIAL_TOKENS", "199")]);
    let alice = world.user("alice").await;
    let path = begin(&alice, json!({})).await;
    assert_eq!(say(&alice, &path, "Hello").await.body["tokens_left"], 99);
    let reply = say(&alice, &path, "Again").await;
    assert_eq!((reply.status, reply.body), (402, error(402, "INSUFFICIENT_TOKENS", "Insufficient tokens.")));
    assert_eq!(said(&alice, &path).await.len(), 2);
}

#[tokio::test]
async fn the_same_key_says_it_once() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let other = begin(&alice, json!({})).await;
    let keyed = alice.sending("Idempotency-Key", "k");
    let first = say(&keyed, &path, "Hello").await;
    say(&alice, &path, "More").await;
    let again = say(&keyed, &path, "Hello").await;
    assert_eq!((first.status, again.status, &again.text), (201, 201, &first.text));
    let messages = format!("{path}/messages");
    let attachment = json!([{"type": "image", "url": "https://example.com/a.png"}]);
    for (path, body) in [
        (&messages, json!({"content": "Hello!"})),
        (&messages, json!({"content": "Hello", "attachments": attachment})),
        (&format!("{other}/messages"), json!({"content": "Hello"})),
    ] {
        let reply = keyed.post(path, body).await;
        assert_eq!(reply.status, 409);
        assert_eq!(reply.body, error(409, "CONFLICT", "This Idempotency-Key was used for another request."));
    }
    // The same turn through the other dialect.
    let session = path.replace(CONVERSATIONS, "/api/v1/chat/sessions");
    let chat = keyed.post(&format!("{session}/chats/"), json!({"message": "Hello"})).await;
    assert_eq!(chat.status, 201);
    assert_eq!(chat.body, json!({"id": 1, "message": "Hello", "response": ANSWER, "created_at": NOW}));
    assert_eq!(world.available("alice"), 3800);
}

#[tokio::test]
async fn a_key_is_taken_while_the_first_request_runs_and_free_after_it_failed() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let keyed = alice.sending("Idempotency-Key", "k");
    let (tell, pieces) = mpsc::unbounded_channel();
    world.model.next(Script::Pieces(pieces));
    let first = say(&keyed, &path, "Hello");
    let meanwhile = async {
        world.until_no_longer("alice", 4000).await;
        let reply = say(&keyed, &path, "Hello").await;
        assert_eq!((reply.status, reply.header("retry-after")), (409, "1"));
        let running = "The first request with this Idempotency-Key is still running.";
        assert_eq!(reply.body, error(409, "CONFLICT", running));
        tell.send(Err(())).unwrap();
    };
    let (first, ()) = tokio::join!(first, meanwhile);
    assert_eq!(first.status, 502);
    assert_eq!(say(&keyed, &path, "Hello").await.status, 201);
    let answered = format!("assistant: {ANSWER} (complete)");
    let expected = ["user: Hello (failed)", "user: Hello (complete)", &answered];
    assert_eq!(said(&alice, &path).await, expected);
    assert_eq!(world.available("alice"), 3900);
}
