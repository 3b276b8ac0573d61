//! The tables of `template.yaml`, created in the embedded database. Keys, indexes and expiry are read from the
//! template, so that they are described only once.

use anyhow::{Context, Result};
use dynoxide::{Database, DynoxideError, actions::create_table::CreateTableRequest};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

const TEMPLATE: &str = include_str!("../../template.yaml");

#[derive(Deserialize)]
struct Template {
    #[serde(rename = "Resources")]
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Properties", default)]
    properties: Value,
}

/// A table, as the requests that create it.
struct Table {
    name: String,
    /// The body of a `CreateTable`.
    definition: Value,
    /// The `TimeToLiveSpecification`, if rows of the table expire.
    time_to_live: Option<Value>,
}

/// Creates the missing tables. Each is named after its resource, in lower case.
pub fn create(database: &Database) -> Result<()> {
    for Table { name, definition, time_to_live } in declared()? {
        match database.create_table(CreateTableRequest::deserialize(definition)?) {
            Err(DynoxideError::ResourceInUseException(_)) => {
                let there = database.describe_table(serde_json::from_value(json!({"TableName": name}))?)?;
                let there = serde_json::to_value(there)?;
                anyhow::ensure!(
                    indexes(&there["Table"]) == indexes(definition),
                    "the data was made by a version of Quintet whose table `{name}` differs: use another directory"
                );
                continue;
            }
            made => drop(made.with_context(|| format!("table {name}"))?),
        }
        if let Some(specification) = time_to_live {
            let request = json!({"TableName": name, "TimeToLiveSpecification": specification});
            database.update_time_to_live(serde_json::from_value(request)?)?;
        }
    }
    Ok(())
}

/// The tables that the template declares. The template is parsed once per process: in a debug build, parsing takes
/// longer than most tests.
fn declared() -> Result<&'static [Table]> {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    match TABLES.get() {
        Some(tables) => Ok(tables),
        None => {
            let tables = read(TEMPLATE)?;
            Ok(TABLES.get_or_init(|| tables))
        }
    }
}

fn read(template: &str) -> Result<Vec<Table>> {
    let template: Template = serde_saphyr::from_str(template).context("template.yaml cannot be read")?;
    let tables = template.resources.into_iter().filter(|(_, resource)| resource.kind == "AWS::DynamoDB::Table");
    tables.map(|(resource, Resource { properties, .. })| table(&resource, properties)).collect()
}

fn table(resource: &str, mut definition: Value) -> Result<Table> {
    let name = resource.to_lowercase();
    let properties = definition.as_object_mut().with_context(|| format!("{resource} has no properties"))?;
    let time_to_live = properties.remove("TimeToLiveSpecification");
    // These properties have no effect in one process.
    properties.remove("PointInTimeRecoverySpecification");
    properties.remove("DeletionProtectionEnabled");
    properties.remove("SSESpecification");
    // The embedded database would keep the stream forever and read all of it on each write. Instead, `pump` follows the
    // calls that write.
    properties.remove("StreamSpecification");
    properties.insert("TableName".to_owned(), json!(name));
    Ok(Table { name, definition, time_to_live })
}

/// The names of a table's indexes.
fn indexes(table: &Value) -> BTreeSet<&str> {
    let indexes = table["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
    indexes.filter_map(|index| index["IndexName"].as_str()).collect()
}
