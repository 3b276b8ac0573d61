//! Spec 001, "Assistants": one assistant, what may be said about it, and what becomes of it.

use super::{error, invalid, taken};
use crate::world::{Actor, NOW, Reply, World};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

pub const ASSISTANTS: &str = "/api/v1/assistants";

pub async fn create(actor: &Actor, body: Value) -> Value {
    let reply = actor.post(ASSISTANTS, body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

pub fn path(assistant: &Value) -> String {
    format!("{ASSISTANTS}/{}", assistant["id"].as_str().unwrap())
}

fn not_found() -> Value {
    error(404, "NOT_FOUND", "Not found.")
}

fn assert_taken(reply: &Reply) {
    assert_eq!(reply.status, 409, "{}", reply.text);
    assert_eq!(reply.body, error(409, "CONFLICT", "An assistant with that name already exists."));
}

/// What an assistant is that was given a name alone.
fn blank(name: &str) -> Value {
    json!({
        "name": name,
        "description": null,
        "personality": null,
        "system_prompt": null,
        "status": "active",
        "category": null,
        "company_name": null,
        "model": null,
        "temperature": null,
        "tools": [],
        "files": [],
        "created_at": NOW,
        "updated_at": NOW,
    })
}

/// The document's example, with a value for everything else.
fn full(file: &str) -> Value {
    json!({
        "name": "My Assistant",
        "description": "A helpful AI assistant",
        "personality": "Friendly and professional",
        "system_prompt": "You are a helpful assistant...",
        "tools": ["web_search", "file_upload"],
        "model": "gpt-4",
        "temperature": 0.7,
        "status": "draft",
        "category": "general",
        "company_name": "Acme",
        "files": [file],
    })
}

#[tokio::test]
async fn the_documents_example() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut example = full("");
    for undocumented in ["status", "category", "company_name", "files"] {
        example.as_object_mut().unwrap().remove(undocumented);
    }
    let mut reply = alice.post(ASSISTANTS, example.clone()).await;
    assert_eq!(reply.status, 201);
    let whole = reply.body.clone();
    let id = taken::uuid(&mut reply, "id");
    let mut expected = blank("My Assistant");
    expected.as_object_mut().unwrap().extend(example.as_object().unwrap().clone());
    assert_eq!(reply.body, expected);
    let reply = alice.get(&format!("{ASSISTANTS}/{id}")).await;
    assert_eq!((reply.status, reply.body), (200, whole.clone()));
    assert_eq!(alice.get(ASSISTANTS).await.body["items"], json!([whole]));
}

#[tokio::test]
async fn only_the_name_is_needed() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut nulls = full("").as_object().unwrap().clone();
    nulls.values_mut().for_each(|value| *value = Value::Null);
    nulls.insert("name".to_owned(), json!("Nulls"));
    let bodies = [
        ("Helper", json!({"name": " Helper\n"})),
        ("Nulls", nulls.into()),
        ("Spaces", json!({"name": "Spaces", "description": "", "system_prompt": " \n", "category": " "})),
        (
            "Else",
            json!({"name": "Else", "id": 5, "version": 9, "query_count": 7, "created_at": "2020-01-01T00:00:00Z"}),
        ),
    ];
    for (name, body) in bodies {
        let mut reply = alice.post(ASSISTANTS, body).await;
        taken::uuid(&mut reply, "id");
        assert_eq!((reply.status, reply.body), (201, blank(name)));
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = json!({"temperature": 3, "status": "gone", "tools": "web_search", "category": 5});
    let reply = alice.post(ASSISTANTS, body).await;
    assert_eq!(reply.status, 422);
    let problems = [
        ("name", "This field is required."),
        ("category", "Not a valid string."),
        ("status", "Not a valid choice. Choices are: active, inactive, draft."),
        ("tools", "Expected a list of items."),
        ("temperature", "Ensure this value is between 0 and 2."),
    ];
    assert_eq!(reply.body, invalid(&problems));
    assert_eq!(world.rows("assistants"), [] as [Value; 0]);
}

#[tokio::test]
async fn values_at_the_end_of_what_is_allowed() {
    let world = World::new();
    let alice = world.user("alice").await;
    let assistant = create(&alice, json!({"name": "Helper"})).await;
    let long = |length: usize| json!("é".repeat(length));
    let tools = |count: usize| json!(vec!["web_search"; count]);
    let texts = [
        ("name", 120),
        ("description", 2_000),
        ("personality", 2_000),
        ("system_prompt", 32_000),
        ("category", 64),
        ("company_name", 255),
        ("model", 255),
    ];
    let range = "Ensure this value is between 0 and 2.";
    let choice = "Not a valid choice. Choices are: active, inactive, draft.";
    let mut allowed = vec![
        ("temperature", json!(0)),
        ("temperature", json!(2)),
        ("temperature", json!(1.25)),
        ("temperature", json!(0.000_001)),
        ("status", json!("inactive")),
        ("status", json!("draft")),
        ("status", json!("active")),
        ("tools", json!(["file_upload", "web_search"])),
    ];
    let mut refused = vec![
        ("name", json!(" "), "This field may not be blank.".to_owned()),
        ("name", json!(null), "This field may not be null.".to_owned()),
        ("temperature", json!(-0.001), range.to_owned()),
        ("temperature", json!(2.001), range.to_owned()),
        ("temperature", json!("0.7"), "A valid number is required.".to_owned()),
        ("temperature", json!(true), "A valid number is required.".to_owned()),
        ("status", json!("Active"), choice.to_owned()),
        ("status", json!(""), choice.to_owned()),
        ("tools", tools(33), "Ensure this field has no more than 32 elements.".to_owned()),
        ("tools", json!([1]), "Not a valid string.".to_owned()),
        ("tools", json!({}), "Expected a list of items.".to_owned()),
        ("files", json!(vec!["x"; 101]), "Ensure this field has no more than 100 elements.".to_owned()),
        ("files", json!([null]), "Not a valid string.".to_owned()),
    ];
    for (field, max) in texts {
        allowed.push((field, long(max)));
        refused.push((field, long(max + 1), format!("Ensure this field has no more than {max} characters.")));
        refused.push((field, json!("a\0b"), "Null characters are not allowed.".to_owned()));
        refused.push((field, json!(7), "Not a valid string.".to_owned()));
    }
    for (field, value) in allowed {
        let reply = alice.put(&path(&assistant), json!({field: value})).await;
        assert_eq!(reply.status, 200, "{field}: {}", reply.text);
        assert_eq!(json!(reply.body[field].as_f64()), json!(value.as_f64()), "{field}");
        assert!(value.is_number() || reply.body[field] == value, "{field}: {}", reply.text);
    }
    let before = alice.get(&path(&assistant)).await.body;
    let rows = world.rows("assistants");
    for (field, value, message) in refused {
        let mut new = json!({"name": "Second"});
        new[field] = value;
        for reply in [alice.post(ASSISTANTS, new.clone()).await, alice.put(&path(&assistant), new).await] {
            assert_eq!(reply.status, 422, "{field}: {}", reply.text);
            assert_eq!(reply.body, invalid(&[(field, &message)]));
        }
    }
    assert_eq!(alice.get(&path(&assistant)).await.body, before);
    assert_eq!(world.rows("assistants"), rows);
}

#[tokio::test]
async fn a_change_changes_what_it_is_given() {
    let world = World::new();
    let alice = world.user("alice").await;
    let file = world.keep_file("alice", "notes.txt", "Hello").await.id.to_string();
    let mut expected = create(&alice, full(&file)).await;
    let path = path(&expected);
    let changes = [
        json!({}),
        json!({"name": "Other"}),
        json!({"description": "Another"}),
        json!({"personality": "Strict"}),
        json!({"system_prompt": "Answer."}),
        json!({"tools": ["file_upload"]}),
        json!({"tools": []}),
        json!({"model": "echo"}),
        json!({"temperature": 1.5}),
        json!({"status": "inactive"}),
        json!({"category": "sales"}),
        json!({"company_name": "Initech"}),
        json!({"files": []}),
        json!({"files": [file], "status": "active"}),
        json!({"description": null, "personality": null, "system_prompt": null}),
        json!({"category": null, "company_name": null, "model": null, "temperature": null}),
    ];
    for change in changes {
        world.pass(Duration::from_secs(1));
        let now = alice.put("/api/v1/users/me", json!({})).await.body["updated_at"].clone();
        let reply = alice.put(&path, change.clone()).await;
        expected.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        expected["updated_at"] = now;
        assert_eq!((reply.status, &reply.body), (200, &expected), "{change}");
        assert_eq!(alice.get(&path).await.body, expected, "{change}");
    }
    // What cannot be taken away stays as it is.
    let reply = alice.put(&path, json!({"status": null, "tools": null, "files": null})).await;
    assert_eq!((reply.status, reply.body), (200, expected));
}

#[tokio::test]
async fn a_name_belongs_to_one_assistant_of_an_owner() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let first = create(&alice, json!({"name": "Helper"})).await;
    assert_taken(&alice.post(ASSISTANTS, json!({"name": " Helper "})).await);
    let second = create(&alice, json!({"name": "helper"})).await;
    create(&bob, json!({"name": "Helper"})).await;
    assert_taken(&alice.put(&path(&second), json!({"name": "Helper", "status": "draft"})).await);
    assert_eq!(alice.get(&path(&second)).await.body, second);
    assert_eq!(alice.put(&path(&first), json!({"name": "Helper"})).await.status, 200);
    // A name that was given up is free.
    assert_eq!(alice.put(&path(&first), json!({"name": "Renamed"})).await.status, 200);
    assert_eq!(alice.put(&path(&second), json!({"name": "Helper"})).await.body["name"], "Helper");
    assert_eq!(alice.delete(&path(&second)).await.status, 204);
    create(&alice, json!({"name": "Helper"})).await;
}

