//! Secret headers and limits of administrators' tools.

use super::{invalid, talk::*};
use crate::{
    log::Logged,
    world::{Actor, Fault, Moment, OVER_SDK, Receiver, Script, World},
};
use serde_json::{Value, json};
use shared::log::directives;
use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt};

const TOOLS: &str = "/api/v1/tools";
/// A value that JSON writes differently.
const CANARY: &str = r#"Bearer canary"\canary"#;
const NAME: &str = "This is not the name of a header that can be set.";
const VALUE: &str = "A header's value has 1 to 4096 visible ASCII characters, and no spaces at its beginning and end.";
const FORM: &str = "A header has a name and a value, both text.";
const MISSING: &str = "Give the value of the header, too. It is kept only as long as the endpoint stays at its server.";

/// A world with a receiver, and a tool there with more fields.
async fn world_with(more: Value, settings: &[(&str, &str)]) -> (World, Actor, Receiver) {
    let world = World::with(&[&[("OUTBOUND_ALLOW", "127.0.0.1")], settings].concat());
    let receiver = Receiver::start().await;
    let mut tool = json!({"name": "Weather", "endpoint": receiver.url});
    tool.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let root = world.admin("root").await;
    let reply = root.post(TOOLS, tool).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    (world, root, receiver)
}

/// The header that the receiver gets from a call. Empty without one.
async fn sent(root: &Actor, receiver: &Receiver, name: &str) -> String {
    let reply = root.post(&format!("{TOOLS}/weather/test"), json!({"arguments": {}})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let [request] = &receiver.received()[..] else { panic!("one request") };
    request.header(name).to_owned()
}

#[tokio::test]
async fn a_secret_header_is_sent_until_it_is_changed_or_removed() {
    let header = json!({"secret_header": {"name": "X-Api-Key", "value": "first"}});
    let (_world, root, receiver) = world_with(header, &[]).await;
    let path = format!("{TOOLS}/weather");
    assert_eq!(root.get(&path).await.body["secret_header"], json!({"name": "X-Api-Key"}));
    assert_eq!(sent(&root, &receiver, "x-api-key").await, "first");
    let other_path = format!("{}/other", receiver.url.trim_end_matches('/'));
    let steps = [
        (json!({"description": "Tells"}), "x-api-key", "first"),
        (json!({"secret_header": {"name": "X-Api-Key"}}), "x-api-key", "first"),
        (
            json!({"secret_header": {"name": "Authorization", "value": "Bearer second"}}),
            "authorization",
            "Bearer second",
        ),
        (json!({"secret_header": {"name": "X-Key"}}), "x-key", "Bearer second"),
        (json!({"endpoint": other_path}), "x-key", "Bearer second"),
        (json!({"secret_header": null}), "x-key", ""),
    ];
    for (change, name, value) in steps {
        assert_eq!(root.put(&path, change.clone()).await.status, 200, "{change}");
        assert_eq!(sent(&root, &receiver, name).await, value, "{change}");
    }
    assert_eq!(root.get(&path).await.body["secret_header"], json!(null));
    let reply = root.put(&path, json!({"secret_header": {"name": "X-Key"}})).await;
    assert_eq!((reply.status, reply.body), (422, invalid(&[("secret_header", MISSING)])), "there is none to keep");
}

/// Otherwise an administrator could have somebody else's secret sent to a server of their own.
#[tokio::test]
async fn a_secret_does_not_follow_its_tool_to_another_server() {
    let header = json!({"secret_header": {"name": "X-Api-Key", "value": "first"}});
    let (_world, root, receiver) = world_with(header, &[]).await;
    let path = format!("{TOOLS}/weather");
    let before = root.get(&path).await.body;
    let elsewhere = Receiver::start().await;
    for header in [json!({}), json!({"secret_header": {"name": "X-Api-Key"}})] {
        let mut change = json!({"endpoint": elsewhere.url});
        change.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
        let reply = root.put(&path, change.clone()).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&[("secret_header", MISSING)])), "{change}");
    }
    assert_eq!(root.get(&path).await.body, before);
    assert_eq!(sent(&root, &receiver, "x-api-key").await, "first");
    for (header, value) in [(json!({"name": "X-Api-Key", "value": "second"}), "second"), (json!(null), "")] {
        let moved = root.put(&path, json!({"endpoint": elsewhere.url, "secret_header": header})).await;
        assert_eq!(moved.status, 200, "{}", moved.text);
        assert_eq!(sent(&root, &elsewhere, "x-api-key").await, value);
    }
}

