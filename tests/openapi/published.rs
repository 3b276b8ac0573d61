//! What clients get is fit for programs that generate clients. `.ci/clients` runs some of them.

use crate::world::documents::{DOCUMENTS, PUBLISHED, operations_of};
use serde_json::{Value, json};
use shared::wire::parse_message;
use std::collections::BTreeSet;

/// Calls `see` with each object within `value`, and its place.
fn walk(value: &Value, place: &str, see: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            see(place, value);
            for (name, member) in
                members.iter().filter(|(name, _)| !["example", "examples", "enum"].contains(&name.as_str()))
            {
                walk(member, &format!("{place}/{name}"), see);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| walk(item, &format!("{place}/{at}"), see));
        }
        _ => {}
    }
}

fn walk_all(see: &mut dyn FnMut(&str, &Value)) {
    PUBLISHED.iter().for_each(|(dialect, document)| walk(document, dialect, see));
}

/// Whether a text is made of whole sentences.
fn is_prose(text: &Value) -> bool {
    let text = text.as_str().unwrap_or_default();
    let begins = |first: char| first.is_uppercase() || first.is_ascii_digit() || first == '`';
    text.starts_with(begins) && text.ends_with('.') && !text.contains(['\n']) && !text.contains("ource: ")
}

#[test]
fn every_schema_property_and_parameter_has_a_description() {
    let mut lacking = Vec::new();
    for (dialect, document) in PUBLISHED.iter() {
        let schemas = document["components"]["schemas"].as_object().unwrap().iter();
        let lacks = |schema: &Value| !is_prose(&schema["description"]);
        lacking.extend(schemas.filter(|(_, schema)| lacks(schema)).map(|(name, _)| format!("{dialect}: {name}")));
    }
    walk_all(&mut |place, object| {
        for (name, property) in object["properties"].as_object().into_iter().flatten() {
            // A value that may be `null` needs a word on what that means.
            let is_null = |one: &Value| one == "null" || one["type"] == "null";
            let choices = property["type"].as_array().or_else(|| property["oneOf"].as_array()).into_iter().flatten();
            let is_explained =
                choices.filter(|one| is_null(one)).all(|_| property["description"].to_string().contains("`null`"));
            if !is_prose(&property["description"]) || !is_explained {
                lacking.push(format!("{place}/{name}: {}", property["description"]));
            }
        }
        if object.get("in").is_some() && object.get("name").is_some() && !is_prose(&object["description"]) {
            lacking.push(format!("{place}: {}", object["description"]));
        }
    });
    assert!(lacking.is_empty(), "{lacking:#?}");
}

