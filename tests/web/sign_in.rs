//! Registering, signing in and out, and the session.

use super::Browser;
use crate::world::World;
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn signs_in(browser: &mut Browser, username: &str, more: &[(&str, &str)]) -> crate::world::Reply {
    browser.get("/accounts/login/").await;
    let fields: Vec<_> =
        [("username", username), ("password", "password123")].into_iter().chain(more.iter().copied()).collect();
    browser.submit("/accounts/login/", &fields).await
}

#[tokio::test]
async fn a_page_sends_visitors_to_the_sign_in_form_and_back() {
    let world = World::new();
    world.user("alice").await;
    let mut browser = Browser::new(&world);
    let path = "/chat/018e376b-9ce0-7000-8000-000000000001/?before=3";
    let reply = browser.get(path).await;
    let form = "/accounts/login/?next=/chat/018e376b-9ce0-7000-8000-000000000001/%3Fbefore%3D3";
    assert_eq!((reply.status, reply.header("location")), (302, form));
    let page = browser.get(form).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains(&format!("name=\"next\" value=\"{}\"", path.replace('=', "&#61;").replace('?', "?")))
            || page.text.contains(path),
        "{}",
        page.text
    );
    let reply = signs_in(&mut browser, "alice", &[("next", path)]).await;
    assert_eq!((reply.status, reply.header("location")), (303, path));
    assert_eq!(browser.get(path).await.status, 404);
    assert_eq!(browser.get("/").await.status, 200);
}

#[tokio::test]
async fn a_wrong_password_is_told_in_the_form_that_keeps_the_name() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    browser.get("/accounts/login/").await;
    let reply = browser.submit("/accounts/login/", &[("username", "al<ice"), ("password", "wrong")]).await;
    assert_eq!(reply.status, 401);
    assert!(reply.text.contains("Name and password do not go together."), "{}", reply.text);
    assert!(reply.text.contains("value=\"al&#60;ice\""), "{}", reply.text);
    assert!(!browser.cookies.contains_key("quintet_session"));
}

#[tokio::test]
async fn registering_signs_in_and_leads_to_the_first_page() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    let page = browser.get("/").await;
    assert!(page.text.contains("What shall we start with, alice?"), "{}", page.text);
    assert!(page.text.contains("4,000 tokens") && page.text.contains("about 40 answers"));
}

#[tokio::test]
async fn every_field_of_a_registration_tells_what_is_wrong_with_it() {
    let world = World::new();
    world.user("alice").await;
    let mut browser = Browser::new(&world);
    browser.get("/accounts/register/").await;
    let wrong = [("username", "a b"), ("email", "none"), ("password", "short"), ("confirm_password", "other")];
    let reply = browser.submit("/accounts/register/", &wrong).await;
    assert_eq!(reply.status, 422);
    for sentence in
        ["Only letters, digits and @ . + - _ are allowed.", "This is not an e-mail address.", "At least 8 characters."]
    {
        assert!(reply.text.contains(sentence), "{sentence}: {}", reply.text);
    }
    let taken = [("username", "ALICE"), ("password", "password123"), ("confirm_password", "password124")];
    assert!(browser.submit("/accounts/register/", &taken).await.text.contains("The passwords differ."));
    let taken = [("username", "ALICE"), ("password", "password123"), ("confirm_password", "password123")];
    let reply = browser.submit("/accounts/register/", &taken).await;
    assert_eq!(reply.status, 422);
    assert!(reply.text.contains("This name is taken."), "{}", reply.text);
}

#[tokio::test]
async fn a_session_lasts_14_days_after_its_last_use_if_its_user_stays() {
    let world = World::new();
    world.user("alice").await;
    let mut browser = Browser::new(&world);
    let reply = signs_in(&mut browser, "alice", &[("stay", "on")]).await;
    let cookie = reply.headers.get_all("set-cookie").iter().find_map(|cookie| {
        cookie.to_str().unwrap().starts_with("quintet_session=").then(|| cookie.to_str().unwrap().to_owned())
    });
    let (_, attributes) = cookie.as_deref().unwrap().split_once(';').unwrap();
    assert_eq!(attributes, " Path=/; SameSite=Lax; Max-Age=1209600; HttpOnly");
    let first = browser.cookies["quintet_session"].clone();
    world.pass(DAY / 2);
    assert_eq!(browser.get("/").await.status, 200);
    assert_eq!(browser.cookies["quintet_session"], first, "a young cookie stays");
    for _ in 0..3 {
        world.pass(13 * DAY);
        assert_eq!(browser.get("/").await.status, 200);
    }
    assert_ne!(browser.cookies["quintet_session"], first);
    world.pass(15 * DAY);
    assert_eq!(browser.get("/").await.status, 302);
}

