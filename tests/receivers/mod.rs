//! The README's code for receivers of webhooks, in Rust, on requests as they are sent. `.ci/receivers` does the same
//! with that in Python and JavaScript.

mod verify;

use crate::world::{Receiver, World};
use serde_json::json;
use std::time::Duration;
use verify::verify;

const PLAIN: &str = "webhook-secret";
const GIVEN: &str = "whsec_YSBzZWNyZXQgdGhhdCB3YXMgZ2l2ZW4=";
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What somebody who receives a request has in hand.
#[derive(Clone, Debug)]
struct InHand {
    secret: String,
    id: String,
    timestamp: String,
    signatures: String,
    body: Vec<u8>,
    now: u64,
}

impl InHand {
    fn is_accepted(&self) -> bool {
        verify(&self.secret, &self.id, &self.timestamp, &self.signatures, &self.body, self.now)
    }

    fn but(&self, change: impl Fn(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }
}

/// What the receiver of a webhook with this secret, if one is given, has in hand; also after another secret
/// replaced it.
async fn received(secret: Option<&str>) -> Vec<InHand> {
    let world = World::with(&[("OUTBOUND_ALLOW", "127.0.0.1")]);
    let (alice, receiver) = (world.user("alice").await, Receiver::start().await);
    let asked = json!({"url": receiver.url, "events": ["message.received"], "secret": secret});
    let made = alice.post("/api/v1/webhooks", asked).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let webhook = format!("/api/v1/webhooks/{}", made.body["id"].as_str().unwrap());
    let mut secrets = vec![secret.or(made.body["secret"].as_str()).unwrap().to_owned()];
    let mut in_hand = Vec::new();
    for _ in 0..2 {
        assert_eq!(alice.post(&format!("{webhook}/test"), json!({})).await.status, 202);
        world.settle().await;
        let [request] = receiver.received().try_into().unwrap();
        in_hand.extend(secrets.iter().map(|secret| InHand {
            secret: secret.clone(),
            id: request.header("webhook-id").to_owned(),
            timestamp: request.header("webhook-timestamp").to_owned(),
            signatures: request.header("webhook-signature").to_owned(),
            body: request.bytes.to_vec(),
            now: world.now_millis() / 1000,
        }));
        let rotated = alice.post(&format!("{webhook}/rotate-secret"), json!({})).await;
        secrets.push(rotated.body["secret"].as_str().unwrap().to_owned());
    }
    in_hand
}

#[test]
fn the_readme_has_the_code() {
    let shown = format!("```rust\n{}```\n", include_str!("verify.rs"));
    assert!(include_str!("../../README.md").contains(&shown));
}

#[tokio::test]
async fn what_was_sent_is_accepted() {
    for secret in [Some(PLAIN), Some(GIVEN), None] {
        let all = received(secret).await;
        assert_eq!(all.len(), 3, "one signature, then two");
        for good in all {
            let near = [
                good.clone(),
                good.but(|given| given.now += TOLERANCE.as_secs()),
                good.but(|given| given.now -= TOLERANCE.as_secs()),
                good.but(|given| given.signatures = format!("v1,AAAA v2,QUJD {} v1a,QUJD", given.signatures)),
            ];
            for given in near {
                assert!(given.is_accepted(), "{given:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_was_not_sent_like_that_is_refused() {
    for secret in [Some(PLAIN), Some(GIVEN), None] {
        for good in received(secret).await {
            let bad = [
                good.but(|given| given.now += TOLERANCE.as_secs() + 1),
                good.but(|given| given.now -= TOLERANCE.as_secs() + 1),
                good.but(|given| given.body.push(b' ')),
                good.but(|given| given.body.clear()),
                good.but(|given| given.secret = "webhook-secreT".to_owned()),
                good.but(|given| given.secret = "whsec_d3Jvbmc=".to_owned()),
                good.but(|given| given.secret = "whsec_no base64".to_owned()),
                good.but(|given| given.id = given.id.chars().rev().collect()),
                good.but(|given| given.timestamp = (given.now + 1).to_string()),
                good.but(|given| given.timestamp = "now".to_owned()),
                good.but(|given| given.timestamp.clear()),
                good.but(|given| given.signatures = given.signatures.replace("v1,", "v2,")),
                good.but(|given| given.signatures = given.signatures.replace("v1,", "")),
                good.but(|given| given.signatures = "v1,".to_owned()),
                good.but(|given| given.signatures = "v1,é".to_owned()),
                good.but(|given| given.signatures.clear()),
            ];
            for given in bad {
                assert!(!given.is_accepted(), "{given:?}");
            }
        }
    }
}
