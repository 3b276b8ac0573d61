//! Spec 001, "File Upload": files of users, with what is known of them, and their way to the bucket and out of it.

use crate::{
    files::PNG,
    world::{Actor, MULTIPART, NOW, Reply, World},
};
use axum::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const UPLOAD: &str = "/api/v1/files/upload";
const UPLOADS: &str = "/api/v1/files/uploads";
const HERE: &str = "http://quintet.test";

/// A form with one part.
fn form(field: &str, name: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--x\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n");
    [head.as_bytes(), content, b"\r\n--x--\r\n"].concat()
}

async fn upload(actor: &Actor, name: &str, content: &[u8]) -> Reply {
    actor.post_raw(UPLOAD, MULTIPART, form("file", name, content)).await
}

/// An uploaded file, as it is shown.
async fn uploaded(actor: &Actor, name: &str, content: &[u8]) -> Value {
    let reply = upload(actor, name, content).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

fn path(file: &Value) -> String {
    format!("/api/v1/files/{}", file["id"].as_str().unwrap())
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|file| file["filename"].as_str().unwrap()).collect()
}

fn refused(status: u16, code: &str, field: &str, message: &str) -> Value {
    json!({
        "detail": format!("Invalid input: {field}"), "status_code": status, "error_code": code,
        "errors": [{"field": field, "message": message}],
    })
}

#[tokio::test]
async fn a_file_is_uploaded_shown_downloaded_and_deleted() {
    let world = World::new();
    let alice = world.user("alice").await;
    let empty = world.stored();
    let file = uploaded(&alice, "photo.png", PNG).await;
    let id = file["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "filename": "photo.png", "content_type": "image/png", "size": PNG.len(),
        "url": format!("{HERE}/api/v1/files/{id}/content"), "status": "stored",
        "status_detail": "The text of files of this kind is not read.", "created_at": NOW,
    });
    assert_eq!(file, expected);
    let reply = alice.get(&path(&file)).await;
    assert_eq!((reply.status, reply.body), (200, expected));
    assert_eq!(alice.get(&format!("{}/content", path(&file))).await.bytes, PNG);
    let reply = alice.delete(&path(&file)).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    for path in [path(&file), format!("{}/content", path(&file))] {
        assert_eq!(alice.get(&path).await.status, 404);
    }
    assert_eq!(alice.delete(&path(&file)).await.status, 404);
    assert_eq!(alice.get("/api/v1/files").await.body["total"], 0);
    world.tidy().await;
    assert_eq!(world.stored(), empty);
}

