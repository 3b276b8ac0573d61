//! Bodies that are not JSON: forms, which every route of this dialect takes.

use super::*;
use crate::world::NOW;

const BOUNDARY: &str = "----quintet";

/// A part of a multipart form.
fn part(name: &str, value: &str) -> String {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(name: &str, content: &str) -> String {
    format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{content}\r\n"
    )
}

async fn post_multipart(actor: &Actor, path: &str, parts: &[String]) -> Reply {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let body = format!("{}--{BOUNDARY}--\r\n", parts.concat());
    actor.post_raw(path, &content_type, body).await
}

#[tokio::test]
async fn registering_and_signing_in_by_form() {
    let world = World::new();
    let form = "username=newuser&email=user%40example.com&password=pass%20word%2B1&confirm_password=pass+word%2b1";
    let mut reply = world.anonymous().post_form(REGISTER, form).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    take_jwt(&mut reply, "access");
    take_jwt(&mut reply, "refresh");
    let user = json!({"id": 1, "username": "newuser", "email": "user@example.com"});
    assert_eq!(reply.body, json!({"user": user, "message": "User registered successfully"}));

    let form = "username=newuser&password=pass+word%2B1";
    let mut reply = world.anonymous().post_form(LOGIN, form).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let alice = world.anonymous().bearing(&take_jwt(&mut reply, "access"));
    let refresh = format!("refresh={}", take_jwt(&mut reply, "refresh"));
    assert_eq!(reply.body, json!({"user": user, "message": "Login successful"}));

    let mut reply = world.anonymous().post_form(REFRESH, &refresh).await;
    assert_eq!(reply.status, 200);
    take_jwt(&mut reply, "access");
    assert_eq!(reply.body, json!({}));
    let reply = alice.post_form(LOGOUT, &refresh).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"message": "Logout successful"}));
}

#[tokio::test]
async fn registering_and_signing_in_by_multipart_form() {
    let world = World::new();
    let anonymous = world.anonymous();
    let parts = [
        part("username", "newuser"),
        part("email", "user@example.com"),
        part("password", " pass\r\nword "),
        part("confirm_password", " pass\r\nword "),
    ];
    let mut reply = post_multipart(&anonymous, REGISTER, &parts).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    take_jwt(&mut reply, "access");
    take_jwt(&mut reply, "refresh");
    let user = json!({"id": 1, "username": "newuser", "email": "user@example.com"});
    assert_eq!(reply.body, json!({"user": user, "message": "User registered successfully"}));

    let parts = [part("username", "newuser"), part("password", " pass\r\nword ")];
    let reply = post_multipart(&anonymous, LOGIN, &parts).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn chatting_by_form() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut reply = alice.post_form(SESSIONS, "title=My+%3Ctitle%3E").await;
    assert_eq!(reply.status, 201);
    let path = format!("{SESSIONS}{}/", take_uuid(&mut reply, "id"));
    assert_eq!(reply.body, json!({"title": "My <title>", "created_at": NOW, "chats": [], "last_message": null}));

    let form = "message=+a+%26+b%3Dc%0A%F0%9F%98%80+";
    let reply = alice.post_form(&format!("{path}chats/"), form).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "message": " a & b=c\n\u{1f600} ", "response": REPLY, "created_at": NOW}));
}

#[tokio::test]
async fn chatting_by_multipart_form() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut reply = post_multipart(&alice, SESSIONS, &[part("title", "My <title>")]).await;
    assert_eq!(reply.status, 201);
    let path = format!("{SESSIONS}{}/", take_uuid(&mut reply, "id"));
    assert_eq!(reply.body, json!({"title": "My <title>", "created_at": NOW, "chats": [], "last_message": null}));

    let message = " a+b %20\r\n\u{1f600} ";
    let reply = post_multipart(&alice, &format!("{path}chats/"), &[part("message", message)]).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "message": message, "response": REPLY, "created_at": NOW}));
}

#[tokio::test]
async fn form_fields_that_do_not_fit() {
    let (_, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let wrong = [
        ("", "This field is required."),
        ("other=Hello", "This field is required."),
        ("message=", "This field may not be blank."),
        ("message", "This field may not be blank."),
        ("message=+%20%0A", "This field may not be blank."),
        ("message=a%00b", "Null characters are not allowed."),
    ];
    for (form, message) in wrong {
        let reply = alice.post_form(&chats, form).await;
        assert_eq!(reply.status, 400, "{form}");
        assert_eq!(reply.body, json!({"message": [message]}), "{form}");
    }
    let reply = post_multipart(&alice, &chats, &[part("other", "Hello")]).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.body, json!({"message": ["This field is required."]}));
}

#[tokio::test]
async fn a_file_where_text_is_expected() {
    let (_, alice, path) = alice_in_a_session().await;
    let reply = post_multipart(&alice, &format!("{path}chats/"), &[file("message", "Hello")]).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.body, json!({"message": ["Not a valid string."]}));
}

#[tokio::test]
async fn form_values_are_always_text() {
    let (_, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    for (number, text) in (1..).zip(["null", "true", "[1]", "{\"a\":1}", "007"]) {
        let reply = alice.post_form(&chats, &format!("message={text}")).await;
        assert_eq!(reply.status, 201, "{text}");
        assert_eq!(reply.body, json!({"id": number, "message": text, "response": REPLY, "created_at": NOW}));
    }
}

#[tokio::test]
async fn a_form_needs_a_credential_too() {
    let (world, _, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let reply = world.anonymous().post_form(&chats, "message=Hello").await;
    assert_no_credential(&reply);
}

#[tokio::test]
async fn forms_that_cannot_be_read() {
    let (_, alice, path) = alice_in_a_session().await;
    let chats = format!("{path}chats/");
    let multipart = "multipart/form-data";
    let cut = format!("{}--{BOUNDARY}", part("message", "Hello"));
    let with_boundary = format!("{multipart}; boundary={BOUNDARY}");
    let wrong = [
        ("application/x-www-form-urlencoded", "message=%FF".to_owned(), "The form is not UTF-8."),
        (multipart, part("message", "Hello"), "Multipart form parse error."),
        (&with_boundary, cut, "Multipart form parse error."),
        (&with_boundary, "no parts".to_owned(), "Multipart form parse error."),
    ];
    for (content_type, body, detail) in wrong {
        let reply = alice.post_raw(&chats, content_type, body.clone()).await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.text);
        assert_eq!(reply.body, json!({"detail": detail}), "{body}");
    }
    assert_eq!(alice.get(&chats).await.body, only_page(&[]));
}
