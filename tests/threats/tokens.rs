//! Forged, altered, expired and misused tokens, at a guarded route of each dialect.

use super::{
    routes::Dialect,
    surface::{GUARDED, assert_401, assert_refused, invalid_token, no_credential, request},
};
use crate::world::{JWT_SECRET, World};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde_json::{Value, json};
use std::time::Duration;

/// Asserts that a route of each dialect refuses the token, with both schemes.
async fn assert_dead(world: &World, token: &str, attack: &str) {
    for (dialect, path) in GUARDED {
        for scheme in ["Bearer", "Token"] {
            let reply = world.anonymous().authorized(&format!("{scheme} {token}")).get(path).await;
            let attack = format!("{attack}: {scheme} {path}");
            assert_401(&reply, dialect, &invalid_token(dialect), &attack);
        }
    }
}

/// Asserts that a route of each dialect accepts the token.
async fn assert_alive(world: &World, token: &str, attack: &str) {
    for (_, path) in GUARDED {
        let reply = world.anonymous().bearing(token).get(path).await;
        assert_eq!(reply.status, 200, "{attack}: {path}: {}", reply.text);
    }
}

/// The parts of a genuine token.
struct Genuine {
    world: World,
    access: String,
    refresh: String,
    header: Header,
    claims: Value,
}

impl Genuine {
    async fn new() -> Self {
        let world = World::new();
        let alice = world.user("alice").await;
        let access = alice.token().to_owned();
        Self {
            header: decode_header(&access).unwrap(),
            claims: claims_of(&access),
            access,
            refresh: alice.refresh,
            world,
        }
    }

    fn with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims.clone();
        claims[name] = value;
        claims
    }

    fn without(&self, name: &str) -> Value {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().remove(name).unwrap();
        claims
    }

    fn signed(&self, header: &Header, claims: &Value) -> String {
        sign(header, claims, JWT_SECRET)
    }
}

fn sign(header: &Header, claims: &Value, secret: &str) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn claims_of(token: &str) -> Value {
    let mut any = Validation::new(Algorithm::HS256);
    any.validate_exp = false;
    any.validate_aud = false;
    let key = DecodingKey::from_secret(JWT_SECRET.as_bytes());
    decode::<Value>(token, &key, &any).unwrap().claims
}

/// Encodes JSON as a part of a token.
fn part(json: &Value) -> String {
    let token = sign(&Header::new(Algorithm::HS256), json, "any");
    token.split('.').nth(1).unwrap().to_owned()
}

/// Signs header and claims with the real key, whatever the header says.
fn signed_anyway(header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{signed}.{signature}")
}

#[tokio::test]
async fn the_tokens_that_the_attacks_are_made_from_are_accepted() {
    let genuine = Genuine::new().await;
    let world = &genuine.world;
    assert_alive(world, &genuine.access, "genuine").await;
    let again = genuine.signed(&genuine.header, &genuine.claims);
    assert_alive(world, &again, "signed again").await;
    let kid = json!({"alg": "HS256", "typ": "JWT", "kid": genuine.header.kid});
    let anyway = signed_anyway(&kid, &genuine.claims);
    assert_alive(world, &anyway, "with a header of our own").await;
    assert_eq!(genuine.header.alg, Algorithm::HS256);
}

#[tokio::test]
async fn another_algorithm_is_refused_whoever_signed() {
    let genuine = Genuine::new().await;
    let (world, kid) = (&genuine.world, genuine.header.kid.clone());
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let mut header = Header::new(algorithm);
        header.kid = kid.clone();
        let token = genuine.signed(&header, &genuine.claims);
        assert_dead(world, &token, &format!("{algorithm:?}")).await;
    }
    let signature = genuine.access.rsplit('.').next().unwrap();
    let named =
        ["none", "None", "NONE", "nOnE", "", "RS256", "ES256", "PS256", "EdDSA", "HS384", "HS512", "HS256 ", "hs256"];
    for name in
        named.map(Value::from).into_iter().chain([Value::Null, json!(0), json!(["HS256"]), json!({"HS256": true})])
    {
        let header = json!({"alg": name, "typ": "JWT", "kid": kid});
        let unsigned = format!("{}.{}", part(&header), part(&genuine.claims));
        let attack = format!("alg {name}");
        assert_dead(world, &format!("{unsigned}."), &attack).await;
        assert_dead(world, &unsigned, &attack).await;
        assert_dead(world, &format!("{unsigned}.{signature}"), &attack).await;
        assert_dead(world, &signed_anyway(&header, &genuine.claims), &attack).await;
    }
    let without = json!({"typ": "JWT", "kid": kid});
    let token = signed_anyway(&without, &genuine.claims);
    assert_dead(world, &token, "no alg").await;
}