#[tokio::test]
async fn text_is_read_after_the_upload() {
    let world = World::new();
    let alice = world.user("alice").await;
    let notes = uploaded(&alice, "notes.txt", b"The harbour of Delfzijl opened in 1876.").await;
    assert_eq!(
        (&notes["status"], &notes["status_detail"]),
        (&"processing".into(), &"The text of the file is being read.".into())
    );
    assert_eq!(world.read_files().await, 1);
    let shown = alice.get(&path(&notes)).await.body;
    assert_eq!((&shown["status"], &shown["status_detail"]), (&"ready".into(), &"".into()));
    // Whatever arrives twice has no second effect.
    assert_eq!(world.read_files().await, 0);
    let damaged = uploaded(&alice, "report.pdf", b"%PDF-1.7 and nothing else").await;
    assert_eq!(world.read_files().await, 1);
    let shown = alice.get(&path(&damaged)).await.body;
    assert_eq!((&shown["status"], &shown["status_detail"]), (&"failed".into(), &"The document is damaged.".into()));
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_counted() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    uploaded(&bob, "other.txt", b"Of somebody else").await;
    for (name, content) in [("b.txt", "Hello you"), ("C.png", ""), ("a.txt", "Hi"), ("d.pdf", "%PDF-")] {
        let content = if name.ends_with("png") { PNG } else { content.as_bytes() };
        uploaded(&alice, name, content).await;
        world.pass(Duration::from_secs(1));
    }
    assert_eq!(world.read_files().await, 4);
    let cases: [(&str, &[&str], u64); 8] = [
        ("", &["d.pdf", "a.txt", "C.png", "b.txt"], 4),
        ("?sort=filename", &["a.txt", "b.txt", "C.png", "d.pdf"], 4),
        ("?sort=size:desc", &["C.png", "b.txt", "d.pdf", "a.txt"], 4),
        ("?status=ready&sort=filename:desc", &["b.txt", "a.txt"], 2),
        ("?status=failed", &["d.pdf"], 1),
        ("?status=stored&sort=size", &["C.png"], 1),
        ("?status=processing", &[], 0),
        ("?size=2&page=2&sort=created_at", &["a.txt", "d.pdf"], 4),
    ];
    for (query, expected, total) in cases {
        let list = alice.get(&format!("/api/v1/files{query}")).await;
        assert_eq!((list.status, names(&list.body)), (200, expected.to_vec()), "{query}");
        assert_eq!(list.body["total"], total, "{query}");
    }
    let first = alice.get("/api/v1/files?size=3&sort=filename").await.body;
    let next = format!("/api/v1/files?size=3&sort=filename&after={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(names(&alice.get(&next).await.body), ["d.pdf"]);
    let reply = alice.get("/api/v1/files?status=open").await;
    let message = "Not a valid choice. Choices are: processing, ready, failed, stored.";
    assert_eq!((reply.status, reply.body), (422, refused(422, "VALIDATION_ERROR", "status", message)));
}

#[tokio::test]
async fn a_deleted_file_is_gone_from_its_assistants() {
    let world = World::new();
    let alice = world.user("alice").await;
    let (first, second) = (uploaded(&alice, "a.txt", b"One").await, uploaded(&alice, "b.txt", b"Two").await);
    let body = json!({"name": "Helper", "files": [first["id"], second["id"]]});
    let assistant = alice.post("/api/v1/assistants", body).await.body;
    assert_eq!(assistant["files"], json!([first["id"], second["id"]]));
    assert_eq!(alice.delete(&path(&first)).await.status, 204);
    let place = format!("/api/v1/assistants/{}", assistant["id"].as_str().unwrap());
    assert_eq!(alice.get(&place).await.body["files"], json!([second["id"]]));
    assert_eq!(alice.get("/api/v1/assistants").await.body["items"][0]["files"], json!([second["id"]]));
    assert_eq!(alice.get("/api/v1/assistants/").await.body[0]["files"].as_array().unwrap().len(), 1);
    assert_eq!(alice.put(&place, json!({"files": [first["id"]]})).await.status, 422);
    assert_eq!(alice.put(&place, json!({"description": "Helps"})).await.body["files"], json!([second["id"]]));
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let world = World::new();
    let alice = world.user("alice").await;
    let before = world.stored();
    let good = form("file", "a.txt", b"Hello");
    let twice = [&good[..good.len() - 7], &good[..]].concat();
    let cases: [(Vec<u8>, &str); 6] = [
        (form("other", "a.txt", b"Hello"), "This field is required."),
        (form("file", "a.exe", b"MZ"), "File extension is not allowed."),
        (form("file", "a.png", b"<html>"), "The content of the file does not match its name or its declared type."),
        (form("file", "a.txt", b""), "The submitted file is empty."),
        (form("file", "", b"Hello"), "This field is required."),
        (twice, "Ensure this field has no more than 1 elements."),
    ];
    for (body, message) in cases {
        let reply = alice.post_raw(UPLOAD, MULTIPART, body).await;
        let error = &reply.body["errors"][0];
        assert_eq!((reply.status, error["field"].as_str()), (422, Some("file")), "{}", reply.text);
        assert!(error["message"].as_str().unwrap().starts_with(message), "{}", reply.text);
    }
    let not_a_file = b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nHello\r\n--x--\r\n".to_vec();
    assert_eq!(alice.post_raw(UPLOAD, MULTIPART, not_a_file).await.status, 422);
    assert_eq!(alice.post(UPLOAD, json!({"file": "Hello"})).await.status, 415);
    assert_eq!(alice.post_raw(UPLOAD, MULTIPART, good[..good.len() - 20].to_vec()).await.status, 400);
    assert_eq!(alice.get("/api/v1/files").await.body["total"], 0);
    world.until_stored(&before).await;
}

#[tokio::test]
async fn the_quota_counts_every_file_and_deleting_makes_room() {
    let world = World::with(&[("FILES_QUOTA_MB", "1")]);
    let alice = world.user("alice").await;
    let half = vec![b'a'; 512 * 1024];
    let first = uploaded(&alice, "a.txt", &half).await;
    uploaded(&alice, "b.txt", &half).await;
    let full = json!({
        "detail": "Your storage space is used up: your files may have 1048576 bytes together. Delete some to make room.",
        "status_code": 413, "error_code": "PAYLOAD_TOO_LARGE",
    });
    let reply = upload(&alice, "c.txt", b"a").await;
    assert_eq!((reply.status, &reply.body), (413, &full));
    let reply = alice.post(UPLOADS, json!({"filename": "c.txt", "size": 1})).await;
    assert_eq!((reply.status, &reply.body), (413, &full));
    let assistant = [("name", "Helper"), ("company_name", "Acme"), ("instructions", "Answer.")];
    let body = crate::world::multipart(&assistant, &[("c.txt", b"a")]);
    let reply = alice.send(Method::POST, "/api/v1/assistants/", Some(MULTIPART), body).await;
    assert_eq!((reply.status, &reply.body["detail"]), (413, &full["detail"]));
    assert_eq!(alice.delete(&path(&first)).await.status, 204);
    // An announced file has its place at once.
    let announced = alice.post(UPLOADS, json!({"filename": "c.txt", "size": 512 * 1024})).await;
    assert_eq!(announced.status, 201, "{}", announced.text);
    assert_eq!(upload(&alice, "d.txt", b"a").await.status, 413);
    // It is given up when it does not come.
    world.pass(Duration::from_secs(3 * 60 * 60));
    world.tidy().await;
    assert_eq!(upload(&world.sign_in("alice").await, "d.txt", b"a").await.status, 201);
}

#[tokio::test]
async fn uploads_at_the_same_moment_do_not_exceed_the_quota() {
    let world = World::with(&[("FILES_QUOTA_MB", "1"), ("RATE_LIMIT_API", "0")]);
    let alice = world.user("alice").await;
    let content = vec![b'a'; 200 * 1024];
    let sent = (0..12).map(|number| {
        let (alice, content) = (alice.clone(), content.clone());
        async move { upload(&alice, &format!("{number}.txt"), &content).await.status }
    });
    let mut statuses = futures::future::join_all(sent).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 201, 201, 201, 413, 413, 413, 413, 413, 413, 413]);
    assert_eq!(alice.get("/api/v1/files").await.body["total"], 5);
}

