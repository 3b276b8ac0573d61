//! How many DynamoDB calls each route makes, and in how many steps one waits for the other. The table is
//! a snapshot; the promises made of it are asserted.

use crate::world::{Actor, PASSWORD, Reply, World};
use serde_json::{Value, json};
use shared::domain::text::Title;
use std::{collections::BTreeMap, fmt::Write};

/// What a request cost.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cost {
    calls: usize,
    steps: usize,
    operations: String,
}

/// The costs of a session's requests, in the order in which they were made.
struct Meter {
    world: World,
    table: String,
}

impl Meter {
    fn new() -> Self {
        // Limits are on: counting requests is part of what a request costs.
        let world = World::with(&[("RATE_LIMIT_API", "100000"), ("RATE_LIMIT_AUTH", "100000")]);
        Self { world, table: String::new() }
    }

    async fn measure(&mut self, name: &str, request: impl Future<Output = Reply>) -> (Reply, Cost) {
        self.world.faults.plan(None);
        let reply = request.await;
        assert!(reply.status < 300, "{name}: {} {}", reply.status, reply.text);
        let calls = self.world.faults.calls();
        let steps = calls.iter().map(|call| call.step).max().unwrap_or(0);
        let mut by_step: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for call in &calls {
            by_step.entry(call.step).or_default().push(&call.operation);
        }
        let operations: Vec<String> = by_step
            .into_values()
            .map(|mut together| {
                together.sort_unstable();
                together.join(" + ")
            })
            .collect();
        let cost = Cost { calls: calls.len(), steps, operations: operations.join(", then ") };
        writeln!(self.table, "{name:<58} {} in {}  {}", cost.calls, cost.steps, cost.operations).unwrap();
        (reply, cost)
    }

    /// A read by somebody who is signed in: at most three calls in two steps.
    async fn read(&mut self, actor: &Actor, path: &str, name: &str) -> Cost {
        let (_, cost) = self.measure(&format!("GET {name}"), actor.get(path)).await;
        assert!(cost.calls <= 3 && cost.steps <= 2, "{name}: {cost:?}");
        cost
    }

    /// A turn that `echo` answers: at most five calls in four steps, of which one writes the turn.
    async fn turn(&mut self, actor: &Actor, path: &str, name: &str) {
        let body = json!({"message": "Hello"});
        let (_, cost) = self.measure(&format!("POST {name}"), actor.post(path, body)).await;
        assert!(cost.calls <= 5 && cost.steps <= 4, "{name}: {cost:?}");
        assert_eq!(cost.operations.matches("TransactWriteItems").count(), 1, "{name}: {cost:?}");
    }

    async fn write(&mut self, actor: &Actor, path: &str, name: &str, body: Value) -> Reply {
        self.measure(&format!("POST {name}"), actor.post(path, body)).await.0
    }
}