#[tokio::test]
async fn headers_that_cannot_be() {
    let world = World::new();
    let root = world.admin("root").await;
    assert_eq!(root.post(TOOLS, json!({"name": "Old", "endpoint": "https://example.com/"})).await.status, 201);
    let (rows, value) = (world.rows("tools"), "canary");
    let mut cases = vec![
        (json!("X-Api-Key: canary"), "Expected an object."),
        (json!(["X-Api-Key", value]), "Expected an object."),
        (json!({}), FORM),
        (json!({"value": value}), FORM),
        (json!({"name": null, "value": value}), FORM),
        (json!({"name": 1, "value": value}), FORM),
        (json!({"name": "X-Api-Key", "value": 1}), FORM),
        (json!({"name": "X-Api-Key", "value": null}), FORM),
        (json!({"name": "X-Api-Key", "value": ""}), VALUE),
        (json!({"name": "X-Api-Key", "value": format!(" {value}")}), VALUE),
        (json!({"name": "X-Api-Key", "value": "x".repeat(4_097)}), VALUE),
    ];
    for end in ["\n", "\r\nX-More: 1", "\0", "\t", "\u{7f}", "\u{e9}"] {
        cases.push((json!({"name": "X-Api-Key", "value": format!("{value}{end}")}), VALUE));
    }
    let forbidden = [
        "Host",
        "content-length",
        "CONTENT-TYPE",
        "Cookie",
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Upgrade",
        "Transfer-Encoding",
        "Proxy-Authorization",
        "Expect",
        "Accept",
    ];
    let impossible = ["", " ", "X Api Key", "X-Api-Key:", "X\r\nHost", "X-\u{e9}", ":path"];
    for name in forbidden.into_iter().chain(impossible) {
        cases.push((json!({"name": name, "value": value}), NAME));
    }
    cases.push((json!({"name": "x".repeat(129), "value": value}), NAME));
    for (header, message) in cases {
        let body = json!({"name": "New", "endpoint": "https://example.com/", "secret_header": header});
        for reply in [root.post(TOOLS, body.clone()).await, root.put(&format!("{TOOLS}/old"), body.clone()).await] {
            assert_eq!((reply.status, &reply.body), (422, &invalid(&[("secret_header", message)])), "{header}");
        }
    }
    let without_value =
        json!({"name": "New", "endpoint": "https://example.com/", "secret_header": {"name": "X-Api-Key"}});
    let reply = root.post(TOOLS, without_value).await;
    assert_eq!((reply.status, reply.body), (422, invalid(&[("secret_header", FORM)])));
    assert_eq!(world.rows("tools"), rows);
    let longest = json!({"name": "x".repeat(128), "value": "x".repeat(4_096)});
    let body = json!({"name": "New", "endpoint": "https://example.com/", "secret_header": longest});
    assert_eq!(root.post(TOOLS, body).await.status, 201);
}

