//! Bodies and queries that are refused: every mistake is told, and nothing is done.

use super::{EVENTS, WEBHOOKS, webhook, world};
use crate::{
    platform::invalid,
    world::{Actor, World},
};
use serde_json::{Value, json};

const REQUIRED: &str = "This field is required.";
const BLANK: &str = "This field may not be blank.";
const NULL: &str = "This field may not be null.";
const NOT_TEXT: &str = "Not a valid string.";
const NOT_A_LIST: &str = "Expected a list of items.";
const CHOICES: &str = "Not a valid choice. Choices are: conversation.created, conversation.updated, \
    message.received, assistant.status_changed, user.created, user.updated, webhook.disabled.";
const HTTPS: &str = "Only https addresses are allowed.";
const PUBLIC: &str = "The address must name a public host.";
const SECRET_FORM: &str = "The part of a secret after whsec_ must be base64.";
const TOO_LONG: &str = "Ensure this field has no more than 255 characters.";
const URL: &str = "https://example.com/hook";

/// Wrong addresses, and what is said about them.
fn wrong_urls() -> Vec<(Value, &'static str)> {
    vec![
        (json!(null), NULL),
        (json!(5), NOT_TEXT),
        (json!(""), BLANK),
        (json!("no address"), "Enter a valid URL."),
        (json!("http://example.com/hook"), HTTPS),
        (json!("ftp://example.com/hook"), HTTPS),
        (json!("https://localhost/hook"), PUBLIC),
        (json!("https://169.254.169.254/latest"), PUBLIC),
        (json!("https://user:password@example.com/"), "The address may not hold a name or a password."),
        (json!(format!("{URL}{}", "x".repeat(2000))), "Ensure this field has no more than 2000 characters."),
    ]
}

/// Wrong lists of events, and what is said about them.
fn wrong_events() -> Vec<(Value, &'static str)> {
    vec![
        (json!(null), NULL),
        (json!("user.updated"), NOT_A_LIST),
        (json!({"user.updated": true}), NOT_A_LIST),
        (json!([]), BLANK),
        (json!([5]), NOT_TEXT),
        (json!([null]), NOT_TEXT),
        (json!(["user.updated", "user.deleted"]), CHOICES),
        (json!(["User.Updated"]), CHOICES),
        (json!(["webhook.test"]), CHOICES),
        (json!(["*"]), CHOICES),
        (json!(vec!["user.updated"; 15]), "Ensure this field has no more than 14 elements."),
    ]
}