#[tokio::test]
async fn a_repeated_upload_is_kept_once() {
    let world = World::new();
    let alice = world.user("alice").await.sending("Idempotency-Key", "once");
    let first = uploaded(&alice, "a.txt", b"Hello").await;
    let stored = world.stored();
    assert_eq!(uploaded(&alice, "a.txt", b"Hello").await, first);
    world.until_stored(&stored).await;
    assert_eq!(upload(&alice, "b.txt", b"Hello").await.status, 409);
    world.until_stored(&stored).await;
    let (announced, again) = {
        let alice = alice.sending("Idempotency-Key", "another");
        let body = json!({"filename": "c.txt", "size": 5});
        (alice.post(UPLOADS, body.clone()).await.body, alice.post(UPLOADS, body).await.body)
    };
    assert_eq!(announced["id"], again["id"]);
}

/// Where an announced file is sent, without the host.
fn upload_path(announced: &Value) -> String {
    announced["upload_url"].as_str().unwrap().strip_prefix(HERE).unwrap().to_owned()
}

async fn put(world: &World, announced: &Value, path: &str, content: &[u8]) -> u16 {
    let mut client = world.anonymous();
    for (name, value) in announced["headers"].as_object().unwrap() {
        if name != "content-type" && name != "content-length" {
            client = client.sending(name, value.as_str().unwrap());
        }
    }
    let client = client.sending("content-length", &content.len().to_string());
    let content_type = announced["headers"]["content-type"].as_str();
    client.send(Method::PUT, path, content_type, content.to_vec()).await.status
}