/// Every answer, the log, and what the model is told, while the endpoint repeats the secret.
#[tokio::test]
async fn a_secret_is_in_no_answer_and_in_no_log() {
    let filter = EnvFilter::new(directives("trace"));
    let _logging = fmt().json().with_env_filter(filter).with_writer(|| Logged).finish().set_default();
    let header = json!({"name": "X-Api-Key", "value": CANARY});
    let (world, root, receiver) = world_with(json!({"secret_header": header}), &[OVER_SDK]).await;
    let (path, trial) = (format!("{TOOLS}/weather"), json!({"arguments": {}}));
    let mut replies = Vec::new();

    let new = json!({"name": "New", "endpoint": receiver.url, "secret_header": header});
    let keyed = root.sending("Idempotency-Key", "once");
    replies.extend([keyed.post(TOOLS, new.clone()).await, keyed.post(TOOLS, new.clone()).await]);
    let other =
        json!({"name": "New", "endpoint": receiver.url, "secret_header": {"name": "X-Api-Key", "value": "other"}});
    let reused = keyed.post(TOOLS, other).await;
    assert_eq!(reused.status, 409, "another secret is another request");
    replies.extend([reused, root.post(TOOLS, new).await]);
    replies.extend([root.get(&path).await, root.get(TOOLS).await]);
    replies.push(root.put(&path, json!({"secret_header": header})).await);
    for bad in [json!({"name": "Host", "value": CANARY}), json!({"name": "X", "value": format!("{CANARY}\n")})] {
        replies.push(root.put(&path, json!({"secret_header": bad})).await);
    }
    let echoed = [CANARY.to_owned(), json!({"x-api-key": CANARY, "again": [CANARY]}).to_string()];
    for (status, body) in [(200, &echoed[0]), (200, &echoed[1]), (500, &echoed[0]), (403, &echoed[1])] {
        receiver.answers_with(status, &[], body.clone());
        let reply = root.post(&format!("{path}/test"), trial.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.body["request"]["headers"]["X-Api-Key"], "***");
        assert!(reply.body["response"]["text"].as_str().unwrap().contains("***"), "{}", reply.text);
        replies.push(reply);
    }
    let alice = world.user("alice").await;
    let ada = made(alice.post(ASSISTANTS, json!({"name": "Ada", "tools": ["weather"]})).await);
    let conversation = begin(&alice, json!({"assistant_id": ada["id"], "title": "Work"})).await;
    for _ in 0..2 {
        receiver.answers_with(200, &[], echoed[1].clone());
        world.model.next(Script::Calls(&[("weather", "{}")]));
        world.model.next(Script::Answer("It is sunny."));
    }
    replies.push(say(&alice, &conversation, "Weather?").await);
    let stream = alice.listen(&format!("{conversation}/messages/stream"), json!({"content": "Weather?"})).await;
    let events = format!("{:?}", stream.rest().await);
    replies.extend([alice.get(&conversation).await, alice.get(TOOLS).await]);
    let received = receiver.received();
    assert_eq!(received.len(), 6);
    assert!(received.iter().all(|request| request.header("x-api-key") == CANARY), "the secret was sent");

    world.faults().plan(Some(Fault { call: 0, moment: Moment::BeforeCommit, times: usize::MAX }));
    let failed = root.put(&path, json!({"secret_header": header})).await;
    assert_eq!(failed.status, 503, "{}", failed.text);
    replies.push(failed);
    world.faults().plan(None);

    for reply in replies {
        assert!(!reply.text.contains("canary"), "{} {}", reply.status, reply.text);
        assert!(!format!("{:?}", reply.headers).contains("canary"), "{:?}", reply.headers);
    }
    assert!(events.contains("***") && !events.contains("canary"), "{events}");
    assert!(!format!("{:?}", world.model.prompts()).contains("canary"), "the model is told the secret");
    for table in ["sessions", "balances", "outbox"] {
        assert!(!format!("{:?}", world.rows(table)).contains("canary"), "{table}");
    }
    let log = Logged::text();
    assert!(log.contains("a request failed"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}

#[tokio::test]
async fn a_result_has_the_bytes_of_its_tool_and_no_part_of_the_secret() {
    let more = json!({"max_result_bytes": 1_024, "secret_header": {"name": "X-Api-Key", "value": CANARY}});
    let (_world, root, receiver) = world_with(more, &[]).await;
    let path = format!("{TOOLS}/weather");
    let in_json = &json!(CANARY).to_string()[1..];
    let before = "x".repeat(1_010);
    let cases = [
        ("x".repeat(5_000), "x".repeat(1_024)),
        (format!("{before}{CANARY}{before}"), before.clone()),
        (format!("{before}{in_json}{before}"), before.clone()),
        (format!("{CANARY}{}{CANARY}", &before[..990]), format!("***{}", &before[..990])),
        ("Bearer".to_owned(), "Bearer".to_owned()),
    ];
    for (body, text) in cases {
        receiver.answers_with(200, &[], body);
        let reply = root.post(&format!("{path}/test"), json!({"arguments": {}})).await;
        assert_eq!(reply.body["response"]["text"], text);
    }
    assert_eq!(root.put(&path, json!({"max_result_bytes": 102_400, "secret_header": null})).await.status, 200);
    for (change, bytes) in [(json!({}), 102_400), (json!({"max_result_bytes": null}), 100_000)] {
        let changed = root.put(&path, change).await;
        assert_eq!(changed.body["max_result_bytes"], bytes);
        receiver.answers_with(200, &[], "x".repeat(200_000));
        let reply = root.post(&format!("{path}/test"), json!({"arguments": {}})).await;
        assert_eq!(reply.body["response"]["text"].as_str().unwrap().len(), bytes);
    }
}

/// The turn may take five seconds. It would fail if the tool had its usual time.
#[tokio::test]
async fn a_tool_that_hangs_costs_a_turn_no_more_than_the_tools_time() {
    let settings = [("MODEL_TIMEOUT_SECONDS", "5")];
    let (world, root, receiver) = world_with(json!({"timeout_seconds": 1}), &settings).await;
    assert_eq!(root.get(&format!("{TOOLS}/weather")).await.body["timeout_seconds"], 1);
    let alice = world.user("alice").await;
    let ada = made(alice.post(ASSISTANTS, json!({"name": "Ada", "tools": ["weather"]})).await);
    let path = begin(&alice, json!({"assistant_id": ada["id"], "title": "Work"})).await;
    receiver.hangs();
    world.model.next(Script::Calls(&[("weather", "{}")]));
    world.model.next(Script::Answer("I do not know."));
    let reply = say(&alice, &path, "Weather?").await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.body["assistant_message"]["steps"][0]["result"], "The host took too long.");
}
