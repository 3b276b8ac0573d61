//! Spec 001, "Tools": two are built in, administrators add others, everybody sees them.

use super::{error, invalid, only_page};
use crate::world::{Actor, NOW, Reply, World};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

pub const TOOLS: &str = "/api/v1/tools";
const BUILT_IN: &str = "A built-in tool cannot be changed.";
pub const FORM: &str = "Each parameter is an object with a type (string, number, integer, boolean, array or object), \
                    and optionally required (boolean) and description (text).";

pub fn web_search() -> Value {
    json!({
        "id": "web_search",
        "name": "Web Search",
        "description": "Search the web for information",
        "category": "search",
        "parameters": {"query": {"type": "string", "required": true, "description": "Search query"}},
        "endpoint": null,
        "timeout_seconds": null,
        "max_result_bytes": null,
        "secret_header": null,
        "created_at": null,
        "updated_at": null,
    })
}

pub fn file_upload() -> Value {
    json!({
        "id": "file_upload",
        "name": "File Upload",
        "description": "Read the files of the conversation and of the assistant",
        "category": "files",
        "parameters": {
            "file_id": {"type": "string", "required": true, "description": "The file's id"},
            "pages": {"type": "string", "required": false, "description": "The pages, as 3 or 3-5. All, if left out"},
        },
        "endpoint": null,
        "timeout_seconds": null,
        "max_result_bytes": null,
        "secret_header": null,
        "created_at": null,
        "updated_at": null,
    })
}

/// A tool of which nothing but what must be is said.
pub fn bare(id: &str, name: &str) -> Value {
    json!({
        "id": id, "name": name, "description": null, "category": null, "parameters": {},
        "endpoint": format!("https://example.com/{id}"), "timeout_seconds": 20, "max_result_bytes": 100_000,
        "secret_header": null, "created_at": NOW, "updated_at": NOW,
    })
}

pub async fn add(admin: &Actor, id: &str, name: &str) -> Reply {
    admin.post(TOOLS, json!({"name": name, "endpoint": format!("https://example.com/{id}")})).await
}

fn ids(reply: &Reply) -> Vec<&str> {
    let items = reply.body["items"].as_array().unwrap_or_else(|| panic!("{}", reply.text)).iter();
    items.map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_built_in_tools() {
    let world = World::new();
    let alice = world.user("alice").await;
    let reply = alice.get(TOOLS).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, only_page(json!([web_search(), file_upload()])));
    for tool in [web_search(), file_upload()] {
        let reply = alice.get(&format!("{TOOLS}/{}", tool["id"].as_str().unwrap())).await;
        assert_eq!((reply.status, reply.body), (200, tool));
    }
}

#[tokio::test]
async fn what_is_given_changes_and_the_id_stays() {
    let world = World::new();
    let root = world.admin("root").await;
    let path = format!("{TOOLS}/weather");
    assert_eq!(add(&root, "weather", "Weather").await.status, 201);
    world.pass(Duration::from_secs(60));
    let changed = |different: Value| {
        let mut tool = bare("weather", "Weather");
        tool["updated_at"] = json!("2024-03-13T10:06:00Z");
        tool.as_object_mut().unwrap().extend(different.as_object().unwrap().clone());
        tool
    };
    let everything = json!({
        "name": "Climate", "description": "Tells", "category": "data", "endpoint": "https://example.com/climate",
        "parameters": {"city": {"type": "string", "required": false, "description": ""}},
    });
    let nothing = json!({"description": null, "category": "", "parameters": {}});
    let steps = [
        (json!({}), changed(json!({}))),
        (everything.clone(), changed(everything)),
        (nothing, changed(json!({"name": "Climate", "endpoint": "https://example.com/climate"}))),
        (
            json!({"name": "Web Search"}),
            changed(json!({
                "name": "Web Search", "endpoint": "https://example.com/climate",
            })),
        ),
    ];
    for (change, tool) in steps {
        let reply = root.put(&path, change.clone()).await;
        assert_eq!((reply.status, &reply.body), (200, &tool), "{change}");
        assert_eq!(root.get(&path).await.body, tool, "{change}");
    }
    let (null, public) = ("This field may not be null.", "The address must name a public host.");
    let mistakes = [
        (
            json!({"name": null, "parameters": null, "endpoint": null}),
            vec![("name", null), ("parameters", null), ("endpoint", null)],
        ),
        (
            json!({"endpoint": "https://localhost/", "parameters": {"x": 1}}),
            vec![("parameters", FORM), ("endpoint", public)],
        ),
    ];
    for (change, mistakes) in mistakes {
        let reply = root.put(&path, change.clone()).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&mistakes)), "{change}");
    }
    assert_eq!(root.get(&path).await.body["endpoint"], "https://example.com/climate");
}

#[tokio::test]
async fn changes_at_the_same_moment_are_all_kept() {
    let world = World::new();
    let root = world.admin("root").await;
    let mut expected = add(&root, "weather", "Weather").await.body;
    let changes = [json!({"name": "Storms"}), json!({"category": "data"}), json!({"description": "Tells it."})];
    let path = format!("{TOOLS}/weather");
    for (change, reply) in changes.iter().zip(join_all(changes.iter().map(|it| root.put(&path, it.clone()))).await) {
        assert_eq!(reply.status, 200, "{change}: {}", reply.text);
        expected.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    }
    assert_eq!(root.get(&path).await.body, expected);
}