#[tokio::test]
async fn an_announced_file_is_sent_to_the_bucket_and_completed() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let content = b"Tides are long waves.";
    let body = json!({"filename": "../notes.txt", "size": content.len(), "content_type": "text/plain"});
    let announced = alice.post(UPLOADS, body).await;
    assert_eq!(announced.status, 201, "{}", announced.text);
    let (announced, id) = (&announced.body, announced.body["id"].as_str().unwrap());
    assert_eq!(announced["expires_at"], "2024-03-13T11:05:00Z");
    let complete = format!("{UPLOADS}/{id}/complete");
    let reply = alice.post(&complete, json!({})).await;
    let detail = "The content of the file was not sent to its upload_url yet.";
    assert_eq!((reply.status, &reply.body["detail"]), (409, &detail.into()));
    assert_eq!(alice.get(&format!("/api/v1/files/{id}")).await.status, 404);
    let place = upload_path(announced);
    // Nothing but what was announced, where it was announced.
    assert_eq!(put(&world, announced, &place, b"short").await, 403);
    assert_eq!(
        put(&world, announced, &place.replace(id, &announced["id"].as_str().unwrap().replace('0', "1")), content).await,
        403
    );
    assert_eq!(put(&world, announced, place.split('?').next().unwrap(), content).await, 403);
    assert_eq!(put(&world, announced, &place, content).await, 200);
    assert_eq!(bob.post(&complete, json!({})).await.status, 404);
    let file = alice.post(&complete, json!({})).await;
    let expected = json!({
        "id": id, "filename": "notes.txt", "content_type": "text/plain", "size": content.len(),
        "url": format!("{HERE}/api/v1/files/{id}/content"), "status": "processing",
        "status_detail": "The text of the file is being read.", "created_at": NOW,
    });
    assert_eq!((file.status, &file.body), (201, &expected));
    assert_eq!(alice.get(&format!("/api/v1/files/{id}/content")).await.bytes, &content[..]);
    // A repeated request gets the same; what is sent later changes nothing.
    assert_eq!(put(&world, announced, &place, &[b'!'; 21]).await, 200);
    let again = alice.post(&complete, json!({})).await;
    assert_eq!((again.status, &again.body), (201, &expected));
    assert_eq!(alice.get(&format!("/api/v1/files/{id}/content")).await.bytes, &content[..]);
    assert_eq!(world.read_files().await, 1);
    assert_eq!(alice.get(&format!("/api/v1/files/{id}")).await.body["status"], "ready");
}

#[tokio::test]
async fn an_announced_file_is_checked_like_any_other() {
    let world = World::new();
    let alice = world.user("alice").await;
    for (body, status) in [
        (json!({"filename": "a.exe", "size": 1}), 422),
        (json!({"filename": "a.txt", "size": 0}), 422),
        (json!({"filename": "a.txt", "size": -1}), 422),
        (json!({"filename": "a.txt", "size": "1"}), 422),
        (json!({"filename": "a.txt", "size": 1, "content_type": "image/png"}), 422),
        (json!({"size": 1}), 422),
        (json!({"filename": "a.txt"}), 422),
        (json!({"filename": "a.txt", "size": 50 * 1024 * 1024 + 1}), 413),
        (json!({"filename": "a.txt", "size": 50 * 1024 * 1024}), 201),
    ] {
        assert_eq!(alice.post(UPLOADS, body.clone()).await.status, status, "{body}");
    }
    let announced = alice.post(UPLOADS, json!({"filename": "a.png", "size": 6})).await.body;
    let complete = format!("{UPLOADS}/{}/complete", announced["id"].as_str().unwrap());
    assert_eq!(put(&world, &announced, &upload_path(&announced), b"<html>").await, 200);
    let reply = alice.post(&complete, json!({})).await;
    let message = "The content of the file does not match its name or its declared type.";
    assert_eq!((reply.status, reply.body), (422, refused(422, "VALIDATION_ERROR", "filename", message)));
    // It can be sent again, until it is given up.
    assert_eq!(alice.post(&complete, json!({})).await.status, 422);
    world.pass(Duration::from_secs(60 * 60));
    assert_eq!(world.sign_in("alice").await.post(&complete, json!({})).await.status, 404);
}

