//! The documents tell of every route, and tell it well.

use crate::world::{
    documents::{DOCUMENTS, operations_of, validator},
    routes,
};
use serde_json::Value;
use shared::http::openapi::VERSION;
use std::collections::BTreeSet;

#[test]
fn every_route_is_in_its_dialects_document_and_nothing_else_is() {
    let declared = routes::declared().into_iter();
    let declared = declared.map(|(_, route)| format!("{}: {} {}", route.dialect, route.method, route.path));
    let documented = DOCUMENTS.iter().flat_map(|(dialect, document)| {
        operations_of(document).map(move |(path, method, _)| format!("{dialect}: {} {path}", method.to_uppercase()))
    });
    let (declared, documented): (BTreeSet<_>, BTreeSet<_>) = (declared.collect(), documented.collect());
    assert_eq!(documented, declared);
}

#[test]
fn every_reference_leads_somewhere() {
    for (dialect, document) in DOCUMENTS.iter() {
        let mut references = Vec::new();
        collect_references(document, &mut references);
        assert!(!references.is_empty(), "{dialect}");
        for reference in references {
            let pointer = reference.strip_prefix('#').expect(reference);
            assert!(document.pointer(pointer).is_some(), "{dialect}: {reference}");
        }
    }
}

fn collect_references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    found.extend(value.get("$ref").and_then(Value::as_str));
    match value {
        Value::Object(members) => members.values().for_each(|member| collect_references(member, found)),
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}

#[test]
fn every_document_says_what_it_is() {
    for (dialect, document) in DOCUMENTS.iter() {
        assert_eq!(document["openapi"], "3.1.0", "{dialect}");
        assert_eq!(document["info"]["version"], VERSION, "{dialect}");
        assert_eq!(document["info"]["license"]["identifier"], "Apache-2.0", "{dialect}");
        assert_eq!(document["info"]["title"], format!("Quintet: {dialect}"));
        let scheme = &document["components"]["securitySchemes"]["credential"];
        assert_eq!((&scheme["type"], &scheme["scheme"]), (&"http".into(), &"bearer".into()), "{dialect}");
        let tags = document["tags"].as_array().unwrap();
        assert!(tags.iter().all(|tag| tag["description"].is_string()), "{dialect}: {tags:?}");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_word_on_credentials() {
    for (dialect, document) in DOCUMENTS.iter() {
        let mut names = BTreeSet::new();
        for (path, method, operation) in operations_of(document) {
            let place = format!("{dialect}: {method} {path}");
            assert!(names.insert(operation["operationId"].as_str().expect(&place)), "{place}");
            assert!(!operation["summary"].as_str().expect(&place).contains('/'), "{place}: {}", operation["summary"]);
            let needs_credential = !operation["security"].as_array().expect(&place).is_empty();
            assert_eq!(operation["responses"].get("429").is_some(), !path.ends_with("/health"), "{place}");
            assert!(!needs_credential || operation["responses"].get("401").is_some(), "{place}");
            for status in ["431", "500", "503"] {
                assert!(operation["responses"].get(status).is_some(), "{place}: {status}");
            }
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    for (dialect, document) in DOCUMENTS.iter() {
        for (path, method, operation) in operations_of(document) {
            let inside = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap());
            let described = operation["parameters"].as_array().into_iter().flatten();
            let described = described.filter(|parameter| parameter["in"] == "path");
            let described = described.map(|parameter| parameter["name"].as_str().unwrap());
            let (inside, described): (BTreeSet<_>, BTreeSet<_>) = (inside.collect(), described.collect());
            assert_eq!(inside, described, "{dialect}: {method} {path}");
        }
    }
}

/// The examples of a media type: its own, or that of its schema.
fn examples<'a>(content: &'a Value, document: &'a Value) -> Vec<&'a Value> {
    let named = content["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
    let mut found: Vec<&Value> = content.get("example").into_iter().chain(named).collect();
    if found.is_empty() {
        let reference = content["schema"]["$ref"].as_str().unwrap_or_default().trim_start_matches('#');
        found.extend(document.pointer(reference).and_then(|schema| schema.get("example")));
    }
    found
}

#[test]
fn every_body_has_an_example_that_fits_its_schema() {
    for (dialect, document) in DOCUMENTS.iter() {
        for (path, method, operation) in operations_of(document) {
            let asked = operation.get("requestBody").map(|body| ("the request", body));
            let answered = operation["responses"].as_object().unwrap().iter();
            let answered = answered.map(|(status, response)| (status.as_str(), response));
            for (what, body) in asked.into_iter().chain(answered) {
                for content in body["content"].as_object().into_iter().flatten().map(|(_, content)| content) {
                    let place = format!("{dialect}: {method} {path}: {what}");
                    let examples = examples(content, document);
                    assert!(!examples.is_empty(), "{place}");
                    let validator = validator(&content["schema"], &document["components"]);
                    for example in examples {
                        assert!(validator.is_valid(example), "{place}: {example}");
                    }
                }
            }
            let is_success = |status: &String| status.starts_with('2');
            assert!(operation["responses"].as_object().unwrap().keys().any(is_success), "{dialect}: {method} {path}");
        }
    }
}
