//! Spec 004, "Chat API".

use crate::world::{NOW, Script, World};
use serde_json::{Value, json};
use std::time::Duration;

const ANSWER: &str = "This is a dummy response from the AI.";

fn message(text: &str) -> Value {
    json!({"message": text})
}

#[tokio::test]
async fn the_documents_example() {
    let world = World::new();
    world.user("somebody").await;
    let alice = world.user("alice").await;
    for path in ["/api/chat/", "/api/chat"] {
        let reply = alice.post(path, json!({"message": "string"})).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(
            reply.body,
            json!({
                "user": 2,
                "message": "string",
                "response": "This is a dummy response from the AI.",
                "timestamp": NOW,
            }),
            "{path}"
        );
    }
    assert_eq!(world.available("alice"), 3800);
}

#[tokio::test]
async fn the_message_is_shown_as_it_was_sent() {
    let world = World::new();
    let alice = world.user("alice").await;
    let longest = "\u{1f600}".repeat(32_000);
    for text in ["  two  words \n", "<b>\u{200f}\"'&", longest.as_str()] {
        let reply = alice.post("/api/chat/", message(text)).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, json!({"user": 1, "message": text, "response": ANSWER, "timestamp": NOW}));
    }
}

#[tokio::test]
async fn forms_and_numbers() {
    let world = World::new();
    let alice = world.user("alice").await;
    let said = |text: &str| json!({"user": 1, "message": text, "response": ANSWER, "timestamp": NOW});
    let reply = alice.post_form("/api/chat/", "message=1+%2B+1").await;
    assert_eq!(reply.body, said("1 + 1"));
    let parts = "--x\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\nHi\r\n--x--\r\n";
    let reply = alice.post_raw("/api/chat/", "multipart/form-data; boundary=x", parts).await;
    assert_eq!(reply.body, said("Hi"));
    for number in ["5", "-5", "0.5"] {
        let body = format!("{{\"message\": {number}}}");
        let reply = alice.post_raw("/api/chat/", "application/json", body).await;
        assert_eq!(reply.body, said(number));
    }
}

#[tokio::test]
async fn a_long_number_is_read_digit_by_digit() {
    let world = World::new();
    let alice = world.user("alice").await;
    let digits = "123456789012345678901234567890";
    let body = format!("{{\"message\": {digits}}}");
    let reply = alice.post_raw("/api/chat/", "application/json", body).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"user": 1, "message": digits, "response": ANSWER, "timestamp": NOW}));
}

#[tokio::test]
async fn the_model_says_something_else() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Answer("Hello, Alice!"));
    let reply = alice.post("/api/chat/", message("Hi")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"user": 1, "message": "Hi", "response": "Hello, Alice!", "timestamp": NOW}));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn bad_messages() {
    let world = World::new();
    let alice = world.user("alice").await;
    let bodies = [
        (json!({}), "Message is required"),
        (json!({"text": "Hi"}), "Message is required"),
        (message(""), "Message is required"),
        (message(" \t\n"), "Message is required"),
        (json!({"message": null}), "Message is required"),
        (json!({"message": true}), "Message: Not a valid string."),
        (json!({"message": ["Hi"]}), "Message: Not a valid string."),
        (json!({"message": {}}), "Message: Not a valid string."),
        (message("a\0b"), "Message: Null characters are not allowed."),
        (message(&"a".repeat(32_001)), "Message: Ensure this field has no more than 32000 characters."),
    ];
    for (body, error) in bodies {
        let reply = alice.post("/api/chat/", body).await;
        assert_eq!(reply.status, 400, "{error}");
        assert_eq!(reply.body, json!({"error": error}));
    }
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn nothing_is_left() {
    let world = World::with(&[("INITIAL_TOKENS", "199")]);
    let alice = world.user("alice").await;
    assert_eq!(alice.post("/api/chat/", message("Hi")).await.status, 200);
    let reply = alice.post("/api/chat/", message("Hi")).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.body, json!({"error": "Insufficient tokens"}));
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 99}));
}

#[tokio::test]
async fn without_a_credential() {
    let world = World::new();
    let reply = world.anonymous().post("/api/chat/", message("Hi")).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(reply.body, json!({"detail": "Authentication credentials were not provided."}));
}

#[tokio::test]
async fn with_an_invalid_credential() {
    let world = World::new();
    let reply = world.anonymous().bearing("a.b.c").post("/api/chat/", message("Hi")).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(reply.body, json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}));
}

#[tokio::test]
async fn the_model_fails() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Fail);
    let reply = alice.post("/api/chat/", message("Hi")).await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.body, json!({"error": "The model failed to answer."}));
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 4000}));
    assert_eq!(alice.post("/api/chat/", message("Hi")).await.status, 200);
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 3900}));
}

#[tokio::test(start_paused = true)]
async fn the_model_hangs() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Hang);
    let reply = alice.post("/api/chat/", message("Hi")).await;
    assert_eq!(reply.status, 504);
    assert_eq!(reply.body, json!({"error": "The model did not answer in time."}));
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 4000}));
    assert_eq!(alice.post("/api/chat/", message("Hi")).await.status, 200);
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 3900}));
}

#[tokio::test]
async fn the_model_panics() {
    let world = World::new();
    let alice = world.user("alice").await;
    world.model.next(Script::Panic);
    let reply = alice.post("/api/chat/", message("Hi")).await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.body, json!({"error": "The model failed to answer."}));
    let reply = alice.post("/api/chat/", message("Hi")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"user": 1, "message": "Hi", "response": ANSWER, "timestamp": NOW}));
    // A hold that nobody ended expires by itself.
    world.pass(Duration::from_secs(10 * 60));
    assert_eq!(alice.get("/api/tokens/").await.body, json!({"tokens": 3900}));
}
