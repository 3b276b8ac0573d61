//! The documents against those of the last release, which are files in `released`. `UPDATE_RELEASED=1 cargo test -p
//! tests released` writes them anew, at a release.

use super::compatibility::{breaks, differ};
use crate::world::documents::PUBLISHED;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

fn file(dialect: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("openapi/released").join(format!("{dialect}.json"))
}

fn released(dialect: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(file(dialect)).unwrap()).unwrap()
}

/// The numbers of a version.
fn numbers(document: &Value) -> Vec<u64> {
    document["info"]["version"].as_str().unwrap().split('.').map(|number| number.parse().unwrap()).collect()
}

#[test]
fn clients_of_the_released_documents_still_work() {
    for (dialect, document) in PUBLISHED.iter() {
        if std::env::var_os("UPDATE_RELEASED").is_some() {
            fs::write(file(dialect), format!("{document:#}\n")).unwrap();
        }
        let released = released(dialect);
        // A new first number says that clients break.
        if numbers(document)[0] == numbers(&released)[0] {
            let broken = breaks(&released, document);
            assert!(broken.is_empty(), "clients of the released {dialect} document would break: {broken:#?}");
        }
    }
}

#[test]
fn a_document_with_additions_has_another_version() {
    let is_changed = PUBLISHED.iter().any(|(dialect, document)| differ(&released(dialect), document));
    for (dialect, document) in PUBLISHED.iter() {
        let (now, before) = (numbers(document), numbers(&released(dialect)));
        let is_counted = if is_changed { now > before } else { now >= before };
        assert!(
            is_counted,
            "The documents differ from the released ones, and still have their version, {before:?}. Raise `VERSION` in \
             shared/src/http/openapi/mod.rs."
        );
    }
}

/// The platform's document after a change, and what the comparison says about it.
fn after(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let (_, old) = &PUBLISHED[1];
    let mut new = old.clone();
    change(&mut new);
    assert!(differ(old, &new), "the change changed nothing");
    breaks(old, &new)
}

/// A part of a document that must be there.
fn part<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"))
}

fn remove(document: &mut Value, pointer: &str, name: &str) {
    assert!(part(document, pointer).as_object_mut().unwrap().remove(name).is_some(), "{pointer}/{name}");
}

fn push(document: &mut Value, pointer: &str, value: Value) {
    part(document, pointer).as_array_mut().unwrap().push(value);
}

fn drop_first(document: &mut Value, pointer: &str) {
    part(document, pointer).as_array_mut().unwrap().remove(0);
}

const SCHEMAS: &str = "/components/schemas";

