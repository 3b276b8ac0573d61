//! Dialects, statuses and fields of the routes in the table of attacks, from the OpenAPI documents.

use super::routes::{
    Access, Dialect, Field, Kind,
    Presence::{self, Nullable, Optional, Required},
    Route, Row, VALUES,
};
use crate::world::{documents::DOCUMENTS, routes};
use serde_json::Value;
use std::{collections::BTreeSet, sync::LazyLock};

const DIALECTS: [(&str, Dialect); 5] = [
    ("reports", Dialect::Reports),
    ("platform", Dialect::Platform),
    ("webchat", Dialect::Webchat),
    ("chatbot", Dialect::Chatbot),
    ("metered", Dialect::Metered),
];

/// The paths that another dialect has with or without the final slash.
static SHARED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let shared = routes::declared().into_iter().map(|(_, route)| route).filter(|route| route.is_shared);
    shared.map(|route| route.path).collect()
});

impl Row {
    /// The documented route, combined with its row in the table.
    pub fn route(&self) -> Route {
        let (verb, path) = self.route.split_once(' ').unwrap();
        let mut found = DOCUMENTS.iter().filter_map(|(dialect, document)| {
            let operation = document["paths"].get(path)?.get(verb.to_lowercase())?;
            Some((*dialect, document, operation))
        });
        let (dialect, document, operation) = found.next().unwrap_or_else(|| panic!("no document has {}", self.route));
        let is_public = operation["security"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(is_public, self.access == Access::Public, "{} and its document", self.route);
        Route {
            dialect: DIALECTS.into_iter().find(|(name, _)| *name == dialect).unwrap().1,
            verb,
            path,
            is_shared: SHARED.contains(path),
            access: self.access,
            success: self.fixed_success.unwrap_or_else(|| success(&operation["responses"])),
            fields: self.fields(document, &operation["requestBody"]),
        }
    }

    /// The fields of the body, across all its media types.
    fn fields(&self, document: &'static Value, body: &'static Value) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        let contents = body["content"].as_object().into_iter().flatten();
        // A form with nothing but a file has no fields.
        for (_, content) in contents
            .filter(|(kind, _)| *kind != "multipart/form-data" || body["content"].get("application/json").is_some())
        {
            let schema = resolved(document, &content["schema"]);
            let example = content.get("example").or_else(|| schema.get("example")).unwrap_or(&Value::Null);
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                if self.unread.contains(&name.as_str()) || fields.iter().any(|field| field.name == name) {
                    continue;
                }
                let property = resolved(document, not_null(property));
                let kind = kind(document, property).unwrap_or_else(|| panic!("{}: {name}: {property}", self.route));
                let presence = named(self.presence, name).unwrap_or_else(|| presence(schema, name, kind));
                let value = self.value(name, &example[name]);
                fields.push(Field { name, kind, value, presence });
            }
        }
        fields
    }

    /// The value from the table, or from the document's example.
    fn value(&self, name: &str, example: &Value) -> String {
        match (named(self.values, name).or_else(|| named(VALUES, name)), example) {
            (Some(value), _) => value.to_owned(),
            (None, Value::Null) => panic!("{}: {name} has no value in the table and no example", self.route),
            (None, Value::String(text)) => text.clone(),
            (None, example) => example.to_string(),
        }
    }
}

fn named<T: Copy>(pairs: &[(&str, T)], name: &str) -> Option<T> {
    pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
}

/// The status of a success. If there are several, the one with a JSON body.
fn success(responses: &Value) -> u16 {
    let successes = || responses.as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
    let in_json = successes().find(|(_, response)| response["content"].get("application/json").is_some());
    in_json.or_else(|| successes().next()).unwrap().0.parse().unwrap()
}

/// Resolves a reference.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    reference.unwrap_or(schema)
}

/// The schema of the value of a property that may be `null`.
fn not_null(property: &Value) -> &Value {
    let choices = property["oneOf"].as_array().into_iter().flatten();
    choices.into_iter().find(|choice| choice["type"] != "null").unwrap_or(property)
}

/// The types that a schema allows.
fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn kind(document: &Value, schema: &Value) -> Option<Kind> {
    let items = resolved(document, &schema["items"]);
    let has = |name| types(schema).contains(&name);
    Some(match items["type"].as_str() {
        Some("string") if items["format"] == "binary" || items.get("contentMediaType").is_some() => Kind::Files,
        Some("string") => Kind::Ids,
        Some("object") => Kind::Attachments,
        _ if has("string") => Kind::Text,
        _ if has("integer") => Kind::Integer,
        _ if has("number") => Kind::Number,
        _ if has("boolean") => Kind::Boolean,
        _ if schema["properties"]["value"]["writeOnly"] == true => Kind::SecretHeader,
        _ if has("object") && schema.get("additionalProperties").is_none() => Kind::Arguments,
        _ if has("object") && schema.get("additionalProperties").is_some() => Kind::Parameters,
        _ => return None,
    })
}

fn may_be_null(property: &Value) -> bool {
    let choices = property["oneOf"].as_array().into_iter().flatten();
    types(property).contains(&"null") || choices.into_iter().any(|choice| choice["type"] == "null")
}

/// Whether the field `name` of a body may be absent.
fn presence(body: &Value, name: &str, kind: Kind) -> Presence {
    if body["required"].as_array().is_some_and(|required| required.contains(&Value::from(name))) {
        Required
    } else if kind == Kind::Files || may_be_null(&body["properties"][name]) {
        // Forms cannot send `null`; JSON can.
        Nullable
    } else {
        Optional
    }
}
