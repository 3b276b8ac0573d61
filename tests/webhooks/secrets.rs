//! Secrets of webhooks: given or made, shown once, replaced.

use super::{DAY, EVENTS, HOUR, SECRET, WEBHOOKS, deliveries, signatures::signed_by, test, user, webhook, world};
use crate::{
    platform::{error, taken},
    world::{NOW, Receiver, Reply, World},
};
use serde_json::json;

const URL: &str = "https://example.com/hook";

/// Takes a secret that was made out of an answer.
fn made_secret(reply: &mut Reply) -> String {
    let secret = taken::text(reply, "secret");
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}: 32 bytes in base64");
    secret
}

#[tokio::test]
async fn one_that_was_not_given_is_made_and_shown_once() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut secrets = Vec::new();
    for body in [json!({"url": URL, "events": EVENTS}), json!({"url": URL, "events": EVENTS, "secret": null})] {
        let mut reply = alice.post(WEBHOOKS, body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        secrets.push(made_secret(&mut reply));
        let id = reply.body["id"].clone();
        let expected = json!({"id": id, "url": URL, "events": EVENTS, "is_active": true, "created_at": NOW});
        assert_eq!(reply.body, expected);
        let path = format!("{WEBHOOKS}/{}", id.as_str().unwrap());
        for shown in [alice.get(&path).await.body, alice.put(&path, json!({})).await.body] {
            assert_eq!(shown, expected);
        }
    }
    assert_ne!(secrets[0], secrets[1]);
    assert!(!alice.get(WEBHOOKS).await.text.contains("secret"));
}

#[tokio::test]
async fn the_same_request_shows_it_again() {
    let world = World::new();
    let alice = world.user("alice").await.sending("Idempotency-Key", "once");
    let body = json!({"url": URL, "events": EVENTS});
    let first = alice.post(WEBHOOKS, body.clone()).await;
    let again = alice.post(WEBHOOKS, body).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    made_secret(&mut again.clone());
    assert_eq!(alice.get(WEBHOOKS).await.body["total"], 1);
    let others = [
        json!({"url": URL, "events": ["user.updated"]}),
        json!({"url": "https://example.com/other", "events": EVENTS}),
        json!({"url": URL, "events": EVENTS, "secret": SECRET}),
    ];
    for other in others {
        let reused = alice.post(WEBHOOKS, other).await;
        let detail = "This Idempotency-Key was used for another request.";
        assert_eq!((reused.status, reused.body), (409, error(409, "CONFLICT", detail)));
    }
}

#[tokio::test]
async fn the_same_request_shows_no_secret_that_came_later() {
    let world = World::new();
    let alice = world.user("alice").await;
    for new in [json!({"secret": SECRET}), json!({})] {
        let keyed = alice.sending("Idempotency-Key", &format!("with {}", new.to_string().len()));
        let body = json!({"url": URL, "events": EVENTS});
        let mut first = keyed.post(WEBHOOKS, body.clone()).await;
        made_secret(&mut first);
        let path = format!("{WEBHOOKS}/{}", first.body["id"].as_str().unwrap());
        assert_eq!(alice.post(&format!("{path}/rotate-secret"), new).await.status, 200);
        let again = keyed.post(WEBHOOKS, body).await;
        assert_eq!((again.status, again.body), (201, first.body));
    }
}

#[tokio::test]
async fn one_that_was_given_is_not_shown_again_either() {
    let world = World::new();
    let alice = world.user("alice").await.sending("Idempotency-Key", "once");
    let body = json!({"url": URL, "events": EVENTS, "secret": SECRET});
    for _ in 0..2 {
        let reply = alice.post(WEBHOOKS, body.clone()).await;
        assert_eq!(reply.status, 201);
        assert!(!reply.text.contains("secret"), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_new_one_is_given_or_made() {
    let world = World::new();
    let alice = world.user("alice").await;
    let path = webhook(&alice, URL, &EVENTS).await;
    let shown = alice.get(&path).await.body;
    let given = alice.post(&format!("{path}/rotate-secret"), json!({"secret": "another"})).await;
    assert_eq!((given.status, &given.body), (200, &shown));
    let mut secrets = Vec::new();
    for body in [json!({}), json!({"secret": null})] {
        let mut made = alice.post(&format!("{path}/rotate-secret"), body).await;
        secrets.push(made_secret(&mut made));
        assert_eq!((made.status, &made.body), (200, &shown));
    }
    assert_ne!(secrets[0], secrets[1]);
    assert_eq!(alice.get(&path).await.body, shown);
}

#[tokio::test]
async fn for_a_day_both_sign() {
    let world = world();
    let (alice, receiver) = (user(&world, "alice").await, Receiver::start().await);
    let path = webhook(&alice, &receiver.url, &EVENTS).await;
    let signers = async |secrets: &[&str]| {
        test(&alice, &path).await;
        world.settle().await;
        let request = receiver.received().pop().unwrap();
        assert_eq!(signed_by(&request, &["first", "second", "third", SECRET]), secrets);
    };
    signers(&[SECRET]).await;
    let rotate = async |secret: &str| {
        let reply = alice.post(&format!("{path}/rotate-secret"), json!({"secret": secret})).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    };
    rotate("first").await;
    signers(&["first", SECRET]).await;
    world.pass(HOUR);
    rotate("second").await;
    signers(&["second", "first"]).await;
    world.pass(DAY - HOUR / 3600);
    signers(&["second", "first"]).await;
    world.pass(HOUR / 3600);
    signers(&["second"]).await;
    rotate("third").await;
    signers(&["third", "second"]).await;
    assert_eq!(deliveries(&alice, &path).await.len(), 6);
}

#[tokio::test]
async fn an_attempt_is_signed_with_what_counts_then() {
    let world = world();
    let (alice, receiver) = (user(&world, "alice").await, Receiver::start().await);
    let path = webhook(&alice, &receiver.url, &EVENTS).await;
    receiver.answers([500]);
    test(&alice, &path).await;
    world.settle().await;
    assert_eq!(alice.post(&format!("{path}/rotate-secret"), json!({"secret": "new"})).await.status, 200);
    world.pass(HOUR);
    world.settle().await;
    let signers: Vec<_> = receiver.received().iter().map(|request| signed_by(request, &["new", SECRET])).collect();
    assert_eq!(signers, [vec![SECRET], vec!["new", SECRET]]);
}
