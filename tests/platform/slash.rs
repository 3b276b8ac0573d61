//! Where two dialects share a path, the final slash decides which of them answers; where one alone owns
//! it, both forms are the same.

use super::{error, invalid};
use crate::world::{PASSWORD, Reply, World};
use axum::http::Method;
use serde_json::{Value, json};

async fn post(path: &str, body: Value) -> Reply {
    World::new().anonymous().post(path, body).await
}

#[tokio::test]
async fn register_without_and_with_it() {
    let platform = post("/api/v1/auth/register", json!({})).await;
    assert_eq!(platform.status, 422);
    assert_eq!(
        platform.body,
        invalid(&[("email", "This field is required."), ("password", "This field is required."),])
    );
    let webchat = post("/api/v1/auth/register/", json!({})).await;
    assert_eq!(webchat.status, 400);
    assert_eq!(
        webchat.body,
        json!({
            "username": ["This field is required."],
            "password": ["This field is required."],
            "confirm_password": ["This field is required."],
        })
    );
}

#[tokio::test]
async fn login_without_and_with_it() {
    let platform = post("/api/v1/auth/login", json!({})).await;
    assert_eq!(platform.status, 422);
    assert_eq!(
        platform.body,
        invalid(&[("email", "This field is required."), ("password", "This field is required."),])
    );
    let webchat = post("/api/v1/auth/login/", json!({})).await;
    assert_eq!(webchat.status, 400);
    assert_eq!(
        webchat.body,
        json!({
            "username": ["This field is required."],
            "password": ["This field is required."],
        })
    );
}

