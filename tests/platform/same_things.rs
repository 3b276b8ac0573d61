//! "One account, five dialects": the same assistants and the same conversations behind every route, whoever
//! made them.

use super::one_account::EntryDialect;
use crate::world::{Actor, NOW, Reply, World};
use serde_json::{Value, json};
use std::time::Duration;

const ANSWER: &str = "This is a dummy response from the AI.";

async fn ok(reply: impl Future<Output = Reply>) -> Value {
    let reply = reply.await;
    assert!(reply.status < 300, "{} {}", reply.status, reply.text);
    reply.body
}

/// What 000 shows of an assistant without files.
fn numbered(id: u64, name: &str, company_name: &str, instructions: &str, query_count: u64) -> Value {
    json!({
        "id": id, "name": name, "company_name": company_name, "instructions": instructions, "files": [],
        "created_at": NOW, "updated_at": NOW, "query_count": query_count,
    })
}

/// Name, company and instructions of 001's assistants, oldest first.
async fn characters(actor: &Actor) -> Value {
    let list = ok(actor.get("/api/v1/assistants?sort=created_at")).await;
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| json!([item["name"], item["company_name"], item["system_prompt"]])).collect()
}

/// The titles of 001's conversations with their counts of messages, oldest first.
async fn conversations(actor: &Actor) -> Value {
    let list = ok(actor.get("/api/v1/conversations?sort=created_at")).await;
    list["items"].as_array().unwrap().iter().map(|item| json!([item["title"], item["message_count"]])).collect()
}

/// The titles of 002's sessions with what was said last, oldest first.
async fn sessions(actor: &Actor) -> Value {
    let list = ok(actor.get("/api/v1/chat/sessions/")).await;
    let results = list["results"].as_array().unwrap().iter().rev();
    results.map(|session| json!([session["title"], session["last_message"]["message"]])).collect()
}

/// The id of the conversation with this title.
async fn titled(actor: &Actor, title: &str) -> String {
    let list = ok(actor.get("/api/v1/conversations")).await;
    let found = list["items"].as_array().unwrap().iter().find(|item| item["title"] == title).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_assistant_made_in_one_dialect_is_there_in_the_other() {
    let world = World::new();
    let alice = world.user("alice").await;
    let first = json!({"name": "First", "company_name": "Acme", "instructions": "Answer."});
    assert_eq!(ok(alice.post("/api/v1/assistants/", first)).await, numbered(1, "First", "Acme", "Answer.", 0));
    let second = ok(alice.post("/api/v1/assistants", json!({"name": "Second"}))).await;
    assert_eq!(characters(&alice).await, json!([["First", "Acme", "Answer."], ["Second", null, null]]));
    let both = json!([numbered(1, "First", "Acme", "Answer.", 0), numbered(2, "Second", "", "", 0)]);
    assert_eq!(ok(alice.get("/api/v1/assistants/")).await, both);

    let path = format!("/api/v1/assistants/{}", second["id"].as_str().unwrap());
    ok(alice.put(&path, json!({"name": "Other", "system_prompt": "Be brief.", "company_name": "Emca"}))).await;
    let changed = json!({"name": "First", "new_name": "One", "company_name": "Acme", "instructions": "Ask."});
    ok(alice.put("/api/v1/assistants/1/", changed)).await;
    assert_eq!(characters(&alice).await, json!([["One", "Acme", "Ask."], ["Other", "Emca", "Be brief."]]));
    let body = json!({"assistant_id": second["id"], "initial_message": "Hello"});
    ok(alice.post("/api/v1/conversations", body)).await;
    ok(alice.post("/api/v1/chat/", json!({"assistant_name": "Other", "_input": "Hello"}))).await;
    let both = json!([numbered(1, "One", "Acme", "Ask.", 0), numbered(2, "Other", "Emca", "Be brief.", 2)]);
    assert_eq!(ok(alice.get("/api/v1/assistants/")).await, both);

    let taken = alice.post("/api/v1/assistants", json!({"name": "One"})).await;
    assert_eq!(taken.status, 409, "{}", taken.text);
    ok(alice.delete(&path)).await;
    assert_eq!(ok(alice.get("/api/v1/assistants/")).await, json!([numbered(1, "One", "Acme", "Ask.", 0)]));
    let gone = alice.post("/api/v1/chat/", json!({"assistant_name": "Other", "_input": "Hello"})).await;
    assert_eq!(gone.status, 400);
    assert_eq!(gone.body, json!({"assistant_name": ["Object with name=Other does not exist."]}));
}

#[tokio::test]
async fn what_is_said_in_each_dialect_is_read_in_every_other() {
    let world = World::new();
    let alice = world.user("alice").await;
    let helper = json!({"name": "Helper", "company_name": "Acme", "instructions": "Answer."});
    ok(alice.post("/api/v1/assistants/", helper)).await;
    ok(alice.post("/api/v1/chat/", json!({"assistant_name": "Helper", "_input": "zero"}))).await;
    world.pass(Duration::from_secs(1));
    ok(alice.post("/api/v1/conversations", json!({"title": "One", "initial_message": "one"}))).await;
    world.pass(Duration::from_secs(1));
    let session = ok(alice.post("/api/v1/chat/sessions/", json!({"title": "Two"}))).await;
    let two = session["id"].as_str().unwrap();
    ok(alice.post(&format!("/api/v1/chat/sessions/{two}/chats/"), json!({"message": "two"}))).await;
    world.pass(Duration::from_secs(1));
    ok(alice.post("/send/", json!({"message": "three"}))).await;
    ok(alice.post("/api/chat/", json!({"message": "four"}))).await;

    for dialect in EntryDialect::ALL {
        let alice = dialect.enter(&world, "alice").await;
        let counted = json!([["Helper", 2], ["One", 2], ["Two", 2], ["three", 4]]);
        assert_eq!(conversations(&alice).await, counted, "{dialect:?}");
        let last = json!([["Helper", "zero"], ["One", "one"], ["Two", "two"], ["three", "four"]]);
        assert_eq!(sessions(&alice).await, last, "{dialect:?}");
        for title in ["Helper", "One", "Two", "three"] {
            let id = titled(&alice, title).await;
            let messages = ok(alice.get(&format!("/api/v1/conversations/{id}"))).await["messages"].take();
            let chats = ok(alice.get(&format!("/api/v1/chat/sessions/{id}/chats/"))).await["results"].take();
            let said = |message: &Value| json!([message["role"], message["content"], message["created_at"]]);
            let platform: Vec<Value> = messages.as_array().unwrap().iter().map(said).collect();
            let webchat: Vec<Value> = chats
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|chat| {
                    let at = &chat["created_at"];
                    [json!(["user", chat["message"], at]), json!(["assistant", chat["response"], at])]
                })
                .collect();
            assert_eq!(platform, webchat, "{dialect:?} {title}");
            assert_eq!(platform[1][1], ANSWER, "{dialect:?} {title}");
        }
    }
}

