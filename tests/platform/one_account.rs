//! "One account, five dialects": whoever registered through one of the five dialects signs in through every
//! other one, and finds the same name, balance and turns there.

use super::taken;
use crate::world::{Actor, NOW, PASSWORD, Reply, World};
use serde_json::{Value, json};
use std::time::Duration;

const ANSWER: &str = "This is a dummy response from the AI.";

#[derive(Clone, Copy, Debug)]
pub enum EntryDialect {
    Reports,
    Platform,
    Webchat,
    Chatbot,
    Metered,
}

impl EntryDialect {
    pub const ALL: [Self; 5] = [Self::Reports, Self::Platform, Self::Webchat, Self::Chatbot, Self::Metered];

    fn path_of_registration(self) -> &'static str {
        match self {
            Self::Reports => "/api/v1/users/",
            Self::Platform => "/api/v1/auth/register",
            Self::Webchat => "/api/v1/auth/register/",
            Self::Chatbot => "/users/register/",
            Self::Metered => "/api/register/",
        }
    }

    /// Every field that any of the dialects wants: each ignores those of the others.
    async fn register(self, world: &World, username: &str) -> Reply {
        let body = json!({
            "username": username,
            "email": format!("{username}@example.com"),
            "password": PASSWORD,
            "confirm_password": PASSWORD,
        });
        world.anonymous().post(self.path_of_registration(), body).await
    }

    /// The answer to a sign-in.
    async fn sign_in(self, world: &World, username: &str, password: &str) -> Reply {
        let (path, name) = match self {
            Self::Reports => ("/api/v1/tokens/", "username"),
            Self::Platform => ("/api/v1/auth/login", "email"),
            Self::Webchat => ("/api/v1/auth/login/", "username"),
            Self::Chatbot => ("/users/login/", "username"),
            Self::Metered => ("/api/login/", "username"),
        };
        let body = json!({name: username, "password": password});
        world.anonymous().post(path, body).await
    }

    /// Somebody with the credential of a sign-in.
    pub async fn enter(self, world: &World, username: &str) -> Actor {
        let mut reply = self.sign_in(world, username, PASSWORD).await;
        assert_eq!(reply.status, 200, "{self:?} {}", reply.body);
        let field = match self {
            Self::Reports | Self::Chatbot => "token",
            Self::Platform => "access_token",
            Self::Webchat | Self::Metered => "access",
        };
        world.anonymous().bearing(&taken::text(&mut reply, field))
    }
}

fn said(number: u64, message: &str, response: &str) -> Value {
    json!({"id": number, "message": message, "response": response, "created_at": NOW})
}