#[tokio::test]
async fn a_wrong_password_without_and_with_it() {
    let body = json!({"email": "alice", "username": "alice", "password": PASSWORD});
    let platform = post("/api/v1/auth/login", body.clone()).await;
    assert_eq!(platform.status, 401);
    assert_eq!(platform.header("www-authenticate"), "Bearer");
    assert_eq!(platform.body, error(401, "UNAUTHORIZED", "Incorrect email or password"));
    let webchat = post("/api/v1/auth/login/", body).await;
    assert_eq!(webchat.status, 401);
    assert_eq!(webchat.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(webchat.body, json!({"detail": "No active account found with the given credentials"}));
}

#[tokio::test]
async fn logout_without_and_with_it() {
    let platform = post("/api/v1/auth/logout", json!({})).await;
    assert_eq!(platform.status, 401);
    assert_eq!(platform.header("www-authenticate"), "Bearer");
    assert_eq!(platform.body, error(401, "UNAUTHORIZED", "Authentication credentials were not provided."));
    let webchat = post("/api/v1/auth/logout/", json!({})).await;
    assert_eq!(webchat.status, 401);
    assert_eq!(webchat.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(webchat.body, json!({"detail": "Authentication credentials were not provided."}));
}

#[tokio::test]
async fn another_method_without_and_with_it() {
    let world = World::new();
    for action in ["register", "login", "logout"] {
        let path = format!("/api/v1/auth/{action}");
        let platform = world.anonymous().send(Method::PUT, &path, None, Vec::new()).await;
        assert_eq!(platform.status, 405, "{path}");
        assert_eq!(platform.header("allow"), "POST", "{path}");
        assert_eq!(platform.body, error(405, "METHOD_NOT_ALLOWED", "Method \"PUT\" not allowed."), "{path}");
        let path = format!("{path}/");
        let webchat = world.anonymous().send(Method::PUT, &path, None, Vec::new()).await;
        assert_eq!(webchat.status, 405, "{path}");
        assert_eq!(webchat.header("allow"), "POST", "{path}");
        assert_eq!(webchat.body, json!({"detail": "Method \"PUT\" not allowed."}), "{path}");
    }
}

#[tokio::test]
async fn a_form_without_and_with_it() {
    let world = World::new();
    world.user("alice").await;
    let form = format!("email=alice&username=alice&password={PASSWORD}");
    let platform = world.anonymous().post_form("/api/v1/auth/login", &form).await;
    assert_eq!(platform.status, 415);
    assert_eq!(
        platform.body,
        error(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "Unsupported media type \"application/x-www-form-urlencoded\" in request. Send application/json."
        )
    );
    let webchat = world.anonymous().post_form("/api/v1/auth/login/", &form).await;
    assert_eq!(webchat.status, 200);
}

/// The sentence in a refusal that would fit the other form of the path.
const WITH_SLASH: &str = "With a final slash, this path is the webchat API's.";
const WITHOUT_SLASH: &str = "Without the final slash, this path is the platform API's.";

#[tokio::test]
async fn a_body_that_fits_the_other_form_is_told_so() {
    let required = "This field is required.";
    let sign_in = json!({"email": "alice@example.com", "password": PASSWORD});
    let webchat = post("/api/v1/auth/login/", sign_in).await;
    assert_eq!((webchat.status, webchat.body), (400, json!({"username": [required, WITHOUT_SLASH]})));
    for (path, body) in [
        ("/api/v1/auth/login", json!({"username": "alice", "password": PASSWORD})),
        ("/api/v1/auth/register", json!({"username": "a", "password": PASSWORD, "confirm_password": PASSWORD})),
    ] {
        let platform = post(path, body).await;
        let mut expected = invalid(&[("email", required)]);
        expected["detail"] = format!("Invalid input: email. {WITH_SLASH}").into();
        assert_eq!((platform.status, platform.body), (422, expected), "{path}");
    }
    let world = World::new();
    let alice = world.user("alice").await;
    let assistant = json!({"name": "Ada", "system_prompt": "Answer.", "temperature": 1});
    let reports = alice.post("/api/v1/assistants/", assistant).await;
    let expected = json!({"company_name": [required, WITHOUT_SLASH], "instructions": [required]});
    assert_eq!((reports.status, reports.body), (400, expected));
    let form = "name=Ada&system_prompt=Answer.";
    assert_eq!(
        alice.post_form("/api/v1/assistants/", form).await.body["company_name"],
        json!([required, WITHOUT_SLASH])
    );
}

#[tokio::test]
async fn a_body_that_does_not_fit_the_other_form_either_is_told_nothing_of_it() {
    let required = "This field is required.";
    let cases = [
        ("/api/v1/auth/login/", json!({}), json!({"username": [required], "password": [required]})),
        (
            "/api/v1/auth/login/",
            json!({"email": "alice@example.com"}),
            json!({"username": [required], "password": [required]}),
        ),
        (
            "/api/v1/auth/login/",
            json!({"email": "alice@example.com", "password": PASSWORD, "remember": true}),
            json!({"username": [required]}),
        ),
        // These are fields of the form that was asked, too.
        (
            "/api/v1/auth/register/",
            json!({"email": "alice@example.com", "password": PASSWORD}),
            json!({"username": [required], "confirm_password": [required]}),
        ),
        (
            "/api/v1/auth/register/",
            json!({"email": "alice@example.com", "password": PASSWORD, "confirm_password": PASSWORD}),
            json!({"username": [required]}),
        ),
        ("/api/v1/auth/login", json!({"username": "alice"}), invalid(&[("email", required), ("password", required)])),
        ("/api/v1/auth/login", json!({"email": "alice"}), invalid(&[("password", required)])),
    ];
    for (path, body, expected) in cases {
        assert_eq!(post(path, body.clone()).await.body, expected, "{path} {body}");
    }
}

#[tokio::test]
async fn a_method_of_the_other_form_is_told_so() {
    let world = World::new();
    let platform = world.anonymous().post("/api/v1/users", json!({})).await;
    let sentence = "Method \"POST\" not allowed. With a final slash, this path is the reports API's.";
    assert_eq!((platform.status, platform.header("allow")), (405, "GET,HEAD"));
    assert_eq!(platform.body, error(405, "METHOD_NOT_ALLOWED", sentence));
    let reports = world.anonymous().get("/api/v1/users/").await;
    let sentence = format!("Method \"GET\" not allowed. {WITHOUT_SLASH}");
    assert_eq!((reports.status, reports.body), (405, json!({"detail": sentence})));
    let reports = world.anonymous().send(Method::DELETE, "/api/v1/users/", None, Vec::new()).await;
    assert_eq!((reports.status, reports.body), (405, json!({"detail": "Method \"DELETE\" not allowed."})));
}

#[tokio::test]
async fn a_number_without_and_with_it() {
    let world = World::new();
    let password = 12_345_678;
    let body = json!({"username": "bob", "password": password, "confirm_password": password});
    let webchat = world.anonymous().post("/api/v1/auth/register/", body).await;
    assert_eq!(webchat.status, 201);
    let body = json!({"email": "bob", "username": "bob", "password": password});
    let webchat = world.anonymous().post("/api/v1/auth/login/", body.clone()).await;
    assert_eq!(webchat.status, 200);
    let platform = world.anonymous().post("/api/v1/auth/login", body).await;
    assert_eq!(platform.status, 422);
    assert_eq!(platform.body, invalid(&[("password", "Not a valid string.")]));
    let body = json!({"email": "bob", "password": "12345678"});
    let platform = world.anonymous().post("/api/v1/auth/login", body).await;
    assert_eq!(platform.status, 200);
}

#[tokio::test]
async fn a_path_that_the_platform_dialect_alone_owns() {
    for path in ["/api/v1/auth/refresh", "/api/v1/auth/refresh/"] {
        let reply = post(path, json!({})).await;
        assert_eq!(reply.status, 422, "{path}");
        assert_eq!(reply.body, invalid(&[("refresh_token", "This field is required.")]), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_path_without_and_with_it() {
    let world = World::new();
    for path in ["/api/v1/nothing", "/api/v1/auth/nothing", "/api/v1/auth/login/x"] {
        let platform = world.anonymous().get(path).await;
        assert_eq!(platform.status, 404, "{path}");
        assert_eq!(platform.body, error(404, "NOT_FOUND", "Not found."), "{path}");
        let path = format!("{path}/");
        let webchat = world.anonymous().get(&path).await;
        assert_eq!(webchat.status, 404, "{path}");
        assert_eq!(webchat.body, json!({"detail": "Not found."}), "{path}");
    }
}

#[tokio::test]
async fn a_path_that_no_dialect_owns_is_a_page() {
    let world = World::new();
    let reply = world.anonymous().get("/nothing").await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert!(reply.text.starts_with("<!DOCTYPE html>"), "{}", reply.text);
}

#[tokio::test]
async fn an_id_of_the_other_form_is_nobodys() {
    let world = World::new();
    let alice = world.user("alice").await;
    let numbered = json!({"name": "Ada", "company_name": "ACME", "instructions": "Answer."});
    assert_eq!(alice.post("/api/v1/assistants/", numbered).await.body["id"], 1);
    let id = alice.get("/api/v1/assistants").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let json = Some("application/json");
        let reply = alice.send(method.clone(), &format!("/api/v1/assistants/{id}/"), json, b"{}".to_vec()).await;
        assert_eq!((reply.status, reply.body), (404, json!({"detail": "Not found."})), "{method}");
        if method != Method::PATCH {
            let reply = alice.send(method.clone(), "/api/v1/assistants/1", json, b"{}".to_vec()).await;
            assert_eq!((reply.status, reply.body), (404, error(404, "NOT_FOUND", "Not found.")), "{method}");
        }
    }
    let reply = alice.get("/api/v1/assistants/1/").await;
    assert_eq!((reply.status, reply.header("allow")), (405, "PUT"));
}