#[tokio::test]
async fn a_request_that_cannot_carry_a_file_names_the_other_way() {
    let world = World::with(&[("REQUEST_FILE_MB", "4")]);
    let alice = world.user("alice").await;
    assert_eq!(upload(&alice, "a.txt", &vec![b'a'; 4 * 1024 * 1024]).await.status, 201);
    let reply = upload(&alice, "a.txt", &vec![b'a'; 4 * 1024 * 1024 + 1]).await;
    let expected = json!({
        "detail": "A request can carry files of at most 4194304 bytes. Announce larger ones with POST \
                   /api/v1/files/uploads, and send them to the address in the response.",
        "status_code": 413, "error_code": "PAYLOAD_TOO_LARGE",
    });
    assert_eq!((reply.status, reply.body), (413, expected));
    let body = json!({"filename": "a.txt", "size": 4 * 1024 * 1024 + 1});
    assert_eq!(alice.post(UPLOADS, body).await.status, 201);
}

#[tokio::test]
async fn the_files_of_a_deleted_user_are_removed() {
    let world = World::new();
    let root = world.admin("root").await;
    let before = world.stored();
    let alice = world.user("alice").await;
    uploaded(&alice, "a.txt", b"Hello").await;
    let announced = alice.post(UPLOADS, json!({"filename": "b.txt", "size": 5})).await.body;
    assert_eq!(put(&world, &announced, &upload_path(&announced), b"Hello").await, 200);
    assert_eq!(world.read_files().await, 1);
    assert_eq!(root.delete(&format!("/api/v1/users/{}", world.id_of("alice"))).await.status, 204);
    world.tidy().await;
    assert_eq!(world.stored(), before);
    assert_eq!(world.rows("files"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_worker_that_dies_leaves_no_file_processing_for_ever() {
    let world = World::new();
    let alice = world.user("alice").await;
    let file = uploaded(&alice, "a.txt", b"Hello").await;
    world.dispatch().await;
    // Three workers take the message and are never heard of again.
    let owned = shared::store::files::OwnedFile {
        user: world.id_of("alice"),
        file: shared::domain::ids::FileId::parse(file["id"].as_str().unwrap()).unwrap(),
    };
    for _ in 0..3 {
        assert!(world.store().begin_reading(owned).await.unwrap().is_some());
    }
    assert_eq!(world.read_files().await, 1);
    let shown = alice.get(&path(&file)).await.body;
    let expected = (&json!("failed"), &json!("The text of the file could not be read."));
    assert_eq!((&shown["status"], &shown["status_detail"]), expected);
    // A message that is lost is sent again by the janitor.
    let file = uploaded(&alice, "b.txt", b"Hello").await;
    world.dispatch().await;
    while let Some(message) = world.queues.indexing.take() {
        world.queues.indexing.done(&message.receipt);
    }
    world.pass(Duration::from_secs(2 * 60 * 60));
    world.tidy().await;
    assert_eq!(world.read_files().await, 1);
    assert_eq!(world.sign_in("alice").await.get(&path(&file)).await.body["status"], "ready");
}

#[tokio::test]
async fn a_file_that_is_deleted_while_it_is_read_leaves_nothing() {
    let world = World::new();
    let alice = world.user("alice").await;
    let before = world.stored();
    let file = uploaded(&alice, "a.txt", b"Hello").await;
    world.dispatch().await;
    assert_eq!(alice.delete(&path(&file)).await.status, 204);
    assert_eq!(world.read_files().await, 1);
    world.tidy().await;
    assert_eq!(world.stored(), before);
}
