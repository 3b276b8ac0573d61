//! The rules that all schemas share, applied to a finished document: a response has no undocumented properties
//! and always contains the nullable ones, a request body is required if one of its fields is, and a list has the
//! example of its entries.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

const PREFIX: &str = "#/components/schemas/";
/// The keywords of a schema that hold values instead of schemas.
const VALUES: [&str; 5] = ["example", "examples", "default", "enum", "const"];

/// Applies the rules to a whole document.
pub fn settle(document: &mut Value) {
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
            responses.values_mut().for_each(close);
            add_examples_of_arrays(responses, original);
        }
    }
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        match asked.contains(name) {
            true => open(schema),
            false => close(schema),
        }
        if schema.get("example").is_none()
            && let Some(example) = example_of_properties(schema, original)
        {
            schema["example"] = example;
        }
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

/// Removes the sample body with which the comment of a wire type begins, because the schema shows it anyway. The
/// rest of the comment stays as the description.
fn forget_form(schema: &mut Map<String, Value>) {
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let Some((_, rest)) = description.strip_prefix("`{").and_then(|text| text.split_once('`')) else { return };
    let rest = rest.trim_start_matches(['.', ' ', '\n']).replace('\n', " ");
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

/// Closes all object schemas within `value`, which belongs to a response.
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