#[test]
fn what_breaks_clients_is_noticed() {
    let of = |name: &str, rest: &str| format!("{SCHEMAS}/{name}{rest}");
    let (tool, new_tool, role) = (of("Tool", ""), of("NewTool", ""), of("UserRole", "/enum"));
    type Change<'a> = Box<dyn FnOnce(&mut Value) + 'a>;
    let changes: Vec<(&str, Change)> = vec![
        ("GET /api/v1/tools: removed", Box::new(|it| remove(it, "/paths", "/api/v1/tools"))),
        ("POST /api/v1/tools: removed", Box::new(|it| remove(it, "/paths/~1api~1v1~1tools", "post"))),
        (
            "POST /api/v1/tools: 201: removed",
            Box::new(|it| remove(it, "/paths/~1api~1v1~1tools/post/responses", "201")),
        ),
        (
            "POST /api/v1/tools: 409: header Retry-After: removed",
            Box::new(|it| remove(it, "/paths/~1api~1v1~1tools/post/responses/409/headers", "Retry-After")),
        ),
        (
            "POST /api/v1/tools: is called \"create\" instead of \"tools_create\"",
            Box::new(|it| *part(it, "/paths/~1api~1v1~1tools/post/operationId") = json!("create")),
        ),
        (
            "GET /api/v1/health: needs a credential",
            Box::new(|it| *part(it, "/paths/~1api~1v1~1health/get/security") = json!([{"credential": []}])),
        ),
        (
            "GET /api/v1/tools: parameter page: removed",
            Box::new(|it| drop_first(it, "/paths/~1api~1v1~1tools/get/parameters")),
        ),
        (
            "GET /api/v1/tools: parameter page: required",
            Box::new(|it| *part(it, "/paths/~1api~1v1~1tools/get/parameters/0/required") = json!(true)),
        ),
        (
            "POST /api/v1/files/upload: body: multipart/form-data: removed",
            Box::new(|it| {
                remove(it, "/paths/~1api~1v1~1files~1upload/post/requestBody/content", "multipart/form-data")
            }),
        ),
        ("schema Tool: removed", Box::new(|it| remove(it, SCHEMAS, "Tool"))),
        (".items[].endpoint: removed", Box::new(|it| remove(it, &format!("{tool}/properties"), "endpoint"))),
        (
            ".items[].name: may be absent",
            Box::new(|it| part(it, &format!("{tool}/required")).as_array_mut().unwrap().retain(|name| name != "name")),
        ),
        (
            ".items[].name: may be null",
            Box::new(|it| *part(it, &format!("{tool}/properties/name/type")) = json!(["string", "null"])),
        ),
        (
            ".items[].name: was \"string\" null, is \"integer\" null",
            Box::new(|it| *part(it, &format!("{tool}/properties/name/type")) = json!("integer")),
        ),
        ("body.category: required", Box::new(|it| push(it, &format!("{new_tool}/required"), json!("category")))),
        ("body.category: removed", Box::new(|it| remove(it, &format!("{new_tool}/properties"), "category"))),
        (
            "body.category: may no longer be null",
            Box::new(|it| *part(it, &format!("{new_tool}/properties/category/type")) = json!("string")),
        ),
        (
            "body.name: maxLength is 100",
            Box::new(|it| *part(it, &format!("{new_tool}/properties/name/maxLength")) = json!(100)),
        ),
        (
            "body.name: minLength is 2",
            Box::new(|it| *part(it, &format!("{new_tool}/properties/name/minLength")) = json!(2)),
        ),
        ("body.role: may no longer be \"user\"", Box::new(|it| drop_first(it, &role))),
        ("POST conversation.created: removed", Box::new(|it| remove(it, "/webhooks", "conversation.created"))),
        (
            "POST message.received: parameter webhook-id: removed",
            Box::new(|it| drop_first(it, "/webhooks/message.received/post/parameters")),
        ),
        (
            "payload.timestamp: removed",
            Box::new(|it| remove(it, &of("MessageReceivedEvent", "/properties"), "timestamp")),
        ),
    ];
    for (expected, change) in changes {
        let found = after(change);
        assert!(found.iter().any(|found| found.ends_with(expected)), "{expected}: {found:#?}");
    }
}

#[test]
fn additions_break_nothing() {
    let changes: [fn(&mut Value); 6] = [
        |it| part(it, "/paths")["/api/v1/more"] = json!({"get": {"operationId": "more", "responses": {}}}),
        |it| part(it, "/components/schemas/Tool/properties")["more"] = json!({"type": "string"}),
        |it| part(it, "/components/schemas/NewTool/properties")["more"] = json!({"type": "string"}),
        |it| push(it, "/components/schemas/UserRole/enum", json!("guest")),
        |it| *part(it, "/components/schemas/NewTool/properties/name/maxLength") = json!(1000),
        |it| part(it, "/webhooks")["more"] = json!({"post": {"operationId": "more", "responses": {}}}),
    ];
    for change in changes {
        assert_eq!(after(change), [""; 0]);
    }
}

#[test]
fn other_words_are_no_change() {
    let (_, old) = &PUBLISHED[1];
    let mut new = old.clone();
    *part(&mut new, "/components/schemas/Tool/properties/name/description") = json!("Another sentence.");
    assert!(!differ(old, &new));
}
