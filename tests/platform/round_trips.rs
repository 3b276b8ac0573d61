//! What `GET` shows can be sent back with `PUT`, and changes nothing.

use crate::world::{Actor, World};
use serde_json::{Value, json};

async fn assert_unchanged(actor: &Actor, path: &str, made: Value) {
    let path = format!("{path}/{}", made["id"].as_str().unwrap());
    let mut shown = actor.get(&path).await.body;
    assert_eq!(shown["id"], made["id"], "{path}");
    let mut reply = actor.put(&path, shown.clone()).await;
    assert_eq!(reply.status, 200, "{path}: {shown}: {}", reply.text);
    for body in [&mut shown, &mut reply.body] {
        body["updated_at"] = Value::Null;
    }
    assert_eq!(reply.body, shown, "{path}");
}

#[tokio::test]
async fn of_everything_that_can_be_changed() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    let made = async |actor: &Actor, path: &str, body: Value| {
        let reply = actor.post(path, body).await;
        assert_eq!(reply.status, 201, "{path}: {}", reply.text);
        reply.body
    };
    let file = world.keep_file("alice", "notes.txt", "Notes.").await;
    let full = json!({
        "name": "Full", "description": "D", "personality": "P", "system_prompt": "S", "tools": ["web_search"],
        "model": "m", "temperature": 0.5, "category": "general", "company_name": "Acme", "status": "draft",
        "files": [file.id.to_string()],
    });
    for body in [json!({"name": "Bare"}), full] {
        let made = made(&alice, "/api/v1/assistants", body).await;
        assert_unchanged(&alice, "/api/v1/assistants", made).await;
    }
    let webhook = json!({"url": "https://example.com/hook", "events": ["user.created"]});
    let made_webhook = made(&alice, "/api/v1/webhooks", webhook).await;
    assert_unchanged(&alice, "/api/v1/webhooks", made_webhook).await;
    let parameters = json!({"city": {"type": "string", "description": "The city"}});
    let tool = json!({
        "name": "Weather", "description": "The weather", "category": "data", "parameters": parameters,
        "endpoint": "https://example.com/weather", "secret_header": {"name": "X-Api-Key", "value": "a secret"},
    });
    let made_tool = made(&root, "/api/v1/tools", tool).await;
    assert_unchanged(&root, "/api/v1/tools", made_tool).await;
}
