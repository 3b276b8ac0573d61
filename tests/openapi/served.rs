//! The documents and the page over HTTP.

use crate::world::{World, documents::DOCUMENTS};

#[tokio::test]
async fn each_document_is_served_to_anybody() {
    let world = World::new();
    for (dialect, document) in DOCUMENTS.iter() {
        let reply = world.anonymous().get(&format!("/openapi/{dialect}.json")).await;
        assert_eq!(reply.status, 200, "{dialect}");
        assert_eq!(reply.header("content-type"), "application/json", "{dialect}");
        assert_eq!(reply.header("cache-control"), "public, max-age=300", "{dialect}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{dialect}");
        assert_eq!(&reply.body, document, "{dialect}");
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
