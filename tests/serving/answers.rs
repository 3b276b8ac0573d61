//! Responses have a bounded size in every dialect, and stay below the limit of a function's response.

use crate::world::{Actor, Script, World};
use serde_json::{Value, json};

/// The largest texts: their characters have four bytes, or six in JSON.
const LONGEST: [char; 2] = ['\u{1f600}', '\u{1}'];
const RESPONSE_MAX: usize = 5_000_000;

fn long(character: char) -> String {
    character.to_string().repeat(32_000)
}

async fn session(alice: &Actor, turns: usize, text: &str) -> String {
    let made = alice.post("/api/v1/chat/sessions/", json!({})).await;
    let path = format!("/api/v1/chat/sessions/{}/", made.body["id"].as_str().unwrap());
    for _ in 0..turns {
        assert_eq!(alice.post(&format!("{path}chats/"), json!({"message": text})).await.status, 201);
    }
    path
}

async fn assert_too_large(alice: &Actor, path: &str, body: Value) {
    let reply = alice.get(path).await;
    assert_eq!((reply.status, reply.body), (400, body), "{path}");
}

#[tokio::test]
async fn of_a_session_the_latest_chats_that_fit_are_shown() {
    for character in LONGEST {
        let world = World::with(&[("TOKENS_PER_TURN", "0")]);
        let alice = world.user("alice").await;
        let text = long(character);
        let path = session(&alice, 48, &text).await;
        alice.post(&format!("{path}chats/"), json!({"message": "the last"})).await;
        let reply = alice.get(&path).await;
        assert!(reply.bytes.len() < RESPONSE_MAX, "{}", reply.bytes.len());
        let chats = reply.body["chats"].as_array().unwrap();
        assert!((5..49).contains(&chats.len()), "{}", chats.len());
        assert_eq!(chats.last().unwrap()["message"], "the last");
        assert_eq!(chats[0]["message"], text, "stored as sent");
        // A page that is too large says what to do.
        let too_large = json!({"detail": "The page is too large. Ask for fewer entries per page."});
        assert_too_large(&alice, &format!("{path}chats/?page_size=49"), too_large).await;
        let mut seen = 0;
        for page in 1..=5 {
            let reply = alice.get(&format!("{path}chats/?page={page}")).await;
            assert_eq!(reply.status, 200, "{page}");
            assert!(reply.bytes.len() < RESPONSE_MAX);
            seen += reply.body["results"].as_array().unwrap().len();
        }
        assert_eq!(seen, 49);
        let conversation = path.replace("chat/sessions", "conversations");
        let reply = alice.get(conversation.trim_end_matches('/')).await;
        assert_eq!(reply.status, 200);
        assert!(reply.bytes.len() < RESPONSE_MAX, "{}", reply.bytes.len());
    }
}

#[tokio::test]
async fn messages_without_a_reply_take_no_room_in_a_page() {
    let world = World::with(&[("TOKENS_PER_TURN", "0")]);
    let alice = world.user("alice").await;
    let text = long('\u{1f600}');
    let path = session(&alice, 1, "the first").await;
    for _ in 0..45 {
        world.model.next(Script::Fail);
        assert_eq!(alice.post(&format!("{path}chats/"), json!({"message": text})).await.status, 502);
    }
    alice.post(&format!("{path}chats/"), json!({"message": "the second"})).await;
    let messages = |chats: &Value| -> Vec<Value> {
        chats.as_array().unwrap().iter().map(|chat| chat["message"].clone()).collect()
    };
    let shown = alice.get(&path).await;
    assert_eq!(messages(&shown.body["chats"]), ["the first", "the second"]);
    for (page, expected) in [("page_size=1", "the first"), ("page_size=1&page=2", "the second")] {
        let reply = alice.get(&format!("{path}chats/?{page}")).await;
        assert_eq!((reply.status, messages(&reply.body["results"])), (200, vec![json!(expected)]), "{page}");
    }
}

#[tokio::test]
async fn a_list_of_sessions_shows_the_beginning_of_long_texts() {
    let world = World::new();
    let alice = world.user("alice").await;
    let text = long('x');
    let path = session(&alice, 1, &text).await;
    let preview = format!("{}…", "x".repeat(4_000));
    for path in [path.as_str(), "/api/v1/chat/sessions/"] {
        let body = alice.get(path).await.body;
        let shown = body["results"].get(0).unwrap_or(&body);
        assert_eq!(shown["last_message"]["message"], preview, "{path}");
    }
    assert_eq!(alice.get(&path).await.body["chats"][0]["message"], text);
    let exact = "y".repeat(4_000);
    alice.post(&format!("{path}chats/"), json!({"message": exact})).await;
    assert_eq!(alice.get(&path).await.body["last_message"]["message"], exact);
}

#[tokio::test]
async fn a_list_of_assistants_that_is_too_large_can_be_read_in_smaller_pages() {
    let world = World::new();
    let alice = world.user("alice").await;
    let instructions = long('\u{1f600}');
    for number in 0..45 {
        let body = json!({"name": format!("Assistant {number}"), "system_prompt": instructions});
        assert_eq!(alice.post("/api/v1/assistants", body).await.status, 201);
    }
    const DETAIL: &str = "The page is too large. Ask for fewer entries per page.";
    let platform = json!({"detail": DETAIL, "status_code": 400, "error_code": "BAD_REQUEST"});
    assert_too_large(&alice, "/api/v1/assistants?size=100", platform).await;
    assert_too_large(&alice, "/api/v1/assistants/?page_size=40", json!({"detail": DETAIL})).await;
    // A client that asks for no size gets a page that fits, and where the next one is.
    let mut path = "/api/v1/assistants/".to_owned();
    let mut seen = 0;
    loop {
        let reply = alice.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        seen += reply.body.as_array().unwrap().len();
        let next =
            reply.header("link").split(", ").find_map(|link| link.strip_suffix("; rel=\"next\"")).map(str::to_owned);
        let Some(next) = next else { break };
        path = next.trim_matches(['<', '>']).split_once("/api/").map(|(_, rest)| format!("/api/{rest}")).unwrap();
    }
    assert_eq!(seen, 45);
    for path in ["/api/v1/assistants", "/api/v1/assistants/?page_size=20"] {
        let reply = alice.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.bytes.len() < RESPONSE_MAX);
    }
}
