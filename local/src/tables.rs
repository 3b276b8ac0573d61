//! The tables of `template.yaml`, made in the embedded database. The template is the only description of
//! them: keys, indexes and expiry are read from it.

use anyhow::{Context, Result};
use dynoxide::{Database, DynoxideError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

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

/// Makes the tables that are not there yet, named by their resource in lower case.
pub fn create(database: &Database) -> Result<()> {
    let template: Template = serde_saphyr::from_str(TEMPLATE).context("template.yaml cannot be read")?;
    let tables = template.resources.into_iter().filter(|(_, resource)| resource.kind == "AWS::DynamoDB::Table");
    for (resource, Resource { mut properties, .. }) in tables {
        let name = resource.to_lowercase();
        let table = properties.as_object_mut().with_context(|| format!("{resource} has no properties"))?;
        let time_to_live = table.remove("TimeToLiveSpecification");
        // Mean nothing in one process.
        table.remove("PointInTimeRecoverySpecification");
        table.remove("DeletionProtectionEnabled");
        // The embedded database would keep its stream for ever and read all of it with each write: `pump`
        // follows what is written instead.
        table.remove("StreamSpecification");
        table.insert("TableName".to_owned(), json!(name));
        let wanted: BTreeSet<String> = indexes(&properties).into_iter().map(str::to_owned).collect();
        match database.create_table(serde_json::from_value(properties)?) {
            Err(DynoxideError::ResourceInUseException(_)) => {
                let there = database.describe_table(serde_json::from_value(json!({"TableName": name}))?)?;
                let there = serde_json::to_value(there)?;
                anyhow::ensure!(
                    indexes(&there["Table"]).into_iter().eq(&wanted),
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

/// The names of a table's indexes.
fn indexes(table: &Value) -> BTreeSet<&str> {
    let indexes = table["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
    indexes.filter_map(|index| index["IndexName"].as_str()).collect()
}
