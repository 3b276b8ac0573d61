//! What the published edition leaves out. Programs that generate clients expect one form of a body and one success of
//! an operation, and what they make of several does not work. The server accepts and returns the others, too.

use super::{JSON, MULTIPART, schemas::collect_names};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Leaves out forms where JSON is possible, JSON where a form can carry files, streams where a body is possible, and
/// schemas that nothing needs any more.
pub fn simplify(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        if let Some(content) = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut) {
            let kept = if content.contains_key(MULTIPART) { MULTIPART } else { JSON };
            content.retain(|media_type, _| media_type == kept);
        }
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            let has_body = responses.iter().any(|(status, response)| is_success(status) && has_json(response));
            responses.retain(|status, response| !is_success(status) || !has_body || has_json(response));
        }
    }
    remove_unused_schemas(document);
}

fn remove_unused_schemas(document: &mut Value) {
    let mut schemas = match document.pointer_mut("/components/schemas").map(Value::take) {
        Some(Value::Object(schemas)) => schemas,
        _ => return,
    };
    let mut used = BTreeSet::new();
    collect_names(document, &schemas, &mut used);
    schemas.retain(|name, _| used.contains(name));
    document["components"]["schemas"] = Value::Object(schemas);
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

fn has_json(response: &Value) -> bool {
    response.get("content").is_some_and(|content| content.get(JSON).is_some())
}
