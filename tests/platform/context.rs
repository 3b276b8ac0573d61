//! What the model is told of a conversation, and of nothing else.

use super::talk::*;
use crate::world::{Actor, Script, World, multipart};
use serde_json::json;
use shared::model::{Prompt, PromptMessage};

/// The texts of a prompt's messages, oldest first.
fn told(prompt: &Prompt) -> Vec<String> {
    let text = |message: &PromptMessage| match message {
        PromptMessage::User(text) => format!("user: {text}"),
        PromptMessage::Assistant { text, .. } => format!("assistant: {text}"),
        PromptMessage::ToolResult { text, .. } => format!("tool: {text}"),
    };
    prompt.messages.iter().map(text).collect()
}

/// Says each of the `questions`; the answer to each is `Answer`.
async fn talk(world: &World, actor: &Actor, path: &str, questions: impl IntoIterator<Item = String>) {
    for question in questions {
        world.model.next(Script::Answer("Answer"));
        assert_eq!(say(actor, path, &question).await.status, 201);
    }
}

#[tokio::test]
async fn earlier_turns_that_were_answered_are_told_and_questions_alternate_with_answers() {
    let (world, alice, path) = alice_in_a_conversation().await;
    talk(&world, &alice, &path, ["one".to_owned()]).await;
    world.model.next(Script::Fail);
    assert_eq!(say(&alice, &path, "lost").await.status, 502);
    talk(&world, &alice, &path, ["two".to_owned()]).await;
    let prompts = world.model.prompts();
    assert_eq!(told(&prompts[1]), ["user: one", "assistant: Answer", "user: lost"]);
    assert_eq!(told(&prompts[2]), ["user: one", "assistant: Answer", "user: two"]);
    assert_eq!(prompts[2].instructions, None);
}

#[tokio::test]
async fn every_dialect_has_a_memory() {
    let world = World::new();
    let alice = world.user("alice").await;
    assistant(&alice, "Ada").await;
    let session = alice.post("/api/v1/chat/sessions/", json!({})).await.body["id"].clone();
    let chats = format!("/api/v1/chat/sessions/{}/chats/", session.as_str().unwrap());
    let routes = [
        ("/api/v1/chat/", json!({"assistant_name": "Ada"}), "_input"),
        (&chats, json!({}), "message"),
        ("/send/", json!({}), "message"),
    ];
    for (path, body, field) in routes {
        let mut words = Vec::new();
        for question in ["one", "two"] {
            let mut body = body.clone();
            body[field] = json!(format!("{question} {path}"));
            assert!(alice.post(path, body).await.status < 300, "{path}");
            words.push(format!("user: {question} {path}"));
            assert_eq!(told(world.model.prompts().last().unwrap()), words, "{path}");
            words.push(format!("assistant: {ANSWER}"));
        }
    }
}

#[tokio::test]
async fn as_many_whole_turns_as_fit() {
    // 512 tokens, of which a quarter is for the answer. A turn has 100 + 4 and 2 + 4 tokens.
    let world = World::with(&[("MODEL_CONTEXT_TOKENS", "512")]);
    let alice = world.user("alice").await;
    let path = begin(&alice, json!({"title": "Work"})).await;
    let question = |number: usize| format!("{number}{}", "x".repeat(299));
    talk(&world, &alice, &path, (0..6).map(question)).await;
    let prompts = world.model.prompts();
    let of_turn = |number: usize| [format!("user: {}", question(number)), "assistant: Answer".to_owned()];
    let last = format!("user: {}", question(5));
    assert_eq!(told(&prompts[5]), [&of_turn(3)[..], &of_turn(4), &[last]].concat());
}

#[tokio::test]
async fn instructions_leave_less_room() {
    let world = World::with(&[("MODEL_CONTEXT_TOKENS", "512"), ("MODEL_MAX_OUTPUT_TOKENS", "100")]);
    let alice = world.user("alice").await;
    let system_prompt = "Be brief. ".repeat(90);
    let character =
        json!({"name": "Ada", "system_prompt": system_prompt, "personality": "Dry", "company_name": "ACME"});
    let ada = id_of(&made(alice.post(ASSISTANTS, character).await));
    let path = begin(&alice, json!({"assistant_id": ada})).await;
    talk(&world, &alice, &path, (0..3).map(|number| format!("{number}{}", "x".repeat(149)))).await;
    let prompts = world.model.prompts();
    let prompt = prompts.last().unwrap();
    let instructions = format!("{}\n\nYour personality: Dry\n\nYou work for ACME.", system_prompt.trim_end());
    assert_eq!(prompt.instructions.as_deref().map(str::trim_end), Some(instructions.as_str()));
    assert_eq!(prompt.max_output_tokens, Some(100));
    assert_eq!(prompt.messages.len(), 1, "{prompt:?}");
}

