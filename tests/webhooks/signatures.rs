//! What a receiver can rely on: headers, signatures and bodies, as Standard Webhooks has them.

use super::{EVENTS, SECOND, WEBHOOKS, alice_with_a_webhook, test, user, world};
use crate::{
    platform::talk::{id_of, made},
    world::{Receiver, Request, START},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

/// Which of `secrets` signed a request, in the order of its signatures. By the text of Standard Webhooks:
/// `webhook-signature` has signatures separated by spaces, each `v1,` and the base64 of the HMAC-SHA256 of id,
/// timestamp and body, joined by full stops; a secret behind `whsec_` is base64.
pub fn signed_by<'a>(request: &Request, secrets: &[&'a str]) -> Vec<&'a str> {
    let (id, timestamp) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    assert!(!id.is_empty() && !id.contains('.') && timestamp.parse::<u64>().is_ok(), "{id:?} {timestamp:?}");
    let signature_of = |secret: &str| {
        let key = match secret.strip_prefix("whsec_") {
            Some(encoded) => BASE64_STANDARD.decode(encoded).unwrap(),
            None => secret.as_bytes().to_vec(),
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update([id.as_bytes(), b".", timestamp.as_bytes(), b".", &request.bytes[..]].concat().as_slice());
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    };
    let signer_of = |signature: &str| {
        let signer = secrets.iter().find(|secret| signature_of(secret) == signature);
        *signer.unwrap_or_else(|| panic!("nobody signed {signature}"))
    };
    request.header("webhook-signature").split(' ').map(signer_of).collect()
}

#[test]
fn the_example_of_standard_webhooks() {
    let headers = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let bytes = br#"{"test": 2432232314}"#;
    let request = Request {
        headers: headers.into_iter().collect(),
        bytes: bytes.to_vec().into(),
        body: serde_json::from_slice(bytes).unwrap(),
    };
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_eq!(signed_by(&request, &[secret]), [secret]);
}

#[tokio::test]
async fn a_secret_is_its_characters_or_behind_a_prefix_base64() {
    let world = world();
    let (alice, receiver) = (user(&world, "alice").await, Receiver::start().await);
    let secrets = [
        "x".to_owned(),
        " \u{1f511} ".to_owned(),
        "y".repeat(255),
        "whsec_AA==".to_owned(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
    ];
    for secret in &secrets {
        let body = json!({"url": receiver.url, "events": EVENTS, "secret": secret});
        let path = format!("{WEBHOOKS}/{}", id_of(&made(alice.post(WEBHOOKS, body).await)));
        test(&alice, &path).await;
        world.settle().await;
        let all: Vec<&str> = secrets.iter().map(String::as_str).collect();
        assert_eq!(signed_by(&receiver.received().pop().unwrap(), &all), [secret]);
    }
    let body = json!({"url": receiver.url, "events": EVENTS});
    let webhook = made(alice.post(WEBHOOKS, body).await);
    test(&alice, &format!("{WEBHOOKS}/{}", id_of(&webhook))).await;
    world.settle().await;
    let secret = webhook["secret"].as_str().unwrap();
    assert_eq!(signed_by(&receiver.received().pop().unwrap(), &[secret]), [secret]);
}

#[tokio::test]
async fn every_attempt_has_the_same_id_and_body_and_its_own_time() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0,60,60")]).await;
    receiver.answers([500, 500]);
    let id = test(&alice, &path).await;
    for _ in 0..3 {
        world.settle().await;
        world.pass(SECOND * 66);
    }
    let received = receiver.received();
    let start = START / 1000;
    let mut times = Vec::new();
    for request in &received {
        assert_eq!(request.header("webhook-id"), id);
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.header("user-agent"), "Quintet-Webhooks/1");
        assert_eq!(request.bytes, received[0].bytes);
        assert_eq!(signed_by(request, &[super::SECRET]), [super::SECRET]);
        times.push(request.header("webhook-timestamp").parse::<u64>().unwrap() - start);
    }
    assert_eq!(times, [0, 66, 132]);
    let shown = super::delivery(&alice, &path).await;
    assert_eq!((&shown["id"], &shown["payload"]), (&json!(id), &received[0].body));
}

#[tokio::test]
async fn webhooks_with_the_same_event_get_the_same_id() {
    let (world, alice, first, _) = alice_with_a_webhook(&[]).await;
    let second = Receiver::start().await;
    super::webhook(&alice, &second.url, &["user.updated"]).await;
    assert_eq!(alice.put("/api/v1/users/me", json!({"full_name": "Alice"})).await.status, 200);
    world.settle().await;
    let (one, other) = (first.received().pop().unwrap(), second.received().pop().unwrap());
    assert_eq!(one.header("webhook-id"), other.header("webhook-id"));
    assert_eq!(one.bytes, other.bytes);
}
