//! The cost of each route: how many DynamoDB calls it makes, in how many sequential steps, and how many read and write
//! units they consume. The table is a snapshot; the limits that follow from it are asserted.

use crate::{
    threats::{
        fixture::Fixture,
        routes::{Kind, ROUTES, Route},
    },
    world::{Call, MULTIPART, OVER_SDK, PASSWORD, Reply, Script, Units, World, multipart},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};

/// The cost of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    pub calls: usize,
    pub steps: usize,
    pub units: Units,
    pub operations: String,
}

/// Rate limits are on, because counting requests is part of the cost.
const LIMITS: [(&str, &str); 3] = [OVER_SDK, ("RATE_LIMIT_API", "100000"), ("RATE_LIMIT_AUTH", "100000")];

/// A world with metering.
pub fn metered() -> World {
    let world = World::with(&LIMITS);
    count(&world);
    world
}

fn count(world: &World) {
    world.faults().meter();
    world.faults().keep_in_step();
}

/// A user who has one of everything, in a world with metering.
async fn metered_fixture() -> Fixture {
    let fixture = Fixture::with(&LIMITS).await;
    count(&fixture.world);
    fixture
}

/// The response, which must be a success, and its cost.
pub async fn measure(world: &World, name: &str, request: impl Future<Output = Reply>) -> (Reply, Cost) {
    world.faults().plan(None);
    let reply = request.await;
    // The turn of the message that is cancelled has ended.
    let is_done = reply.status < 300 || (reply.status == 409 && name.ends_with("/cancel"));
    assert!(is_done, "{name}: {} {}", reply.status, reply.text);
    let calls = world.faults().calls();
    let mut by_step: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for call in &calls {
        by_step.entry(call.step).or_default().push(&call.operation);
    }
    let steps = by_step.len();
    let together = |mut step: Vec<&str>| {
        step.sort_unstable();
        step.join(" + ")
    };
    let operations = by_step.into_values().map(together).collect::<Vec<_>>().join(", then ");
    let add = |sum: Units, call: &Call| Units { read: sum.read + call.units.read, write: sum.write + call.units.write };
    let units = calls.iter().fold(Units::default(), add);
    (reply, Cost { calls: calls.len(), steps, units, operations })
}

const HEAD: &str = "\
Calls, in how many steps. Units as the embedded database reports them, by DynamoDB's rules: one for each 4 KB
read (half where the latest state is not asked for, as in an index), one for each 1 KB written, for each entry
of an index that changes too; a transaction doubles them.
";

struct Table(String);

impl Table {
    fn note(&mut self, name: &str, cost: &Cost) {
        let Cost { calls, steps, units: Units { read, write }, operations } = cost;
        writeln!(self.0, "{name:<64} {calls} in {steps}  {read:>4.1} read {write:>4.1} written  {operations}").unwrap();
    }

    async fn measure(&mut self, world: &World, name: &str, request: impl Future<Output = Reply>) -> Reply {
        let (reply, cost) = measure(world, name, request).await;
        self.note(name, &cost);
        reply
    }
}

/// The lists that show whole entries: an index returns the keys, then the entries are read.
const LISTS: [&str; 6] = [
    "/api/v1/assistants/",
    "/api/v1/users",
    "/api/v1/assistants",
    "/api/v1/conversations",
    "/api/v1/chat/sessions/",
    "/api/v1/files",
];

/// The maximum number of calls and steps of a read-only route.
fn most(route: &Route) -> (usize, usize) {
    match route.path {
        // The last turns are read after their sessions, whose rows hold no texts.
        "/api/v1/chat/sessions/" => (5, 4),
        path if LISTS.contains(&path) => (4, 3),
        // The conversation and its end are read at the same time.
        "/api/v1/conversations/{conversation_id}" => (4, 2),
        // The webhook and its deliveries are read at the same time.
        "/api/v1/webhooks/{webhook_id}/deliveries" => (4, 2),
        _ => (3, 2),
    }
}

/// Whether the route is a turn, except for the turn that first finds its assistant by name.
fn is_turn(route: &Route) -> bool {
    let ends = ["/send/", "/api/chat/", "/chats/", "/messages"];
    route.verb == "POST" && ends.iter().any(|end| route.path.ends_with(end))
}

#[tokio::test(start_paused = true)]
async fn calls_per_route() {
    let mut table = Table(HEAD.to_owned());
    let unchanged = metered_fixture().await;
    for route in ROUTES.iter() {
        let own = if route.verb == "GET" { None } else { Some(metered_fixture().await) };
        let fixture = own.as_ref().unwrap_or(&unchanged);
        let body = Value::Object(fixture.body(route)).to_string();
        let (_, cost) = measure(&fixture.world, route.path, fixture.send(route, body)).await;
        table.note(&route.name(), &cost);
        if route.verb == "GET" && route.needs_credential() {
            assert!(cost.calls <= most(route).0 && cost.steps <= most(route).1, "{}: {cost:?}", route.name());
        }
        if is_turn(route) {
            // Attached files are read in the same step as the conversation. The conversation tells its assistant to a process
            // that has not seen it before.
            let more = usize::from(route.fields.iter().any(|field| field.kind == Kind::Attachments));
            assert!(cost.calls <= 6 + 2 * more && cost.steps <= 4 + more, "{}: {cost:?}", route.name());
            assert_eq!(cost.operations.matches("TransactWriteItems").count(), 2, "{}: {cost:?}", route.name());
        }
    }
    insta::assert_snapshot!(table.0);
}