#[test]
fn descriptions_are_whole_sentences() {
    let mut broken = Vec::new();
    walk_all(&mut |place, object| {
        // A property may be called `description`.
        if object.get("description").is_some_and(|text| text.is_string() && !is_prose(text)) {
            broken.push(format!("{place}: {}", object["description"]));
        }
    });
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_body_has_one_form_and_a_success_has_one_too() {
    for (dialect, document) in PUBLISHED.iter() {
        for (path, method, operation) in operations_of(document) {
            let place = format!("{dialect}: {method} {path}");
            let sent: Vec<&String> =
                operation["requestBody"]["content"].as_object().into_iter().flat_map(|it| it.keys()).collect();
            let files = ["/api/v1/files/upload", "/api/v1/assistants/", "/api/v1/assistants/{assistant_id}/"];
            let form = if files.contains(&path) { "multipart/form-data" } else { "application/json" };
            assert!(sent.is_empty() || sent == [form], "{place}: {sent:?}");
            let responses = operation["responses"].as_object().unwrap();
            assert_eq!(responses.keys().filter(|status| status.starts_with('2')).count(), 1, "{place}");
            for (status, response) in responses {
                assert!(response["content"].as_object().is_none_or(|content| content.len() == 1), "{place}: {status}");
            }
        }
    }
}

/// The media types of a request in each edition.
fn media_types(documents: &[(&str, Value)]) -> BTreeSet<String> {
    let operations = documents.iter().flat_map(|(_, document)| operations_of(document));
    let contents = operations.filter_map(|(_, _, operation)| operation["requestBody"]["content"].as_object());
    contents.flat_map(|content| content.keys().cloned()).collect()
}

#[test]
fn forms_are_in_the_edition_for_tests() {
    let all = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
    assert_eq!(media_types(&*DOCUMENTS), all.map(str::to_owned).into());
    assert_eq!(media_types(&*PUBLISHED), [all[0], all[2]].map(str::to_owned).into());
}

#[test]
fn answers_may_have_more_properties_but_not_in_tests() {
    let closed = |documents: &[(&str, Value)]| {
        let mut count = 0;
        for (_, document) in documents {
            walk(document, "", &mut |_, object| count += usize::from(object["additionalProperties"] == false));
        }
        count
    };
    assert_eq!(closed(&*PUBLISHED), 0);
    assert!(closed(&*DOCUMENTS) > 100, "{}", closed(&*DOCUMENTS));
}

#[test]
fn choices_are_enumerations_and_addresses_are_uris() {
    walk_all(&mut |place, object| {
        let pattern = object["pattern"].as_str().unwrap_or_default();
        assert!(!pattern.starts_with("^("), "{place}: {pattern}");
        assert_ne!(object["format"], "iri", "{place}");
    });
}

#[test]
fn every_schema_is_used_and_lists_refer_to_their_entries() {
    for (dialect, document) in PUBLISHED.iter() {
        let mut used = BTreeSet::new();
        walk(document, "", &mut |place, object| {
            used.extend(object["$ref"].as_str().map(|name| name.replace("#/components/schemas/", "")));
            let is_inline = object["items"].get("properties").is_some();
            assert!(!is_inline, "{dialect}: {place}");
        });
        let known: BTreeSet<String> = document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(known, used, "{dialect}");
        assert!(known.iter().all(|name| !name.contains('_') && !name.starts_with("Shown")), "{dialect}: {known:?}");
    }
}

#[test]
fn only_requests_with_a_key_can_find_the_first_one_running() {
    for (dialect, document) in PUBLISHED.iter() {
        for (path, method, operation) in operations_of(document) {
            let mut parameters = operation["parameters"].as_array().into_iter().flatten();
            let is_keyed = parameters.any(|parameter| parameter["name"] == "Idempotency-Key");
            let conflict = &operation["responses"]["409"];
            assert!(!is_keyed || conflict.is_object(), "{dialect}: {method} {path}");
            assert_eq!(conflict["headers"].get("Retry-After").is_some(), is_keyed, "{dialect}: {method} {path}");
        }
    }
}

#[test]
fn kinds_of_an_object_are_told_apart_by_one_property() {
    let (_, platform) = &PUBLISHED[1];
    for (name, tag, count) in [
        ("StreamEvent", "event", 5),
        ("WebhookEvent", "event", 8),
        ("RealtimeFrame", "type", 4),
        ("ConversationUpdateData", "event", 4),
        ("RealtimeMessage", "type", 3),
    ] {
        let schema = &platform["components"]["schemas"][name];
        assert_eq!(schema["discriminator"]["propertyName"], tag, "{name}");
        let mapping = schema["discriminator"]["mapping"].as_object().unwrap();
        assert_eq!((mapping.len(), schema["oneOf"].as_array().unwrap().len()), (count, count), "{name}");
        for (value, place) in mapping {
            let kind = platform.pointer(place.as_str().unwrap().trim_start_matches('#')).unwrap();
            assert_eq!(kind["properties"][tag]["enum"], json!([value]), "{name}");
        }
    }
    let kinds: Vec<&String> = platform["webhooks"].as_object().unwrap().keys().collect();
    let documented = platform["components"]["schemas"]["EventKind"]["enum"].as_array().unwrap();
    assert_eq!(kinds.len(), documented.len());
    assert!(documented.iter().all(|kind| platform["webhooks"].get(kind.as_str().unwrap()).is_some()));
}

#[test]
fn messages_over_a_websocket_are_read_as_described() {
    let (_, platform) = &PUBLISHED[1];
    let kinds = platform["components"]["schemas"]["RealtimeMessage"]["discriminator"]["mapping"].as_object().unwrap();
    for (kind, place) in kinds {
        let schema = platform.pointer(place.as_str().unwrap().trim_start_matches('#')).unwrap();
        let mut message = json!({"type": kind});
        for name in schema["required"].as_array().unwrap().iter().filter(|name| *name != "type") {
            // A message without what it needs is none, but `authenticate` without a token, which has no right to anything.
            assert!(kind == "authenticate" || parse_message(&message.to_string()).is_none(), "{message}");
            message[name.as_str().unwrap()] = json!("018e376b-9ce0-8000-8000-000000000001");
        }
        assert!(parse_message(&message.to_string()).is_some(), "{message}");
    }
}

#[test]
fn an_old_client_that_knows_no_other_word_is_told_that_there_may_be_some() {
    let (_, platform) = &PUBLISHED[1];
    let code = &platform["components"]["schemas"]["Error"]["properties"]["error_code"];
    assert!(code["description"].as_str().unwrap().contains("Later versions may add"), "{code}");
}
