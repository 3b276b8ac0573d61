//! Checks every response against the OpenAPI documents. A response whose status or body its operation does not document
//! fails the test that made the request.

use super::{Reply, routes};
use axum::http::Method;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use shared::http::openapi::Edition;
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex, OnceLock},
};

/// The documents with all that the server accepts and returns, by dialect name.
pub static DOCUMENTS: LazyLock<[(&'static str, Value); 5]> = LazyLock::new(|| docs::documents::all(Edition::Complete));

/// The documents that clients get, by dialect name.
pub static PUBLISHED: LazyLock<[(&'static str, Value); 5]> = LazyLock::new(|| docs::documents::all(Edition::Published));

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let shared = routes::declared().into_iter().map(|(_, route)| route).filter(|route| route.is_shared);
    let shared: Vec<String> = shared.map(|route| route.path).collect();
    let mut operations = Vec::new();
    for (_, document) in DOCUMENTS.iter() {
        for (path, method, operation) in operations_of(document) {
            operations.push(Operation {
                path: path.to_owned(),
                is_shared: shared.iter().any(|other| other == path),
                method: method.to_uppercase(),
                responses: operation["responses"].as_object().unwrap(),
                components: &document["components"],
                validators: operation["responses"].as_object().unwrap().keys().map(|_| OnceLock::new()).collect(),
            });
        }
    }
    operations
});

/// All operations of a document, each as path, method and operation.
pub fn operations_of(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// A validator for `schema`, which may refer to the document's components.
pub fn validator(schema: &Value, components: &Value) -> Validator {
    let whole = json!({"allOf": [schema], "components": components});
    jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(&whole).unwrap()
}

struct Operation {
    path: String,
    is_shared: bool,
    method: String,
    responses: &'static Map<String, Value>,
    components: &'static Value,
    /// One validator per response, created on first use.
    validators: Vec<OnceLock<Validator>>,
}

impl Operation {
    /// Whether the operation answers at `path`. A path that only its dialect has is matched with and without the final
    /// slash.
    fn is_at(&self, path: &str) -> bool {
        let bare = |path: &str| path.strip_suffix('/').unwrap_or(path).to_owned();
        if self.is_shared && self.path.ends_with('/') != path.ends_with('/') {
            return false;
        }
        let (own, asked) = (bare(&self.path), bare(path));
        let (own, asked): (Vec<&str>, Vec<&str>) = (own.split('/').collect(), asked.split('/').collect());
        let fits = |own: &str, asked: &str| if own.starts_with('{') { !asked.is_empty() } else { own == asked };
        own.len() == asked.len() && own.iter().zip(asked).all(|(own, asked)| fits(own, asked))
    }

    fn parameters(&self) -> usize {
        self.path.matches('{').count()
    }

    fn judge(&self, reply: &Reply) -> Result<(), String> {
        let status = reply.status.to_string();
        let documented = self.responses.keys().position(|known| *known == status);
        let position = documented.ok_or_else(|| format!("{status} is not documented"))?;
        let response = &self.responses[&status];
        let Some(content) = response["content"].as_object() else {
            return if reply.text.is_empty() { Ok(()) } else { Err("no body is documented".to_owned()) };
        };
        let media_type = reply.header("content-type").split(';').next().unwrap_or_default().trim();
        // Bytes of any type.
        let content = content.get(media_type).or_else(|| content.get("application/octet-stream"));
        let content = content.ok_or_else(|| format!("{media_type:?} is not documented for {status}"))?;
        if media_type == "application/json" {
            let make = || validator(&content["schema"], self.components);
            let found = self.validators[position].get_or_init(make).iter_errors(&reply.body);
            let errors: Vec<String> = found.map(|error| format!("{}: {error}", error.instance_path())).collect();
            if !errors.is_empty() {
                return Err(format!("{status} with a body that is not as documented: {}", errors.join("; ")));
            }
        }
        Ok(())
    }
}

/// Whether the answer is documented. Answers to paths or methods that do not exist count as documented.
pub fn verdict(method: &Method, path: &str, reply: &Reply) -> Result<(), String> {
    let path = path.split('?').next().unwrap_or_default();
    let at_path = || OPERATIONS.iter().filter(|operation| operation.is_at(path));
    // A literal path segment takes precedence over an id, which could be any word.
    let fewest = at_path().map(Operation::parameters).min();
    let found = at_path().filter(|operation| Some(operation.parameters()) == fewest);
    match found.into_iter().find(|operation| operation.method == method.as_str()) {
        Some(operation) => operation.judge(reply),
        None => Ok(()),
    }
}

/// Fails the test if the answer is not documented.
#[track_caller]
pub fn judge(method: &Method, path: &str, reply: &Reply) {
    if let Err(reason) = verdict(method, path, reply) {
        panic!("the OpenAPI document does not know this answer: {method} {path}: {reason}\n{}", reply.text);
    }
}

/// Fails the test if the event of a stream is not documented.
#[track_caller]
pub fn judge_event(name: &str, data: &Value) {
    static EVENTS: LazyLock<Vec<(&'static str, Validator)>> = LazyLock::new(|| {
        let (_, platform) = &DOCUMENTS[1];
        let events = platform["components"]["schemas"]["StreamEvent"]["oneOf"].as_array().unwrap().iter();
        let event = |event: &'static Value| {
            let place = event["$ref"].as_str().unwrap().trim_start_matches('#');
            let Value::Object(properties) = &platform.pointer(place).unwrap()["properties"] else { panic!("{event}") };
            let name = properties["event"]["enum"][0].as_str().unwrap();
            (name, validator(&properties["data"]["contentSchema"], &platform["components"]))
        };
        events.map(event).collect()
    });
    let known = EVENTS.iter().find(|(known, _)| *known == name);
    let fits = known.is_some_and(|(_, schema)| schema.is_valid(data));
    assert!(fits, "the OpenAPI document does not know this event: {name} {data}");
}

/// Fails the test if the platform's document does not have `value` as a `schema`.
#[track_caller]
fn judge_schema(schema: &'static str, value: &Value) {
    static VALIDATORS: Mutex<BTreeMap<&str, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let (_, platform) = &DOCUMENTS[1];
    let of =
        || Arc::new(validator(&json!({"$ref": format!("#/components/schemas/{schema}")}), &platform["components"]));
    let judge = VALIDATORS.lock().unwrap().entry(schema).or_insert_with(of).clone();
    let errors: Vec<String> = judge.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "the OpenAPI document does not know this {schema}: {value}: {}", errors.join("; "));
}

/// Fails the test if the request to a webhook is not documented.
#[track_caller]
pub fn judge_webhook(body: &Value) {
    judge_schema("WebhookEvent", body);
}

/// Fails the test if the frame of a live connection is not documented.
#[track_caller]
pub fn judge_frame(frame: &Value) {
    judge_schema("RealtimeFrame", frame);
}
