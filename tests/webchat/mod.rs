//! Spec 002, "API Routes (v1)": a file per subject, and here what they share.

mod chats;
mod credentials;
mod failures;
mod forms;
mod idempotency;
mod incomplete_reads;
mod logout;
mod not_found;
mod paging;
mod refresh;
mod register;
mod register_limits;
mod sessions;
mod sign_in;
mod unreadable;

use crate::world::{Actor, Reply, World};
use serde_json::{Value, json};

const REGISTER: &str = "/api/v1/auth/register/";
const LOGIN: &str = "/api/v1/auth/login/";
const LOGOUT: &str = "/api/v1/auth/logout/";
const PROFILE: &str = "/api/v1/auth/profile/";
const REFRESH: &str = "/api/v1/auth/token/refresh/";
const SESSIONS: &str = "/api/v1/chat/sessions/";
const ORIGIN: &str = "http://quintet.test";
const REPLY: &str = "This is a dummy response from the AI.";

/// Takes a token out of a body, so that the rest can be compared whole.
fn take_jwt(reply: &mut Reply, field: &str) -> String {
    let token = take(reply, field);
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    assert!(parts.iter().all(|part| !part.is_empty()), "{token}");
    token
}

/// Takes a UUID out of a body, so that the rest can be compared whole.
fn take_uuid(reply: &mut Reply, field: &str) -> String {
    let id = take(reply, field);
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
    let is_hex = |c: char| c == '-' || c.is_ascii_digit() || ('a'..='f').contains(&c);
    assert!(id.chars().all(is_hex), "{id}");
    id
}

fn take(reply: &mut Reply, field: &str) -> String {
    let value = reply.body.as_object_mut().unwrap().remove(field).unwrap();
    value.as_str().unwrap().to_owned()
}

/// Begins a session, and gives its answer.
async fn begin(actor: &Actor, title: &str) -> Value {
    let reply = actor.post(SESSIONS, json!({"title": title})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

/// The path of a session by its answer.
fn path_of(session: &Value) -> String {
    format!("{SESSIONS}{}/", session["id"].as_str().unwrap())
}

/// Begins a session, and gives its path.
async fn begin_at(actor: &Actor, title: &str) -> String {
    path_of(&begin(actor, title).await)
}

/// Says something in the session at `path`, and gives the answer.
async fn say(actor: &Actor, path: &str, message: &str) -> Value {
    let reply = actor.post(&format!("{path}chats/"), json!({"message": message})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

/// A user in a new world, with the path of a session.
async fn alice_in_a_session() -> (World, Actor, String) {
    let world = World::new();
    let alice = world.user("alice").await;
    let path = begin_at(&alice, "Chat Session").await;
    (world, alice, path)
}

/// A list that fits on one page.
fn only_page(results: &[Value]) -> Value {
    json!({"count": results.len(), "next": null, "previous": null, "results": results})
}

/// All results from `path` on, by following `next`.
async fn follow(actor: &Actor, path: &str) -> Vec<Value> {
    let mut results = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let mut reply = actor.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        let Value::Array(more) = reply.body["results"].take() else {
            panic!("{path} has no results");
        };
        results.extend(more);
        let link = reply.body["next"].as_str();
        next = link.map(|link| link.strip_prefix(ORIGIN).unwrap().to_owned());
    }
    results
}

/// Both answers are the same, byte for byte.
fn assert_same(one: &Reply, other: &Reply) {
    assert_eq!(one.status, other.status);
    assert_eq!(one.headers, other.headers);
    assert_eq!(one.text, other.text);
}

/// The answer to a request that needs a credential and has none.
fn assert_no_credential(reply: &Reply) {
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert_eq!(reply.body, json!({"detail": "Authentication credentials were not provided."}));
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
}

/// The answer to a request whose access token is none, or no longer one.
fn assert_invalid_token(reply: &Reply) {
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert_eq!(reply.body, json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}));
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
}

/// The refresh endpoint's answer to a token that is none, or no longer one.
fn assert_invalid_refresh(reply: &Reply) {
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert_eq!(reply.body, json!({"detail": "Token is invalid or expired", "code": "token_not_valid"}));
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
}

/// Another sign-in of a user that exists.
async fn sign_in_again(world: &World, username: &str) -> Actor {
    let body = json!({"username": username, "password": crate::world::PASSWORD});
    let mut reply = world.anonymous().post(LOGIN, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut actor = world.anonymous().bearing(&take_jwt(&mut reply, "access"));
    actor.refresh = take_jwt(&mut reply, "refresh");
    actor
}
