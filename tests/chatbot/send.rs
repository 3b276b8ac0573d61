//! Spec 003, "Send Message".

use crate::world::{Script, World};
use serde_json::{Value, json};
use std::time::Duration;

const ANSWER: &str = "This is a dummy response from the AI.";

fn message(text: &str) -> Value {
    json!({"message": text})
}

#[tokio::test]
async fn the_documents_example() {
    let world = World::new();
    let alice = world.user("alice").await;
    for path in ["/send/", "/send"] {
        let reply = alice.post(path, json!({"message": "string"})).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.body, json!({"response": ANSWER}), "{path}");
    }
    assert_eq!(world.available("alice"), 3800);
}

#[tokio::test]
async fn the_model_says_something_else() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Answer("\u{1f600} <b>\"quoted\"</b>\n"));
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"response": "\u{1f600} <b>\"quoted\"</b>\n"}));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn forms_and_numbers() {
    let world = World::new();
    let alice = world.user("alice").await;
    assert_eq!(alice.post_form("/send/", "message=Hi+there").await.status, 200);
    let parts = "--x\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\nHi\r\n--x--\r\n";
    let reply = alice.post_raw("/send/", "multipart/form-data; boundary=x", parts).await;
    assert_eq!(reply.status, 200);
    assert_eq!(alice.post("/send/", json!({"message": 5})).await.status, 200);
    let sessions = alice.get("/api/v1/chat/sessions/").await;
    assert_eq!(sessions.body["results"][0]["last_message"]["message"], "5");
    assert_eq!(world.available("alice"), 3700);
}

#[tokio::test]
async fn the_longest_message() {
    let world = World::new();
    let alice = world.user("alice").await;
    let longest = "\u{1f600}".repeat(32_000);
    let reply = alice.post("/send/", message(&longest)).await;
    assert_eq!(reply.status, 200);
    let spaced = format!("  {}\n", "a".repeat(32_000));
    assert_eq!(alice.post("/send/", message(&spaced)).await.status, 200);
}

#[tokio::test]
async fn bad_messages() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bodies = [
        (json!({}), "This field is required."),
        (json!({"text": "Hi"}), "This field is required."),
        (message(""), "This field may not be blank."),
        (message(" \t\n"), "This field may not be blank."),
        (json!({"message": null}), "This field may not be null."),
        (json!({"message": true}), "Not a valid string."),
        (json!({"message": ["Hi"]}), "Not a valid string."),
        (json!({"message": {"text": "Hi"}}), "Not a valid string."),
        (message("a\0b"), "Null characters are not allowed."),
        (message(&"a".repeat(32_001)), "Ensure this field has no more than 32000 characters."),
    ];
    for (body, problem) in bodies {
        let reply = alice.post("/send/", body).await;
        assert_eq!(reply.status, 400, "{problem}");
        assert_eq!(reply.body, json!({"message": [problem]}));
    }
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn nothing_is_left() {
    let world = World::with(&[("INITIAL_TOKENS", "250")]);
    let alice = world.user("alice").await;
    for _ in 0..2 {
        assert_eq!(alice.post("/send/", message("Hi")).await.status, 200);
    }
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 402);
    assert_eq!(reply.body, json!({"detail": "Insufficient tokens."}));
    assert_eq!(alice.get("/token/").await.body, json!({"tokens": 50}));
}

#[tokio::test]
async fn nothing_is_left_for_a_model_outside_of_the_process() {
    let world = World::with(&[("INITIAL_TOKENS", "99")]);
    let alice = world.user("alice").await;
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 402);
    assert_eq!(reply.body, json!({"detail": "Insufficient tokens."}));
    assert_eq!(world.available("alice"), 99);
}

#[tokio::test]
async fn metering_is_off() {
    let world = World::with(&[("INITIAL_TOKENS", "0"), ("TOKENS_PER_TURN", "0")]);
    let alice = world.user("alice").await;
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"response": ANSWER}));
    assert_eq!(alice.get("/token/").await.body, json!({"tokens": 0}));
}

#[tokio::test]
async fn without_a_credential() {
    let world = World::new();
    let reply = world.anonymous().post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(reply.body, json!({"detail": "Authentication credentials were not provided."}));
}

#[tokio::test]
async fn with_an_invalid_credential() {
    let world = World::new();
    let reply = world.anonymous().bearing("a.b.c").post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(reply.body, json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}));
}

#[tokio::test]
async fn the_model_fails() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Fail);
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.body, json!({"detail": "The model failed to answer."}));
    assert_eq!(alice.get("/token/").await.body, json!({"tokens": 4000}));
    assert_eq!(alice.post("/send/", message("Hi")).await.status, 200);
    assert_eq!(alice.get("/token/").await.body, json!({"tokens": 3900}));
}

#[tokio::test(start_paused = true)]
async fn the_model_hangs() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Hang);
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 504);
    assert_eq!(reply.body, json!({"detail": "The model did not answer in time."}));
    assert_eq!(alice.get("/token/").await.body, json!({"tokens": 4000}));
    assert_eq!(alice.post("/send/", message("Hi")).await.status, 200);
    assert_eq!(alice.get("/token/").await.body, json!({"tokens": 3900}));
}

#[tokio::test]
async fn the_model_panics() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Panic);
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.body, json!({"detail": "The model failed to answer."}));
    let reply = alice.post("/send/", message("Hi")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"response": ANSWER}));
    // A hold that nobody ended expires by itself.
    world.pass(Duration::from_secs(10 * 60));
    assert_eq!(alice.get("/token/").await.body, json!({"tokens": 3900}));
}

#[tokio::test]
async fn a_turn_that_failed_is_not_listed() {
    let world = World::new();
    let alice = world.user("alice").await;
    alice.post("/send/", message("First")).await;
    world.model.next(Script::Fail);
    assert_eq!(alice.post("/send/", message("Lost")).await.status, 502);
    alice.post("/send/", message("Second")).await;
    let sessions = alice.get("/api/v1/chat/sessions/").await;
    let id = sessions.body["results"][0]["id"].as_str().unwrap().to_owned();
    let chats = alice.get(&format!("/api/v1/chat/sessions/{id}/chats/")).await;
    assert_eq!(chats.body["count"], 2);
    assert_eq!(chats.body["results"][0]["message"], "First");
    assert_eq!(chats.body["results"][1]["message"], "Second");
}