#[tokio::test]
async fn a_token_with_any_bit_changed_is_refused() {
    let genuine = Genuine::new().await;
    let token = genuine.access.as_bytes();
    for at in 0..token.len() {
        for bit in 0..8 {
            let mut changed = b"Bearer ".to_vec();
            changed.extend(token);
            changed[7 + at] ^= 1 << bit;
            // Bytes that a header cannot contain never arrive.
            if changed[7 + at] < b' ' || changed[7 + at] == 0x7f {
                continue;
            }
            let headers: [(&str, &[u8]); 1] = [("authorization", &changed)];
            let reply = request(&genuine.world.app, "GET", "/token/", &headers, vec![]).await;
            let attack = format!("bit {bit} of byte {at}");
            let words = invalid_token(Dialect::Chatbot);
            assert_401(&reply, Dialect::Chatbot, &words, &attack);
        }
    }
}

#[tokio::test]
async fn a_token_that_is_cut_or_put_together_otherwise_is_refused() {
    let genuine = Genuine::new().await;
    let world = &genuine.world;
    let token = &genuine.access;
    let [header, claims, signature] = [0, 1, 2].map(|n| token.split('.').nth(n).unwrap());
    let foreign = genuine.refresh.rsplit('.').next().unwrap();
    let attacks = [
        header.to_owned(),
        format!("{header}."),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{claims}.{signature}"),
        format!(".{claims}.{signature}"),
        format!("{header}..{signature}"),
        format!("..{signature}"),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{token}{signature}"),
        format!("{token}="),
        format!("{token}A"),
        format!("{token},"),
        format!("\"{token}\""),
        format!("{header}.{claims}.{foreign}"),
        format!("{header}.{claims}.{}", &signature[1..]),
        format!("{header}.{claims}.{}", &signature[..signature.len() - 1]),
        format!("{header}.{claims}.{}", "A".repeat(signature.len())),
        format!("{header}.{claims}=.{signature}"),
        format!("{token} {token}"),
        format!("Bearer {token}"),
        token.to_uppercase(),
        token.replace('.', "%2e"),
        token.replace('.', ""),
        "a".repeat(10_000),
        format!("{header}.{}.{signature}", "a".repeat(10_000)),
        format!("{}.{claims}.{signature}", "a".repeat(10_000)),
        format!("{token}{}", "A".repeat(10_000)),
        ".".repeat(10_000),
        "null".to_owned(),
        "0".repeat(40),
        "*".to_owned(),
    ];
    for attack in attacks {
        assert_dead(world, &attack, &format!("{attack:.200}")).await;
    }
}