/// Wrong secrets, and what is said about them.
fn wrong_secrets() -> Vec<(Value, &'static str)> {
    vec![
        (json!(5), NOT_TEXT),
        (json!(""), BLANK),
        (json!("   "), BLANK),
        (json!("x".repeat(256)), TOO_LONG),
        (json!("a\0b"), "Null characters are not allowed."),
        (json!("whsec_"), SECRET_FORM),
        (json!("whsec_!"), SECRET_FORM),
        (json!("whsec_A"), SECRET_FORM),
    ]
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

async fn assert_refused(actor: &Actor, path: &str, body: Value, problems: &[(&str, &str)]) {
    let is_change = path.matches('/').count() == 4;
    let reply = if is_change { actor.put(path, body.clone()).await } else { actor.post(path, body.clone()).await };
    assert_eq!((reply.status, reply.body), (422, invalid(problems)), "{path} {body}");
}

#[tokio::test]
async fn a_new_webhook() {
    let world = World::new();
    let alice = world.user("alice").await;
    let good = || json!({"url": URL, "events": EVENTS});
    let of_fields = [("url", wrong_urls()), ("events", wrong_events()), ("secret", wrong_secrets())];
    for (field, wrong) in of_fields {
        for (value, problem) in wrong {
            assert_refused(&alice, WEBHOOKS, with(good(), field, value), &[(field, problem)]).await;
        }
    }
    let all = json!({"url": "", "events": [], "secret": "whsec_?"});
    assert_refused(&alice, WEBHOOKS, all, &[("url", BLANK), ("events", BLANK), ("secret", SECRET_FORM)]).await;
    assert_refused(&alice, WEBHOOKS, json!({}), &[("url", REQUIRED), ("events", REQUIRED)]).await;
    assert_eq!(world.rows("webhooks"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_change() {
    let world = World::new();
    let alice = world.user("alice").await;
    let path = webhook(&alice, URL, &EVENTS).await;
    let before = world.rows("webhooks");
    let booleans = || ["yes", "true"].map(|word| json!(word)).into_iter().chain([json!(1)]);
    let wrong_booleans = booleans().map(|value| (value, "Must be a valid boolean.")).chain([(json!(null), NULL)]);
    let of_fields = [("url", wrong_urls()), ("events", wrong_events()), ("is_active", wrong_booleans.collect())];
    for (field, wrong) in of_fields {
        for (value, problem) in wrong {
            assert_refused(&alice, &path, with(json!({}), field, value), &[(field, problem)]).await;
        }
    }
    let all = json!({"url": "http://example.com", "events": 1, "is_active": 1});
    let problems = [("url", HTTPS), ("events", NOT_A_LIST), ("is_active", "Must be a valid boolean.")];
    assert_refused(&alice, &path, all, &problems).await;
    assert_eq!(world.rows("webhooks"), before);
}

#[tokio::test]
async fn a_new_secret() {
    let world = World::new();
    let alice = world.user("alice").await;
    let path = webhook(&alice, URL, &EVENTS).await;
    let before = world.rows("webhooks");
    for (value, problem) in wrong_secrets() {
        let body = json!({"secret": value});
        assert_refused(&alice, &format!("{path}/rotate-secret"), body, &[("secret", problem)]).await;
    }
    assert_eq!(world.rows("webhooks"), before);
}

#[tokio::test]
async fn a_time_since_when_to_retry() {
    let world = World::new();
    let alice = world.user("alice").await;
    let path = format!("{}/deliveries/retry", webhook(&alice, URL, &EVENTS).await);
    let form = "Use the form 2024-01-01T00:00:00Z.";
    let wrong = [
        (json!({}), REQUIRED),
        (json!({"since": null}), NULL),
        (json!({"since": 1710324300}), NOT_TEXT),
        (json!({"since": ""}), form),
        (json!({"since": "yesterday"}), form),
        (json!({"since": "2024-01-01"}), form),
        (json!({"since": "2024-01-01T00:00:00"}), form),
        (json!({"since": "1969-12-31T23:59:59Z"}), form),
    ];
    for (body, problem) in wrong {
        assert_refused(&alice, &path, body, &[("since", problem)]).await;
    }
}

#[tokio::test]
async fn filters_of_deliveries() {
    let world = World::new();
    let alice = world.user("alice").await;
    let path = webhook(&alice, URL, &EVENTS).await;
    let statuses = "Not a valid choice. Choices are: pending, delivered, failed.";
    let wrong: [(&str, &[(&str, &str)]); 4] = [
        ("status=done", &[("status", statuses)]),
        ("event=user.deleted", &[("event", CHOICES)]),
        ("event=x&status=y", &[("status", statuses), ("event", CHOICES)]),
        ("sort=event", &[("sort", "Not a valid choice. Choices are: created_at.")]),
    ];
    for (query, problems) in wrong {
        let reply = alice.get(&format!("{path}/deliveries?{query}")).await;
        assert_eq!((reply.status, reply.body), (422, invalid(problems)), "{query}");
    }
    assert_eq!(alice.get(&format!("{path}/deliveries?event=&status=")).await.status, 200, "empty filters are none");
}

#[tokio::test]
async fn an_address_inside_is_accepted_where_the_setting_allows_it() {
    let (open, closed) = (world(), World::new());
    let body = json!({"url": "http://127.0.0.1:9000/hook", "events": EVENTS});
    assert_eq!(open.user("alice").await.post(WEBHOOKS, body.clone()).await.status, 201);
    assert_refused(&closed.user("alice").await, WEBHOOKS, body.clone(), &[("url", HTTPS)]).await;
    let neighbour = with(body, "url", json!("http://127.0.0.2:9000/hook"));
    assert_refused(&open.sign_in("alice").await, WEBHOOKS, neighbour, &[("url", HTTPS)]).await;
}
