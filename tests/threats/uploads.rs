//! Files with a false type, too large, too many or badly named, on every route that takes files: each is refused in the
//! dialect's form, and nothing of it is kept.

use super::{
    fixture::Fixture,
    routes::{Field, Kind, Route, fields},
    surface::{assert_clean, assert_refused, invalid},
};
use crate::{files::PNG, world::Reply};
use axum::http::Method;
use serde_json::Value;
use std::path::PathBuf;

const BOUNDARY: &str = "a-boundary-that-is-in-no-content";
const MIB: usize = 1024 * 1024;
const HTML: &[u8] = b"<!DOCTYPE html><script>alert(document.cookie)</script>";
const EXECUTABLE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff";
const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0";
const OCTETS: &str = "application/octet-stream";

/// A part with a file: its headers and its content.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// The value as in the header, including quotation marks.
    filename: &'a str,
    declared: &'a str,
    content: &'a [u8],
}

const fn part<'a>(filename: &'a str, declared: &'a str, content: &'a [u8]) -> Part<'a> {
    Part { filename, declared, content }
}

/// The routes that take files, and their field for files.
fn endpoints() -> impl Iterator<Item = (&'static Route, &'static Field)> {
    fields().filter(|(_, field)| field.kind == Kind::Files)
}

fn form(fixture: &Fixture, route: &Route, field: &Field, parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fixture.body(route).iter().filter(|(name, _)| *name != field.name) {
        let value = value.as_str().unwrap();
        let text = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(text.into_bytes());
    }
    for Part { filename, declared, content } in parts {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{filename}\"\r\n\
             Content-Type: {declared}\r\n\r\n",
            field.name
        );
        body.extend(head.into_bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

async fn upload(fixture: &Fixture, route: &Route, field: &Field, parts: &[Part<'_>]) -> Reply {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    fixture.send_typed(route, Some(&content_type), form(fixture, route, field, parts)).await
}

/// The stored rows and contents.
fn kept(fixture: &Fixture) -> ([Vec<Value>; 2], Vec<PathBuf>) {
    (["files", "assistants"].map(|table| fixture.world.rows(table)), fixture.world.stored())
}

/// Asserts that rows and contents are as `before`, once other tasks have finished their removals.
async fn assert_nothing_left(fixture: &Fixture, before: &([Vec<Value>; 2], Vec<PathBuf>), attack: &str) {
    fixture.world.until_stored(&before.1).await;
    assert_eq!(&kept(fixture), before, "{attack}");
}

#[tokio::test]
async fn a_file_that_is_not_what_it_says_is_refused() {
    let fixture = Fixture::new().await;
    let polyglot = [PNG, HTML].concat();
    let refused = [
        part("photo.png", "image/png", HTML),
        part("photo.png", "image/png", EXECUTABLE),
        part("photo.png", "image/png", ZIP),
        part("photo.png", "text/html", PNG),
        part("photo.png", "image/svg+xml", b"<svg onload=\"alert(1)\"/>"),
        part("photo.jpg", "image/jpeg", PNG),
        part("photo.png", OCTETS, b"\x89PN"),
        part("photo.html", "text/html", HTML),
        part("photo.svg", "image/svg+xml", b"<svg/>"),
        part("photo.png.exe", OCTETS, EXECUTABLE),
        part("photo.png.html", "image/png", &polyglot),
        part("setup.exe", OCTETS, EXECUTABLE),
        part("run.sh", "text/x-shellscript", b"#!/bin/sh\nrm -rf /"),
        part("notes.txt", "text/plain", HTML),
        part("notes.txt", "text/plain", b"\xef\xbb\xbf \n<HTML><body>"),
        part("notes.txt", "text/plain", b"#!/bin/sh\nrm -rf /"),
        part("notes.txt", "text/plain", EXECUTABLE),
        part("notes.txt", "text/plain", b"caf\xe9\x81"),
        part("notes.txt", "text/plain", b"a\0b"),
        part("data.json", "application/json", b"nothing of the kind"),
        part("report.pdf", "application/pdf", HTML),
        part("archive.zip", "application/zip", PNG),
        part("notes", "text/plain", b"Hello"),
        part(".txt.", "text/plain", b"Hello"),
        part("photo.png%00.txt.exe", OCTETS, PNG),
        part("..", OCTETS, PNG),
        part("../", OCTETS, PNG),
        part("a/..", OCTETS, PNG),
        part(" ", OCTETS, PNG),
        part("empty.txt", "text/plain", b""),
        part("empty.png", "image/png", b""),
    ];
    for (route, field) in endpoints() {
        let before = kept(&fixture);
        for bad in refused {
            for parts in [vec![bad], vec![part("good.txt", "text/plain", b"Hello"), bad]] {
                let attack = format!("{} {:?} {}", route.name(), bad.filename, bad.declared);
                let reply = upload(&fixture, route, field, &parts).await;
                assert_refused(&reply, route.dialect, &attack);
                assert_eq!(reply.status, invalid(route.dialect), "{attack}: {}", reply.text);
                assert!(reply.body[field.name].is_array(), "{attack}: {}", reply.text);
                assert_nothing_left(&fixture, &before, &attack).await;
            }
        }
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_a_name_and_the_content_is_only_ever_saved() {
    let long = format!("{}.png", "a".repeat(1000));
    let names: [(&str, String); 8] = [
        ("../../etc/passwd.png", "passwd.png".to_owned()),
        ("..\\\\..\\\\windows\\\\system.png", "system.png".to_owned()),
        ("/api/v1/users/photo.PNG", "photo.PNG".to_owned()),
        ("%2e%2e%2fphoto.png", "%2e%2e%2fphoto.png".to_owned()),
        ("gnp.exe\u{202e}.png", "gnp.exe.png".to_owned()),
        ("a#b|c.png", "a#b|c.png".to_owned()),
        ("<script>alert(1)</script>.png", "script>.png".to_owned()),
        (&long, format!("{}.png", "a".repeat(251))),
    ];
    for (route, field) in endpoints() {
        for (sent, kept) in &names {
            let fixture = Fixture::new().await;
            // An image followed by HTML counts as an image and is never served as anything else.
            let polyglot = [PNG, HTML].concat();
            let reply = upload(&fixture, route, field, &[part(sent, "image/png", &polyglot)]).await;
            let attack = format!("{} {sent:.60}", route.name());
            assert_clean(&reply, &attack);
            assert_eq!(reply.status, route.success, "{attack}: {}", reply.text);
            let file = &reply.body["files"][0];
            assert_eq!(file["filename"], kept.as_str(), "{attack}");
            let url = file["url"].as_str().unwrap().strip_prefix("http://quintet.test").unwrap();
            assert_eq!(url, format!("/api/v1/files/{}/content", file["id"].as_str().unwrap()), "{attack}");
            let content = fixture.owner.get(url).await;
            assert_eq!((content.status, content.bytes.as_ref()), (200, polyglot.as_slice()), "{attack}");
            assert_eq!(content.header("content-type"), "image/png", "{attack}");
            assert!(content.header("content-disposition").starts_with("attachment; filename=\""), "{attack}");
            assert_eq!(content.header("x-content-type-options"), "nosniff", "{attack}");
            assert_eq!(content.header("content-security-policy"), "sandbox", "{attack}");
            assert_eq!(content.header("cache-control"), "no-store", "{attack}");
            assert_eq!(fixture.world.anonymous().get(url).await.status, 401, "{attack}");
        }
    }
}

#[tokio::test]
async fn a_file_may_have_as_many_bytes_as_its_kind_and_none_more() {
    // The same code reads files on all routes, and this test takes long, so one route is enough.
    let (route, field) = endpoints().next().unwrap();
    let fixture = Fixture::new().await;
    let before = kept(&fixture);
    for (name, declared, head, limit) in
        [("photo.png", "image/png", PNG, 10), ("archive.zip", "application/zip", ZIP, 50)]
    {
        let mut content = head.to_vec();
        content.resize(limit * MIB + 1, b'a');
        let reply = upload(&fixture, route, field, &[part(name, declared, &content)]).await;
        assert_refused(&reply, route.dialect, name);
        assert_eq!(reply.status, 413, "{name}: {}", reply.text);
        assert_nothing_left(&fixture, &before, name).await;
    }
    let mut content = PNG.to_vec();
    content.resize(10 * MIB, b'a');
    let reply = upload(&fixture, route, field, &[part("photo.png", "image/png", &content)]).await;
    assert_eq!(reply.status, route.success, "{}", reply.text);
}

#[tokio::test]
async fn ten_files_come_at_once_and_no_more() {
    let fixture = Fixture::new().await;
    for (route, field) in endpoints() {
        let before = kept(&fixture);
        let names: Vec<String> = (0..11).map(|number| format!("{number}.txt")).collect();
        let parts: Vec<Part> = names.iter().map(|name| part(name, "text/plain", b"Hello")).collect();
        let reply = upload(&fixture, route, field, &parts).await;
        assert_refused(&reply, route.dialect, &route.name());
        assert_eq!(reply.status, invalid(route.dialect), "{}: {}", route.name(), reply.text);
        assert_nothing_left(&fixture, &before, &route.name()).await;
    }
    for (route, field) in endpoints() {
        let names: Vec<String> = (0..10).map(|number| format!("{number}.txt")).collect();
        let parts: Vec<Part> = names.iter().map(|name| part(name, "text/plain", b"Hello")).collect();
        let reply = upload(&fixture, route, field, &parts).await;
        assert_eq!(reply.status, route.success, "{}: {}", route.name(), reply.text);
        assert_eq!(reply.body["files"].as_array().unwrap().len(), 10, "{}", route.name());
    }
}

#[tokio::test]
async fn files_with_a_form_that_is_refused_are_not_kept() {
    let fixture = Fixture::new().await;
    for (route, field) in endpoints() {
        let before = kept(&fixture);
        let good = form(&fixture, route, field, &[part("good.txt", "text/plain", b"Hello")]);
        let end = format!("--{BOUNDARY}--\r\n").into_bytes();
        let open = good.strip_suffix(end.as_slice()).unwrap();
        let text = |name: &str, value: &str| {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            [open, head.as_bytes(), &end].concat()
        };
        let attacks = [
            ("a name of spaces", 400, text("name", " ")),
            ("a text where a file is expected", 400, text(field.name, "a.txt")),
            ("an end that never comes", 400, open.to_vec()),
            ("a text of 2 MB beside it", 413, text("instructions", &"a".repeat(2_000_000))),
            ("a file where text is expected", 400, {
                let head = format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"name\"; filename=\"a.txt\"\r\n\r\nx\r\n"
                );
                [open, head.as_bytes(), &end].concat()
            }),
        ];
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        for (attack, status, body) in attacks {
            let attack = format!("{}: {attack}", route.name());
            let reply = fixture.send_typed(route, Some(&content_type), body).await;
            assert_refused(&reply, route.dialect, &attack);
            assert_eq!(reply.status, status, "{attack}: {}", reply.text);
            assert_nothing_left(&fixture, &before, &attack).await;
        }
        let method = Method::from_bytes(route.verb.as_bytes()).unwrap();
        let stranger = fixture.world.anonymous();
        let reply = stranger.send(method, &fixture.path(route), Some(&content_type), good).await;
        assert_refused(&reply, route.dialect, &route.name());
        assert_eq!(reply.status, 401, "{}", reply.text);
        assert_nothing_left(&fixture, &before, "a stranger's").await;
    }
}