/// Forms of requests with another cost than the route's plain request.
#[tokio::test(start_paused = true)]
async fn calls_per_form_of_request() {
    let mut table = Table(String::new());
    let world = metered();
    let (alice, anonymous) = (world.user("alice").await, world.anonymous());
    let body = || json!({"message": "Hello"});
    table.measure(&world, "POST /send/ (the first turn)", alice.post("/send/", body())).await;
    let keyed = alice.sending("Idempotency-Key", "once");
    table.measure(&world, "POST /send/ (with an Idempotency-Key)", keyed.post("/send/", body())).await;
    table.measure(&world, "POST /send/ (repeated with it)", keyed.post("/send/", body())).await;
    let long: &'static str = "x".repeat(8_000).leak();
    for form in ["POST /send/ (8 KB answered with 8 KB)", "POST /send/ (the next of them)"] {
        world.model.next(Script::Answer(long));
        table.measure(&world, form, alice.post("/send/", json!({"message": long}))).await;
    }
    let alice_key = alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await;
    let alice_key = anonymous.bearing(alice_key.body["key"].as_str().unwrap());
    table.measure(&world, "GET /token/ (with an API key)", alice_key.get("/token/")).await;
    let opaque = anonymous.post("/api/v1/tokens/", json!({"username": "alice", "password": PASSWORD})).await;
    let opaque = anonymous.bearing(opaque.body["token"].as_str().unwrap());
    table.measure(&world, "GET /token/ (with a token of tokens/)", opaque.get("/token/")).await;
    let assistant = alice.post("/api/v1/assistants", json!({"name": "First"})).await.body["id"].clone();
    let conversations = "/api/v1/conversations";
    let new = json!({"assistant_id": assistant});
    table.measure(&world, "POST /api/v1/conversations (without a message)", alice.post(conversations, new)).await;
    let path = format!("{conversations}?assistant_id={}", assistant.as_str().unwrap());
    table.measure(&world, "GET /api/v1/conversations?assistant_id=", alice.get(&path)).await;
    let begun =
        alice.post(conversations, json!({"assistant_id": assistant})).await.body["id"].as_str().unwrap().to_owned();
    let messages = format!("{conversations}/{begun}/messages");
    // The conversation's row tells the assistant. Afterwards the process knows.
    for form in ["POST messages (the first of a process with an assistant)", "POST messages (the next of them)"] {
        table.measure(&world, form, alice.post(&messages, json!({"content": "Hello"}))).await;
    }
    let fields = [("name", "Second"), ("company_name", "Acme"), ("instructions", "Answer.")];
    let form = multipart(&fields, &[("a.txt", b"Hello"), ("b.txt", b"Hello")]);
    let sent = alice.post_raw("/api/v1/assistants/", MULTIPART, form);
    table.measure(&world, "POST /api/v1/assistants/ (with two files)", sent).await;
    insta::assert_snapshot!(table.0);
}

/// Reading a long conversation costs the same as reading a short one, except for one call that finds its end.
#[tokio::test(start_paused = true)]
async fn a_conversation_of_two_hundred_turns() {
    let world = metered();
    let alice = world.user("alice").await;
    let sessions = "/api/v1/chat/sessions/";
    let id = alice.post(sessions, json!({})).await.body["id"].as_str().unwrap().to_owned();
    let chats = format!("{sessions}{id}/chats/");
    for _ in 0..40 {
        assert_eq!(alice.post(&chats, json!({"message": "Hello"})).await.status, 201);
    }
    let (_, short) = measure(&world, "chats", alice.get(&chats)).await;
    let profile = world.profile("alice");
    let mut balance = world.rows("balances").into_iter().find(|row| row["sk"]["S"] == "balance").unwrap();
    assert_eq!(balance["pk"], profile["pk"]);
    balance["available"] = json!({"N": "100000"});
    world.put("balances", &balance);
    for _ in 0..160 {
        assert_eq!(alice.post(&chats, json!({"message": "Hello"})).await.status, 201);
    }
    assert_eq!(measure(&world, "chats", alice.get(&chats)).await.1, short);
    let (reply, cost) = measure(&world, "session", alice.get(&format!("{sessions}{id}/"))).await;
    assert_eq!(reply.body["chats"].as_array().unwrap().len(), 50);
    assert!(cost.calls <= 4 && cost.steps <= 3, "{cost:?}");
}
