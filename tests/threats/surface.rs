//! The endpoints for signing in and registering, and the required form of a refusal in each dialect. The attacks are in
//! the other files of this directory.

use super::routes::Dialect;
use crate::world::{Actor, PASSWORD, Reply, documents};
use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use shared::http::ClientAddress;
use std::net::IpAddr;
use tower::ServiceExt;

/// A sign-in endpoint.
#[derive(Debug, Clone, Copy)]
pub struct SignInEndpoint {
    pub dialect: Dialect,
    pub path: &'static str,
    /// The field for the name.
    pub name: &'static str,
}

const fn endpoint(dialect: Dialect, path: &'static str, name: &'static str) -> SignInEndpoint {
    SignInEndpoint { dialect, path, name }
}

/// Every sign-in endpoint.
pub const SIGN_INS: [SignInEndpoint; 5] = [
    endpoint(Dialect::Reports, "/api/v1/tokens/", "username"),
    endpoint(Dialect::Platform, "/api/v1/auth/login", "email"),
    endpoint(Dialect::Webchat, "/api/v1/auth/login/", "username"),
    endpoint(Dialect::Chatbot, "/users/login/", "username"),
    endpoint(Dialect::Metered, "/api/login/", "username"),
];

/// Every registration endpoint.
pub const SIGN_UPS: [SignInEndpoint; 5] = [
    endpoint(Dialect::Reports, "/api/v1/users/", "username"),
    endpoint(Dialect::Platform, "/api/v1/auth/register", "username"),
    endpoint(Dialect::Webchat, "/api/v1/auth/register/", "username"),
    endpoint(Dialect::Chatbot, "/users/register/", "username"),
    endpoint(Dialect::Metered, "/api/register/", "username"),
];

impl SignInEndpoint {
    pub async fn sign_in(self, actor: &Actor, name: &str, password: &str) -> Reply {
        let body = json!({self.name: name, "password": password});
        actor.post(self.path, body).await
    }

    /// A registration body. Dialects without e-mail addresses ignore that field.
    pub async fn sign_up(self, actor: &Actor, username: &str, email: &str) -> Reply {
        let body = json!({
            "username": username,
            "email": email,
            "password": PASSWORD,
            "confirm_password": PASSWORD,
        });
        actor.post(self.path, body).await
    }

    /// Whether the dialect has e-mail addresses.
    pub fn takes_email(self) -> bool {
        matches!(self.dialect, Dialect::Reports | Dialect::Platform | Dialect::Webchat)
    }

    /// The answer to a wrong password.
    pub fn wrong_password(self) -> (u16, Value) {
        let simple = "No active account found with the given credentials";
        match self.dialect {
            Dialect::Reports => (401, json!({"detail": "Unable to log in with provided credentials."})),
            Dialect::Platform => (
                401,
                json!({
                    "detail": "Incorrect email or password",
                    "status_code": 401,
                    "error_code": "UNAUTHORIZED",
                }),
            ),
            Dialect::Webchat | Dialect::Chatbot => (401, json!({"detail": simple})),
            Dialect::Metered => (400, json!({"error": "Invalid credentials"})),
        }
    }
}

/// The access token (or the 000 token) from a sign-in answer.
pub fn access_in(reply: &Reply) -> &str {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let names = ["access", "access_token", "token"];
    let found = names.iter().find_map(|name| reply.body[*name].as_str());
    found.unwrap()
}

/// A route of each dialect for signed-in users.
pub const GUARDED: [(Dialect, &str); 5] = [
    (Dialect::Reports, "/api/v1/assistants/"),
    (Dialect::Platform, "/api/v1/users/me"),
    (Dialect::Webchat, "/api/v1/auth/profile/"),
    (Dialect::Chatbot, "/token/"),
    (Dialect::Metered, "/api/tokens/"),
];

/// Sends a request whose headers may contain bytes that are not text.
pub async fn request(app: &Router, method: &str, path: &str, headers: &[(&str, &[u8])], body: Vec<u8>) -> Reply {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "quintet.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.extension(ClientAddress(IpAddr::from([203, 0, 113, 1]))).body(Body::from(body)).unwrap();
    answer(app, request).await
}

/// Sends any request.
pub async fn answer(app: &Router, request: Request<Body>) -> Reply {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let reply = Reply {
        request_id: String::new(),
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        text,
        bytes,
    };
    documents::judge(&method, &path, &reply);
    reply
}

/// Text that no answer may contain, in lower case: terms from dependencies, rows or the machine.
const INNER_WORDS: &[&str] = &[
    "dynamo",
    "sqlite",
    "serde",
    "aws",
    "arn:",
    "amazon",
    "smithy",
    "axum",
    "hyper",
    "tokio",
    "argon2",
    "jsonwebtoken",
    "panicked",
    "backtrace",
    ".rs",
    ".cargo",
    "/src/",
    "expected value",
    "expected `",
    "invalid type",
    "exception",
    "conditionalcheck",
    "table",
    "user#",
    "name#",
    "credential#",
    "conversation#",
    "account#",
    "nobody#",
    "secret detail",
];

