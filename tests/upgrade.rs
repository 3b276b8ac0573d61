//! Data whose tables or indexes are not those of this version.

use crate::threats::fixture::Fixture;
use dynoxide::{Database, actions::scan::ScanRequest};
use local::tables;
use serde_json::{Value, json};

/// A database in which every kind of row exists.
async fn filled() -> Database {
    Fixture::new().await.world.database.clone()
}

/// The tables, and the indexes of each.
fn indexes(database: &Database) -> Vec<(String, Vec<Value>)> {
    let tables = database.list_tables(serde_json::from_value(json!({})).unwrap()).unwrap().table_names;
    let described = |name: String| {
        let request = serde_json::from_value(json!({"TableName": name})).unwrap();
        let table = serde_json::to_value(database.describe_table(request).unwrap()).unwrap();
        let indexes = table["Table"]["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default();
        (name, indexes)
    };
    tables.into_iter().map(described).collect()
}

/// The rows of a table, or of an index.
fn rows(database: &Database, table: &str, index: Option<&str>) -> Vec<String> {
    let request =
        ScanRequest { table_name: table.to_owned(), index_name: index.map(str::to_owned), ..ScanRequest::default() };
    let scanned = serde_json::to_value(database.scan(request).unwrap()).unwrap();
    assert_eq!(scanned["LastEvaluatedKey"], Value::Null);
    let mut rows: Vec<String> = scanned["Items"].as_array().unwrap().iter().map(Value::to_string).collect();
    rows.sort();
    rows
}

fn change(database: &Database, table: &str, update: &Value, attributes: &Value) {
    let request = json!({
        "TableName": table,
        "AttributeDefinitions": attributes,
        "GlobalSecondaryIndexUpdates": [update],
    });
    database.update_table(serde_json::from_value(request).unwrap()).unwrap();
}

#[tokio::test]
async fn a_missing_index_is_made_and_filled_and_no_row_changes() {
    let database = filled().await;
    let (mut count, mut filled) = (0, 0);
    for (table, indexes) in indexes(&database) {
        for index in indexes {
            let name = index["IndexName"].as_str().unwrap();
            let before = (rows(&database, &table, None), rows(&database, &table, Some(name)));
            change(&database, &table, &json!({"Delete": {"IndexName": name}}), &Value::Null);
            let refused = tables::create(&database).unwrap_err().to_string();
            assert!(refused.contains("start `quintet serve` first"), "{refused}");
            tables::upgrade(&database).unwrap();
            let after = (rows(&database, &table, None), rows(&database, &table, Some(name)));
            assert!(before == after, "{table}.{name}: {before:?} {after:?}");
            count += 1;
            filled += usize::from(!after.1.is_empty());
        }
    }
    assert!(count > 10 && filled > 5, "{filled} of {count} indexes had rows");
}

#[tokio::test]
async fn a_missing_table_is_made_and_the_others_stay() {
    let database = filled().await;
    let before = rows(&database, "users", None);
    let described = indexes(&database);
    database.delete_table(serde_json::from_value(json!({"TableName": "tools"})).unwrap()).unwrap();
    assert!(tables::create(&database).is_err());
    tables::upgrade(&database).unwrap();
    assert_eq!(indexes(&database).len(), described.len());
    assert!(rows(&database, "tools", None).is_empty());
    assert!(rows(&database, "users", None) == before);
}

#[tokio::test]
async fn an_index_that_this_version_does_not_know_or_knows_otherwise_is_refused() {
    let attributes = json!([{"AttributeName": "future", "AttributeType": "S"}]);
    let (database, other) = (filled().await, filled().await);
    let index = |name: &str| {
        json!({"Create": {
            "IndexName": name,
            "KeySchema": [{"AttributeName": "future", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }})
    };
    change(&database, "files", &index("by-future"), &attributes);
    let (_, of_files) = indexes(&other).into_iter().find(|(table, _)| table == "files").unwrap();
    let name = of_files[0]["IndexName"].as_str().unwrap();
    change(&other, "files", &json!({"Delete": {"IndexName": name}}), &Value::Null);
    change(&other, "files", &index(name), &attributes);
    for database in [database, other] {
        let before = (indexes(&database), rows(&database, "files", None));
        for refused in [tables::upgrade(&database), tables::create(&database)] {
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("another version of Quintet, whose table `files`"), "{refused}");
        }
        assert!((indexes(&database), rows(&database, "files", None)) == before, "nothing is dropped");
    }
}