#[tokio::test]
async fn registered_through_each_door_and_signed_in_through_every_other() {
    let world = World::new();
    for (number, registered) in (1_u64..).zip(EntryDialect::ALL) {
        let username = format!("user-{number}");
        let reply = registered.register(&world, &username).await;
        assert_eq!(reply.status, 201, "{registered:?} {}", reply.body);
        let has_email = !matches!(registered, EntryDialect::Chatbot | EntryDialect::Metered);
        let email = if has_email { format!("{username}@example.com") } else { String::new() };
        for entered in EntryDialect::ALL {
            let user = entered.enter(&world, &username).await;
            let reply = user.get("/api/v1/auth/profile/").await;
            assert_eq!(reply.status, 200, "{registered:?} {entered:?}");
            assert_eq!(
                reply.body,
                json!({"id": number, "username": username, "email": email}),
                "{registered:?} {entered:?}"
            );
            let email = has_email.then_some(&email);
            assert_eq!(
                user.get("/api/v1/users/me").await.body,
                super::user(&world, &username, json!({"email": email})),
                "{registered:?} {entered:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_password_opens_no_door() {
    let world = World::new();
    world.user("alice").await;
    for dialect in EntryDialect::ALL {
        let reply = dialect.sign_in(&world, "alice", "password124").await;
        let status = if matches!(dialect, EntryDialect::Metered) { 400 } else { 401 };
        assert_eq!(reply.status, status, "{dialect:?} {}", reply.body);
    }
}

#[tokio::test]
async fn a_name_is_one_name_at_every_door() {
    let world = World::new();
    for (number, owner) in (0..).zip(EntryDialect::ALL) {
        let username = format!("Name-{number}");
        assert_eq!(owner.register(&world, &username).await.status, 201);
        for other in EntryDialect::ALL {
            let reply = other.register(&world, &username.to_uppercase()).await;
            let status = if matches!(other, EntryDialect::Platform) { 409 } else { 400 };
            assert_eq!(reply.status, status, "{owner:?} {other:?} {}", reply.body);
            let reply = other.sign_in(&world, &username.to_lowercase(), PASSWORD).await;
            assert_eq!(reply.status, 200, "{owner:?} {other:?}");
        }
    }
    assert_eq!(
        world.user("visitor").await.get("/users/").await.body,
        json!([
            {"id": 1, "username": "Name-0"},
            {"id": 2, "username": "Name-1"},
            {"id": 3, "username": "Name-2"},
            {"id": 4, "username": "Name-3"},
            {"id": 5, "username": "Name-4"},
            {"id": 6, "username": "visitor"},
        ])
    );
}

#[tokio::test]
async fn every_doors_credential_buys_from_one_balance_in_every_dialect() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut session = alice.post("/api/v1/chat/sessions/", json!({})).await;
    let id = taken::uuid(&mut session, "id");
    let helper = json!({"name": "Helper", "company_name": "Acme", "instructions": "Answer."});
    assert_eq!(alice.post("/api/v1/assistants/", helper).await.status, 201);
    let turns = [
        ("/api/v1/chat/".to_owned(), json!({"assistant_name": "Helper", "_input": "Hi"}), 201),
        (format!("/api/v1/conversations/{id}/messages"), json!({"content": "Hi"}), 201),
        (format!("/api/v1/chat/sessions/{id}/chats/"), json!({"message": "Hi"}), 201),
        ("/send/".to_owned(), json!({"message": "Hi"}), 200),
        ("/api/chat/".to_owned(), json!({"message": "Hi"}), 200),
    ];
    let mut left = 4000;
    for dialect in EntryDialect::ALL {
        let alice = dialect.enter(&world, "alice").await;
        for (path, body, status) in &turns {
            let reply = alice.post(path, body.clone()).await;
            assert_eq!(reply.status, *status, "{dialect:?} {path}: {}", reply.text);
            left -= 100;
            for path in ["/token/", "/api/tokens/"] {
                assert_eq!(alice.get(path).await.body, json!({"tokens": left}), "{dialect:?} {path}");
            }
            assert_eq!(alice.get("/api/v1/users/me").await.body["tokens"], left, "{dialect:?}");
        }
    }
    assert_eq!(world.available("alice"), 1500);
}

#[tokio::test]
async fn what_was_said_without_a_session_is_one_new_chat_in_the_webchat_dialect() {
    let world = World::new();
    let alice = world.user("alice").await;
    alice.post("/send/", json!({"message": "First"})).await;
    alice.post("/api/chat/", json!({"message": "Second"})).await;

    let mut reply = alice.get("/api/v1/chat/sessions/").await;
    assert_eq!(reply.status, 200);
    let id = reply.body["results"][0]["id"].take();
    let id = id.as_str().unwrap();
    assert_eq!(
        reply.body,
        json!({
            "count": 1,
            "next": null,
            "previous": null,
            "results": [{
                "id": null,
                "title": "First",
                "created_at": NOW,
                "chats": [],
                "last_message": {"message": "Second", "response": ANSWER, "created_at": NOW},
            }],
        })
    );

    let reply = alice.get(&format!("/api/v1/chat/sessions/{id}/chats/")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.body,
        json!({
            "count": 2,
            "next": null,
            "previous": null,
            "results": [said(1, "First", ANSWER), said(2, "Second", ANSWER)],
        })
    );

    let bob = world.user("bob").await;
    let reply = bob.get(&format!("/api/v1/chat/sessions/{id}/chats/")).await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.body, json!({"detail": "Not found."}));
}

#[tokio::test]
async fn the_new_chat_goes_on_from_the_webchat_dialect() {
    let world = World::new();
    let alice = world.user("alice").await;
    alice.post("/send/", json!({"message": "First"})).await;
    let sessions = alice.get("/api/v1/chat/sessions/").await;
    let id = sessions.body["results"][0]["id"].as_str().unwrap().to_owned();
    let chats = format!("/api/v1/chat/sessions/{id}/chats/");
    let reply = alice.post(&chats, json!({"message": "Second"})).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, said(2, "Second", ANSWER));
    alice.post("/api/chat/", json!({"message": "Third"})).await;
    assert_eq!(
        alice.get(&chats).await.body["results"],
        json!([said(1, "First", ANSWER), said(2, "Second", ANSWER), said(3, "Third", ANSWER),])
    );
}