#[tokio::test]
async fn a_key_that_is_not_ours_is_refused_wherever_the_header_points() {
    let genuine = Genuine::new().await;
    let world = &genuine.world;
    let theirs = "a key of somebody else that is long enough: 012345";
    let foreign = sign(&genuine.header, &genuine.claims, theirs);
    assert_dead(world, &foreign, "another key").await;
    assert_dead(world, &sign(&genuine.header, &genuine.claims, ""), "an empty key").await;
    let kid = genuine.header.kid.as_deref().unwrap();
    assert_dead(world, &sign(&genuine.header, &genuine.claims, kid), "kid as key").await;
    let kids =
        ["", "other", "../../../../dev/null", "/dev/null", "' UNION SELECT 'key", "| id", "#", "0000000000000000"];
    let upper = kid.to_uppercase();
    for other in kids.into_iter().chain([upper.as_str(), &kid[1..]]) {
        let mut header = genuine.header.clone();
        header.kid = Some(other.to_owned());
        let ours = genuine.signed(&header, &genuine.claims);
        // A key id without letters has no other case.
        if other != kid {
            assert_dead(world, &ours, &format!("kid {other}")).await;
        }
        let empty = sign(&header, &genuine.claims, "");
        assert_dead(world, &empty, &format!("kid {other}, empty key")).await;
    }
    let mut header = genuine.header.clone();
    header.kid = None;
    let token = genuine.signed(&header, &genuine.claims);
    assert_dead(world, &token, "no kid").await;
    for kid in [json!(null), json!(0), json!([kid]), json!({"kid": kid})] {
        let header = json!({"alg": "HS256", "typ": "JWT", "kid": kid});
        let token = signed_anyway(&header, &genuine.claims);
        assert_dead(world, &token, &format!("kid {kid}")).await;
    }
    let key = part(&json!("x"));
    let pointers = [
        ("jku", json!("https://attacker.example/keys.json")),
        ("jku", json!("file:///dev/null")),
        ("jwk", json!({"kty": "oct", "alg": "HS256", "k": key})),
        ("x5u", json!("https://attacker.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
    ];
    for (name, value) in pointers {
        let mut header = json!({"alg": "HS256", "typ": "JWT", "kid": kid});
        header[name] = value.clone();
        let unsigned = format!("{}.{}", part(&header), part(&genuine.claims));
        for secret in [theirs, "x", "\"x\"", ""] {
            let key = EncodingKey::from_secret(secret.as_bytes());
            let signature = jsonwebtoken::crypto::sign(unsigned.as_bytes(), &key, Algorithm::HS256).unwrap();
            let token = format!("{unsigned}.{signature}");
            assert_dead(world, &token, &format!("{name} {value}")).await;
        }
    }
}

#[tokio::test]
async fn a_token_dies_in_the_second_in_which_it_expires() {
    let genuine = Genuine::new().await;
    genuine.world.pass(Duration::from_secs(3599));
    assert_alive(&genuine.world, &genuine.access, "a second before").await;
    genuine.world.pass(Duration::from_millis(999));
    assert_alive(&genuine.world, &genuine.access, "a millisecond before").await;
    genuine.world.pass(Duration::from_millis(1));
    assert_dead(&genuine.world, &genuine.access, "expired").await;
    genuine.world.pass(Duration::from_secs(1));
    assert_dead(&genuine.world, &genuine.access, "expired by a second").await;
}

#[tokio::test]
async fn a_refresh_token_dies_in_the_second_in_which_it_expires() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = json!({"refresh": alice.refresh});
    let path = "/api/v1/auth/token/refresh/";
    world.pass(Duration::from_secs(24 * 60 * 60 - 1));
    let reply = world.anonymous().post(path, body.clone()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let access = reply.body["access"].as_str().unwrap();
    assert_alive(&world, access, "new").await;
    world.pass(Duration::from_secs(1));
    let reply = world.anonymous().post(path, body).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
    // An access token issued in the last second is valid for its own hour.
    assert_alive(&world, access, "of an expired sign-in").await;
    world.pass(Duration::from_secs(3598));
    assert_alive(&world, access, "a second before").await;
    world.pass(Duration::from_secs(1));
    assert_dead(&world, access, "after its hour").await;
}

#[tokio::test]
async fn a_claim_that_is_missing_or_of_another_type_is_refused() {
    let genuine = Genuine::new().await;
    let world = &genuine.world;
    let exp = genuine.claims["exp"].as_u64().unwrap();
    for name in ["iss", "aud", "sub", "sid", "exp", "iat", "jti"] {
        let token = genuine.signed(&genuine.header, &genuine.without(name));
        assert_dead(world, &token, &format!("no {name}")).await;
        let right = &genuine.claims[name];
        let others =
            [Value::Null, json!(true), json!(-1), json!([right]), json!({"value": right}), json!(""), json!("0")];
        for value in others {
            let claims = genuine.with(name, value.clone());
            let token = genuine.signed(&genuine.header, &claims);
            assert_dead(world, &token, &format!("{name} {value}")).await;
        }
    }
    let values = [
        ("exp", json!(exp as f64 + 0.5)),
        ("exp", json!(exp as f64)),
        ("exp", json!(1e300)),
        ("exp", json!(exp.to_string())),
        ("exp", json!(u64::MAX)),
        ("exp", json!(u64::MAX / 1000 + 1)),
        ("exp", json!(0)),
        ("iat", json!(u64::MAX)),
        ("iss", json!("Quintet")),
        ("iss", json!("quintet ")),
        ("iss", json!("https://attacker.example")),
        ("iss", json!(["quintet"])),
        ("aud", json!("quintet/refresh")),
        ("aud", json!("quintet")),
        ("aud", json!(["quintet/access"])),
        ("aud", json!(["quintet/refresh", "quintet/access"])),
        ("aud", json!("quintet/access,quintet/refresh")),
        ("sub", json!("alice")),
        ("sub", json!("1")),
        ("sub", json!("../users")),
        ("sub", json!("00000000-0000-0000-0000-000000000000")),
        ("sid", json!("00000000-0000-0000-0000-000000000000")),
        ("sid", json!("profile")),
        ("sid", genuine.claims["sub"].clone()),
        ("sub", genuine.claims["sid"].clone()),
    ];
    for (name, value) in values {
        let token = genuine.signed(&genuine.header, &genuine.with(name, value.clone()));
        assert_dead(world, &token, &format!("{name} {value}")).await;
    }
    for claims in [json!([]), json!("alice"), json!(null), json!({}), json!(1)] {
        let token = genuine.signed(&genuine.header, &claims);
        assert_dead(world, &token, &format!("claims {claims}")).await;
    }
}

#[tokio::test]
async fn claims_that_say_more_give_no_more() {
    let genuine = Genuine::new().await;
    let mut claims = genuine.claims.clone();
    claims["role"] = json!("admin");
    claims["is_admin"] = json!(true);
    let token = genuine.signed(&genuine.header, &claims);
    assert_alive(&genuine.world, &token, "role admin").await;
    assert_eq!(genuine.world.profile("alice")["role"]["S"], "user");
}

#[tokio::test]
async fn a_sign_in_is_not_anothers() {
    let genuine = Genuine::new().await;
    let bob = genuine.world.user("bob").await;
    let his = claims_of(bob.token());
    for name in ["sub", "sid"] {
        let token = genuine.signed(&genuine.header, &genuine.with(name, his[name].clone()));
        assert_dead(&genuine.world, &token, &format!("bob's {name}")).await;
    }
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token_and_an_access_token_no_refresh_token() {
    let genuine = Genuine::new().await;
    assert_dead(&genuine.world, &genuine.refresh, "refresh as access").await;
    let anonymous = genuine.world.anonymous();
    let platform = anonymous.post("/api/v1/auth/refresh", json!({"refresh_token": genuine.access})).await;
    assert_refused(&platform, Dialect::Platform, "access as refresh");
    assert_eq!(platform.status, 401);
    let webchat = anonymous.post("/api/v1/auth/token/refresh/", json!({"refresh": genuine.access})).await;
    assert_eq!(webchat.status, 401);
    let words = json!({"detail": "Token is invalid or expired", "code": "token_not_valid"});
    assert_eq!(webchat.body, words);
}

#[tokio::test]
async fn a_refresh_token_that_was_tampered_with_is_refused_at_every_refresh_door() {
    let genuine = Genuine::new().await;
    let claims = claims_of(&genuine.refresh);
    let [header, body, signature] = [0, 1, 2].map(|n| genuine.refresh.split('.').nth(n).unwrap().to_owned());
    let mut kidless = genuine.header.clone();
    kidless.kid = None;
    let mut longer = claims.clone();
    longer["exp"] = json!(claims["exp"].as_u64().unwrap() + 1);
    let mut access = claims.clone();
    access["aud"] = json!("quintet/access");
    let none = part(&json!({"alg": "none", "kid": genuine.header.kid}));
    let attacks = [
        sign(&genuine.header, &claims, "a key of somebody else that is long enough"),
        genuine.signed(&kidless, &claims),
        genuine.signed(&genuine.header, &access),
        format!("{header}.{}.{signature}", part(&longer)),
        format!("{none}.{body}."),
        format!("{header}.{body}"),
        "x".repeat(10_000),
        "\u{0}".to_owned(),
        "é".to_owned(),
    ];
    for token in attacks {
        let anonymous = genuine.world.anonymous();
        let platform = json!({"refresh_token": token});
        let platform = anonymous.post("/api/v1/auth/refresh", platform).await;
        let webchat = json!({"refresh": token});
        let webchat = anonymous.post("/api/v1/auth/token/refresh/", webchat).await;
        for (dialect, reply) in [(Dialect::Platform, platform), (Dialect::Webchat, webchat)] {
            assert_refused(&reply, dialect, &format!("{token:.100}"));
            assert_eq!(reply.status, 401, "{token:.100}: {}", reply.text);
        }
    }
    assert_alive(&genuine.world, &genuine.access, "after all").await;
}

#[tokio::test]
async fn a_header_without_our_scheme_is_no_credential() {
    let genuine = Genuine::new().await;
    let token = &genuine.access;
    let headers = [
        None,
        Some("".to_owned()),
        Some("Basic YWxpY2U6cGFzc3dvcmQxMjM=".to_owned()),
        Some(format!("Basic {token}")),
        Some(format!("Digest {token}")),
        Some(format!("JWT {token}")),
        Some(format!("BearerX {token}")),
        Some(format!("Bearer:{token}")),
        Some(format!("Bearer,{token}")),
        Some(token.clone()),
    ];
    for header in headers {
        for (dialect, path) in GUARDED {
            let mut actor = genuine.world.anonymous();
            if let Some(header) = &header {
                actor = actor.authorized(header);
            }
            let reply = actor.get(path).await;
            let attack = format!("{path}: {:.40}", header.as_deref().unwrap_or("none"));
            assert_401(&reply, dialect, &no_credential(dialect), &attack);
        }
    }
}

#[tokio::test]
async fn a_credential_in_another_place_is_none() {
    let genuine = Genuine::new().await;
    let token = &genuine.access;
    for (dialect, path) in GUARDED {
        let cookie = format!("token={token}; access={token}; sessionid={token}");
        let actor = genuine
            .world
            .anonymous()
            .sending("Cookie", &cookie)
            .sending("X-Authorization", &format!("Bearer {token}"))
            .sending("Proxy-Authorization", &format!("Bearer {token}"))
            .sending("X-API-Key", token);
        let path = format!("{path}?token={token}&access_token={token}");
        let reply = actor.get(&path).await;
        assert_401(&reply, dialect, &no_credential(dialect), &path);
    }
}

#[tokio::test]
async fn an_empty_or_unreadable_credential_is_not_valid() {
    let genuine = Genuine::new().await;
    let headers: [&[u8]; 12] = [
        b"Bearer",
        b"Bearer ",
        b"bearer    ",
        b"Token",
        b"Token ",
        b"Bearer \xff\xfe",
        b"Bearer caf\xc3\xa9",
        b"Token \xe9",
        b"Bearer\tx",
        b"Bearer .",
        b"Bearer \xc3\xa9.\xc3\xa9.\xc3\xa9",
        b"Bearer undefined",
    ];
    for (dialect, path) in GUARDED {
        for header in headers {
            let attack = format!("{path}: {}", String::from_utf8_lossy(header));
            let sent: [(&str, &[u8]); 1] = [("authorization", header)];
            let reply = request(&genuine.world.app, "GET", path, &sent, vec![]).await;
            assert_refused(&reply, dialect, &attack);
            assert_eq!(reply.status, 401, "{attack}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn two_credentials_are_refused_because_nobody_can_tell_which_is_meant() {
    let genuine = Genuine::new().await;
    let good = format!("Bearer {}", genuine.access);
    let others = ["Basic YWxpY2U6cGFzc3dvcmQxMjM=", "Bearer x.y.z", "Token x", &good];
    for (dialect, path) in GUARDED {
        for other in others {
            let joined = [format!("{good}, {other}"), format!("{other}, {good}"), format!("{good} {other}")];
            for header in joined {
                let sent: [(&str, &[u8]); 1] = [("authorization", header.as_bytes())];
                let reply = request(&genuine.world.app, "GET", path, &sent, vec![]).await;
                assert_refused(&reply, dialect, &header);
                assert_eq!(reply.status, 401, "{path} {header}: {}", reply.text);
            }
        }
    }
}

#[tokio::test]
async fn two_authorization_headers_are_refused() {
    let genuine = Genuine::new().await;
    let good = format!("Bearer {}", genuine.access);
    let others = ["Basic YWxpY2U6cGFzc3dvcmQxMjM=", "Bearer x.y.z", "Token x"];
    for (dialect, path) in GUARDED {
        for other in others {
            for [first, second] in [[other, good.as_str()], [good.as_str(), other]] {
                let sent = [("authorization", first.as_bytes()), ("authorization", second.as_bytes())];
                let reply = request(&genuine.world.app, "GET", path, &sent, vec![]).await;
                let attack = format!("{path}: {first:.20} and {second:.20}");
                assert_refused(&reply, dialect, &attack);
                assert_eq!(reply.status, 401, "{attack}: {}", reply.text);
            }
        }
    }
}

#[tokio::test]
async fn a_token_of_the_key_before_is_accepted_and_of_the_key_before_that_refused() {
    let old = Genuine::new().await;
    let settings = |secret, previous| World::with(&[("JWT_SECRET", secret), ("JWT_SECRET_PREVIOUS", previous)]);
    let (new, newer) =
        ("a newer key of tests that is long enough: 0123", "the newest key of tests that is long enough: 01");
    let copy = |world: &World| {
        for row in old.world.rows("users") {
            world.put("users", &row);
        }
        for row in old.world.rows("balances") {
            world.put("balances", &row);
        }
    };
    let rotated = settings(new, JWT_SECRET);
    copy(&rotated);
    assert_alive(&rotated, &old.access, "the key before").await;
    let twice = settings(newer, new);
    copy(&twice);
    assert_dead(&twice, &old.access, "the key before that").await;
}
