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
            "Unsupported media type \"application/x-www-form-urlencoded\" in request."
        )
    );
    let webchat = world.anonymous().post_form("/api/v1/auth/login/", &form).await;
    assert_eq!(webchat.status, 200);
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
