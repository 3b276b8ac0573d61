//! An account or a conversation is deleted while a request for it runs, at any call of the request. Nothing is made
//! afterwards, and the refusal says what is gone.

use super::{
    audit::audit,
    faults::every_call,
    flows::{self, Flow, Setup, flows},
};
use crate::world::{Moment, World, multipart};
use futures::future::FutureExt;
use serde_json::{Value, json};
use std::sync::Arc;

const GRANT: i64 = 4000;
const PRICE: i64 = 100;

/// Requests that make something of alice, besides those of the books.
fn makings() -> Vec<Setup> {
    flows![
        async |w: &World| Flow::new(
            "assistant",
            "/api/v1/assistants",
            json!({"name": "Ada"}),
            w.user("alice").await,
            201
        ),
        async |w: &World| {
            let alice = w.user("alice").await;
            alice.post("/api/v1/assistants", json!({"name": "First"})).await;
            Flow::new("second assistant", "/api/v1/assistants", json!({"name": "Ada"}), alice, 201)
        },
        async |w: &World| {
            let fields = [("name", "Ada"), ("company_name", "Acme"), ("instructions", "Help.")];
            let form = multipart(&fields, &[("notes.txt", b"Notes.")]);
            let form = Value::String(String::from_utf8(form).unwrap());
            Flow::new("assistant with a file", "/api/v1/assistants/", form, w.user("alice").await, 201)
        },
        async |w: &World| {
            let path = "/api/v1/users/me/api-keys";
            Flow::new("key", path, json!({"name": "bot"}), w.user("alice").await, 201)
        },
        async |w: &World| Flow::new("ticket", "/api/v1/ws/ticket", json!({}), w.user("alice").await, 200),
    ]
}

/// At the fault, an administrator deletes alice.
fn account_deleted(world: &World, _: &Flow) {
    let other = Arc::new(world.restarted());
    world.faults().rival(move || {
        let other = other.clone();
        async move {
            let path = format!("/api/v1/users/{}", other.id_of("alice"));
            let reply = other.admin("root").await.delete(&path).await;
            assert_eq!(reply.status, 204, "{}", reply.text);
        }
        .boxed()
    });
}

/// The rows that belong to a user with this id and do not expire. Tokens of the reports dialect cannot be found by their
/// user, but end with the account.
fn rows_of(world: &World, id: &str) -> Vec<Value> {
    let tables = ["users", "assistants", "balances", "sessions", "webhooks", "files"];
    let rows = tables.iter().flat_map(|table| world.rows(table));
    let is_token = |row: &Value| row["pk"]["S"].as_str().unwrap().starts_with("credential#");
    let is_of = |row: &Value| row.to_string().contains(id) && row["expires_at"].is_null() && !is_token(row);
    rows.filter(is_of).collect()
}

#[tokio::test]
async fn the_account_of_a_request_is_deleted_at_any_call() {
    let of_books = [flows::of_turns(), flows::of_conversations(), flows::of_webhooks(), flows::of_deletions()].concat();
    let of_sign_ins = flows::of_sign_ins().split_off(5);
    for setup in [makings(), of_books, of_sign_ins].concat() {
        every_call(setup, (Moment::LostRace, 1), account_deleted, async |world, flow, reply, what| {
            let is_refused = [400, 401, 404].contains(&reply.status);
            assert!(reply.status == flow.success || is_refused, "{what}");
            assert!(reply.status != 400 || flow.name == "004 sign in", "{what}");
            let after = world.restarted();
            let id = deleted_user(&after);
            while !after.services.sweeper.sweep().await.unwrap() {}
            assert_eq!(rows_of(&after, &id), Vec::<Value>::new(), "{what}");
            assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new(), "{what}");
            if is_refused {
                after.until_nothing_is_stored().await;
            }
        })
        .await;
    }
}

/// The id of the only deleted user, from its last event.
fn deleted_user(world: &World) -> String {
    let swept = world.rows("users").into_iter().find(|row| row["pk"]["S"] == "sweep").unwrap();
    swept["sk"]["S"].as_str().unwrap().trim_start_matches("user#").to_owned()
}

/// A turn in a default conversation that exists, and the path at which it is deleted.
async fn again(world: &World, name: &'static str, path: &str, success: u16) -> Flow {
    let alice = world.user("alice").await;
    alice.post("/api/v1/assistants", json!({"name": "Ada"})).await;
    let body = json!({"message": "Hello", "_input": "Hello", "assistant_name": "Ada"});
    assert_eq!(alice.post(path, body.clone()).await.status, success);
    let conversation = alice.get("/api/v1/conversations").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    let things = vec![format!("/api/v1/conversations/{conversation}")];
    Flow { turns: 1, things, ..Flow::new(name, path, body, alice, success) }
}

#[tokio::test]
async fn the_default_conversation_of_a_turn_is_deleted_at_any_call_and_the_turn_begins_another() {
    let deletion = |world: &World, flow: &Flow| {
        let alice = flow.actor.in_world(&world.restarted());
        let path = flow.things[0].clone();
        world.faults().rival(move || {
            let (alice, path) = (alice.clone(), path.clone());
            async move { assert_eq!(alice.delete(&path).await.status, 204) }.boxed()
        });
    };
    for setup in flows![
        async |w: &World| again(w, "000 turn", "/api/v1/chat/", 201).await,
        async |w: &World| again(w, "003 turn", "/send/", 200).await,
        async |w: &World| again(w, "004 turn", "/api/chat/", 200).await,
    ] {
        every_call(setup, (Moment::LostRace, 1), deletion, async |world, flow, reply, what| {
            assert_eq!(reply.status, flow.success, "{what}");
            assert_eq!(world.available("alice") as i64, GRANT - 2 * PRICE, "{what}");
            let list = flow.actor.in_world(world).get("/api/v1/conversations").await.body;
            assert!(list["total"].as_u64().unwrap() <= 1, "{what}: {list}");
        })
        .await;
    }
}
