//! The rules that all schemas share, applied to a finished document: a response always contains the nullable properties
//! and, in the complete edition, no others than the documented ones; a request body is required if one of its fields
//! is; the schema of a list is called after its entries, refers to their schema, and has their example.

use super::Edition;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const PREFIX: &str = "#/components/schemas/";
/// What `utoipa` calls the schema of a list, before the name of its entries.
const LISTING: &str = "Listing_";
/// The keywords of a schema that hold values instead of schemas.
const VALUES: [&str; 5] = ["example", "examples", "default", "enum", "const"];

/// Applies the rules to a whole document.
pub fn settle(document: &mut Value, edition: Edition) {
    refer(document);
    name_lists(document);
    settle_descriptions(document);
    let is_closed = edition == Edition::Complete;
    let empty = Map::new();
    let before = document.clone();
    let original = before.pointer("/components/schemas").and_then(Value::as_object).unwrap_or(&empty);
    let mut asked = BTreeSet::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for operation in
        paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut).flat_map(Map::values_mut)
    {
        if let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
            let mut named = BTreeSet::new();
            body.values().for_each(|value| collect_names(value, original, &mut named));
            let is_needed = named.iter().filter_map(|name| original.get(name)).any(|it| it.get("required").is_some());
            body.insert("required".to_owned(), is_needed.into());
            asked.extend(named);
        }
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.values_mut().for_each(|response| settle_answer(response, is_closed));
            add_examples_of_arrays(responses, original);
        }
    }
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        match asked.contains(name) {
            true => open(schema),
            false => settle_answer(schema, is_closed),
        }
        if schema.get("example").is_none()
            && let Some(example) = example_of_properties(schema, original)
        {
            schema["example"] = example;
        }
    }
}

/// Replaces the items of lists by references to their schemas: `utoipa` writes those of generic types out.
fn refer(document: &mut Value) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let before = schemas.clone();
    for (name, list) in schemas.iter_mut().filter(|(name, _)| name.starts_with(LISTING)) {
        let entry = name.strip_prefix(LISTING).and_then(|entry| before.get_key_value(entry));
        let properties =
            list.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
        for items in properties.filter_map(|property| property.get_mut("items")) {
            if let Some((entry, schema)) = entry
                && items == schema
            {
                *items = serde_json::json!({"$ref": format!("{PREFIX}{entry}")});
            }
        }
    }
}

/// Renames `Listing_Tool` to `ToolList`.
fn name_lists(document: &mut Value) {
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        let renamed = std::mem::take(schemas).into_iter().map(|(name, schema)| (list_name(&name), schema));
        *schemas = renamed.collect();
    }
    rename_references(document);
}

fn list_name(name: &str) -> String {
    name.strip_prefix(LISTING).map_or_else(|| name.to_owned(), |entry| format!("{entry}List"))
}

fn rename_references(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(PREFIX)
            {
                *reference = format!("{PREFIX}{}", list_name(name));
            }
            members.values_mut().for_each(rename_references);
        }
        Value::Array(items) => items.iter_mut().for_each(rename_references),
        _ => {}
    }
}

/// Puts the description of a property that may be `null` beside its alternatives: `utoipa` writes it into one of them.
/// Line ends of comments become spaces.
fn settle_descriptions(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let alternatives = members.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten();
            let described = alternatives.filter(|one| one.get("$ref").is_some()).filter_map(Value::as_object_mut);
            let description = described.filter_map(|one| one.remove("description")).next();
            if let Some(description) = description {
                members.entry("description").or_insert(description);
            }
            if let Some(Value::String(description)) = members.get_mut("description") {
                *description = description.replace('\n', " ");
            }
            let others = members.iter_mut().filter(|(name, _)| !VALUES.contains(&name.as_str()));
            others.for_each(|(_, member)| settle_descriptions(member));
        }
        Value::Array(items) => items.iter_mut().for_each(settle_descriptions),
        _ => {}
    }
}

/// The example of an object whose properties all have one, such as a page of a list.
fn example_of_properties(schema: &Value, examples: &Map<String, Value>) -> Option<Value> {
    let properties = schema.get("properties")?.as_object()?;
    let each = properties.iter().map(|(name, property)| Some((name.clone(), example_of(property, examples)?)));
    each.collect::<Option<Map<_, _>>>().map(Value::Object)
}

/// The example of a property: its own, that of the schema it refers to, or an array with that of its items.
fn example_of(schema: &Value, schemas: &Map<String, Value>) -> Option<Value> {
    if let Some(own) = schema.get("example") {
        return Some(own.clone());
    }
    match (schema.get("$ref"), schema.get("items")) {
        (Some(name), _) => schemas.get(name.as_str()?.strip_prefix(PREFIX)?)?.get("example").cloned(),
        (None, Some(items)) => Some(Value::Array(vec![example_of(items, schemas)?])),
        (None, None) => None,
    }
}

/// Adds an example to each response that is an array.
fn add_examples_of_arrays(responses: &mut Map<String, Value>, schemas: &Map<String, Value>) {
    let contents = responses.values_mut().filter_map(|response| response.get_mut("content")?.as_object_mut());
    for content in contents.flat_map(Map::values_mut).filter(|content| content.pointer("/schema/items").is_some()) {
        if let Some(example) = example_of(&content["schema"], schemas) {
            content["example"] = example;
        }
    }
}

/// The names of the schemas that `value` refers to, directly or indirectly.
pub fn collect_names(value: &Value, schemas: &Map<String, Value>, names: &mut BTreeSet<String>) {
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

/// Removes the sample body with which the comment of a wire type begins, because the schema shows it anyway. The
/// rest of the comment stays as the description.
fn forget_form(schema: &mut Map<String, Value>) {
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let Some((_, rest)) = description.strip_prefix("`{").and_then(|text| text.split_once('`')) else { return };
    let rest = rest.trim_start_matches(['.', ' ']).to_owned();
    if rest.is_empty() {
        schema.remove("description")
    } else {
        schema.insert("description".to_owned(), rest.into())
    };
}

/// Opens the schema of a request. An absent [`Field`](crate::http::Field) is absent, and not `null` by default.
fn open(schema: &mut Value) {
    schema.as_object_mut().into_iter().for_each(forget_form);
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    for property in properties.filter_map(Value::as_object_mut) {
        if property.get("default") == Some(&Value::Null) {
            property.remove("default");
        }
    }
}

/// Settles all object schemas within `value`, which belongs to a response. `is_closed` if they have no other properties.
fn settle_answer(value: &mut Value, is_closed: bool) {
    match value {
        Value::Object(members) => {
            forget_form(members);
            settle_object(members, is_closed);
            let schemas = members.iter_mut().filter(|(name, _)| !VALUES.contains(&name.as_str()));
            schemas.for_each(|(_, member)| settle_answer(member, is_closed));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| settle_answer(item, is_closed)),
        _ => {}
    }
}

fn settle_object(schema: &mut Map<String, Value>, is_closed: bool) {
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
    if is_closed {
        schema.entry("additionalProperties").or_insert(Value::Bool(false));
    }
}

fn may_be_null(schema: &Value) -> bool {
    let is_null = |it: &Value| it.as_str() == Some("null") || it.get("type").and_then(Value::as_str) == Some("null");
    let alternatives = ["type", "oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    alternatives.flatten().any(is_null)
}
