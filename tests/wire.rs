//! Spec 003 and 004: requests that fail before they reach a handler. Both dialects report the same text, one as
//! `detail` and one as `error`.

use crate::world::{Actor, Fault, Moment, OVER_SDK, PASSWORD, World};
use axum::http::Method;
use serde_json::{Value, json};

const TWO_MEGABYTES: usize = 2 * 1024 * 1024;

/// A dialect's routes, and the field with its error text.
struct Spoken {
    word: &'static str,
    sign_in_endpoints: [&'static str; 2],
    say: &'static str,
    reads: &'static [&'static str],
    unknown: [&'static str; 5],
}

static DIALECTS: [Spoken; 2] = [
    Spoken {
        word: "detail",
        sign_in_endpoints: ["/users/register/", "/users/login/"],
        say: "/send/",
        reads: &["/users/", "/token/"],
        unknown: ["/users/1/", "/users/nothing", "/send/x", "/token/x/", "/users/login/x/"],
    },
    Spoken {
        word: "error",
        sign_in_endpoints: ["/api/register/", "/api/login/"],
        say: "/api/chat/",
        reads: &["/api/tokens/"],
        unknown: ["/api/nothing/", "/api/nothing", "/api/chat/x", "/api/tokens/1/", "/api/login/x/"],
    },
];

impl Spoken {
    fn says(&self, sentence: &str) -> Value {
        json!({self.word: sentence})
    }
}

/// Every POST route of both dialects, with an actor who may use it.
async fn posts(world: &World) -> Vec<(&'static Spoken, Actor, &'static str)> {
    let alice = world.user("alice").await;
    let of_dialect = |spoken: &'static Spoken| {
        let [register, login] = spoken.sign_in_endpoints.map(|endpoint| (spoken, world.anonymous(), endpoint));
        [register, login, (spoken, alice.clone(), spoken.say)]
    };
    DIALECTS.iter().flat_map(of_dialect).collect()
}

#[tokio::test]
async fn a_body_that_is_not_json() {
    let world = World::new();
    let bodies = [
        ("{\"message\": ", "JSON parse error - line 1 column 12"),
        ("hello", "JSON parse error - line 1 column 1"),
        ("[]", "Invalid data. Expected an object."),
        ("\"Hi\"", "Invalid data. Expected an object."),
        (r#"{"x": 1, "x": 2}"#, "JSON parse error - duplicate key: line 1 column 16"),
    ];
    for (spoken, actor, path) in posts(&world).await {
        for (body, detail) in bodies {
            let reply = actor.post_raw(path, "application/json", body).await;
            assert_eq!(reply.status, 400, "{path} {body}");
            assert_eq!(reply.body, spoken.says(detail), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn text_that_is_not_unicode() {
    let world = World::new();
    for (spoken, actor, path) in posts(&world).await {
        let bodies: [(&str, &[u8]); 3] = [
            ("application/json", br#"{"message": "\ud800"}"#),
            ("application/json", b"{\"message\": \"\xff\"}"),
            ("application/x-www-form-urlencoded", b"message=%ff"),
        ];
        for (media_type, body) in bodies {
            let reply = actor.post_raw(path, media_type, body).await;
            assert_eq!(reply.status, 400, "{path} {media_type}");
            assert!(reply.body[spoken.word].is_string(), "{}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_multipart_body_that_is_none() {
    let world = World::new();
    for (spoken, actor, path) in posts(&world).await {
        for media_type in ["multipart/form-data", "multipart/form-data; boundary=x"] {
            let reply = actor.post_raw(path, media_type, "no parts").await;
            assert_eq!(reply.status, 400, "{path} {media_type}");
            assert_eq!(reply.body, spoken.says("Multipart form parse error."), "{path} {media_type}");
        }
    }
}

#[tokio::test]
async fn another_media_type_and_none() {
    let world = World::new();
    for (spoken, actor, path) in posts(&world).await {
        let types = [
            (Some("text/plain"), "text/plain"),
            (Some("application/json-patch+json"), "application/json-patch+json"),
            (None, ""),
        ];
        for (media_type, name) in types {
            let reply = actor.send(Method::POST, path, media_type, b"{}".to_vec()).await;
            assert_eq!(reply.status, 415, "{path} {name}");
            let sentence = format!("Unsupported media type \"{name}\" in request. Send application/json or a form.");
            assert_eq!(reply.body, spoken.says(&sentence), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_body_of_two_megabytes() {
    let world = World::new();
    for (spoken, actor, path) in posts(&world).await {
        let reply = actor.post(path, json!({"message": "x".repeat(TWO_MEGABYTES)})).await;
        assert_eq!(reply.status, 413, "{path}");
        assert_eq!(reply.body, spoken.says("Request body is too large."), "{path}");
    }
}

#[tokio::test]
async fn another_method() {
    let world = World::new();
    for spoken in &DIALECTS {
        let posts = spoken.sign_in_endpoints.iter().chain([&spoken.say]).map(|path| (path, Method::GET, "POST"));
        let reads = spoken.reads.iter().map(|path| (path, Method::DELETE, "GET,HEAD"));
        for (path, method, allow) in posts.chain(reads) {
            for path in [*path, path.trim_end_matches('/')] {
                let reply = world.anonymous().send(method.clone(), path, None, Vec::new()).await;
                assert_eq!((reply.status, reply.header("allow")), (405, allow), "{path}");
                assert_eq!(reply.body, spoken.says(&format!("Method \"{method}\" not allowed.")), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_path() {
    let world = World::new();
    for spoken in &DIALECTS {
        for path in spoken.unknown {
            let reply = world.anonymous().get(path).await;
            assert_eq!((reply.status, reply.header("content-type")), (404, "application/json"), "{path}");
            assert_eq!(reply.body, spoken.says("Not found."), "{path}");
        }
    }
}

#[tokio::test]
async fn the_database_is_down() {
    let world = World::with(&[OVER_SDK]);
    let posts = posts(&world).await;
    let alice = posts.iter().find(|(spoken, _, path)| *path == spoken.say).map(|(_, alice, _)| alice.clone()).unwrap();
    world.faults().plan(Some(Fault { call: 0, moment: Moment::BeforeCommit, times: usize::MAX }));
    let body = json!({"username": "alice", "password": PASSWORD, "message": "Hi"});
    let mut replies = Vec::new();
    for (spoken, actor, path) in posts {
        replies.push((spoken, actor.post(path, body.clone()).await));
    }
    for spoken in &DIALECTS {
        for path in spoken.reads {
            replies.push((spoken, alice.get(path).await));
        }
    }
    for (spoken, reply) in replies {
        assert_eq!(reply.status, 503);
        assert_eq!(reply.body, spoken.says("Service temporarily unavailable, try again later."));
    }
}
