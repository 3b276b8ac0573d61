//! Which credentials end with a change of password, account or role. Every kind of credential is checked in every
//! dialect, at the very next request.

use super::{
    routes::Dialect,
    sessions::{SignIn, assert_all_dead, assert_refresh_dead, everywhere, is_alive},
    surface::{SIGN_INS, SIGN_UPS, access_in, assert_refused},
};
use crate::world::{Actor, PASSWORD, Reply, World};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::time::Duration;

const KEYS: &str = "/api/v1/users/me/api-keys";
const ME: &str = "/api/v1/users/me";
const OTHER_PASSWORD: &str = "password456";

/// alice, with a credential of each kind.
struct Wallet {
    world: World,
    alice: Actor,
    admin: Actor,
    /// The path at which administrators change alice.
    account: String,
    sign_ins: Vec<SignIn>,
    key: String,
}

async fn new_key(actor: &Actor, body: Value) -> (String, String) {
    let made = actor.post(KEYS, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let text = |name: &str| made.body[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

impl Wallet {
    async fn new() -> Self {
        let world = World::new();
        let (admin, alice) = (world.admin("root").await, world.user("alice").await);
        let account = format!("/api/v1/users/{}", world.id_of("alice"));
        let sign_ins = everywhere(&world).await;
        let (_, key) = new_key(&alice, json!({"name": "bot"})).await;
        let wallet = Self { world, alice, admin, account, sign_ins, key };
        wallet.assert_all_alive("at first").await;
        wallet
    }

    async fn assert_all_alive(&self, why: &str) {
        assert!(is_alive(&self.world, self.alice.token()).await, "{why}");
        assert!(is_alive(&self.world, &self.key).await, "the key {why}");
        for sign_in in &self.sign_ins {
            assert!(is_alive(&self.world, &sign_in.access).await, "{} {why}", sign_in.endpoint.path);
        }
    }

    /// Asserts that all credentials except the API key are invalid.
    async fn assert_signed_out(&self, why: &str) {
        assert!(!is_alive(&self.world, self.alice.token()).await, "{why}");
        assert_refresh_dead(&self.world, &self.alice.refresh, why).await;
        assert_all_dead(&self.world, &self.sign_ins, why).await;
    }

    /// Asserts that signing in fails as for an account that never existed.
    async fn assert_doors_shut(&self, password: &str, why: &str) {
        for endpoint in SIGN_INS {
            let reply = endpoint.sign_in(&self.world.anonymous(), "alice", password).await;
            assert_refused(&reply, endpoint.dialect, endpoint.path);
            assert_eq!((reply.status, reply.body), endpoint.wrong_password(), "{} {why}", endpoint.path);
        }
    }

    async fn assert_doors_open(&self, password: &str, why: &str) {
        for endpoint in SIGN_INS {
            let reply = endpoint.sign_in(&self.world.anonymous(), "alice", password).await;
            assert_eq!(reply.status, 200, "{} {why}: {}", endpoint.path, reply.text);
            assert!(is_alive(&self.world, access_in(&reply)).await, "{} {why}", endpoint.path);
        }
    }

    /// Makes a request as an administrator.
    async fn change(&self, body: Value) -> Reply {
        self.admin.put(&self.account, body).await
    }
}

#[tokio::test]
async fn a_new_password_ends_all_sign_ins_and_000_tokens_but_no_key() {
    for by_admin in [false, true] {
        let wallet = Wallet::new().await;
        let bob = wallet.world.user("bob").await;
        let body = json!({"password": OTHER_PASSWORD, "current_password": PASSWORD});
        let changed = if by_admin { wallet.change(body).await } else { wallet.alice.put(ME, body).await };
        assert_eq!(changed.status, 200, "{}", changed.text);
        wallet.assert_signed_out("after the change").await;
        assert!(is_alive(&wallet.world, &wallet.key).await, "the key");
        assert!(is_alive(&wallet.world, bob.token()).await, "somebody else");
        assert!(is_alive(&wallet.world, wallet.admin.token()).await, "the administrator");
        wallet.assert_doors_shut(PASSWORD, "with the old password").await;
        wallet.assert_doors_open(OTHER_PASSWORD, "with the new one").await;
    }
}

#[tokio::test]
async fn the_same_password_anew_ends_them_too() {
    let wallet = Wallet::new().await;
    let body = json!({"password": PASSWORD, "current_password": PASSWORD});
    let changed = wallet.alice.put(ME, body).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    wallet.assert_signed_out("after the change").await;
    wallet.assert_doors_open(PASSWORD, "after the change").await;
}

#[tokio::test]
async fn a_disabled_account_has_no_credential_and_no_door() {
    let wallet = Wallet::new().await;
    assert_eq!(wallet.change(json!({"is_active": false})).await.status, 200);
    wallet.assert_signed_out("disabled").await;
    assert!(!is_alive(&wallet.world, &wallet.key).await);
    wallet.assert_doors_shut(PASSWORD, "disabled").await;
    for endpoint in SIGN_UPS {
        let taken = endpoint.sign_up(&wallet.world.anonymous(), "alice", "alice@example.com").await;
        assert_refused(&taken, endpoint.dialect, "the name is still hers");
    }
}

#[tokio::test]
async fn nothing_comes_back_to_life_when_the_account_does() {
    let wallet = Wallet::new().await;
    for is_active in [false, true] {
        assert_eq!(wallet.change(json!({"is_active": is_active})).await.status, 200);
    }
    wallet.assert_signed_out("enabled again").await;
    assert!(!is_alive(&wallet.world, &wallet.key).await, "the old key");
    wallet.assert_doors_open(PASSWORD, "enabled again").await;
    let (_, key) = new_key(&wallet.world.sign_in("alice").await, json!({"name": "bot"})).await;
    assert!(is_alive(&wallet.world, &key).await, "a new key");
}

#[tokio::test]
async fn a_deleted_account_leaves_nothing_to_whoever_takes_its_name() {
    let wallet = Wallet::new().await;
    assert_eq!(wallet.admin.delete(&wallet.account).await.status, 204);
    wallet.assert_signed_out("deleted").await;
    assert!(!is_alive(&wallet.world, &wallet.key).await);
    wallet.assert_doors_shut(PASSWORD, "deleted").await;
    let alice = wallet.world.user("alice").await;
    wallet.assert_signed_out("followed by another").await;
    assert!(!is_alive(&wallet.world, &wallet.key).await);
    assert!(is_alive(&wallet.world, alice.token()).await);
    for list in [KEYS, "/api/v1/conversations", "/api/v1/assistants"] {
        let listed = alice.get(list).await;
        assert_eq!(
            (listed.status, &listed.body["items"], &listed.body["total"]),
            (200, &json!([]), &json!(0)),
            "{list}"
        );
    }
    assert_eq!(wallet.world.available("alice"), 4000);
}

#[tokio::test]
async fn nothing_else_about_an_account_ends_anything() {
    let wallet = Wallet::new().await;
    let own = [
        (200, json!({})),
        (200, json!({"full_name": "Alice A.", "email": "alice@example.com", "current_password": PASSWORD})),
        (200, json!({"current_password": PASSWORD})),
        (200, json!({"is_active": false, "role": "user", "epoch": 9, "key_epoch": 9})),
        (422, json!({"password": OTHER_PASSWORD})),
        (422, json!({"password": OTHER_PASSWORD, "current_password": "wrong-password"})),
        (422, json!({"password": "short", "current_password": PASSWORD})),
        (422, json!({"password": OTHER_PASSWORD, "current_password": PASSWORD, "username": "a b"})),
        (409, json!({"password": OTHER_PASSWORD, "current_password": PASSWORD, "username": "root"})),
    ];
    for (status, body) in own {
        let reply = wallet.alice.put(ME, body.clone()).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
        wallet.assert_all_alive(&format!("after {body}")).await;
    }
    let powers = json!({"role": "admin", "is_active": true, "tokens_granted": 5});
    assert_eq!(wallet.change(powers).await.status, 200);
    wallet.assert_all_alive("with more powers").await;
    wallet.assert_doors_open(PASSWORD, "with more powers").await;
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_at_the_next_request_of_every_credential() {
    let wallet = Wallet::new().await;
    let credentials = wallet.sign_ins.iter().map(|sign_in| &sign_in.access).chain([&wallet.key]);
    let actors: Vec<Actor> = credentials.map(|token| wallet.world.anonymous().bearing(token)).collect();
    for (role, status) in [("admin", 200), ("user", 403)] {
        assert_eq!(wallet.change(json!({"role": role})).await.status, 200);
        for actor in &actors {
            assert_eq!(actor.get("/api/v1/users").await.status, status, "{role}");
        }
        wallet.assert_all_alive(role).await;
    }
}

#[tokio::test]
async fn a_key_that_is_deleted_or_over_opens_nothing_and_a_logout_leaves_it() {
    let wallet = Wallet::new().await;
    let logout = wallet.world.anonymous().bearing(&wallet.key).post("/api/v1/auth/logout", json!({})).await;
    assert_eq!(logout.status, 200, "{}", logout.text);
    wallet.assert_all_alive("after a logout with the key").await;
    let (id, deleted) = new_key(&wallet.alice, json!({"name": "deleted"})).await;
    assert_eq!(wallet.alice.delete(&format!("{KEYS}/{id}")).await.status, 204);
    assert!(!is_alive(&wallet.world, &deleted).await);
    wallet.assert_all_alive("after another key's end").await;
    let (_, brief) = new_key(&wallet.alice, json!({"name": "brief", "expires_in_days": 1})).await;
    wallet.world.pass(Duration::from_secs(24 * 60 * 60) - Duration::from_millis(1));
    assert!(is_alive(&wallet.world, &brief).await, "a millisecond before its end");
    wallet.world.pass(Duration::from_millis(1));
    assert!(!is_alive(&wallet.world, &brief).await, "at its end");
    assert!(is_alive(&wallet.world, &wallet.key).await, "without an end");
}

#[tokio::test]
async fn a_key_that_is_changed_anywhere_opens_nothing() {
    let wallet = Wallet::new().await;
    let bob = wallet.world.user("bob").await;
    let (_, others) = new_key(&bob, json!({"name": "bot"})).await;
    let bytes = |key: &str| BASE64_URL_SAFE_NO_PAD.decode(key.strip_prefix("qk_").unwrap()).unwrap();
    let written = |bytes: &[u8]| format!("qk_{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let (hers, his) = (bytes(&wallet.key), bytes(&others));
    assert_eq!((hers.len(), written(&hers)), (64, wallet.key.clone()), "a user, a key, and its secret");
    let mut forged: Vec<String> = (0..hers.len() * 8)
        .map(|bit| {
            let mut bytes = hers.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            written(&bytes)
        })
        .collect();
    for (user, key, secret) in [(&hers, &hers, &his), (&hers, &his, &his), (&his, &hers, &hers), (&his, &his, &hers)] {
        forged.push(written(&[&user[..16], &key[16..32], &secret[32..]].concat()));
    }
    let body = &wallet.key[3..];
    forged.extend([body.to_owned(), format!("{}A", wallet.key), wallet.key[..88].to_owned(), "qk_".to_owned()]);
    forged.extend([format!("QK_{body}"), format!("{}==", wallet.key), written(&hers[..63])]);
    for key in forged {
        let reply = wallet.world.anonymous().bearing(&key).get(ME).await;
        assert_refused(&reply, Dialect::Platform, &key);
        assert_eq!(reply.status, 401, "{key}: {}", reply.text);
    }
}
