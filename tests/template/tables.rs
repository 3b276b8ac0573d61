//! Tables and indexes as the code uses them.

use super::{Permission, resources};
use crate::{
    threats::fixture::Fixture,
    world::{OVER_SDK, World, ticket},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Tables whose rows are gone in minutes, so that nothing is lost with them.
const SHORT_LIVED: [&str; 2] = ["connections", "limits"];

fn tables() -> Vec<(String, Value)> {
    let tables = resources("AWS::DynamoDB::Table").into_iter();
    tables.map(|(name, properties)| (name.to_lowercase(), properties)).collect()
}

/// `sessions` and `sessions/index/owner-by-title`.
fn described() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (table, properties) in tables() {
        for index in properties["GlobalSecondaryIndexes"].as_array().into_iter().flatten() {
            found.insert(format!("{table}/index/{}", index["IndexName"].as_str().unwrap()));
        }
        found.insert(table);
    }
    found
}

/// What was read and written since the world began.
fn used(world: &World) -> BTreeSet<String> {
    let needs: Vec<Permission> = world.faults().calls().into_iter().flat_map(|call| call.needs).collect();
    needs.into_iter().map(|(_, resource)| resource).collect()
}

/// Somebody who has one of everything, where everything counts.
async fn fixture() -> Fixture {
    Fixture::in_world(World::with(&[OVER_SDK, ("RATE_LIMIT_API", "100000"), ("RATE_LIMIT_AUTH", "100000")])).await
}

#[tokio::test]
async fn every_table_and_index_is_there_and_none_for_nothing() {
    let fixture = fixture().await;
    let (world, alice) = (&fixture.world, &fixture.owner);
    let root = world.sign_in("root").await;
    let assistant = alice.get("/api/v1/assistants?size=1").await.body["items"][0]["id"].clone();
    let with = format!("assistant_id={}&", assistant.as_str().unwrap());
    let lists: [(_, &[&str], [&str; 3]); 4] = [
        ("users", &[""], ["created_at", "username", "email"]),
        (
            "assistants",
            &["", "status=active&", "category=general&", "status=active&category=general&"],
            ["created_at", "updated_at", "name"],
        ),
        ("conversations", &["", &with], ["created_at", "updated_at", "title"]),
        ("files", &["", "status=ready&"], ["created_at", "filename", "size"]),
    ];
    for (list, filters, fields) in lists {
        let actor = if list == "users" { &root } else { alice };
        for (filter, field) in filters.iter().flat_map(|filter| fields.map(|field| (filter, field))) {
            let path = format!("/api/v1/{list}?{filter}sort={field}");
            assert_eq!(actor.get(&path).await.status, 200, "{path}");
        }
    }
    assert_eq!(alice.get("/users/").await.status, 200);
    let webhook = alice.get("/api/v1/webhooks").await.body["items"][0]["id"].clone();
    let retry = format!("/api/v1/webhooks/{}/deliveries/retry", webhook.as_str().unwrap());
    assert_eq!(alice.post(&retry, json!({"since": "2024-01-01T00:00:00Z"})).await.status, 202);
    ticket(alice).await;
    let notification = json!({"message": "Maintenance begins."});
    assert_eq!(root.post("/api/v1/notifications", notification).await.status, 201);
    world.dispatch().await;
    assert_eq!(root.delete(&format!("/api/v1/users/{}", world.id_of("carl"))).await.status, 204);
    janitor::tidy(world.services.clone()).await.unwrap();
    assert_eq!(used(world), described());
}

#[tokio::test]
async fn rows_end_by_themselves_exactly_where_the_table_lets_them() {
    let fixture = fixture().await;
    let (world, alice) = (&fixture.world, &fixture.owner);
    ticket(alice).await;
    let said = alice.sending("Idempotency-Key", "once").post("/send/", json!({"message": "Hello"})).await;
    assert_eq!(said.status, 200, "{}", said.text);
    for (table, properties) in tables() {
        let rows = world.rows(&table);
        assert!(!rows.is_empty(), "{table}");
        // Parts of answers are there while a turn runs for longer than a second.
        let do_end = table == "sessions" || rows.iter().any(|row| row.get("expires_at").is_some());
        let wanted = if do_end { json!({"AttributeName": "expires_at", "Enabled": true}) } else { Value::Null };
        assert_eq!(properties["TimeToLiveSpecification"], wanted, "{table}");
    }
}

#[test]
fn what_cannot_be_made_again_can_be_brought_back_and_is_not_deleted_by_mistake() {
    let template = super::template();
    for (name, properties) in resources("AWS::DynamoDB::Table") {
        assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST", "{name}");
        let is_kept = !SHORT_LIVED.contains(&name.to_lowercase().as_str());
        let back = if is_kept { json!({"PointInTimeRecoveryEnabled": true}) } else { Value::Null };
        assert_eq!(properties["PointInTimeRecoverySpecification"], back, "{name}");
        let protected = if is_kept { json!("DeletionProtection") } else { Value::Null };
        assert_eq!(properties["DeletionProtectionEnabled"], protected, "{name}");
        let replaced = if is_kept { json!("Retain") } else { Value::Null };
        assert_eq!(template["Resources"][&name]["UpdateReplacePolicy"], replaced, "{name}");
    }
    assert_eq!(template["Parameters"]["DeletionProtection"]["Default"], "true");
}
