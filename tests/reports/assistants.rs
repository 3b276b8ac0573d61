//! Spec 000, "Assistant Management": without files. The same assistants as the platform dialect's.

use crate::world::{Actor, MULTIPART, NOW, PASSWORD, Reply, World, multipart};
use axum::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

pub const ASSISTANTS: &str = "/api/v1/assistants/";
pub const FIELDS: [(&str, &str); 3] = [("name", "Helper"), ("company_name", "Acme"), ("instructions", "Answer.")];

/// A body with the three fields that are required.
pub fn helper(name: &str) -> Value {
    json!({"name": name, "company_name": "Acme", "instructions": "Answer."})
}

async fn create(actor: &Actor, body: Value) -> Value {
    let reply = actor.post(ASSISTANTS, body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

/// What the `number`th assistant is shown as, by default.
fn shown(number: u64, name: &str) -> Value {
    json!({
        "id": number,
        "name": name,
        "company_name": "Acme",
        "instructions": "Answer.",
        "files": [],
        "created_at": NOW,
        "updated_at": NOW,
        "query_count": 0,
    })
}

fn assert_taken(reply: &Reply) {
    assert_eq!(reply.status, 400, "{}", reply.text);
    assert_eq!(reply.body, json!({"name": ["An assistant with that name already exists."]}));
}

#[tokio::test]
async fn made_changed_and_listed() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    assert_eq!(alice.get(ASSISTANTS).await.body, json!([]));
    assert_eq!(create(&alice, helper("Helper")).await, shown(1, "Helper"));
    assert_eq!(create(&alice, helper("Second")).await, shown(2, "Second"));
    assert_eq!(create(&bob, helper("Helper")).await, shown(1, "Helper"));
    world.pass(Duration::from_secs(60));
    let body = json!({"name": "Helper", "company_name": "Initech", "instructions": "Ask."});
    let reply = alice.put(&format!("{ASSISTANTS}1/"), body).await;
    let mut changed = shown(1, "Helper");
    changed["company_name"] = json!("Initech");
    changed["instructions"] = json!("Ask.");
    changed["updated_at"] = json!("2024-03-13T10:06:00Z");
    assert_eq!((reply.status, &reply.body), (200, &changed));
    let reply = alice.get(ASSISTANTS).await;
    assert_eq!((reply.status, reply.body), (200, json!([changed, shown(2, "Second")])));
    assert_eq!(bob.get(ASSISTANTS).await.body, json!([shown(1, "Helper")]));
}

#[tokio::test]
async fn json_and_forms_are_the_same() {
    let world = World::new();
    let alice = world.user("alice").await;
    let urlencoded = "application/x-www-form-urlencoded";
    let bodies = [
        ("application/json", r#"{"name": 2024, "company_name": "Acme", "instructions": "Answer."}"#.into()),
        (urlencoded, b"name=2024&company_name=Acme&instructions=Answer%2E&files=".to_vec()),
        (MULTIPART, multipart(&[("name", "2024"), FIELDS[1], FIELDS[2]], &[])),
        (MULTIPART, multipart(&[("name", "2024"), FIELDS[1], FIELDS[2]], &[("", b"")])),
    ];
    for (number, (content_type, body)) in (1..).zip(bodies) {
        let reply = alice.post_raw(ASSISTANTS, content_type, body.clone()).await;
        assert_eq!((reply.status, reply.body), (201, shown(number, "2024")), "{content_type}");
        let path = format!("{ASSISTANTS}{number}/");
        let reply = alice.send(Method::PUT, &path, Some(content_type), body).await;
        assert_eq!((reply.status, reply.body), (200, shown(number, "2024")), "{content_type}");
        // The next one takes the same name.
        let renamed =
            json!({"name": "x", "new_name": format!("Old {number}"), "company_name": "A", "instructions": "B"});
        assert_eq!(alice.put(&path, renamed).await.body["name"], format!("Old {number}"));
    }
}

#[tokio::test]
async fn fields_that_are_wrong() {
    let world = World::new();
    let alice = world.user("alice").await;
    create(&alice, helper("Helper")).await;
    let blank = ["This field may not be blank."];
    let not_text = ["Not a valid string."];
    let is_null = ["This field may not be null."];
    let required = ["This field is required."];
    let no_file = ["The submitted data was not a file. Check the encoding type on the form."];
    let at_most = |max: usize| [format!("Ensure this field has no more than {max} characters.")];
    let long = |length: usize| "é".repeat(length);
    let bodies = [
        (json!({}), json!({"name": required, "company_name": required, "instructions": required})),
        (
            json!({"name": " ", "company_name": "", "instructions": "\n"}),
            json!({"name": blank, "company_name": blank, "instructions": blank}),
        ),
        (
            json!({"name": null, "company_name": true, "instructions": []}),
            json!({"name": is_null, "company_name": not_text, "instructions": not_text}),
        ),
        (
            json!({"name": long(121), "company_name": long(256), "instructions": long(32_001)}),
            json!({"name": at_most(120), "company_name": at_most(255), "instructions": at_most(32_000)}),
        ),
        (
            json!({"name": "Other", "company_name": "Acme", "instructions": "Answer.", "files": "notes.txt"}),
            json!({"files": no_file}),
        ),
        (
            json!({"name": "Other", "company_name": "Acme", "instructions": "Answer.", "files": ["a"]}),
            json!({"files": no_file}),
        ),
    ];
    for (body, expected) in bodies {
        for reply in [alice.post(ASSISTANTS, body.clone()).await, alice.put(&format!("{ASSISTANTS}1/"), body).await] {
            assert_eq!((reply.status, &reply.body), (400, &expected));
        }
    }
    let reply = alice
        .post(ASSISTANTS, json!({"name": long(120), "company_name": long(255), "instructions": long(32_000)}))
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(alice.get(ASSISTANTS).await.body[0], shown(1, "Helper"));
}

#[tokio::test]
async fn a_new_name_and_names_in_use() {
    let world = World::new();
    let alice = world.user("alice").await;
    create(&alice, helper("Helper")).await;
    create(&alice, helper("Second")).await;
    let with = |name: &str, new_name: Value| {
        let mut body = helper(name);
        body["new_name"] = new_name;
        body
    };
    assert_taken(&alice.post(ASSISTANTS, helper(" Helper ")).await);
    let path = format!("{ASSISTANTS}2/");
    assert_taken(&alice.put(&path, helper("Helper")).await);
    assert_taken(&alice.put(&path, with("Second", json!("Helper"))).await);
    let reply = alice.put(&path, with("Second", json!(" "))).await;
    assert_eq!((reply.status, reply.body), (400, json!({"new_name": ["This field may not be blank."]})));
    let names = [
        ("Second", json!(null), "Second"),
        // Whatever `name` says.
        ("Helper", json!("Third"), "Third"),
        ("third", json!("third"), "third"),
        ("Fourth", json!(null), "Fourth"),
    ];
    for (name, new_name, expected) in names {
        let reply = alice.put(&path, with(name, new_name)).await;
        assert_eq!((reply.status, reply.body), (200, shown(2, expected)));
    }
    // Names that were given up are free; a new assistant knows no new name. An integer that went with a refusal
    // stays a gap.
    assert_eq!(create(&alice, with("Second", json!("Fifth"))).await, shown(4, "Second"));
    // As its name is said in a conversation.
    let reply = alice.post("/api/v1/chat/", json!({"assistant_name": "Fourth", "_input": "Hello"})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

#[tokio::test]
async fn an_assistant_that_is_not_there() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    create(&alice, helper("Helper")).await;
    create(&alice, helper("Second")).await;
    create(&bob, helper("Helper")).await;
    let uuid = alice.get("/api/v1/assistants?size=1").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    for id in ["2", "0", "-1", "1.0", "x", "18446744073709551616", &uuid] {
        let reply = bob.put(&format!("{ASSISTANTS}{id}/"), json!({})).await;
        assert_eq!((reply.status, reply.body), (404, json!({"detail": "Not found."})), "{id}");
    }
    // An integer is used once.
    assert_eq!(alice.delete(&format!("/api/v1/assistants/{uuid}")).await.status, 204);
    assert_eq!(alice.put(&format!("{ASSISTANTS}2/"), helper("Second")).await.status, 404);
    assert_eq!(create(&alice, helper("Second")).await["id"], 3);
    assert_eq!(alice.get(ASSISTANTS).await.body, json!([shown(1, "Helper"), shown(3, "Second")]));
}

#[tokio::test]
async fn the_same_assistant_in_the_platform_dialect() {
    let world = World::new();
    let alice = world.user("alice").await;
    create(&alice, helper("Helper")).await;
    let mut listed = alice.get("/api/v1/assistants").await.body["items"][0].clone();
    assert_eq!((&listed["name"], &listed["company_name"]), (&json!("Helper"), &json!("Acme")));
    assert_eq!((&listed["system_prompt"], &listed["status"]), (&json!("Answer."), &json!("active")));
    let path = format!("/api/v1/assistants/{}", listed["id"].as_str().unwrap());
    let character = json!({"description": "Helps", "tools": ["web_search"], "temperature": 0.5, "category": "sales"});
    assert_eq!(alice.put(&path, character.clone()).await.status, 200);
    // What this dialect has no fields for stays.
    assert_eq!(alice.put(&format!("{ASSISTANTS}1/"), helper("Renamed")).await.body, shown(1, "Renamed"));
    listed.as_object_mut().unwrap().extend(character.as_object().unwrap().clone());
    listed["name"] = json!("Renamed");
    assert_eq!(alice.get(&path).await.body, listed);
    // What the other dialect leaves out is empty here.
    assert_eq!(alice.post("/api/v1/assistants", json!({"name": "Bare"})).await.status, 201);
    let mut bare = shown(2, "Bare");
    bare["company_name"] = json!("");
    bare["instructions"] = json!("");
    assert_eq!(alice.get(ASSISTANTS).await.body, json!([shown(1, "Renamed"), bare]));
}

#[tokio::test]
async fn every_question_counts() {
    let world = World::new();
    let alice = world.user("alice").await;
    create(&alice, helper("Helper")).await;
    create(&alice, helper("Second")).await;
    for _ in 0..2 {
        let reply = alice.post("/api/v1/chat/", json!({"assistant_name": "Helper", "_input": "Hello"})).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
    let id = alice.get("/api/v1/assistants?sort=name").await.body["items"][0]["id"].clone();
    let new = json!({"assistant_id": id, "initial_message": "Hello"});
    assert_eq!(alice.post("/api/v1/conversations", new).await.status, 201);
    assert_eq!(alice.post("/send/", json!({"message": "Hello"})).await.status, 200);
    let mut asked = shown(1, "Helper");
    asked["query_count"] = json!(3);
    assert_eq!(alice.get(ASSISTANTS).await.body, json!([asked, shown(2, "Second")]));
    assert_eq!(alice.put(&format!("{ASSISTANTS}1/"), helper("Helper")).await.body, asked);
}

#[tokio::test]
async fn a_hundred_and_one_assistants() {
    let world = World::new();
    let alice = world.user("alice").await;
    for number in 1..=101 {
        create(&alice, helper(&format!("Helper {number}"))).await;
    }
    let ids = |reply: &Reply| -> Vec<u64> {
        reply.body.as_array().unwrap().iter().map(|entry| entry["id"].as_u64().unwrap()).collect()
    };
    let reply = alice.get(ASSISTANTS).await;
    assert_eq!(reply.status, 200);
    assert_eq!(ids(&reply), (1..=100).collect::<Vec<u64>>());
    assert_eq!(reply.header("link"), "<http://quintet.test/api/v1/assistants/?page=2>; rel=\"next\"");
    let reply = alice.get(&format!("{ASSISTANTS}?page=2")).await;
    assert_eq!(ids(&reply), [101]);
    assert_eq!(reply.header("link"), "<http://quintet.test/api/v1/assistants/>; rel=\"prev\"");
    for page in ["3", "0", "-1", "x", ""] {
        let reply = alice.get(&format!("{ASSISTANTS}?page={page}")).await;
        assert_eq!((reply.status, reply.body), (404, json!({"detail": "Invalid page."})), "{page}");
    }
}

#[tokio::test]
async fn every_credential_opens_it() {
    let world = World::new();
    let alice = world.user("alice").await;
    create(&alice, helper("Helper")).await;
    let anonymous = world.anonymous();
    let token = anonymous.post("/api/v1/tokens/", json!({"username": "alice", "password": PASSWORD})).await;
    let token = format!("Token {}", token.body["token"].as_str().unwrap());
    for actor in [anonymous.authorized(&token), world.sign_in("alice").await] {
        assert_eq!(actor.get(ASSISTANTS).await.body, json!([shown(1, "Helper")]));
    }
    for actor in [anonymous.clone(), anonymous.authorized("Basic YTpi")] {
        let reply = actor.post(ASSISTANTS, helper("Second")).await;
        let detail = "Authentication credentials were not provided.";
        assert_eq!((reply.status, reply.body), (401, json!({"detail": detail})));
        assert_eq!(reply.headers["www-authenticate"], "Token");
    }
}