/// Asserts that the answer is not an internal error and discloses no internals.
pub fn assert_clean(reply: &Reply, attack: &str) {
    assert!(reply.status < 500, "{attack}: {} {}", reply.status, reply.text);
    let mut told = reply.text.to_lowercase();
    for value in reply.headers.values() {
        told.push_str(&String::from_utf8_lossy(value.as_bytes()).to_lowercase());
    }
    for word in INNER_WORDS {
        assert!(!told.contains(word), "{attack}: `{word}` is told: {}", reply.text);
    }
}

/// Asserts that the answer is a refusal in the dialect's form and discloses no internals.
pub fn assert_refused(reply: &Reply, dialect: Dialect, attack: &str) {
    assert_clean(reply, attack);
    assert!(reply.status >= 400, "{attack}: {} {}", reply.status, reply.text);
    let said = format!("{attack}: {} {}", reply.status, reply.text);
    assert_eq!(reply.header("content-type"), "application/json", "{said}");
    let body = reply.body.as_object().expect(&said);
    match dialect {
        Dialect::Platform => assert_platform(body, reply.status, &said),
        Dialect::Metered if reply.status != 401 => {
            let message = body.get("error").expect(&said);
            assert!(body.len() == 1 && message.is_string(), "{said}");
        }
        _ => assert_django(body, &said),
    }
    if reply.status == 401 {
        assert!(!reply.header("www-authenticate").is_empty(), "{said}");
    }
}

/// Each dialect's error for an invalid credential.
pub fn invalid_token(dialect: Dialect) -> Value {
    let detail = "Given token not valid for any token type";
    match dialect {
        Dialect::Platform => json!({
            "detail": detail,
            "status_code": 401,
            "error_code": "UNAUTHORIZED",
        }),
        _ => json!({"detail": detail, "code": "token_not_valid"}),
    }
}

/// Each dialect's error for a missing credential.
pub fn no_credential(dialect: Dialect) -> Value {
    let detail = "Authentication credentials were not provided.";
    match dialect {
        Dialect::Platform => json!({
            "detail": detail,
            "status_code": 401,
            "error_code": "UNAUTHORIZED",
        }),
        _ => json!({"detail": detail}),
    }
}

/// Asserts the dialect's 401 with its challenge.
pub fn assert_401(reply: &Reply, dialect: Dialect, words: &Value, attack: &str) {
    assert_refused(reply, dialect, attack);
    assert_eq!(reply.status, 401, "{attack}: {}", reply.text);
    assert_eq!(&reply.body, words, "{attack}");
    let challenge = match dialect {
        Dialect::Reports => "Token",
        Dialect::Platform => "Bearer",
        Dialect::Webchat | Dialect::Chatbot | Dialect::Metered => "Bearer realm=\"api\"",
    };
    assert_eq!(reply.header("www-authenticate"), challenge, "{attack}");
}

fn assert_platform(body: &Map<String, Value>, status: u16, said: &str) {
    let code = match status {
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        402 => "INSUFFICIENT_TOKENS",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        409 => "CONFLICT",
        413 => "PAYLOAD_TOO_LARGE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        422 => "VALIDATION_ERROR",
        429 => "RATE_LIMITED",
        _ => panic!("{said}"),
    };
    let value = |name: &str| body.get(name).expect(said);
    assert!(value("detail").is_string(), "{said}");
    assert_eq!(value("status_code"), status, "{said}");
    assert_eq!(value("error_code"), code, "{said}");
    let errors = body.get("errors").and_then(Value::as_array);
    let is_entry = |entry: &Value| entry["field"].is_string() && entry["message"].is_string();
    assert_eq!(errors.is_some(), status == 422, "{said}");
    assert!(errors.is_none_or(|errors| errors.iter().all(is_entry)), "{said}");
    let known = ["detail", "status_code", "error_code", "errors"];
    assert!(body.keys().all(|key| known.contains(&key.as_str())), "{said}");
}

fn assert_django(body: &Map<String, Value>, said: &str) {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    if body.contains_key("detail") {
        let known = ["detail", "code"];
        assert!(body.keys().all(|key| known.contains(&key.as_str())), "{said}");
        assert!(body.values().all(is_text), "{said}");
    } else {
        let is_list = |value: &Value| {
            let list = value.as_array();
            list.is_some_and(|list| !list.is_empty() && list.iter().all(is_text))
        };
        assert!(!body.is_empty() && body.values().all(is_list), "{said}");
    }
}

/// The status for input that is readable but breaks a rule.
pub fn invalid(dialect: Dialect) -> u16 {
    if dialect == Dialect::Platform { 422 } else { 400 }
}