#[tokio::test]
async fn the_same_tool_twice_with_one_key() {
    let world = World::new();
    let root = world.admin("root").await.sending("Idempotency-Key", "once");
    let first = add(&root, "weather", "Weather").await;
    world.pass(Duration::from_secs(60));
    let again = add(&root, "weather", "Weather").await;
    assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body));
    let reply = add(&root, "weather", "Climate").await;
    let reused = error(409, "CONFLICT", "This Idempotency-Key was used for another request.");
    assert_eq!((reply.status, reply.body), (409, reused));
    assert_eq!(root.get(TOOLS).await.body["total"], 3);
}

#[tokio::test]
async fn only_administrators_add_change_and_remove() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    assert_eq!(add(&root, "weather", "Weather").await.status, 201);
    for id in ["weather", "web_search", "nothing", "NOT-AN-ID"] {
        let path = format!("{TOOLS}/{id}");
        for reply in [add(&alice, id, id).await, alice.put(&path, json!({})).await, alice.delete(&path).await] {
            let forbidden = error(403, "FORBIDDEN", "You do not have permission to perform this action.");
            assert_eq!((reply.status, reply.body), (403, forbidden), "{id}");
        }
    }
    for id in ["web_search", "file_upload"] {
        let path = format!("{TOOLS}/{id}");
        for reply in [root.put(&path, json!({"name": "Mine"})).await, root.delete(&path).await] {
            assert_eq!((reply.status, reply.body), (409, error(409, "CONFLICT", BUILT_IN)), "{id}");
        }
    }
    for id in ["nothing", "NOT-AN-ID", "%00", "count"] {
        let path = format!("{TOOLS}/{id}");
        for reply in [root.get(&path).await, root.put(&path, json!({})).await, root.delete(&path).await] {
            assert_eq!((reply.status, reply.body), (404, error(404, "NOT_FOUND", "Not found.")), "{id}");
        }
    }
}

#[tokio::test]
async fn assistants_go_on_without_a_removed_tool() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    assert_eq!(add(&root, "weather", "Weather").await.status, 201);
    let tools = json!(["weather", "web_search"]);
    let assistant = alice.post("/api/v1/assistants", json!({"name": "Helper", "tools": tools})).await;
    let path = format!("/api/v1/assistants/{}", assistant.body["id"].as_str().unwrap());
    let reply = root.delete(&format!("{TOOLS}/weather")).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    assert_eq!(root.delete(&format!("{TOOLS}/weather")).await.status, 404);
    assert_eq!(root.get(TOOLS).await.body, only_page(json!([web_search(), file_upload()])));
    let body = json!({"assistant_id": assistant.body["id"], "initial_message": "Hello"});
    assert_eq!(alice.post("/api/v1/conversations", body).await.status, 201);
    let renamed = alice.put(&path, json!({"name": "Other"})).await;
    assert_eq!((renamed.status, &renamed.body["tools"]), (200, &tools));
    for (method, tools) in [("put", json!(["weather"])), ("post", json!(["web_search", "weather"]))] {
        let body = json!({"name": "New", "tools": tools});
        let reply =
            if method == "put" { alice.put(&path, body).await } else { alice.post("/api/v1/assistants", body).await };
        let mistake = invalid(&[("tools", "There is no such tool.")]);
        assert_eq!((reply.status, reply.body), (422, mistake), "{method}");
    }
    assert_eq!(add(&root, "weather", "Weather").await.status, 201, "its name is free again");
}

#[tokio::test]
async fn in_every_order_and_page_by_page() {
    let world = World::new();
    let root = world.admin("root").await;
    for (id, name) in [("zoo", "Zoo"), ("art", "art")] {
        assert_eq!(add(&root, id, name).await.status, 201);
        world.pass(Duration::from_secs(1));
    }
    let cases = [
        ("", vec!["art", "zoo", "web_search", "file_upload"]),
        ("sort=created_at", vec!["file_upload", "web_search", "zoo", "art"]),
        ("sort=name", vec!["art", "file_upload", "web_search", "zoo"]),
        ("sort=name:desc", vec!["zoo", "web_search", "file_upload", "art"]),
        ("sort=name&size=3&page=2", vec!["zoo"]),
        ("page=2", vec![]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&root.get(&format!("{TOOLS}?{query}")).await), expected, "{query}");
    }
    let first = root.get(&format!("{TOOLS}?sort=name&size=3")).await;
    assert_eq!((&first.body["pages"], &first.body["has_next"]), (&json!(2), &json!(true)));
    let after = format!("{TOOLS}?sort=name&size=3&after={}", first.body["next_cursor"].as_str().unwrap());
    assert_eq!(ids(&root.get(&after).await), ["zoo"]);
    let reply = root.get(&format!("{TOOLS}?sort=category")).await;
    let choices = "Not a valid choice. Choices are: created_at, name.";
    assert_eq!((reply.status, reply.body), (422, invalid(&[("sort", choices)])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_tools_and_no_more() {
    let world = World::new();
    let root = world.admin("root").await;
    let replies = join_all((0..110).map(|n| {
        let root = root.clone();
        tokio::spawn(async move { add(&root, "x", &format!("Tool {n}")).await })
    }));
    let replies: Vec<Reply> = replies.await.into_iter().map(Result::unwrap).collect();
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 100);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        let full = error(409, "CONFLICT", "You have reached the limit of 100.");
        assert_eq!((reply.status, &reply.body), (409, &full));
    }
    assert_eq!(root.get(TOOLS).await.body["total"], 102);
    let made = replies.iter().find(|reply| reply.status == 201).unwrap();
    assert_eq!(root.delete(&format!("{TOOLS}/{}", made.body["id"].as_str().unwrap())).await.status, 204);
    assert_eq!(add(&root, "x", "One more").await.status, 201);
    assert_eq!(add(&root, "x", "Two more").await.status, 409);
}
