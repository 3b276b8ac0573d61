//! Bodies that are not JSON, too large, or of another type or media type; and text that is stored unchanged.

use super::{
    fixture::Fixture,
    routes::{Access, Dialect, Field, Kind, Presence, Route, fields, texts, writes},
    surface::{answer, assert_clean, assert_refused, invalid, request},
};
use crate::world::{Reply, World};
use axum::{
    body::Body,
    http::{Method, Request},
};
use futures::stream;
use serde_json::{Map, Value, json};
use shared::http::ClientAddress;
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The maximum size of a body, in bytes.
const LIMIT: usize = 1024 * 1024;

fn name(route: &Route, field: &Field, attack: &str) -> String {
    format!("{} {}: {attack}", route.name(), field.name)
}

/// Asserts the error for an unreadable body: 400 in every dialect, in the form for the whole request.
fn assert_unreadable(reply: &Reply, route: &Route, attack: &str) {
    assert_refused(reply, route.dialect, attack);
    assert_eq!(reply.status, 400, "{attack}: {}", reply.text);
    let sentence = match route.dialect {
        Dialect::Metered => &reply.body["error"],
        _ => &reply.body["detail"],
    };
    assert!(sentence.is_string(), "{attack}: {}", reply.text);
}

#[tokio::test]
async fn every_route_accepts_the_body_that_the_attacks_are_made_from() {
    for route in writes() {
        let fixture = Fixture::new().await;
        let body = Value::Object(fixture.body(route)).to_string();
        let reply = fixture.send(route, body).await;
        assert_eq!(reply.status, route.success, "{}: {}", route.name(), reply.text);
    }
}

/// JSON values that a field of this kind does not accept.
fn wrong_values(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Text => {
            &["true", "false", "[]", "[\"alice\"]", "{}", "{\"$ne\": \"\"}", "{\"S\": \"alice\"}", "[[[[]]]]"]
        }
        Kind::Number => &["true", "\"1\"", "\"\"", "[]", "[1]", "{}", "-0.1", "2.1", "1e300", "18446744073709551616"],
        Kind::Integer => &[
            "true",
            "\"5\"",
            "\"\"",
            "[]",
            "[5]",
            "{}",
            "{\"N\": \"5\"}",
            "-1",
            "0.5",
            "5.0",
            "1e300",
            "4294967296",
            "9223372036854775808",
            "18446744073709551616",
        ],
        Kind::Boolean => &["0", "1", "\"\"", "\"true\"", "\"false\"", "[]", "[true]", "{}", "{\"BOOL\": true}"],
        Kind::Ids => &[
            "true",
            "5",
            "\"\"",
            "\"web_search\"",
            "{}",
            "{\"0\": \"web_search\"}",
            "[null]",
            "[5]",
            "[true]",
            "[[]]",
            "[[\"web_search\"]]",
            "[{}]",
            "[\"\"]",
            "[\"unknown\"]",
            "[\"web_search\\u0000\"]",
            "[\"00000000-0000-0000-0000-000000000000\"]",
        ],
        Kind::Attachments => &[
            "true",
            "5",
            "\"file\"",
            "{}",
            "[null]",
            "[[]]",
            "[5]",
            "[{}]",
            "[{\"type\": \"file\"}]",
            "[{\"url\": \"https://example.com/\"}]",
            "[{\"type\": null, \"url\": \"https://example.com/\"}]",
            "[{\"type\": \"video\", \"url\": \"https://example.com/\"}]",
            "[{\"type\": \"file\", \"url\": null}]",
            "[{\"type\": \"file\", \"url\": 5}]",
            "[{\"type\": \"file\", \"url\": \"\"}]",
            "[{\"type\": \"file\", \"url\": \"00000000-0000-0000-0000-000000000000\"}]",
        ],
        Kind::Parameters => &[
            "true",
            "5",
            "\"city\"",
            "[]",
            "[{}]",
            "{\"city\": null}",
            "{\"city\": \"string\"}",
            "{\"city\": []}",
            "{\"city\": {}}",
            "{\"city\": {\"type\": \"text\"}}",
            "{\"city\": {\"type\": [\"string\"]}}",
            "{\"city\": {\"type\": \"string\", \"required\": 1}}",
            "{\"city\": {\"type\": \"string\", \"description\": {}}}",
            "{\"city\": {\"type\": \"string\", \"description\": \"\\u0000\"}}",
            "{\"\": {\"type\": \"string\"}}",
            "{\"\\u0000\": {\"type\": \"string\"}}",
        ],
        Kind::SecretHeader => &[
            "true",
            "5",
            "\"X-Api-Key: secret\"",
            "[]",
            "{}",
            "{\"value\": \"secret\"}",
            "{\"name\": null, \"value\": \"secret\"}",
            "{\"name\": \"X-Api-Key\", \"value\": null}",
            "{\"name\": \"X-Api-Key\", \"value\": [\"secret\"]}",
            "{\"name\": \"X-Api-Key\", \"value\": \"\\u0000\"}",
            "{\"name\": \"X-Api-Key\", \"value\": \"a\\r\\nX-More: b\"}",
            "{\"name\": \"X-Api-Key\\r\\nX-More\", \"value\": \"secret\"}",
            "{\"name\": \"Host\", \"value\": \"example.com\"}",
        ],
        Kind::Arguments => {
            &["true", "5", "\"city\"", "[]", "[{}]", "{\"city\": 5}", "{\"\": null}", "{\"\\u0000\": {}}"]
        }
        Kind::Files => &["true", "5", "\"a.txt\"", "{}", "[null]", "[\"a.txt\"]", "[[]]"],
    }
}