#[tokio::test]
async fn tools_and_files_that_are_not_there() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    let foreign = world.keep_file("root", "notes.txt", "Hello").await.id.to_string();
    let own = world.keep_file("alice", "notes.txt", "Hello").await.id.to_string();
    let tool = json!({"name": "Weather", "endpoint": "https://example.com/weather"});
    assert_eq!(root.post("/api/v1/tools", tool).await.status, 201);
    let mut assistant = create(&alice, json!({"name": "Helper", "tools": ["weather"], "files": [own]})).await;
    let absent = "018e3849-0000-7000-8000-000000000000";
    let refused = [
        ("tools", json!(["web_search", "nothing"]), "There is no such tool."),
        ("tools", json!(["Web Search"]), "There is no such tool."),
        ("files", json!([own, absent]), "There is no such file."),
        ("files", json!([foreign]), "There is no such file."),
        ("files", json!(["notes.txt"]), "There is no such file."),
    ];
    for (field, value, message) in refused {
        let body = json!({"name": "Second", field: value});
        for reply in [alice.post(ASSISTANTS, body.clone()).await, alice.put(&path(&assistant), body).await] {
            assert_eq!((reply.status, reply.body), (422, invalid(&[(field, message)])), "{field} {value}");
        }
    }
    // A tool that is removed stays named, but cannot be named anew.
    assert_eq!(root.delete("/api/v1/tools/weather").await.status, 204);
    assistant["category"] = json!("sales");
    assert_eq!(alice.put(&path(&assistant), json!({"category": "sales"})).await.body, assistant);
    let reply = alice.put(&path(&assistant), json!({"tools": ["weather"]})).await;
    assert_eq!((reply.status, reply.body), (422, invalid(&[("tools", "There is no such tool.")])));
}

