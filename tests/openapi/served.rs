//! The documents and the page over HTTP.

use crate::world::{Actor, World, documents::PUBLISHED};
use axum::{
    body::Body,
    http::{Request, Uri},
};
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shared::http::pages::PublicUrl;
use std::io::Read;
use tower::ServiceExt;

const PLATFORM: &str = "/openapi/platform.json";

#[tokio::test]
async fn each_document_is_served_to_anybody() {
    let world = World::new();
    for (dialect, document) in PUBLISHED.iter() {
        let reply = world.anonymous().get(&format!("/openapi/{dialect}.json")).await;
        assert_eq!(reply.status, 200, "{dialect}");
        assert_eq!(reply.header("content-type"), "application/json", "{dialect}");
        assert_eq!(reply.header("cache-control"), "private, max-age=300", "{dialect}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{dialect}");
        assert_eq!(reply.header("vary"), "Accept-Encoding", "{dialect}");
        let mut document = document.clone();
        document["servers"] = json!([{"url": "http://quintet.test"}]);
        assert_eq!(reply.body, document, "{dialect}");
    }
}

/// The address that a document names, for a request with this header and this public address.
async fn server(host: &str, public: Option<&str>) -> Value {
    let mut request = Request::get(PLATFORM.parse::<Uri>().unwrap()).header("host", host).body(Body::empty()).unwrap();
    if let Some(url) = public {
        request.extensions_mut().insert(PublicUrl(url.to_owned()));
    }
    let reply = World::new().app.clone().oneshot(request).await.unwrap();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice::<Value>(&body).unwrap()["servers"].clone()
}

#[tokio::test]
async fn a_document_names_the_address_that_it_was_asked_at() {
    assert_eq!(server("chat.example.com:8000", None).await, json!([{"url": "http://chat.example.com:8000"}]));
    let behind_a_gateway = server("other.example", Some("https://api.example.com/Prod")).await;
    assert_eq!(behind_a_gateway, json!([{"url": "https://api.example.com/Prod"}]));
    assert_eq!(server("\"quoted\"", None).await, json!([{"url": "http://\"quoted\""}]));
}

fn asking(header: &'static str, value: &str) -> Actor {
    World::new().anonymous().sending(header, value)
}

#[tokio::test]
async fn a_client_that_has_a_document_does_not_get_it_again() {
    let first = World::new().anonymous().get(PLATFORM).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    let strong = tag.trim_start_matches("W/").to_owned();
    for known in [tag.clone(), strong, format!("\"other\", {tag}"), "*".to_owned()] {
        let again = asking("if-none-match", &known).get(PLATFORM).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{known}");
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.header("cache-control"), "private, max-age=300");
    }
    for unknown in ["\"other\"", "W/\"\"", ""] {
        let again = asking("if-none-match", unknown).get(PLATFORM).await;
        assert_eq!((again.status, again.text == first.text), (200, true), "{unknown}");
    }
    let other = asking("if-none-match", &tag).get("/openapi/reports.json").await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn a_document_is_compressed_for_clients_that_accept_it() {
    let plain = World::new().anonymous().get(PLATFORM).await;
    for accepted in ["gzip", "deflate, gzip;q=0.5", "GZIP", "*"] {
        let reply = asking("accept-encoding", accepted).get(PLATFORM).await;
        assert_eq!((reply.status, reply.header("content-encoding")), (200, "gzip"), "{accepted}");
        assert_eq!((reply.header("vary"), reply.header("etag")), ("Accept-Encoding", plain.header("etag")));
        assert!(reply.bytes.len() * 5 < plain.bytes.len(), "{} of {}", reply.bytes.len(), plain.bytes.len());
        let mut text = String::new();
        GzDecoder::new(&*reply.bytes).read_to_string(&mut text).unwrap();
        assert!(text == plain.text, "{accepted}");
    }
    for refused in ["identity", "gzip;q=0", "gzipped", ""] {
        let reply = asking("accept-encoding", refused).get(PLATFORM).await;
        assert!(!reply.headers.contains_key("content-encoding") && reply.text == plain.text, "{refused}");
    }
}

#[tokio::test]
async fn the_page_and_its_files_are_our_own_and_nothing_else_is_let_in() {
    let world = World::new();
    let page = world.anonymous().get("/docs").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    for rule in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.split("; ").any(|given| given == rule), "{policy}");
    }
    let links = page.text.split(['"', '\'']).filter(|link| link.starts_with("docs/"));
    let links: Vec<&str> = links.collect();
    assert_eq!(links, ["docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/init.js"]);
    for link in links {
        let file = world.anonymous().get(&format!("/{link}")).await;
        assert_eq!(file.status, 200, "{link}");
        let kind = if link.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
        assert_eq!(file.header("content-type"), kind, "{link}");
        assert_eq!(file.header("x-content-type-options"), "nosniff", "{link}");
    }
    for script in page.text.split("<script").skip(1) {
        assert!(script.starts_with(" src=\"docs/"), "{script}");
    }
}

#[tokio::test]
async fn the_page_has_one_address() {
    let reply = World::new().anonymous().get("/docs/").await;
    assert_eq!(reply.status, 308);
    assert_eq!(reply.header("location"), "../docs");
}

#[tokio::test]
async fn a_document_that_there_is_not_is_a_page_that_there_is_not() {
    let world = World::new();
    for path in ["/openapi/nothing.json", "/openapi/", "/openapi", "/docs/nothing.js", "/docs/../Cargo.toml"] {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.text.contains("<h1>Page not found</h1>"), "{path}");
    }
}