#[tokio::test]
async fn a_field_of_another_type_or_out_of_range_is_refused() {
    let fixture = Fixture::new().await;
    for (route, field) in fields() {
        for value in wrong_values(field.kind) {
            let attack = name(route, field, value);
            let reply = fixture.send(route, fixture.body_with(route, field.name, value.as_bytes())).await;
            assert_refused(&reply, route.dialect, &attack);
            assert_eq!(reply.status, invalid(route.dialect), "{attack}: {}", reply.text);
            assert!(names(&reply, field.name), "{attack}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_list_has_no_more_entries_than_are_allowed() {
    let fixture = Fixture::new().await;
    for (route, field) in fields() {
        let body = fixture.body(route);
        let many: Value = match (field.kind, &body[field.name]) {
            (Kind::Ids | Kind::Attachments, Value::Array(entries)) => vec![entries[0].clone(); 101].into(),
            (Kind::Parameters, Value::Object(by_name)) => {
                let one = by_name.values().next().unwrap();
                (0..101).map(|number| (format!("city{number}"), one.clone())).collect()
            }
            _ => continue,
        };
        let reply = fixture.send(route, fixture.body_with(route, field.name, many.to_string().as_bytes())).await;
        let attack = name(route, field, "101 entries");
        assert_refused(&reply, route.dialect, &attack);
        assert_eq!(reply.status, 422, "{attack}: {}", reply.text);
        assert!(names(&reply, field.name), "{attack}: {}", reply.text);
    }
}

/// Whether an error names the field that it is about.
fn names(reply: &Reply, field: &str) -> bool {
    let by_field = reply.body.get(field).is_some();
    let in_list =
        reply.body["errors"].as_array().is_some_and(|errors| errors.iter().any(|error| error["field"] == field));
    let in_words = reply.body["error"].as_str().is_some_and(|said| said.to_lowercase().starts_with(field));
    by_field || in_list || in_words
}

#[tokio::test]
async fn null_is_refused_but_where_a_field_may_be_null() {
    for (route, field) in fields() {
        let fixture = Fixture::new().await;
        let attack = name(route, field, "null");
        let reply = fixture.send(route, fixture.body_with(route, field.name, b"null")).await;
        if field.presence == Presence::Nullable {
            assert!(reply.status < 300, "{attack}: {}", reply.text);
        } else {
            assert_refused(&reply, route.dialect, &attack);
            assert_eq!(reply.status, invalid(route.dialect), "{attack}");
            assert!(names(&reply, field.name), "{attack}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_missing_or_empty_field_is_refused_but_where_it_may_be_absent() {
    for (route, field) in fields() {
        let fixture = Fixture::new().await;
        let mut body = fixture.body(route);
        body.remove(field.name);
        let reply = fixture.send(route, Value::Object(body).to_string()).await;
        let attack = name(route, field, "missing");
        if matches!(field.presence, Presence::Required | Presence::Together) {
            assert_refused(&reply, route.dialect, &attack);
            assert_eq!(reply.status, invalid(route.dialect), "{attack}");
            assert!(names(&reply, field.name), "{attack}: {}", reply.text);
            let empty = fixture.body_with(route, field.name, b"\"\"");
            let reply = fixture.send(route, empty).await;
            let attack = name(route, field, "empty");
            assert_refused(&reply, route.dialect, &attack);
            assert_eq!(reply.status, invalid(route.dialect), "{attack}");
        } else {
            assert!(reply.status < 300, "{attack}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_number_is_refused_where_forms_are_not_taken() {
    let fixture = Fixture::new().await;
    for (route, field) in texts().filter(|(route, _)| route.dialect == Dialect::Platform) {
        for number in ["12345678", "-1", "0.5", "1e2", "18446744073709551616"] {
            let attack = name(route, field, number);
            let body = fixture.body_with(route, field.name, number.as_bytes());
            let reply = fixture.send(route, body).await;
            assert_refused(&reply, route.dialect, &attack);
            assert_eq!(reply.status, 422, "{attack}: {}", reply.text);
            assert!(names(&reply, field.name), "{attack}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_number_is_text_where_forms_are_taken() {
    for (route, field) in texts().filter(|(route, _)| route.dialect != Dialect::Platform) {
        let mut statuses = Vec::new();
        for value in ["12345678", "\"12345678\""] {
            let fixture = Fixture::new().await;
            let body = fixture.body_with(route, field.name, value.as_bytes());
            let reply = fixture.send(route, body).await;
            assert_clean(&reply, &name(route, field, value));
            statuses.push(reply.status);
        }
        assert_eq!(statuses[0], statuses[1], "{}", name(route, field, "number"));
    }
}

/// Input that is not a JSON value, or that parsers interpret differently.
fn no_values() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str| open.repeat(100_000).into_bytes();
    let closed = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let texts = [
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "-Infinity",
        "01",
        "+1",
        ".5",
        "0x10",
        "undefined",
        "True",
        "'alice'",
        "\"alice",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"a\\ud83dz\"",
        "\"\\x41\"",
        "\"\\u00g0\"",
        "\"\n\"",
        "\"\u{1}\"",
        "[1,]",
        "{\"a\": 1,}",
        "{\"a\": 1, \"a\": 2}",
        "[{\"a\": [{\"b\": 1, \"b\": 1}]}]",
        "// alice\n\"alice\"",
    ];
    let mut values: Vec<_> = texts.iter().map(|text| (*text, text.as_bytes().to_vec())).collect();
    values.extend([
        ("100,000 lists that never end", deep("[")),
        ("100,000 objects that never end", deep("{\"a\":")),
        ("100,000 lists", closed.into_bytes()),
        ("invalid UTF-8", b"\"\xff\xfe\"".to_vec()),
        ("an overlong encoding", b"\"\xc0\xaf\"".to_vec()),
        ("a surrogate in UTF-8", b"\"\xed\xa0\x80\"".to_vec()),
        ("a cut-off character", b"\"\xf0\x9f\x98\"".to_vec()),
    ]);
    values
}

#[tokio::test]
async fn a_body_with_something_that_is_no_json_value_is_unreadable() {
    let fixture = Fixture::new().await;
    let values = no_values();
    for (route, field) in fields() {
        for (attack, value) in &values {
            let reply = fixture.send(route, fixture.body_with(route, field.name, value)).await;
            assert_unreadable(&reply, route, &name(route, field, attack));
        }
    }
}

#[tokio::test]
async fn it_is_unreadable_in_a_field_that_nobody_reads_too() {
    let fixture = Fixture::new().await;
    let values = no_values();
    for route in writes() {
        for (attack, value) in &values {
            let reply = fixture.send(route, fixture.body_with(route, "unknown", value)).await;
            assert_unreadable(&reply, route, &format!("{}: {attack}", route.path));
        }
    }
}

#[tokio::test]
async fn a_key_that_is_there_twice_is_refused() {
    let fixture = Fixture::new().await;
    for (route, field) in fields() {
        let first = Value::from(field.name).to_string();
        let escaped = format!("\"\\u{:04x}{}\"", u32::from(field.name.as_bytes()[0]), &field.name[1..]);
        for again in [first, escaped] {
            let mut body = Value::Object(fixture.body(route)).to_string();
            body.truncate(body.len() - 1);
            let body = format!("{body}, {again}: \"other\"}}");
            let attack = name(route, field, &again);
            assert_unreadable(&fixture.send(route, body).await, route, &attack);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_unreadable() {
    let fixture = Fixture::new().await;
    for route in writes() {
        let valid = Value::Object(fixture.body(route)).to_string();
        let utf16: Vec<u8> = valid.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bodies: [(&str, Vec<u8>); 17] = [
            ("a list", b"[]".to_vec()),
            ("a list of it", format!("[{valid}]").into_bytes()),
            ("text", b"\"alice\"".to_vec()),
            ("it as text", Value::from(valid.clone()).to_string().into_bytes()),
            ("a number", b"5".to_vec()),
            ("null", b"null".to_vec()),
            ("true", b"true".to_vec()),
            ("spaces", b"   ".to_vec()),
            ("U+0000", b"\0".to_vec()),
            ("a BOM in front", format!("\u{feff}{valid}").into_bytes()),
            ("UTF-16", utf16),
            ("cut off", valid.as_bytes()[..valid.len() - 1].to_vec()),
            ("twice", format!("{valid}{valid}").into_bytes()),
            ("something after it", format!("{valid}x").into_bytes()),
            ("a prefix", format!(")]}}',\n{valid}").into_bytes()),
            ("a form", b"username=alice&password=password123".to_vec()),
            ("XML", b"<?xml version=\"1.0\"?><a/>".to_vec()),
        ];
        for (attack, body) in bodies {
            let attack = format!("{}: {attack}", route.path);
            assert_unreadable(&fixture.send(route, body).await, route, &attack);
        }
    }
}

#[tokio::test]
async fn an_empty_body_has_no_fields() {
    for route in writes() {
        for content_type in [Some("application/json"), None] {
            let fixture = Fixture::new().await;
            let reply = fixture.send_typed(route, content_type, Vec::new()).await;
            let missing = route.fields.iter().filter(|field| field.presence == Presence::Required);
            if missing.count() == 0 {
                assert!(reply.status < 300, "{}: {}", route.path, reply.text);
            } else {
                assert_refused(&reply, route.dialect, route.path);
                assert_eq!(reply.status, invalid(route.dialect), "{}", route.path);
            }
        }
    }
}

#[tokio::test]
async fn ten_megabytes_in_any_field_are_too_large() {
    let fixture = Fixture::new().await;
    let text = format!("\"{}\"", "a".repeat(10_000_000)).into_bytes();
    for (route, field) in fields() {
        let attack = name(route, field, "10 MB");
        let reply = fixture.send(route, fixture.body_with(route, field.name, &text)).await;
        assert_refused(&reply, route.dialect, &attack);
        assert_eq!(reply.status, 413, "{attack}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_body_may_have_a_mebibyte_and_no_byte_more() {
    for route in writes() {
        let fixture = Fixture::new().await;
        let mut body = Value::Object(fixture.body(route)).to_string().into_bytes();
        body.resize(LIMIT + 1, b' ');
        let reply = fixture.send(route, body.clone()).await;
        assert_refused(&reply, route.dialect, route.path);
        assert_eq!(reply.status, 413, "{}: {}", route.path, reply.text);
        body.truncate(LIMIT);
        let reply = fixture.send(route, body).await;
        assert!(reply.status < 300, "{}: {}", route.path, reply.text);
    }
}

/// The answer to a body that is sent in pieces, and the number of pieces that were read.
async fn post_pieces(
    fixture: &Fixture,
    route: &Route,
    piece: impl Fn(usize) -> Result<Vec<u8>, &'static str> + Send + 'static,
) -> (Reply, usize) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = taken.clone();
    let pieces = stream::repeat_with(move || piece(counter.fetch_add(1, Ordering::SeqCst)));
    let request = Request::builder()
        .method(route.verb)
        .uri(fixture.path(route))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", fixture.actor(route).token()))
        .extension(ClientAddress(IpAddr::from([203, 0, 113, 1])))
        .body(Body::from_stream(pieces))
        .unwrap();
    let reply = answer(&fixture.world.app, request).await;
    (reply, taken.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_body_that_never_ends_is_too_large_after_a_bounded_part_of_it() {
    let fixture = Fixture::new().await;
    for route in writes() {
        let (reply, taken) = post_pieces(&fixture, route, |_| Ok(vec![b'a'; LIMIT])).await;
        assert_refused(&reply, route.dialect, route.path);
        assert_eq!(reply.status, 413, "{}: {}", route.path, reply.text);
        assert!(taken <= 70, "{}: {taken} MiB were read", route.path);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_unreadable() {
    let fixture = Fixture::new().await;
    for route in writes() {
        let breaks = |number| match number {
            0 => Ok(b"{\"message\": \"".to_vec()),
            _ => Err("connection reset by peer at /src/secret.rs"),
        };
        let (reply, _) = post_pieces(&fixture, route, breaks).await;
        assert_unreadable(&reply, route, route.path);
    }
}

#[tokio::test]
async fn text_that_fills_the_body_is_too_long_for_every_field() {
    let fixture = Fixture::new().await;
    let text = format!("\"{}\"", "a".repeat(1_000_000)).into_bytes();
    for (route, field) in fields() {
        let attack = name(route, field, "1,000,000 letters");
        let reply = fixture.send(route, fixture.body_with(route, field.name, &text)).await;
        assert_refused(&reply, route.dialect, &attack);
    }
}

#[tokio::test]
async fn u_0000_is_refused_everywhere_but_in_passwords() {
    let fixture = Fixture::new().await;
    for (route, field) in texts().filter(|(_, field)| !field.name.contains("password")) {
        for value in ["\"\\u0000\"", "\"alice\\u0000\"", "\"a\\u0000@example.com\""] {
            let attack = name(route, field, value);
            let body = fixture.body_with(route, field.name, value.as_bytes());
            assert_refused(&fixture.send(route, body).await, route.dialect, &attack);
        }
    }
}

#[tokio::test]
async fn a_password_is_taken_exactly_as_sent() {
    let world = World::new();
    let passwords = [
        "with\u{0}nul and\u{1}control",
        " spaces around ",
        "\u{feff}mark in front",
        "pa\u{308}ssword-e\u{301}",
        "pässword-é",
        "👩‍👩‍👧‍👦 family 👍🏽",
    ];
    for (number, password) in passwords.into_iter().enumerate() {
        let username = format!("user{number}");
        let body = json!({"username": username, "password": password});
        let reply = world.anonymous().post("/users/register/", body.clone()).await;
        assert_eq!(reply.status, 201, "{password:?}: {}", reply.text);
        let reply = world.anonymous().post("/users/login/", body).await;
        assert_eq!(reply.status, 200, "{password:?}: {}", reply.text);
        for other in passwords.into_iter().filter(|other| *other != password) {
            let body = json!({"username": username, "password": other});
            let reply = world.anonymous().post("/users/login/", body).await;
            assert_eq!(reply.status, 401, "{other:?} for {password:?}");
        }
        for other in [password.trim().to_owned(), password.to_uppercase()] {
            let body = json!({"username": username, "password": other});
            let reply = world.anonymous().post("/users/login/", body).await;
            assert_eq!(reply.status == 200, other == password, "{other:?} for {password:?}");
        }
    }
}

#[tokio::test]
async fn a_body_of_another_media_type_is_415() {
    let fixture = Fixture::new().await;
    let types = [
        "text/plain",
        "text/json",
        "application/xml",
        "application/jsonp",
        "application/json-patch+json",
        "application/problem+json",
        "application/octet-stream",
        "application",
        "json",
        "*/*",
        ";",
        "application/json, text/plain",
        "application/x-www-form-urlencoded-2",
    ];
    for route in writes() {
        let body = Value::Object(fixture.body(route)).to_string().into_bytes();
        let mut replies = Vec::new();
        for content_type in types {
            replies.push((content_type, fixture.send_typed(route, Some(content_type), body.clone()).await));
        }
        replies.push(("no type", fixture.send_typed(route, None, body.clone()).await));
        let bytes: &[&[u8]] = &[b"", b"application/json\xff", b"\xe9"];
        for content_type in bytes {
            let bearer = format!("Bearer {}", fixture.actor(route).token());
            let headers: [(&str, &[u8]); 2] = [("content-type", content_type), ("authorization", bearer.as_bytes())];
            let reply = request(&fixture.world.app, route.verb, &fixture.path(route), &headers, body.clone()).await;
            replies.push(("no text", reply));
        }
        if route.dialect == Dialect::Platform {
            for form in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
                replies.push((form, fixture.send_typed(route, Some(form), body.clone()).await));
            }
        }
        for (content_type, reply) in replies {
            let attack = format!("{}: {content_type}", route.name());
            assert_refused(&reply, route.dialect, &attack);
            assert_eq!(reply.status, 415, "{attack}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_refused() {
    let fixture = Fixture::new().await;
    let multipart = "multipart/form-data; boundary=x";
    let forms = || writes().filter(|route| route.dialect != Dialect::Platform);
    for route in forms() {
        // 004 reports only the first mistake, which is the one in the name.
        let first = route.fields.iter().find(|field| field.name == "username").unwrap_or(&route.fields[0]);
        let field = first.name;
        let part =
            |headers: &str, content: &str| format!("--x\r\n{headers}\r\n\r\n{content}\r\n--x--\r\n").into_bytes();
        let named = format!("Content-Disposition: form-data; name=\"{field}\"");
        let file = format!("{named}; filename=\"a.txt\"");
        let mut not_text = part(&named, "??");
        let at = not_text.len() - 11;
        not_text[at..at + 2].copy_from_slice(b"\xff\xfe");
        let attacks: [(&str, Vec<u8>); 11] = [
            ("application/x-www-form-urlencoded", format!("{field}=%ff%fe").into_bytes()),
            ("application/x-www-form-urlencoded", b"%c0%af=x".to_vec()),
            ("application/x-www-form-urlencoded", b"\xff\xfe=\xff".to_vec()),
            ("multipart/form-data", part(&named, "x")),
            ("multipart/form-data; boundary=", part(&named, "x")),
            (multipart, b"--x".to_vec()),
            (multipart, b"no parts at all".to_vec()),
            (multipart, part(&named, "x")[..30].to_vec()),
            (multipart, part("Content-Disposition", "x")),
            (multipart, part(&"A: b\r\n".repeat(100), "x")),
            (multipart, not_text),
        ];
        for (content_type, body) in attacks {
            let attack = format!("{} {content_type}: {}", route.path, String::from_utf8_lossy(&body));
            let reply = fixture.send_typed(route, Some(content_type), body).await;
            assert_refused(&reply, route.dialect, &attack);
            assert_eq!(reply.status, 400, "{attack}: {}", reply.text);
        }
        let reply = fixture.send_typed(route, Some(multipart), part(&file, "Hello")).await;
        assert_refused(&reply, route.dialect, route.path);
        assert!(names(&reply, field), "a file in {}: {}", route.path, reply.text);
    }
}

#[tokio::test]
async fn a_body_is_not_read_before_the_caller_is_known() {
    let fixture = Fixture::new().await;
    let whoever = [(fixture.world.anonymous(), 401), (fixture.owner.clone(), 403)];
    for route in writes().filter(|route| route.needs_credential()) {
        let is_restricted = route.access == Access::Admin;
        for (actor, status) in whoever.iter().filter(|(_, status)| *status == 401 || is_restricted) {
            for body in [b"{".to_vec(), vec![b'a'; LIMIT + 1]] {
                let method = Method::from_bytes(route.verb.as_bytes()).unwrap();
                let reply = actor.send(method, &fixture.path(route), Some("text/plain"), body).await;
                assert_refused(&reply, route.dialect, &route.name());
                assert_eq!(reply.status, *status, "{}: {}", route.name(), reply.text);
            }
        }
    }
}

/// Text that careless code would trim, normalize, cut or escape once too often.
const ODD_TEXTS: &[&str] = &[
    "  spaces around \t\n",
    "\u{feff}a mark in front",
    "line\r\nbreaks\nof\rall\u{2028}kinds\u{2029}\u{85}",
    "\u{1}\u{7}\u{8}\u{b}\u{1b}[31mcontrol\u{7f}\u{9f}",
    "שלום \u{202e}dlrow\u{202c} مرحبا",
    "e\u{301} é ﬁ ſ Å Å ﷺ",
    "Z\u{351}\u{36b}\u{343}\u{36a}a\u{301}\u{302}\u{303}l",
    "👩‍👩‍👧‍👦👍🏽🏴󠁧󠁢󠁥󠁮󠁧󠁿\u{10ffff}\u{fffe}\u{ffff}",
    "<script>alert(1)</script>&amp;&#0;%00",
    "\"quotes\" \\backslashes\\ \\u0041 \\ud800",
    "'; DROP TABLE users; -- ${jndi:ldap://x} {{7*7}}",
    "#|:S N {\"S\": \"x\"}",
    "null",
    "0",
];

fn odd_texts() -> impl Iterator<Item = &'static str> {
    ODD_TEXTS.iter().copied()
}

#[tokio::test]
async fn a_message_is_kept_exactly_as_sent() {
    let fixture = Fixture::new().await;
    let chats = writes().find(|route| route.path.contains("{session_id}")).unwrap();
    let path = fixture.path(chats);
    for text in odd_texts() {
        let reply = fixture.owner.post(&path, json!({"message": text})).await;
        assert_eq!(reply.status, 201, "{text:?}: {}", reply.text);
        assert_eq!(reply.body["message"], text);
        let chat = format!("{path}{}/", reply.body["id"]);
        assert_eq!(fixture.owner.get(&chat).await.body["message"], text);
        let session = fixture.owner.get(path.trim_end_matches("chats/")).await;
        assert_eq!(session.body["last_message"]["message"], text);
        let reply = fixture.owner.post("/api/chat/", json!({"message": text})).await;
        assert_eq!(reply.body["message"], text);
    }
    let listed = fixture.owner.get(&format!("{path}?page_size=100")).await;
    let results = listed.body["results"].as_array().unwrap();
    let messages: Vec<&str> = results.iter().skip(1).map(|chat| chat["message"].as_str().unwrap()).collect();
    assert_eq!(messages, odd_texts().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_message_from_a_form_is_kept_exactly_as_sent() {
    let fixture = Fixture::new().await;
    for text in odd_texts() {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let form = format!("message={encoded}");
        let reply = fixture.owner.post_form("/api/chat/", &form).await;
        assert_eq!(reply.body["message"], text, "{}", reply.text);
        let part = "Content-Disposition: form-data; name=\"message\"";
        let body = format!("--xyz\r\n{part}\r\n\r\n{text}\r\n--xyz--\r\n");
        let reply = fixture.owner.post_raw("/api/chat/", "multipart/form-data; boundary=xyz", body).await;
        assert_eq!(reply.body["message"], text, "{}", reply.text);
    }
}

#[tokio::test]
async fn the_longest_message_is_kept_however_many_bytes_it_has() {
    let fixture = Fixture::new().await;
    let letters = ["a", "\u{1}", "é", "\u{ffff}", "👍", "\\", "\""];
    for (number, letter) in letters.into_iter().enumerate() {
        let text = letter.repeat(32_000);
        let actor = fixture.owner.sending("Idempotency-Key", &number.to_string());
        // The second answer comes from the record of the key.
        for _ in 0..2 {
            let reply = actor.post("/api/chat/", json!({"message": text})).await;
            assert_eq!(reply.status, 200, "{letter:?}: {}", reply.text);
            assert!(reply.body["message"] == text, "{letter:?}");
        }
        let longer = format!("{text}a");
        let reply = fixture.owner.post("/api/chat/", json!({"message": longer})).await;
        assert_refused(&reply, Dialect::Metered, letter);
        assert_eq!(reply.status, 400, "{letter:?}");
    }
}

#[tokio::test]
async fn a_short_message_in_a_great_deal_of_space_is_kept_or_refused() {
    let fixture = Fixture::new().await;
    for space in [" ", "\u{b}", "\u{3000}"] {
        for bytes in [149_000, 249_000] {
            let text = format!("a{}", space.repeat(bytes / space.len()));
            let attack = format!("{space:?} in {bytes} bytes");
            for keyed in [false, true] {
                let actor = match keyed {
                    true => fixture.owner.sending("Idempotency-Key", &attack.replace('\\', "/")),
                    false => fixture.owner.clone(),
                };
                let reply = actor.post("/api/chat/", json!({"message": text})).await;
                let attack = format!("{attack}, keyed: {keyed}");
                assert_clean(&reply, &attack);
                match reply.status {
                    200 => assert!(reply.body["message"] == text, "{attack}"),
                    _ => assert_refused(&reply, Dialect::Metered, &attack),
                }
            }
        }
    }
}

#[tokio::test]
async fn thousands_of_unknown_fields_change_nothing() {
    let world = World::new();
    let mut body: Map<String, Value> = (0..50_000).map(|n| (format!("field{n}"), n.into())).collect();
    body.insert("username".to_owned(), "alice".into());
    body.insert("password".to_owned(), "password123".into());
    let reply = world.anonymous().post("/users/register/", Value::Object(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}
