//! The template grants each function what its routes require, and nothing on tables that they never touch.

use crate::{
    template::{Function, Permission, function, functions},
    threats::{
        fixture::{Fixture, send},
        routes::{ROUTES, Route},
    },
    world::{OVER_SDK, PASSWORD, Receiver, World, ticket},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

fn bare(path: &str) -> &str {
    path.trim_end_matches('/')
}

/// The permissions that a route requires: for its plain request, and for one with an `Idempotency-Key` and a model that
/// is called over the network.
async fn needs(route: &Route) -> BTreeSet<Permission> {
    let mut found = BTreeSet::new();
    for is_plain in [true, false].into_iter().filter(|is_plain| *is_plain || route.takes_body()) {
        let fixture = Fixture::with(&[OVER_SDK, ("RATE_LIMIT_API", "1000"), ("RATE_LIMIT_AUTH", "1000")]).await;
        let actor = match is_plain {
            true => fixture.actor(route),
            false => fixture.actor(route).sending("Idempotency-Key", "once"),
        };
        let body = Value::Object(fixture.body(route)).to_string();
        fixture.world.faults().plan(None);
        fixture.world.queue_faults.plan([]);
        let reply = send(&actor, route, &fixture.path(route), body).await;
        assert_eq!(reply.status, route.success, "{}: {}", route.name(), reply.text);
        found.extend(fixture.world.faults().calls().into_iter().flat_map(|call| call.needs));
        found
            .extend(fixture.world.queue_faults.calls().iter().map(|(operation, request)| on_queue(operation, request)));
    }
    found
}

/// For example `sqs:SendMessage` on `deliveries`.
pub fn on_queue(operation: &str, request: &Value) -> Permission {
    let queue = match request["QueueUrl"].as_str().unwrap().rsplit('/').next().unwrap() {
        "connections" => "connectionsqueue",
        queue => queue,
    };
    (format!("sqs:{}", operation.trim_end_matches("Batch")), queue.to_owned())
}

#[tokio::test]
async fn every_function_may_do_what_its_routes_do_and_touches_no_other_table() {
    let functions = functions();
    let mut needed: BTreeMap<&str, BTreeSet<Permission>> = BTreeMap::new();
    for route in ROUTES.iter() {
        let owns = |function: &&Function| {
            function.routes.iter().any(|(verb, path)| verb == route.verb && bare(route.path) == path)
        };
        let function = functions.iter().find(owns).unwrap_or_else(|| panic!("{}", route.name()));
        let needs = needs(route).await;
        let missing: Vec<_> = needs.difference(&function.allowed).collect();
        assert!(missing.is_empty(), "{} for {}: {missing:?}", function.name, route.name());
        needed.entry(&function.name).or_default().extend(needs);
    }
    // `web::permissions` is about the functions of pages.
    for function in functions.iter().filter(|function| !function.routes.is_empty() && function.binary != "web") {
        let tables = |permissions: &BTreeSet<Permission>| -> BTreeSet<String> {
            let known = |action: &str| ["dynamodb:", "sqs:"].iter().any(|service| action.starts_with(service));
            let known = permissions.iter().filter(|(action, _)| known(action));
            known.map(|(_, resource)| resource.split('/').next().unwrap().to_owned()).collect()
        };
        let needed = needed.get(function.name.as_str()).cloned().unwrap_or_default();
        let mut touched = tables(&needed);
        // Reading the balance settles abandoned turns.
        if ["BalancesFunction", "UsersFunction"].contains(&function.name.as_str()) {
            touched.insert("sessions".to_owned());
        }
        // The events of a streamed reply are sent to live connections, and a model may call administrators' tools.
        if function.name == "Messages" {
            touched.extend(["connections", "tools"].map(str::to_owned));
        }
        assert_eq!(tables(&function.allowed), touched, "{}", function.name);
    }
}

/// The permissions that its events require. No route calls this function.
#[tokio::test]
async fn the_realtime_function_may_do_what_connections_take_and_no_more() {
    let world = World::with(&[OVER_SDK, ("RATE_LIMIT_API", "1000")]);
    // In the first minute of ten, when the limiter also reads the previous minutes.
    world.pass(Duration::from_secs(5 * 60));
    let (alice, server) = (world.user("alice").await, world.listen().await);
    let key = alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await.body["key"].clone();
    let name = json!({"username": "alice", "password": PASSWORD});
    let opaque = world.anonymous().post("/api/v1/tokens/", name).await.body["token"].clone();
    assert_eq!(alice.post("/send/", json!({"message": "Hello"})).await.status, 200);
    let last = world.outbox_entries().last().unwrap().id().to_string();
    let path = format!("/ws?ticket={}&last_event_id={last}", ticket(&alice).await);
    world.faults().plan(None);
    world.queue_faults.plan([]);
    let mut open = vec![server.connect(&path).await];
    for token in [json!(alice.token()), key, opaque, json!("made up")] {
        let mut socket = server.connect("/ws").await;
        socket.say(json!({"type": "authenticate", "token": token, "last_event_id": last})).await;
        if token == "made up" {
            assert_eq!(socket.is_closed().await, Some(1008));
        } else {
            while socket.hears().await["data"]["event"] != "message.received" {}
        }
        open.push(socket);
    }
    world.pass(Duration::from_secs(10));
    assert_eq!(world.work_on_connections().await, 5);
    drop(open);
    world.until_rows_of_connections(0).await;
    let mut needed: BTreeSet<Permission> = world.faults().calls().into_iter().flat_map(|call| call.needs).collect();
    let sent = world.queue_faults.calls();
    needed.extend(sent.iter().map(|(operation, request)| on_queue(operation, request)));
    assert_eq!(needed, function("RealtimeFunction").allowed_to_tables_and_queues());
}

/// The permissions that the calls since the last plan require.
fn taken(world: &World) -> BTreeSet<Permission> {
    let sent = world.queue_faults.calls();
    let on_queues = sent.iter().map(|(operation, request)| on_queue(operation, request));
    world.faults().calls().into_iter().flat_map(|call| call.needs).chain(on_queues).collect()
}

/// No request triggers these two functions directly. The test creates events with subscribers and records the calls.
#[tokio::test]
async fn dispatch_and_deliver_may_do_what_they_do_and_no_more() {
    let world = World::with(&[OVER_SDK, ("OUTBOUND_ALLOW", "127.0.0.1")]);
    let (receiver, gone) = (Receiver::start().await, Receiver::start().await);
    let (root, server) = (world.admin("root").await, world.listen().await);
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let mut hooks = Vec::new();
    for (actor, url) in [(&root, &receiver.url), (&alice, &receiver.url), (&alice, &gone.url), (&bob, &receiver.url)] {
        let events = ["message.received", "user.updated"];
        hooks.push(actor.post("/api/v1/webhooks", json!({"url": url, "events": events})).await.body["id"].clone());
    }
    let mut sockets = vec![world.connect(server, &alice).await];
    let opaque = world.anonymous().post("/api/v1/tokens/", json!({"username": "alice", "password": PASSWORD})).await;
    sockets.push(server.connect("/ws").await);
    sockets[1].say(json!({"type": "authenticate", "token": opaque.body["token"]})).await;
    world.until_rows_of_connections(4).await;
    alice.post("/send/", json!({"message": "Hello"})).await;
    alice.put("/api/v1/users/me", json!({"full_name": "Alice"})).await;
    world.keep_file("alice", "notes.txt", "Hello").await;
    root.put(&format!("/api/v1/users/{}", world.id_of("bob")), json!({"role": "admin"})).await;
    root.post("/api/v1/notifications", json!({"message": "Hello"})).await;
    alice.post("/api/v1/auth/logout", json!({})).await;
    world.faults().plan(None);
    world.queue_faults.plan([]);
    world.dispatch().await;
    let mut dispatched = taken(&world);
    // Closing a connection invokes its own function.
    dispatched.remove(&("dynamodb:GetItem".to_owned(), "connections".to_owned()));
    assert_eq!(dispatched, function("Dispatch").allowed_to_tables_and_queues());
    // One receiver fails once and then recovers. Another one is gone. A third webhook was removed.
    assert_eq!(bob.delete(&format!("/api/v1/webhooks/{}", hooks[3].as_str().unwrap())).await.status, 204);
    receiver.answers([500]);
    gone.answers([410]);
    world.faults().plan(None);
    world.queue_faults.plan([]);
    world.deliver().await;
    world.pass(Duration::from_secs(10));
    world.deliver().await;
    assert_eq!(taken(&world), function("Deliver").allowed_to_tables_and_queues());
}