#[tokio::test]
async fn an_oversized_message_is_cut_in_its_middle_with_a_mark() {
    let world = World::with(&[("MODEL_CONTEXT_TOKENS", "512")]);
    let alice = world.user("alice").await;
    let path = begin(&alice, json!({"title": "Work"})).await;
    let question = format!("first {} last", "ä".repeat(5_000));
    talk(&world, &alice, &path, [question.clone()]).await;
    let prompts = world.model.prompts();
    let [PromptMessage::User(text)] = &prompts[0].messages[..] else { panic!("{prompts:?}") };
    assert!(text.starts_with("first ä"), "{text}");
    assert!(text.contains("ä\n[…]\nä") && text.ends_with("ä last"), "{text}");
    assert!((1_000..1_200).contains(&text.len()), "{}", text.len());
    assert_eq!(said(&alice, &path).await[0], format!("user: {question} (complete)"), "stored as it was sent");
}

#[tokio::test]
async fn a_context_that_is_shorter_than_expected_gets_half_the_history_once() {
    let (world, alice, path) = alice_in_a_conversation().await;
    talk(&world, &alice, &path, ["one", "two", "three"].map(str::to_owned)).await;
    world.model.next(Script::TooLong);
    world.model.next(Script::Answer("Four"));
    assert_eq!(say(&alice, &path, "four").await.body["assistant_message"]["content"], "Four");
    let prompts = world.model.prompts();
    assert_eq!(prompts.len(), 5);
    assert_eq!(told(&prompts[3]).len(), 7);
    assert_eq!(told(&prompts[4]), ["user: three", "assistant: Answer", "user: four"]);
    for _ in 0..2 {
        world.model.next(Script::TooLong);
    }
    assert_eq!(say(&alice, &path, "five").await.status, 502);
    assert_eq!(world.model.prompts().len(), 7, "no more than once");
    assert_eq!(world.available("alice"), 3_600);
}

#[tokio::test]
async fn a_context_that_is_shorter_than_expected_gets_half_the_passages_too() {
    let world = World::new();
    let alice = world.user("alice").await;
    let report: String =
        (1..=6).map(|year| format!("# Revenue of 200{year}\n\n{}\n\n", "Revenue rose. ".repeat(40))).collect();
    let file = world.keep_file("alice", "report.md", report).await.id.to_string();
    world.read_files().await;
    let ada = id_of(&made(alice.post(ASSISTANTS, json!({"name": "Ada", "files": [file]})).await));
    let path = begin(&alice, json!({"assistant_id": ada, "title": "Work"})).await;
    world.model.next(Script::TooLong);
    world.model.next(Script::Answer("It rose."));
    let reply = say(&alice, &path, "What was the revenue?").await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let prompts = world.model.prompts();
    let [first, second] = &prompts[..] else { panic!("{prompts:?}") };
    let passages = &first.grounding.passages;
    assert!(passages.len() >= 4, "{passages:?}");
    // The best ones, and those alone are named as sources.
    assert_eq!(second.grounding.passages, passages[..passages.len().div_ceil(2)]);
    let sources = reply.body["assistant_message"]["sources"].as_array().unwrap();
    assert_eq!(sources.len(), second.grounding.passages.len());
    // A single passage is told, or the turn fails.
    world.model.next(Script::TooLong);
    world.model.next(Script::TooLong);
    assert_eq!(say(&alice, &path, "And what was the revenue of 2003?").await.status, 502);
    assert_eq!(world.model.prompts().len(), 4, "no more than once");
}

#[tokio::test]
async fn a_context_that_is_too_short_for_the_question_is_a_failure() {
    let (world, alice, path) = alice_in_a_conversation().await;
    world.model.next(Script::TooLong);
    assert_eq!(say(&alice, &path, "one").await.status, 502);
    assert_eq!(world.model.prompts().len(), 1);
    assert_eq!(world.available("alice"), 4_000);
}

/// A word that stands in everything that bob has.
const CANARY: &str = "canary";

