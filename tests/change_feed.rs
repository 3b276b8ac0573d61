//! Outbox entries without subscribers are written as already dispatched, until there is a subscriber.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use dynoxide::Database;
use local::{durability::Durability, embedded::Embedded, pump::pump, tables};
use serde_json::{Value, json};
use shared::{
    aws,
    config::Tables,
    store::client::{self, Client, Request},
};
use std::{collections::HashMap, time::Duration};

type Item = HashMap<String, AttributeValue>;

fn key(sk: &str) -> Item {
    ["pk", "sk"].into_iter().map(|name| (name.to_owned(), AttributeValue::S(sk.to_owned()))).collect()
}

struct Fed {
    database: Database,
    tables: Tables,
    embedded: Embedded,
}

impl Fed {
    fn new() -> Self {
        let (database, tables) = (Database::memory().unwrap(), Tables::default());
        tables::create(&database).unwrap();
        let (feed, _) = pump(database.clone(), &tables);
        let embedded = Embedded::new(database.clone(), feed, Durability::none());
        Self { database, tables, embedded }
    }

    /// Whether an entry that `client` writes now is stored as already dispatched.
    async fn is_told(&self, client: &Client, sk: &str) -> bool {
        let put = Put::builder().table_name(&self.tables.outbox).set_item(Some(key(sk))).build().unwrap();
        let put = TransactWriteItem::builder().put(put).build();
        client::transact_write_items().transact_items(put).call(client).await.unwrap();
        let get = json!({"TableName": self.tables.outbox, "Key": {"pk": {"S": sk}, "sk": {"S": sk}}});
        let row = self.database.get_item(serde_json::from_value(get).unwrap()).unwrap();
        serde_json::to_value(row).unwrap()["Item"]["told"] != Value::Null
    }
}

#[tokio::test]
async fn nobody_listens_then_somebody_then_nobody() {
    let fed = Fed::new();
    let client = Client::in_process(fed.embedded.clone());
    assert!(fed.is_told(&client, "before").await);
    for table in [&fed.tables.webhooks, &fed.tables.connections] {
        let listener = Some(key("listener"));
        client::put_item().table_name(table).set_item(listener.clone()).call(&client).await.unwrap();
        assert!(!fed.is_told(&client, &format!("{table} 1")).await);
        assert!(!fed.is_told(&client, &format!("{table} 2")).await);
        client::delete_item().table_name(table).set_key(listener).call(&client).await.unwrap();
        assert!(fed.is_told(&client, &format!("{table} 3")).await);
    }
}

#[tokio::test]
async fn somebody_begins_to_listen_in_a_transaction() {
    let fed = Fed::new();
    let client = Client::in_process(fed.embedded.clone());
    assert!(fed.is_told(&client, "before").await);
    let put = Put::builder().table_name(&fed.tables.webhooks).set_item(Some(key("webhook"))).build().unwrap();
    let put = TransactWriteItem::builder().put(put).build();
    client::transact_write_items().transact_items(put).call(&client).await.unwrap();
    assert!(!fed.is_told(&client, "after").await);
}

/// A retry with the same token has to be an identical request, even if a subscriber was added in between.
#[tokio::test]
async fn a_request_with_a_token_stays_as_it_is() {
    let fed = Fed::new();
    let client = Client::new(&aws::embedded(fed.embedded.clone(), Duration::from_millis(1)));
    assert!(!fed.is_told(&client, "sent").await);
}
