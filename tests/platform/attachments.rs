//! What goes with a message: files of one's own, and addresses elsewhere.

use super::{invalid, talk::*};
use serde_json::{Value, json};

const FORM: &str = "An attachment has a type (file or image) and a url.";
const HOST: &str = "The address must name a public host.";
const SCHEME: &str = "Only https addresses are allowed.";

fn with(attachments: impl Into<Value>) -> Value {
    json!({"content": "Look", "attachments": attachments.into()})
}

#[tokio::test]
async fn files_of_ones_own_and_addresses_elsewhere() {
    let (world, alice, path) = alice_in_a_conversation().await;
    let notes = world.keep_file("alice", "notes.txt", "Hello").await.id;
    world.read_files().await;
    let content = format!("http://quintet.test/api/v1/files/{notes}/content");
    let elsewhere = "https://example.com/file.pdf?page=2#end";
    let sent = json!([
        {"type": "file", "url": notes.to_string()},
        {"type": "file", "url": content},
        {"type": "file", "url": format!("/api/v1/files/{notes}/content")},
        {"type": "image", "url": elsewhere},
        {"type": "image", "url": notes.to_string()},
        {"type": "file", "url": format!("https://example.com/api/v1/files/{notes}/content")},
    ]);
    let reply = alice.post(&format!("{path}/messages"), with(sent)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let shown = json!([
        {"type": "file", "url": content},
        {"type": "file", "url": content},
        {"type": "file", "url": content},
        {"type": "image", "url": elsewhere},
        {"type": "image", "url": content},
        {"type": "file", "url": format!("https://example.com/api/v1/files/{notes}/content")},
    ]);
    assert_eq!(reply.body["user_message"]["attachments"], shown);
    assert_eq!(reply.body["assistant_message"]["attachments"], json!([]));
    assert_eq!(alice.get(&path).await.body["messages"][0]["attachments"], shown);
    assert_eq!(alice.get(content.strip_prefix("http://quintet.test").unwrap()).await.text, "Hello");
}

#[tokio::test]
async fn ten_go_with_a_message_and_none_is_no_mistake() {
    let (_world, alice, path) = alice_in_a_conversation().await;
    let messages = format!("{path}/messages");
    let image = |n: usize| json!({"type": "image", "url": format!("https://example.com/{n}.png")});
    for (attachments, shown) in [(json!(null), 0), (json!([]), 0), ((0..10).map(image).collect::<Value>(), 10)] {
        let reply = alice.post(&messages, with(attachments)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        assert_eq!(reply.body["user_message"]["attachments"].as_array().unwrap().len(), shown);
    }
    let reply = alice.post(&messages, with((0..11).map(image).collect::<Value>())).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.body, invalid(&[("attachments", "Ensure this field has no more than 10 elements.")]));
}

#[tokio::test]
async fn attachments_that_are_refused_leave_nothing() {
    let (world, alice, path) = alice_in_a_conversation().await;
    world.user("bob").await;
    let bobs = world.keep_file("bob", "notes.txt", "Hello").await.id;
    let file = |url: &str| json!([{"type": "file", "url": url}]);
    let own = |id: &str| format!("http://quintet.test/api/v1/files/{id}/content");
    let cases = [
        (file(NOTHING), "There is no such file."),
        (file(&own(NOTHING)), "There is no such file."),
        (file(&bobs.to_string()), "There is no such file."),
        (file(&own(&bobs.to_string())), "There is no such file."),
        (file(""), "This field may not be blank."),
        (file("notes.txt"), "Enter a valid URL."),
        (file("https://example.com/a b"), "Enter a valid URL."),
        (file("http://example.com/file.pdf"), SCHEME),
        (file("file:///etc/passwd"), SCHEME),
        (file("data:text/plain,Hello"), SCHEME),
        (file("https://user:secret@example.com/"), "The address may not hold a name or a password."),
        (file("https://localhost/file.pdf"), HOST),
        (file("https://127.0.0.1/"), HOST),
        (file("https://[::1]/"), HOST),
        (file("https://2130706433/"), HOST),
        (file("https://0177.0.0.1/"), HOST),
        (file("https://169.254.169.254/latest/meta-data/"), HOST),
        (json!([{"type": "video", "url": NOTHING}]), FORM),
        (json!([{"url": NOTHING}]), FORM),
        (json!([{"type": "file"}]), FORM),
        (json!([{"type": "file", "url": null}]), FORM),
        (json!([{"type": "file", "url": 1}]), FORM),
        (json!(["https://example.com/"]), FORM),
        (json!("https://example.com/"), "Expected a list of items."),
        (json!({"type": "file", "url": "https://example.com/"}), "Expected a list of items."),
    ];
    for (attachments, message) in cases {
        let reply = alice.post(&format!("{path}/messages"), with(attachments.clone())).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&[("attachments", message)])), "{attachments}");
    }
    let reply = alice.post(&format!("{path}/messages"), json!({"content": " ", "attachments": 1})).await;
    let both = [("content", "This field may not be blank."), ("attachments", "Expected a list of items.")];
    assert_eq!((reply.status, reply.body), (422, invalid(&both)));
    assert_eq!(said(&alice, &path).await, [""; 0]);
    assert_eq!(world.available("alice"), 4000);
}