#[tokio::test]
async fn a_temperature_has_six_decimals() {
    let world = World::new();
    let alice = world.user("alice").await;
    for (number, (sent, kept)) in
        [("1e-300", 0.0), ("5e-324", 0.0), ("0.1234567", 0.123_457), ("-0.0", 0.0)].iter().enumerate()
    {
        let body = format!("{{\"name\": \"{number}\", \"temperature\": {sent}}}");
        let reply = alice.post_raw(ASSISTANTS, "application/json", body).await;
        assert_eq!((reply.status, &reply.body["temperature"]), (201, &json!(kept)), "{sent}");
    }
}

#[tokio::test]
async fn a_tool_and_a_file_count_once() {
    let world = World::new();
    let alice = world.user("alice").await;
    let file = world.keep_file("alice", "notes.txt", "Hello").await.id.to_string();
    let twice = json!({"name": "Helper", "tools": ["web_search", "file_upload", "web_search"], "files": [file, file]});
    let assistant = create(&alice, twice).await;
    assert_eq!(assistant["tools"], json!(["web_search", "file_upload"]));
    assert_eq!(assistant["files"], json!([file]));
}

#[tokio::test]
async fn a_deleted_assistant_leaves_its_conversations_and_files() {
    let world = World::new();
    let alice = world.user("alice").await;
    let file = world.keep_file("alice", "notes.txt", "Hello").await.id.to_string();
    let assistant = create(&alice, json!({"name": "Helper", "files": [file]})).await;
    let new = json!({"assistant_id": assistant["id"], "initial_message": "Hello"});
    let conversation = alice.post("/api/v1/conversations", new).await.body;
    let talk = format!("/api/v1/conversations/{}", conversation["id"].as_str().unwrap());
    for _ in 0..2 {
        let reply = alice.put(&path(&assistant), json!({"status": "inactive"})).await;
        assert_eq!(reply.status, 200);
        let reply = alice.post(&format!("{talk}/messages"), json!({"content": "Are you there?"})).await;
        assert_eq!((reply.status, reply.body), (409, error(409, "CONFLICT", "The assistant is not active.")));
    }
    let reply = alice.delete(&path(&assistant)).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    for reply in [
        alice.get(&path(&assistant)).await,
        alice.put(&path(&assistant), json!({"name": "Other"})).await,
        alice.delete(&path(&assistant)).await,
    ] {
        assert_eq!((reply.status, reply.body), (404, not_found()));
    }
    assert_eq!(alice.get(ASSISTANTS).await.body["total"], 0);
    assert_eq!(alice.get(&talk).await.body, conversation);
    let reply = alice.post(&format!("{talk}/messages"), json!({"content": "Are you there?"})).await;
    assert_eq!((reply.status, reply.body), (409, error(409, "CONFLICT", "The assistant is not active.")));
    assert_eq!(alice.get(&format!("/api/v1/files/{file}/content")).await.text, "Hello");
    let new = json!({"assistant_id": assistant["id"]});
    let reply = alice.post("/api/v1/conversations", new).await;
    assert_eq!((reply.status, reply.body), (422, invalid(&[("assistant_id", "There is no such assistant.")])));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn a_repeated_creation_is_answered_again() {
    let world = World::new();
    let alice = world.user("alice").await.sending("Idempotency-Key", "once");
    let body = json!({"name": "Helper", "temperature": 0.7});
    let both = join_all([alice.post(ASSISTANTS, body.clone()), alice.post(ASSISTANTS, body.clone())]).await;
    assert_eq!([both[0].status, both[1].status], [201, 201], "{} {}", both[0].text, both[1].text);
    assert_eq!(both[0].body, both[1].body);
    world.pass(Duration::from_secs(23 * 60 * 60));
    let alice = world.sign_in("alice").await.sending("Idempotency-Key", "once");
    assert_eq!(alice.put(&path(&both[0].body), json!({"name": "Renamed"})).await.status, 200);
    let reply = alice.post(ASSISTANTS, body.clone()).await;
    assert_eq!((reply.status, &reply.body), (201, &both[0].body));
    let reply = alice.post(ASSISTANTS, json!({"name": "Helper", "temperature": 0.8})).await;
    let detail = "This Idempotency-Key was used for another request.";
    assert_eq!((reply.status, reply.body), (409, error(409, "CONFLICT", detail)));
    assert_eq!(alice.get(ASSISTANTS).await.body["total"], 1);
    // What was refused has used up no key.
    let other = alice.without("Idempotency-Key").sending("Idempotency-Key", "other");
    assert_eq!(other.post(ASSISTANTS, json!({"name": ""})).await.status, 422);
    assert_taken(&other.post(ASSISTANTS, json!({"name": "Renamed"})).await);
    assert_eq!(other.post(ASSISTANTS, body).await.status, 201);
}

#[tokio::test]
async fn changes_at_the_same_moment_are_all_kept() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut expected = create(&alice, json!({"name": "Helper"})).await;
    let changes = [json!({"name": "Other"}), json!({"category": "sales"}), json!({"temperature": 1.5})];
    let replies = join_all(changes.iter().map(|change| {
        let (alice, path) = (alice.clone(), path(&expected));
        async move { alice.put(&path, change.clone()).await }
    }));
    for (change, reply) in changes.iter().zip(replies.await) {
        assert_eq!(reply.status, 200, "{change}: {}", reply.text);
        expected.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    }
    assert_eq!(alice.get(&path(&expected)).await.body, expected);
    for filter in ["", "?category=sales", "?status=active", "?status=active&category=sales"] {
        let list = alice.get(&format!("{ASSISTANTS}{filter}")).await.body;
        assert_eq!((&list["items"], &list["total"]), (&json!([expected]), &json!(1)), "{filter}");
    }
}

#[tokio::test]
async fn one_of_two_gets_a_name_at_the_same_moment() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = json!({"name": "Helper"});
    let two = join_all([alice.post(ASSISTANTS, body.clone()), alice.post(ASSISTANTS, body)]).await;
    let (made, refused) = if two[0].status == 201 { (&two[0], &two[1]) } else { (&two[1], &two[0]) };
    assert_taken(refused);
    let second = create(&alice, json!({"name": "Second"})).await;
    let name = json!({"name": "Wanted"});
    let (one, other) = (path(&made.body), path(&second));
    let two = join_all([alice.put(&one, name.clone()), alice.put(&other, name)]).await;
    let (changed, refused) = if two[0].status == 200 { (&two[0], &two[1]) } else { (&two[1], &two[0]) };
    assert_eq!(changed.body["name"], "Wanted");
    assert_taken(refused);
    assert_eq!(alice.get(ASSISTANTS).await.body["total"], 2);
}
