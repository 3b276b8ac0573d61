//! Spec 000: the files of an assistant, in parts of a multipart form that are called `files`.

use super::assistants::{ASSISTANTS, FIELDS, helper};
use crate::{
    files::PNG,
    world::{Actor, MULTIPART, NOW, PASSWORD, Reply, World, multipart},
};
use axum::http::Method;
use futures::future::join_all;
use serde_json::{Value, json};

/// A file that is sent: its name and content.
type Sent<'a> = (&'a str, &'a [u8]);

async fn send(actor: &Actor, method: Method, path: &str, files: &[Sent<'_>]) -> Reply {
    actor.send(method, path, Some(MULTIPART), multipart(&FIELDS, files)).await
}

/// A new assistant called Helper, with these files.
async fn create(actor: &Actor, files: &[Sent<'_>]) -> Value {
    let reply = send(actor, Method::POST, ASSISTANTS, files).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

/// The assistant called Helper, with these files, whose ids are as in `body`.
fn shown(body: &Value, names: &[&str]) -> Value {
    let file = |(at, name): (usize, &&str)| {
        let id = body["files"][at]["id"].as_str().unwrap();
        json!({"id": id, "filename": name, "url": format!("http://quintet.test/api/v1/files/{id}/content")})
    };
    json!({
        "id": 1,
        "name": "Helper",
        "company_name": "Acme",
        "instructions": "Answer.",
        "files": names.iter().enumerate().map(file).collect::<Vec<_>>(),
        "created_at": NOW,
        "updated_at": NOW,
        "query_count": 0,
    })
}

/// Where a file is, without the host.
fn url(file: &Value) -> &str {
    file["url"].as_str().unwrap().strip_prefix("http://quintet.test").unwrap()
}

#[tokio::test]
async fn files_come_with_an_assistant_and_more_are_added() {
    let world = World::new();
    let alice = world.user("alice").await;
    let sent: [Sent<'_>; 4] =
        [("notes.txt", b"Hello"), ("photo.png", PNG), ("notes.txt", b"Hello again"), ("data.csv", b"a,b\n1,2\n")];
    let body = create(&alice, &sent[..2]).await;
    assert_eq!(body, shown(&body, &["notes.txt", "photo.png"]));
    let path = format!("{ASSISTANTS}1/");
    let reply = send(&alice, Method::PUT, &path, &sent[2..]).await;
    let all = shown(&reply.body, &["notes.txt", "photo.png", "notes.txt", "data.csv"]);
    assert_eq!((reply.status, &reply.body), (200, &all));
    assert_eq!(all["files"].as_array().unwrap()[..2], body["files"].as_array().unwrap()[..]);
    // Without files they stay.
    assert_eq!(alice.put(&path, helper("Helper")).await.body, all);
    assert_eq!(alice.get(ASSISTANTS).await.body, json!([all]));
    for ((_, content), file) in sent.iter().zip(all["files"].as_array().unwrap()) {
        let reply = alice.get(url(file)).await;
        assert_eq!((reply.status, &reply.bytes[..]), (200, *content));
    }
    // The platform dialect knows them by their ids, and can take them away.
    let listed = alice.get("/api/v1/assistants").await.body["items"][0].clone();
    let ids: Vec<&Value> = all["files"].as_array().unwrap().iter().map(|file| &file["id"]).collect();
    assert_eq!(listed["files"], json!(ids));
    let path = format!("/api/v1/assistants/{}", listed["id"].as_str().unwrap());
    assert_eq!(alice.put(&path, json!({"files": [ids[3]]})).await.status, 200);
    let rest = alice.get(ASSISTANTS).await.body[0]["files"].clone();
    assert_eq!(rest, json!([all["files"][3]]));
    assert_eq!(alice.get(url(&all["files"][0])).await.text, "Hello");
}

#[tokio::test]
async fn a_file_opens_to_its_owner_alone() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let body = create(&alice, &[("notes.txt", b"Hello")]).await;
    let url = url(&body["files"][0]);
    let anonymous = world.anonymous();
    let token = anonymous.post("/api/v1/tokens/", json!({"username": "alice", "password": PASSWORD})).await;
    let token = token.body["token"].as_str().unwrap().to_owned();
    let key = alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await;
    let key = key.body["key"].as_str().unwrap().to_owned();
    let owners = [
        alice.clone(),
        world.sign_in("alice").await,
        anonymous.authorized(&format!("Token {token}")),
        anonymous.bearing(&token),
        anonymous.bearing(&key),
        anonymous.authorized(&format!("token {key}")),
    ];
    for owner in owners {
        let reply = owner.get(url).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, "Hello"));
    }
    let root = world.admin("root").await;
    for other in [bob, root] {
        let reply = other.get(url).await;
        assert_eq!(reply.status, 404);
        assert_eq!(reply.body, json!({"detail": "Not found.", "status_code": 404, "error_code": "NOT_FOUND"}));
    }
    assert_eq!(anonymous.get(url).await.status, 401);
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    create(&alice, &[]).await;
    let reply = alice.post(ASSISTANTS, helper("Second")).await;
    assert_eq!(reply.status, 201);
    let good: Sent<'_> = ("notes.txt", b"Hello");
    let path = format!("{ASSISTANTS}1/");
    let content = json!({"files": ["The content of the file does not match its name or its declared type."]});
    let empty = json!({"files": ["The submitted file is empty."]});
    let many = json!({"files": ["Ensure this field has no more than 10 elements."]});
    let refused: [(Vec<Sent<'_>>, Value); 3] = [
        (vec![good, ("photo.png", b"GIF89a")], content),
        (vec![good, ("empty.txt", b"")], empty),
        (vec![good; 11], many),
    ];
    for (files, expected) in refused {
        for (method, path) in [(Method::POST, ASSISTANTS), (Method::PUT, &*path)] {
            let reply = send(&alice, method, path, &files).await;
            assert_eq!((reply.status, &reply.body), (400, &expected));
            world.until_nothing_is_stored().await;
        }
    }
    let reply = send(&alice, Method::POST, ASSISTANTS, &[good, ("setup.exe", b"MZ")]).await;
    assert_eq!(reply.status, 400);
    assert!(reply.body["files"][0].as_str().unwrap().starts_with("File extension is not allowed."), "{}", reply.text);
    world.until_nothing_is_stored().await;

    let taken = json!({"name": ["An assistant with that name already exists."]});
    let required = json!({"company_name": ["This field is required."], "instructions": ["This field is required."]});
    let not_found = json!({"detail": "Not found."});
    let second = format!("{ASSISTANTS}2/");
    let cut = multipart(&FIELDS, &[good]);
    let cut = cut[..cut.len() - 6].to_vec();
    let requests = [
        (&alice, Method::POST, ASSISTANTS, multipart(&FIELDS, &[good, good]), 400, taken.clone()),
        (&alice, Method::PUT, &*second, multipart(&FIELDS, &[good, good]), 400, taken),
        (&alice, Method::POST, ASSISTANTS, multipart(&[("name", "Third")], &[good]), 400, required.clone()),
        (&alice, Method::PUT, &*path, multipart(&[("name", "Third")], &[good]), 400, required),
        (&alice, Method::POST, ASSISTANTS, cut, 400, json!({"detail": "Multipart form parse error."})),
        (&bob, Method::PUT, &*path, multipart(&FIELDS, &[good]), 404, not_found),
    ];
    for (actor, method, path, form, status, expected) in requests {
        let reply = actor.send(method, path, Some(MULTIPART), form).await;
        assert_eq!((reply.status, reply.body), (status, expected), "{path}");
        world.until_nothing_is_stored().await;
    }
    let reply = send(&world.anonymous(), Method::POST, ASSISTANTS, &[good]).await;
    assert_eq!(reply.status, 401);
    world.until_nothing_is_stored().await;
    assert_eq!(world.rows("files"), [] as [Value; 0]);
    assert_eq!(alice.get(ASSISTANTS).await.body[0], shown(&Value::Null, &[]));
}

#[tokio::test]
async fn a_hundred_files_and_no_more() {
    let world = World::new();
    let alice = world.user("alice").await;
    let files: Vec<Sent<'_>> = vec![("notes.txt", b"Hello"); 10];
    create(&alice, &files).await;
    let path = format!("{ASSISTANTS}1/");
    for _ in 0..9 {
        assert_eq!(send(&alice, Method::PUT, &path, &files).await.status, 200);
    }
    let stored = world.stored();
    let reply = send(&alice, Method::PUT, &path, &files[..1]).await;
    let many = json!({"files": ["Ensure this field has no more than 100 elements."]});
    assert_eq!((reply.status, reply.body), (400, many));
    world.until_stored(&stored).await;
    assert_eq!(alice.get(ASSISTANTS).await.body[0]["files"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn files_that_are_added_at_the_same_moment_are_all_kept() {
    let world = World::new();
    let alice = world.user("alice").await;
    create(&alice, &[("first.txt", b"Hello")]).await;
    let path = format!("{ASSISTANTS}1/");
    let names = ["a.txt", "b.txt", "c.txt"];
    let added = names.map(|name| {
        let (alice, path) = (alice.clone(), path.clone());
        async move { send(&alice, Method::PUT, &path, &[(name, b"Hello")]).await }
    });
    for reply in join_all(added).await {
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let files = alice.get(ASSISTANTS).await.body[0]["files"].clone();
    let mut found: Vec<&str> =
        files.as_array().unwrap().iter().map(|file| file["filename"].as_str().unwrap()).collect();
    assert_eq!(found.remove(0), "first.txt");
    found.sort_unstable();
    assert_eq!(found, names);
    for file in files.as_array().unwrap() {
        assert_eq!(alice.get(url(file)).await.text, "Hello");
    }
}

#[tokio::test]
async fn a_repeated_upload_is_kept_once() {
    let world = World::new();
    let alice = world.user("alice").await.sending("Idempotency-Key", "once");
    let files: [Sent<'_>; 1] = [("notes.txt", b"Hello")];
    let first = create(&alice, &files).await;
    let stored = world.stored();
    assert_eq!(create(&alice, &files).await, first);
    world.until_stored(&stored).await;
    let reply = send(&alice, Method::POST, ASSISTANTS, &[("other.txt", b"Hello")]).await;
    let detail = "This Idempotency-Key was used for another request.";
    assert_eq!((reply.status, reply.body), (409, json!({"detail": detail})));
    world.until_stored(&stored).await;
    assert_eq!(alice.get(ASSISTANTS).await.body, json!([first]));
}