#[tokio::test]
async fn a_session_of_ones_own_stays_apart_from_the_new_chat() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = json!({"title": "New Chat"});
    assert_eq!(alice.post("/api/v1/chat/sessions/", body).await.status, 201);
    world.pass(Duration::from_secs(1));
    alice.post("/send/", json!({"message": "Hi"})).await;
    let sessions = alice.get("/api/v1/chat/sessions/").await;
    assert_eq!(sessions.body["count"], 2);
    let last = |at: usize| sessions.body["results"][at]["last_message"]["message"].clone();
    assert_eq!(last(0), json!("Hi"));
    assert_eq!(last(1), Value::Null);
}

#[tokio::test]
async fn a_sign_in_ended_in_one_dialect_is_ended_in_all() {
    let world = World::new();
    world.user("alice").await;
    for dialect in EntryDialect::ALL {
        let alice = dialect.enter(&world, "alice").await;
        let reply = alice.post("/api/v1/auth/logout", json!({})).await;
        assert_eq!(reply.status, 200, "{dialect:?}");
        for path in ["/api/v1/assistants/", "/api/v1/auth/profile/", "/token/", "/users/", "/api/tokens/"] {
            let reply = alice.get(path).await;
            assert_eq!(reply.status, 401, "{dialect:?} {path}");
            assert_eq!(
                reply.body,
                json!({
                    "detail": "Given token not valid for any token type",
                    "code": "token_not_valid",
                }),
                "{dialect:?} {path}"
            );
        }
        let reply = alice.get("/api/v1/users/me").await;
        assert_eq!(reply.status, 401, "{dialect:?}");
        assert_eq!(reply.body, super::error(401, "UNAUTHORIZED", "Given token not valid for any token type"));
    }
}

#[tokio::test]
async fn an_address_given_in_one_dialect_is_taken_in_the_others() {
    let world = World::new();
    assert_eq!(EntryDialect::Reports.register(&world, "alice").await.status, 201);
    let body = json!({
        "username": "bob", "email": "ALICE@example.com",
        "password": PASSWORD, "confirm_password": PASSWORD,
    });
    for dialect in [EntryDialect::Reports, EntryDialect::Webchat] {
        let path = dialect.path_of_registration();
        let reply = world.anonymous().post(path, body.clone()).await;
        assert_eq!(reply.status, 400, "{dialect:?}");
        assert_eq!(reply.body, json!({"email": ["A user with that email already exists."]}), "{dialect:?}");
    }
    let path = EntryDialect::Platform.path_of_registration();
    let reply = world.anonymous().post(path, body).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.body, super::error(409, "CONFLICT", "A user with that email already exists."));
}