#[tokio::test]
async fn calls_per_route() {
    let mut meter = Meter::new();
    let anonymous = meter.world.anonymous();
    let alice = meter.world.user("alice").await;
    let new = |name: &str| {
        let email = format!("{name}@example.com");
        json!({"username": name, "email": email, "password": PASSWORD, "confirm_password": PASSWORD})
    };
    let sign_in = json!({"username": "alice", "email": "alice", "password": PASSWORD});

    for (number, path) in
        ["/api/v1/users/", "/api/v1/auth/register", "/api/v1/auth/register/", "/users/register/", "/api/register/"]
            .iter()
            .enumerate()
    {
        meter.write(&anonymous, path, path, new(&format!("new{number}"))).await;
    }
    for path in ["/api/v1/tokens/", "/api/v1/auth/login", "/api/v1/auth/login/", "/users/login/", "/api/login/"] {
        meter.write(&anonymous, path, path, sign_in.clone()).await;
    }
    let login = anonymous.post("/api/v1/auth/login", sign_in).await.body;
    let refresh = json!({"refresh_token": login["refresh_token"], "refresh": alice.refresh});
    meter.write(&anonymous, "/api/v1/auth/refresh", "/api/v1/auth/refresh", refresh.clone()).await;
    meter.write(&anonymous, "/api/v1/auth/token/refresh/", "/api/v1/auth/token/refresh/", refresh.clone()).await;

    meter.read(&alice, "/api/v1/auth/profile/", "/api/v1/auth/profile/").await;
    meter.read(&alice, "/users/", "/users/").await;
    meter.read(&alice, "/token/", "/token/").await;
    meter.read(&alice, "/api/tokens/", "/api/tokens/").await;

    meter.turn(&alice, "/send/", "/send/ (the first one)").await;
    meter.turn(&alice, "/send/", "/send/").await;
    meter.turn(&alice, "/api/chat/", "/api/chat/").await;
    let keyed = alice.sending("Idempotency-Key", "once");
    meter.turn(&keyed, "/api/chat/", "/api/chat/ (with an Idempotency-Key)").await;

    let sessions = "/api/v1/chat/sessions/";
    let session = meter.write(&alice, sessions, sessions, json!({})).await;
    let session = format!("{sessions}{}/", session.body["id"].as_str().unwrap());
    let chats = format!("{session}chats/");
    meter.turn(&alice, &chats, "/api/v1/chat/sessions/<id>/chats/").await;
    meter.read(&alice, sessions, sessions).await;
    meter.read(&alice, &session, "/api/v1/chat/sessions/<id>/").await;
    meter.read(&alice, &chats, "/api/v1/chat/sessions/<id>/chats/").await;
    meter.read(&alice, &format!("{chats}1/"), "/api/v1/chat/sessions/<id>/chats/<id>/").await;

    let file = meter.world.keep_file("alice", "notes.txt", "Hello").await.id;
    meter.read(&alice, &format!("/api/v1/files/{file}/content"), "/api/v1/files/<id>/content").await;

    let body = json!({"message": "Hello"});
    meter.world.model.be_remote();
    meter.measure("POST /api/chat/ (model outside the process)", alice.post("/api/chat/", body)).await;

    meter.measure("GET /api/v1/health", anonymous.get("/api/v1/health")).await;
    meter.measure("GET /api/v1/health/detailed", anonymous.get("/api/v1/health/detailed")).await;
    let opaque = anonymous.post("/api/v1/tokens/", json!({"username": "alice", "password": PASSWORD})).await;
    let opaque = anonymous.bearing(opaque.body["token"].as_str().unwrap());
    meter.measure("GET /api/tokens/ (with an opaque token)", opaque.get("/api/tokens/")).await;
    meter.write(&alice, "/api/v1/auth/logout/", "/api/v1/auth/logout/", refresh).await;

    insta::assert_snapshot!(meter.table);
}

/// A first page costs the same however long the list is.
#[tokio::test]
async fn a_first_page_of_ten_and_of_two_thousand() {
    let mut meter = Meter::new();
    let alice = meter.world.user("alice").await;
    let user = alice.get("/api/v1/auth/profile/").await;
    assert_eq!(user.status, 200);
    let profile = meter.world.profile("alice");
    let id = shared::domain::ids::UserId::parse(profile["id"]["S"].as_str().unwrap()).unwrap();
    let mut costs = Vec::new();
    let mut begun = 0;
    for total in [10, 2_000] {
        while begun < total {
            meter.world.services.conversations.begin(id, (None, Title::default()), None).await.unwrap();
            begun += 1;
        }
        let (reply, cost) = meter.measure("GET /api/v1/chat/sessions/", alice.get("/api/v1/chat/sessions/")).await;
        let shown = reply.body["results"].as_array().unwrap().len();
        assert_eq!((&reply.body["count"], shown), (&json!(total), 10));
        costs.push(cost);
    }
    assert_eq!(costs[0], costs[1]);
}

/// A long conversation costs no more to read than a short one, but for one call to reach its end.
#[tokio::test]
async fn a_conversation_of_two_hundred_turns() {
    let mut meter = Meter::new();
    let alice = World::user(&meter.world, "alice").await;
    let sessions = "/api/v1/chat/sessions/";
    let id = alice.post(sessions, json!({})).await.body["id"].as_str().unwrap().to_owned();
    let chats = format!("{sessions}{id}/chats/");
    for _ in 0..40 {
        assert_eq!(alice.post(&chats, json!({"message": "Hello"})).await.status, 201);
    }
    let short = meter.read(&alice, &chats, "chats").await;
    let profile = meter.world.profile("alice");
    let mut balance = meter.world.rows("balances").into_iter().find(|row| row["sk"]["S"] == "balance").unwrap();
    assert_eq!(balance["pk"], profile["pk"]);
    balance["available"] = json!({"N": "100000"});
    meter.world.put("balances", &balance);
    for _ in 0..160 {
        assert_eq!(alice.post(&chats, json!({"message": "Hello"})).await.status, 201);
    }
    assert_eq!(meter.read(&alice, &chats, "chats").await, short);
    let (reply, cost) = meter.measure("session", alice.get(&format!("{sessions}{id}/"))).await;
    assert_eq!(reply.body["chats"].as_array().unwrap().len(), 50);
    assert!(cost.calls <= 4 && cost.steps <= 3, "{cost:?}");
}
