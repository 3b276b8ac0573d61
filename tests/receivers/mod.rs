//! The code for receivers in `docs/webhooks.md`, in Rust, on requests as they are sent. `.ci/receivers` does the same
//! with the code in Python and JavaScript.

mod verify;

use crate::world::{Actor, Receiver, World};
use serde_json::{Value, json};
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

/// A user's webhook at a receiver.
struct Hooked {
    world: World,
    alice: Actor,
    receiver: Receiver,
    path: String,
    secret: String,
}

impl Hooked {
    /// With this secret, or one that is made.
    async fn new(secret: Option<&str>) -> Self {
        let world = World::with(&[("OUTBOUND_ALLOW", "127.0.0.1")]);
        let (alice, receiver) = (world.user("alice").await, Receiver::start().await);
        let asked = json!({"url": receiver.url, "events": ["message.received"], "secret": secret});
        let made = alice.post("/api/v1/webhooks", asked).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let path = format!("/api/v1/webhooks/{}", made.body["id"].as_str().unwrap());
        let secret = secret.or(made.body["secret"].as_str()).unwrap().to_owned();
        Self { world, alice, receiver, path, secret }
    }

    async fn rotate(&self, asked: Value) -> Value {
        let rotated = self.alice.post(&format!("{}/rotate-secret", self.path), asked).await;
        assert_eq!(rotated.status, 200, "{}", rotated.body);
        rotated.body
    }

    /// The next request, in the hand of somebody who has this secret.
    async fn received(&self, secret: &str) -> InHand {
        assert_eq!(self.alice.post(&format!("{}/test", self.path), json!({})).await.status, 202);
        self.world.settle().await;
        let [request] = self.receiver.received().try_into().unwrap();
        InHand {
            secret: secret.to_owned(),
            id: request.header("webhook-id").to_owned(),
            timestamp: request.header("webhook-timestamp").to_owned(),
            signatures: request.header("webhook-signature").to_owned(),
            body: request.bytes.to_vec(),
            now: self.world.now_millis() / 1000,
        }
    }
}

/// What the receiver of a webhook with this secret, if one is given, has in hand; also after another secret
/// replaced it.
async fn received(secret: Option<&str>) -> Vec<InHand> {
    let hooked = Hooked::new(secret).await;
    let before = hooked.received(&hooked.secret).await;
    let rotated = hooked.rotate(json!({})).await;
    let after = hooked.received(&hooked.secret).await;
    let new = after.but(|given| given.secret = rotated["secret"].as_str().unwrap().to_owned());
    vec![before, after, new]
}

#[test]
fn the_page_about_webhooks_has_the_code() {
    let shown = format!("```rust\n{}```\n", include_str!("verify.rs"));
    assert!(include_str!("../../docs/webhooks.md").contains(&shown));
}

#[tokio::test]
async fn what_was_sent_is_accepted() {
    for secret in [Some(PLAIN), Some(GIVEN), None] {
        for good in received(secret).await {
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

#[tokio::test]
async fn a_repeated_rotation_leaves_the_secret_before_in_use() {
    let mut hooked = Hooked::new(Some(PLAIN)).await;
    for _ in 0..2 {
        let shown = hooked.rotate(json!({"secret": GIVEN})).await;
        assert_eq!(shown["secret"], Value::Null, "who gave it knows it");
        for secret in [PLAIN, GIVEN] {
            assert!(hooked.received(secret).await.is_accepted(), "{secret}");
        }
    }
    hooked.world.pass(Duration::from_secs(24 * 60 * 60));
    hooked.alice = hooked.world.sign_in("alice").await;
    assert!(!hooked.received(PLAIN).await.is_accepted());
    assert!(hooked.received(GIVEN).await.is_accepted());
}