#[tokio::test]
async fn a_session_whose_user_does_not_stay_ends_with_the_browser_or_after_12_hours() {
    let world = World::new();
    world.user("alice").await;
    let mut browser = Browser::new(&world);
    let reply = signs_in(&mut browser, "alice", &[]).await;
    assert!(!reply.headers.get_all("set-cookie").iter().any(|cookie| cookie.to_str().unwrap().contains("Max-Age")));
    world.pass(DAY / 2 - Duration::from_secs(1));
    assert_eq!(browser.get("/").await.status, 200);
    world.pass(Duration::from_secs(2));
    assert_eq!(browser.get("/").await.status, 302);
}

#[tokio::test]
async fn a_session_dies_with_its_sign_in() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    let (kept, other) =
        (browser.cookies.clone(), Browser { cookies: browser.cookies.clone(), ..browser.sending("a", "b") });
    let reply = browser.submit("/accounts/logout/", &[]).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/accounts/login/"));
    assert_eq!(reply.header("clear-site-data"), "\"storage\"");
    assert!(!browser.cookies.contains_key("quintet_session"));
    let mut thief = other;
    thief.cookies = kept;
    assert_eq!(thief.get("/").await.status, 302);

    let mut browser = Browser::of(&world, "bob").await;
    let change = json!({"password": "password456", "current_password": "password123"});
    let bob = world.anonymous().post("/api/v1/auth/login", json!({"email": "bob", "password": "password123"})).await;
    let bob = world.anonymous().bearing(bob.body["access_token"].as_str().unwrap());
    assert_eq!(bob.put("/api/v1/users/me", change).await.status, 200);
    assert_eq!(browser.get("/").await.status, 302);
}

#[tokio::test]
async fn a_link_signs_out_unless_another_site_sent_the_browser() {
    let world = World::new();
    let browser = Browser::of(&world, "alice").await;
    let mut sent = browser.sending("Sec-Fetch-Site", "cross-site");
    let page = sent.get("/accounts/logout/").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Do you want to sign out?"));
    assert_eq!(sent.get("/").await.status, 200, "still signed in");
    assert_eq!(browser.sending("a", "b").submit("/accounts/logout/", &[]).await.status, 303);
    let mut browser = Browser::of(&world, "bob").await;
    let reply = browser.get("/accounts/logout/").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/accounts/login/"));
    assert_eq!(browser.get("/").await.status, 302);
}

#[tokio::test]
async fn after_signing_in_a_browser_goes_to_own_pages_only() {
    let world = World::new();
    world.user("alice").await;
    for next in [
        "//evil.example.com",
        "https://evil.example.com/",
        "/\\evil.example.com",
        "\\\\evil.example.com",
        "/\t/evil.example.com",
        "javascript:alert(1)",
        "",
        "evil",
    ] {
        let mut browser = Browser::new(&world);
        let reply = signs_in(&mut browser, "alice", &[("next", next)]).await;
        assert_eq!((reply.status, reply.header("location")), (303, "/"), "{next}");
    }
}

#[tokio::test]
async fn pages_speak_the_language_that_a_browser_asks_for_or_has_chosen() {
    let world = World::new();
    let mut browser = Browser::of(&world, "alice").await;
    assert!(browser.get("/").await.text.contains("<html lang=\"en\">"));
    let mut dutch = browser.sending("Accept-Language", "fr;q=0.5, nl-BE;q=0.9, en;q=0.1");
    let page = dutch.get("/").await;
    assert!(page.text.contains("<html lang=\"nl\">") && page.text.contains("Nieuwe chat"), "{}", page.text);
    let reply = browser.submit("/preferences/", &[("language", "nl"), ("theme", "dark"), ("enter", "line")]).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/account/#preferences"));
    let page = browser.get("/").await;
    assert!(page.text.contains("<html lang=\"nl\" data-theme=\"dark\">"), "{}", page.text);
    browser.submit("/preferences/", &[("theme", ""), ("language", "xx")]).await;
    assert!(browser.get("/").await.text.contains("<html lang=\"en\">"));
}