#[tokio::test]
async fn a_conversation_goes_on_and_ends_in_any_dialect() {
    let world = World::new();
    let alice = world.user("alice").await;
    ok(alice.post("/send/", json!({"message": "three"}))).await;
    let id = titled(&alice, "three").await;
    let (platform, webchat) = (format!("/api/v1/conversations/{id}"), format!("/api/v1/chat/sessions/{id}/chats/"));
    ok(alice.post(&format!("{platform}/messages"), json!({"content": "one"}))).await;
    ok(alice.post(&webchat, json!({"message": "two"}))).await;
    ok(alice.post("/api/chat/", json!({"message": "four"}))).await;
    let chats = ok(alice.get(&webchat)).await;
    let said: Vec<&Value> = chats["results"].as_array().unwrap().iter().map(|chat| &chat["message"]).collect();
    assert_eq!(said, ["three", "one", "two", "four"]);
    assert_eq!(conversations(&alice).await, json!([["three", 8]]));

    let reply = alice.delete(&platform).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    assert_eq!(alice.get(&webchat).await.body, json!({"detail": "Not found."}));
    assert_eq!(sessions(&alice).await, json!([]));
    ok(alice.post("/api/chat/", json!({"message": "five"}))).await;
    assert_eq!(sessions(&alice).await, json!([["five", "five"]]), "a new one begins");
    assert_ne!(titled(&alice, "five").await, id);
    assert_eq!(world.available("alice"), 3500, "what is deleted was paid for");
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there_in_any_dialect() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let helper = json!({"name": "Helper", "company_name": "Acme", "instructions": "Answer."});
    ok(alice.post("/api/v1/assistants/", helper)).await;
    ok(alice.post("/api/v1/chat/", json!({"assistant_name": "Helper", "_input": "zero"}))).await;
    ok(alice.post("/send/", json!({"message": "three"}))).await;
    assert_eq!(ok(bob.get("/api/v1/assistants/")).await, json!([]));
    assert_eq!(characters(&bob).await, json!([]));
    assert_eq!(conversations(&bob).await, json!([]));
    assert_eq!(sessions(&bob).await, json!([]));
    let named = bob.post("/api/v1/chat/", json!({"assistant_name": "Helper", "_input": "Hello"})).await;
    assert_eq!(named.body, json!({"assistant_name": ["Object with name=Helper does not exist."]}));
    let same = json!({"name": "Helper", "company_name": "Bob's", "instructions": "Ask."});
    assert_eq!(ok(bob.post("/api/v1/assistants/", same)).await, numbered(1, "Helper", "Bob's", "Ask.", 0));
    assert_eq!(world.available("bob"), 4000);
}
