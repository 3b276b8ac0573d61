//! What scripts of the pages get: the document's JSON routes, and streams of HTML.

use super::Browser;
use crate::world::{MULTIPART, Script, World, multipart};
use serde_json::{Value, json};
use tokio::sync::mpsc;

const UNKNOWN: &str = "018e376b-9ce0-7000-8000-000000000001";

#[tokio::test]
async fn sessions_are_created_renamed_loaded_and_deleted() {
    let world = World::new();
    let browser = Browser::of(&world, "alice").await;
    let script = browser.actor.without("Accept").sending("Cookie", &browser.cookie());
    let created = script.post("/chat/session/create/", json!({})).await;
    let id = created.body["session_id"].as_str().unwrap().to_owned();
    assert_eq!(created.body, json!({"success": true, "session_id": id, "session_title": "New Chat"}));
    let renamed = script.post(&format!("/chat/session/{id}/rename/"), json!({"title": "New Title"})).await;
    assert_eq!((renamed.status, renamed.body), (200, json!({"success": true})));
    let wrong = script.post(&format!("/chat/session/{id}/rename/"), json!({"title": ""})).await;
    assert_eq!((wrong.status, &wrong.body["success"]), (400, &json!(false)));
    let token = &browser.cookies["quintet_session"];
    let alice = world.anonymous().bearing(token);
    alice.post(&format!("/api/v1/chat/sessions/{id}/chats/"), json!({"message": "Hello"})).await;
    let loaded = script.get(&format!("/load_session/{id}/")).await;
    assert_eq!(loaded.status, 200);
    let chats = loaded.body["chats"].as_array().unwrap();
    assert_eq!(chats.len(), 1);
    let (number, response) = (&chats[0]["id"], &chats[0]["response"]);
    assert_eq!((number, response), (&json!(1), &json!("This is a dummy response from the AI.")));
    let deleted = script.delete(&format!("/chat/session/{id}/delete/")).await;
    assert_eq!((deleted.status, deleted.body), (200, json!({"success": true})));
    assert_eq!(script.get(&format!("/load_session/{id}/")).await.status, 404);
}

#[tokio::test]
async fn json_routes_refuse_in_json() {
    let world = World::new();
    let browser = Browser::of(&world, "alice").await;
    let routes = [
        ("POST", "/chat/session/create/".to_owned()),
        ("POST", format!("/chat/session/{UNKNOWN}/rename/")),
        ("DELETE", format!("/chat/session/{UNKNOWN}/delete/")),
        ("GET", format!("/load_session/{UNKNOWN}/")),
    ];
    for (method, path) in routes {
        let body = || json!({"title": "Title"}).to_string().into_bytes();
        let method: axum::http::Method = method.parse().unwrap();
        let anonymous = world.anonymous();
        let reply = anonymous.send(method.clone(), &path, Some("application/json"), body()).await;
        assert_eq!((reply.status, &reply.body["success"]), (401, &json!(false)), "{path}: {}", reply.text);
        let signed_in = anonymous.sending("Cookie", &browser.cookie());
        for (header, value) in
            [("Origin", "https://evil.example.com"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site")]
        {
            let foreign = signed_in.sending(header, value);
            let reply = foreign.send(method.clone(), &path, Some("application/json"), body()).await;
            assert_eq!((reply.status, &reply.body["success"]), (403, &json!(false)), "{path}: {}", reply.text);
        }
        if !path.ends_with("create/") {
            let own = signed_in.sending("Origin", "http://quintet.test");
            let reply = own.send(method.clone(), &path, Some("application/json"), body()).await;
            assert_eq!((reply.status, &reply.body["success"]), (404, &json!(false)), "{path}: {}", reply.text);
        }
    }
}

/// The events of a stream, each with its name and data.
fn events(text: &str) -> Vec<(String, Value)> {
    let blocks = text.split("\n\n").filter(|block| block.starts_with("event:"));
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().to_owned()
    };
    blocks.map(|block| (field(block, "event:"), serde_json::from_str(&field(block, "data:")).unwrap())).collect()
}

#[tokio::test]
async fn an_answer_is_streamed_as_blocks_of_html() {
    let world = World::new();
    let browser = Browser::of(&world, "alice").await;
    world.model.next(Script::Answer("One.\n\n```python\nprint(1)\n```\n"));
    let form = multipart(&[("csrf", &browser.csrf), ("key", "a"), ("message", "Hello")], &[]);
    let reply = browser.script("text/event-stream").post_raw("/chat/messages/", MULTIPART, form).await;
    assert_eq!(reply.header("content-type"), "text/event-stream");
    let events = events(&reply.text);
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names[0], *names.last().unwrap()), ("turn", "done"), "{}", reply.text);
    let turn = &events[0].1;
    assert_eq!(turn["url"], format!("/chat/{}/", turn["chat"].as_str().unwrap()));
    assert!(turn["html"].as_str().unwrap().contains("data-state=\"pending\""));
    assert!(turn["row_html"].as_str().unwrap().starts_with("<li data-chat="));
    let done = &events.last().unwrap().1;
    assert_eq!((&done["status"], &done["count"]), (&json!("complete"), &json!(2)));
    assert_eq!(done["balance"]["text"], "3,900 tokens");
    let again = multipart(&[("csrf", &browser.csrf), ("key", "b"), ("message", "Hello")], &[]);
    let path = format!("{}messages/", turn["url"].as_str().unwrap());
    let reply = browser.script("text/event-stream").post_raw(&path, MULTIPART, again).await;
    assert!(reply.text.contains("event: done"), "{}", reply.text);
}

