//! What holds for all schemas, said in one place instead of at every type: an answer has no other properties
//! than the documented ones, one that may be `null` is there all the same, and a request needs its body when
//! it needs a field of it.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

const PREFIX: &str = "#/components/schemas/";
/// Where a schema's values are, which are no schemas.
const VALUES: [&str; 5] = ["example", "examples", "default", "enum", "const"];

/// Goes over a whole document.
pub fn settle(document: &mut Value) {
    let empty = Map::new();
    let before = document.clone();
    let schemas = before.pointer("/components/schemas").and_then(Value::as_object).unwrap_or(&empty);
    let mut asked = BTreeSet::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for operation in
        paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut).flat_map(Map::values_mut)
    {
        if let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
            let mut named = BTreeSet::new();
            body.values().for_each(|value| collect_names(value, schemas, &mut named));
            let is_needed = named.iter().filter_map(|name| schemas.get(name)).any(|it| it.get("required").is_some());
            body.insert("required".to_owned(), is_needed.into());
            asked.extend(named);
        }
        operation.get_mut("responses").into_iter().for_each(close);
    }
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        if asked.contains(name) { open(schema) } else { close(schema) }
    }
}

/// The names of the schemas that `value` refers to, directly or through others.
fn collect_names(value: &Value, schemas: &Map<String, Value>, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix(PREFIX));
            if let Some(name) = name
                && names.insert(name.to_owned())
                && let Some(schema) = schemas.get(name)
            {
                collect_names(schema, schemas, names);
            }
            members.values().for_each(|member| collect_names(member, schemas, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, schemas, names)),
        _ => {}
    }
}

/// A wire type's comment begins with its form, which the schema tells by itself: only what follows is kept.
fn forget_form(schema: &mut Map<String, Value>) {
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let Some((_, rest)) = description.strip_prefix("`{").and_then(|text| text.split_once('`')) else { return };
    let rest = rest.trim_start_matches([';', ':', '.', ',', ' ']).to_owned();
    if rest.is_empty() {
        schema.remove("description")
    } else {
        schema.insert("description".to_owned(), rest.into())
    };
}

/// A schema of a request. A [`Field`](crate::http::Field) that is not there is nothing, and not `null`.
fn open(schema: &mut Value) {
    schema.as_object_mut().into_iter().for_each(forget_form);
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    for property in properties.filter_map(Value::as_object_mut) {
        if property.get("default") == Some(&Value::Null) {
            property.remove("default");
        }
    }
}

/// Closes all object schemas within `value`.
fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            forget_form(members);
            close_object(members);
            let schemas = members.iter_mut().filter(|(name, _)| !VALUES.contains(&name.as_str()));
            schemas.for_each(|(_, member)| close(member));
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn close_object(schema: &mut Map<String, Value>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let nullable = properties.iter().filter(|(_, property)| may_be_null(property)).map(|(name, _)| name.clone());
    let mut nullable: BTreeSet<String> = nullable.collect();
    let required = schema.entry("required").or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(required) = required {
        required.iter().filter_map(Value::as_str).for_each(|name| {
            nullable.remove(name);
        });
        required.extend(nullable.into_iter().map(Value::String));
    }
    schema.entry("additionalProperties").or_insert(Value::Bool(false));
}

fn may_be_null(schema: &Value) -> bool {
    let is_null = |it: &Value| it.as_str() == Some("null") || it.get("type").and_then(Value::as_str) == Some("null");
    let alternatives = ["type", "oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    alternatives.flatten().any(is_null)
}