/// Bob fills every field that he can.
async fn fill(world: &World, bob: &Actor) {
    let file = world.keep_file("bob", "canary.txt", "canary").await;
    let files = json!([file.id.to_string()]);
    let me = json!({"full_name": "canary", "email": "canary@example.com", "current_password": crate::world::PASSWORD});
    assert_eq!(bob.put("/api/v1/users/me", me).await.status, 200);
    let character = json!({
        "name": "Ada", "description": "canary", "system_prompt": "canary", "personality": "canary",
        "company_name": "canary", "category": "canary", "model": "canary", "files": files,
    });
    let ada = made(bob.post(ASSISTANTS, character).await);
    let body = json!({"assistant_id": ada["id"], "title": "canary", "initial_message": "canary"});
    let begun = made(bob.post(CONVERSATIONS, body).await);
    let attachment = json!({"type": "file", "url": format!("https://example.com/{CANARY}")});
    let path = format!("{CONVERSATIONS}/{}/messages", id_of(&begun));
    assert_eq!(bob.post(&path, json!({"content": "canary", "attachments": [attachment]})).await.status, 201);
    for (path, body) in [
        ("/api/v1/chat/", json!({"assistant_name": "Ada", "_input": "canary"})),
        ("/send/", json!({"message": "canary"})),
        ("/api/chat/", json!({"message": "canary"})),
        ("/api/v1/users/me/api-keys", json!({"name": "canary"})),
        (
            "/api/v1/webhooks",
            json!({"url": "https://example.com/canary", "events": ["message.received"], "secret": "canary-canary-canary-canary-1234"}),
        ),
    ] {
        let reply = bob.post(path, body).await;
        assert!(reply.status < 300, "{path}: {}", reply.text);
    }
    let update = multipart(
        &[("name", "Ada"), ("company_name", "canary"), ("instructions", "canary")],
        &[("canary.txt", b"canary")],
    );
    let number = bob.get("/api/v1/assistants/").await.body[0]["id"].as_u64().unwrap();
    let reply = bob
        .send("PUT".parse().unwrap(), &format!("/api/v1/assistants/{number}/"), Some(crate::world::MULTIPART), update)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn a_prompt_has_nothing_of_other_users() {
    let world = World::new();
    let admin = world.admin("root").await;
    let bob = world.user("bob").await;
    let tool = json!({"name": "canary", "description": "canary", "category": "canary", "parameters": {"canary": {"type": "string", "required": true, "description": "canary"}}, "endpoint": "https://example.com/canary"});
    assert_eq!(admin.post("/api/v1/tools", tool).await.status, 201);
    assert_eq!(admin.post("/api/v1/notifications", json!({"message": "canary"})).await.status, 201);
    fill(&world, &bob).await;
    for table in ["users", "assistants", "tools", "sessions", "files", "outbox", "webhooks"] {
        let rows = world.rows(table);
        assert!(rows.iter().any(|row| row.to_string().contains(CANARY)), "{table} has no canary");
    }
    let before = world.model.prompts().len();
    world.model.write_titles();
    let alice = world.user("alice").await;
    assistant(&alice, "Ada").await;
    let session = alice.post("/api/v1/chat/sessions/", json!({})).await.body["id"].clone();
    let chats = format!("/api/v1/chat/sessions/{}/chats/", session.as_str().unwrap());
    let mut asked = 0;
    for _ in 0..2 {
        for (path, body) in [
            ("/api/v1/chat/", json!({"assistant_name": "Ada", "_input": "Hello"})),
            (CONVERSATIONS, json!({"initial_message": "Hello"})),
            (&chats, json!({"message": "Hello"})),
            ("/send/", json!({"message": "Hello"})),
            ("/api/chat/", json!({"message": "Hello"})),
        ] {
            let reply = alice.post(path, body).await;
            assert!(reply.status < 300, "{path}: {}", reply.text);
            asked += 1;
        }
    }
    // Bob's conversations are not alice's, also if she knows their ids.
    let of_bob = bob.get(CONVERSATIONS).await.body;
    for conversation in of_bob["items"].as_array().unwrap() {
        let path = format!("{CONVERSATIONS}/{}", conversation["id"].as_str().unwrap());
        assert_eq!(say(&alice, &path, "Hello").await.status, 404);
    }
    let assistants = bob.get(ASSISTANTS).await.body;
    let body = json!({"assistant_id": assistants["items"][0]["id"], "initial_message": "Hello"});
    assert_eq!(alice.post(CONVERSATIONS, body).await.status, 422);
    let prompts = &world.model.prompts()[before..];
    assert!(prompts.len() >= asked, "{}", prompts.len());
    for prompt in prompts {
        assert!(!format!("{prompt:?}").contains(CANARY), "{prompt:?}");
    }
}
