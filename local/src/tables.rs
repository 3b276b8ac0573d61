//! The tables of `template.yaml`, created in the embedded database. Keys, indexes and expiry are read from the
//! template, so that they are described only once.

use anyhow::{Context, Result, ensure};
use dynoxide::{
    Database, DynoxideError,
    actions::{create_table::CreateTableRequest, list_tables::ListTablesRequest},
};
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

/// Creates the tables of an empty database. Each is named after its resource, in lower case. A database that has tables
/// stays as it is.
///
/// # Errors
/// If the database has tables of another version.
pub fn create(database: &Database) -> Result<()> {
    let is_empty = database.list_tables(ListTablesRequest::default())?.table_names.is_empty();
    bring_up(database, is_empty)
}

/// Creates what is missing: tables, and indexes of tables, which are filled from the rows. Nothing is removed.
///
/// # Errors
/// If a table or an index is one that this version does not know.
pub fn upgrade(database: &Database) -> Result<()> {
    bring_up(database, true)
}

fn bring_up(database: &Database, may_create: bool) -> Result<()> {
    for table in declared()? {
        let existing = database.describe_table(serde_json::from_value(json!({"TableName": table.name}))?);
        let existing = match existing {
            Ok(existing) => serde_json::to_value(existing)?["Table"].take(),
            Err(DynoxideError::ResourceNotFoundException(_)) => Value::Null,
            Err(error) => return Err(error).with_context(|| format!("table {}", table.name)),
        };
        let missing = table.missing_in(&existing)?;
        ensure!(
            may_create || missing.is_empty(),
            "the data was made by an older version of Quintet, and only a server of this version may change it: start \
             `quintet serve` first"
        );
        for step in missing {
            step.run(database, table).with_context(|| format!("table {}", table.name))?;
        }
    }
    Ok(())
}

/// What a database lacks of a table.
enum Missing<'a> {
    /// All of it.
    Table,
    /// An index.
    Index(&'a Value),
}

impl Table {
    /// What `existing`, the description of this table in a database, lacks. It is null if there is no such table.
    fn missing_in(&self, existing: &Value) -> Result<Vec<Missing<'_>>> {
        if existing.is_null() {
            return Ok(vec![Missing::Table]);
        }
        let (wanted, there) = (indexes(&self.definition), indexes(existing));
        let is_known = keys(existing) == keys(&self.definition)
            && there.iter().all(|(name, index)| wanted.get(name).is_some_and(|wanted| is_same_index(wanted, index)));
        ensure!(
            is_known,
            "the data was made by another version of Quintet, whose table `{}` this version does not know: use that \
             version, or another directory",
            self.name
        );
        let lacking = wanted.into_iter().filter(|(name, _)| !there.contains_key(name));
        Ok(lacking.map(|(_, index)| Missing::Index(index)).collect())
    }
}

impl Missing<'_> {
    fn run(&self, database: &Database, Table { name, definition, time_to_live }: &Table) -> Result<()> {
        match self {
            Self::Table => {
                database.create_table(CreateTableRequest::deserialize(definition)?)?;
                if let Some(specification) = time_to_live {
                    let request = json!({"TableName": name, "TimeToLiveSpecification": specification});
                    database.update_time_to_live(serde_json::from_value(request)?)?;
                }
            }
            Self::Index(index) => {
                // One transaction of the database: after a crash there is the whole index or none.
                let request = json!({
                    "TableName": name,
                    "AttributeDefinitions": definition["AttributeDefinitions"],
                    "GlobalSecondaryIndexUpdates": [{"Create": index}],
                });
                database.update_table(serde_json::from_value(request)?)?;
                tracing::info!(table = name, index = index["IndexName"].as_str(), "an index was added to the data");
            }
        }
        Ok(())
    }
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

/// A table's indexes, by name.
fn indexes(table: &Value) -> BTreeMap<&str, &Value> {
    let indexes = table["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
    indexes.filter_map(|index| Some((index["IndexName"].as_str()?, index))).collect()
}

/// The attributes of the key of a table or an index.
fn keys(keyed: &Value) -> BTreeSet<(&str, &str)> {
    let keys = keyed["KeySchema"].as_array().into_iter().flatten();
    keys.filter_map(|key| Some((key["KeyType"].as_str()?, key["AttributeName"].as_str()?))).collect()
}

fn is_same_index(one: &Value, other: &Value) -> bool {
    keys(one) == keys(other) && one["Projection"]["ProjectionType"] == other["Projection"]["ProjectionType"]
}
