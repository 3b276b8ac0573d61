//! The sample events, shaped as AWS sends them, through the function's handler.

use super::{alice_and_server, rows};
use crate::world::World;
use serde_json::{Value, json};
use std::fs;

/// What the connection is called in the samples.
const CONNECTION: &str = "LQ6vLdiYDoECFyQ=";

/// A sample, with a token in its place.
async fn handle(world: &World, name: &str, token: &str) -> Value {
    let path = format!("{}/../events/realtime/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let event = fs::read_to_string(path).unwrap().replace("TOKEN", token);
    let event = serde_json::from_str(&event).unwrap();
    serde_json::to_value(realtime::handle(world.services.clone(), event).await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_life_of_a_connection() {
    let (world, alice, _) = alice_and_server().await;
    let ok = json!({"statusCode": 200});
    let mut frames = world.gateway.open(CONNECTION);
    assert_eq!(handle(&world, "connect", "").await, ok);
    assert_eq!(rows(&world), 0);
    assert_eq!(handle(&world, "authenticate", alice.token()).await, ok);
    assert_eq!(rows(&world), 2);
    assert_eq!(handle(&world, "close-if-unknown", "").await, json!({"batchItemFailures": []}));
    assert_eq!(handle(&world, "ping", "").await, ok);
    let pong: Value = serde_json::from_str(&frames.next().await.unwrap()).unwrap();
    assert_eq!(pong, json!({"type": "pong", "timestamp": crate::world::NOW, "data": {}}));
    assert_eq!(handle(&world, "disconnect", "").await, ok);
    assert_eq!(rows(&world), 0);
}

#[tokio::test]
async fn a_connection_that_stays_unknown() {
    let (world, _, _) = alice_and_server().await;
    let mut frames = world.gateway.open(CONNECTION);
    assert_eq!(handle(&world, "connect", "").await, json!({"statusCode": 200}));
    assert_eq!(handle(&world, "close-if-unknown", "").await, json!({"batchItemFailures": []}));
    assert_eq!(frames.next().await, None);
}

/// A message that makes no sense comes again, and in the end lies with those that were given up.
#[tokio::test]
async fn a_message_of_the_queue_that_is_not_ours() {
    let world = World::new();
    let event = json!({"Records": [{"messageId": "1", "body": "{}"}, {"messageId": "2", "body": "nonsense"}]});
    let answer = realtime::handle(world.services.clone(), serde_json::from_value(event).unwrap()).await.unwrap();
    let failures = json!({"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]});
    assert_eq!(serde_json::to_value(answer).unwrap(), failures);
}
