//! Spec 002, "Chat API": what is said in a session. Pages are in `paging.rs`, failures in `failures.rs`.

use super::*;
use crate::world::{NOW, Script};

#[tokio::test]
async fn the_example_of_the_document() {
    let (world, alice, path) = alice_in_a_session().await;
    let answer = "I'm doing well, thank you! How can I help you today?";
    world.model.next(Script::Answer(answer));
    let chats = format!("{path}chats/");
    let created = alice.post(&chats, json!({"message": "Hello, how are you?"})).await;
    let chat = json!({
        "id": 1,
        "message": "Hello, how are you?",
        "response": answer,
        "created_at": NOW,
    });
    assert_eq!(created.status, 201);
    assert_eq!(created.body, chat);

    let shown = alice.get(&format!("{chats}1/")).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body, chat);
    let listed = alice.get(&chats).await;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.body, json!({"count": 1, "next": null, "previous": null, "results": [chat]}));
    assert_eq!(world.available("alice"), 3900);
}

#[tokio::test]
async fn without_the_final_slash() {
    let (_, alice, path) = alice_in_a_session().await;
    let bare = format!("{path}chats");
    let created = alice.post(&bare, json!({"message": "Hello"})).await;
    let chat = json!({"id": 1, "message": "Hello", "response": REPLY, "created_at": NOW});
    assert_eq!(created.status, 201);
    assert_eq!(created.body, chat);
    let shown = alice.get(&format!("{bare}/1")).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body, chat);
    let listed = alice.get(&bare).await;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.body, only_page(&[chat]));
}

#[tokio::test]
async fn a_session_in_which_nothing_was_said() {
    let (_, alice, path) = alice_in_a_session().await;
    let reply = alice.get(&format!("{path}chats/")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, only_page(&[]));
}

#[tokio::test]
async fn every_session_counts_its_own_chats() {
    let (_, alice, first) = alice_in_a_session().await;
    let second = begin_at(&alice, "another").await;
    for (path, number) in [(&first, 1), (&first, 2), (&second, 1), (&first, 3), (&second, 2)] {
        let message = format!("{number}");
        let said = say(&alice, path, &message).await;
        assert_eq!(said, json!({"id": number, "message": message, "response": REPLY, "created_at": NOW}));
    }
    let chat = |number: u64| json!({"id": number, "message": number.to_string(), "response": REPLY, "created_at": NOW});
    assert_eq!(alice.get(&format!("{first}chats/")).await.body, only_page(&[chat(1), chat(2), chat(3)]));
    assert_eq!(alice.get(&format!("{second}chats/")).await.body, only_page(&[chat(1), chat(2)]));
}

#[tokio::test]
async fn messages_are_kept_exactly_as_sent() {
    let (_, alice, path) = alice_in_a_session().await;
    let messages = [
        "  spaces around  ",
        "two\nlines\r\n\tand a tab\n",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} e\u{301} \u{e9} \u{fffd}",
        "<script>alert(\"x\")</script> & \\ ' % +",
        "\u{1}\u{1f}\u{7f}\u{85}\u{202e}",
        "null",
        "5",
    ];
    for (number, message) in (1..).zip(messages) {
        let chat = json!({"id": number, "message": message, "response": REPLY, "created_at": NOW});
        assert_eq!(say(&alice, &path, message).await, chat);
        assert_eq!(alice.get(&format!("{path}chats/{number}/")).await.body, chat);
    }
}

#[tokio::test]
async fn messages_of_32000_characters() {
    let (_, alice, path) = alice_in_a_session().await;
    let narrow = "m".repeat(32_000);
    let wide = "\u{1f600}".repeat(32_000);
    // Spaces around the text do not count.
    let padded = format!(" \n{narrow}\t ");
    for (number, message) in (1..).zip([narrow, wide, padded]) {
        let chat = json!({"id": number, "message": message, "response": REPLY, "created_at": NOW});
        assert_eq!(say(&alice, &path, &message).await, chat);
        assert_eq!(alice.get(&format!("{path}chats/{number}/")).await.body, chat);
    }
}

#[tokio::test]
async fn messages_that_do_not_fit() {
    let (world, alice, path) = alice_in_a_session().await;
    let too_long = "Ensure this field has no more than 32000 characters.";
    let wrong = [
        (json!({}), "This field is required."),
        (json!({"message": null}), "This field may not be null."),
        (json!({"message": ""}), "This field may not be blank."),
        (json!({"message": " \n\t\u{3000}"}), "This field may not be blank."),
        (json!({"message": true}), "Not a valid string."),
        (json!({"message": ["Hello"]}), "Not a valid string."),
        (json!({"message": {"text": "Hello"}}), "Not a valid string."),
        (json!({"message": "nul\0"}), "Null characters are not allowed."),
        (json!({"message": "m".repeat(32_001)}), too_long),
        (json!({"message": "\u{1f600}".repeat(32_001)}), too_long),
        (json!({"message": format!("m{}m", " ".repeat(31_999))}), too_long),
    ];
    for (body, message) in wrong {
        let reply = alice.post(&format!("{path}chats/"), body).await;
        assert_eq!(reply.status, 400, "{message}");
        assert_eq!(reply.body, json!({"message": [message]}));
    }
    assert_eq!(alice.get(&format!("{path}chats/")).await.body, only_page(&[]));
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(say(&alice, &path, "Hello").await["id"], 1);
}

#[tokio::test]
async fn numbers_are_read_as_text() {
    let (_, alice, path) = alice_in_a_session().await;
    for (number, (sent, kept)) in (1..).zip([(json!(5), "5"), (json!(-12), "-12"), (json!(1.5), "1.5")]) {
        let reply = alice.post(&format!("{path}chats/"), json!({"message": sent})).await;
        assert_eq!(reply.status, 201, "{sent}");
        assert_eq!(reply.body, json!({"id": number, "message": kept, "response": REPLY, "created_at": NOW}));
    }
}

#[tokio::test]
async fn long_numbers_keep_their_digits() {
    let (_, alice, path) = alice_in_a_session().await;
    for (number, digits) in (1..).zip(["18446744073709551616", "-123456789012345678901234567890"]) {
        let body = format!("{{\"message\": {digits}}}");
        let reply = alice.post_raw(&format!("{path}chats/"), "application/json", body).await;
        assert_eq!(reply.status, 201, "{digits}");
        assert_eq!(reply.body, json!({"id": number, "message": digits, "response": REPLY, "created_at": NOW}));
    }
}

#[tokio::test]
async fn fields_that_nobody_asked_for() {
    let (world, alice, path) = alice_in_a_session().await;
    let body = json!({
        "message": "Hello",
        "id": 99,
        "response": "mine",
        "created_at": "1970-01-01T00:00:00Z",
        "session": "x",
        "tokens": 0,
    });
    let reply = alice.post(&format!("{path}chats/"), body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "message": "Hello", "response": REPLY, "created_at": NOW}));
    assert_eq!(world.available("alice"), 3900);
}