#[tokio::test]
async fn a_stream_is_taken_up_with_all_that_was_said() {
    let world = World::new();
    let browser = Browser::of(&world, "alice").await;
    let (send, pieces) = mpsc::unbounded_channel();
    world.model.next(Script::Pieces(pieces));
    let form = multipart(&[("csrf", &browser.csrf), ("key", "a"), ("message", "Hello")], &[]);
    let script = browser.script("text/event-stream");
    let asked = tokio::spawn(async move { script.post_raw("/chat/messages/", MULTIPART, form).await });
    send.send(Ok("First.\n\nSecond")).unwrap();
    let alice = world.anonymous().bearing(&browser.cookies["quintet_session"]);
    let chat = loop {
        let list = alice.get("/api/v1/conversations").await;
        if let Some(id) = list.body["items"][0]["id"].as_str() {
            break id.to_owned();
        }
        tokio::task::yield_now().await;
    };
    let path = format!("/chat/{chat}/messages/1/stream/");
    let script = browser.script("text/event-stream");
    let followed = tokio::spawn(async move { script.get(&path).await });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    send.send(Ok(" one.")).unwrap();
    drop(send);
    let (asked, followed) = (asked.await.unwrap(), followed.await.unwrap());
    assert!(asked.text.contains("event: done"), "{}", asked.text);
    let events = events(&followed.text);
    assert_eq!(events[0].0, "reset", "{}", followed.text);
    assert_eq!(events[0].1["blocks"], json!(["<p>First.</p>", "<p>Second</p>"]));
    assert_eq!(events.last().unwrap().0, "done");
    let after = browser.script("text/event-stream").get(&format!("/chat/{chat}/messages/1/stream/")).await;
    assert!(after.text.contains("event: reset") && after.text.contains("event: done"), "{}", after.text);
}

#[tokio::test]
async fn an_answer_is_stopped() {
    let world = World::new();
    let browser = Browser::of(&world, "alice").await;
    let (send, pieces) = mpsc::unbounded_channel();
    world.model.next(Script::Pieces(pieces));
    let form = multipart(&[("csrf", &browser.csrf), ("key", "a"), ("message", "Hello")], &[]);
    let script = browser.script("text/event-stream");
    let asked = tokio::spawn(async move { script.post_raw("/chat/messages/", MULTIPART, form).await });
    send.send(Ok("First")).unwrap();
    let alice = world.anonymous().bearing(&browser.cookies["quintet_session"]);
    let chat = loop {
        let list = alice.get("/api/v1/conversations").await;
        if let Some(id) = list.body["items"][0]["id"].as_str() {
            break id.to_owned();
        }
        tokio::task::yield_now().await;
    };
    let stop = format!("/chat/{chat}/messages/1/stop/");
    let script = browser.script("application/json");
    assert_eq!(script.without("X-CSRF-Token").post(&stop, json!({})).await.status, 403);
    let stopped = script.post(&stop, json!({})).await;
    assert_eq!(stopped.status, 202, "{}", stopped.text);
    let asked = asked.await.unwrap();
    let events = events(&asked.text);
    assert_eq!(events.last().unwrap().1["status"], "cancelled", "{}", asked.text);
    let again = script.post(&stop, json!({})).await;
    assert_eq!((again.status, &again.body["code"]), (409, &json!("conflict")));
}

#[tokio::test]
async fn a_refusal_before_the_first_event_is_json_in_the_readers_words() {
    let world = World::with(&[("INITIAL_TOKENS", "50")]);
    let browser = Browser::of(&world, "alice").await;
    let script = browser.script("text/event-stream").sending("Accept-Language", "nl");
    let form = multipart(&[("csrf", &browser.csrf), ("message", "Hello")], &[]);
    let reply = script.post_raw("/chat/messages/", MULTIPART, form.clone()).await;
    assert_eq!((reply.status, &reply.body["code"]), (402, &json!("insufficient_tokens")));
    assert!(reply.body["error"].as_str().unwrap().starts_with("Je tokens zijn op."), "{}", reply.text);
    let signed_out = world.anonymous().sending("Accept", "text/event-stream");
    let reply = signed_out.post_raw("/chat/messages/", MULTIPART, form).await;
    assert_eq!((reply.status, &reply.body["code"]), (401, &json!("signed_out")));
}
