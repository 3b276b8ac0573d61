//! What is told, whichever dialect it happens in: the documented events, with what changed.

use super::{EVENTS, alice_with_a_webhook, world};
use crate::{
    platform::talk::{ASSISTANTS, CONVERSATIONS, assistant, begin, id_of, made, say, set_status},
    world::{Actor, NOW, PASSWORD, Receiver, Script, World},
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// What the receiver was told: events and their data. They all happened now.
async fn told(world: &World, receiver: &Receiver) -> Vec<(String, Value)> {
    world.settle().await;
    let told = receiver.received().into_iter().map(|mut request| {
        assert_eq!(request.body["timestamp"], NOW);
        let data = request.body["data"].take();
        let event = request.body["event"].as_str().unwrap().to_owned();
        assert_eq!(request.body, json!({"event": event, "timestamp": NOW, "data": null}), "nothing else is told");
        (event, data)
    });
    told.collect()
}

/// What a conversation's turns are told with: its messages, as they are shown, in their order.
async fn messages(alice: &Actor, conversation: &str) -> Vec<Value> {
    let shown = alice.get(&format!("{CONVERSATIONS}/{conversation}")).await.body;
    shown["messages"].as_array().unwrap().iter().map(|message| message["id"].clone()).collect()
}

fn event(name: &str, data: &Value, message: Option<&Value>) -> (String, Value) {
    let mut data = data.clone();
    if let Some(message) = message {
        data["message_id"] = message.clone();
    }
    (name.to_owned(), data)
}

/// What a new turn is told with, the messages of which are the last two.
fn turn(data: &Value, messages: &[Value], is_first: bool) -> Vec<(String, Value)> {
    let [said, reply] = messages.last_chunk().unwrap();
    let messages = [said, reply].map(|message| event("message.received", data, Some(message)));
    let begun = is_first.then(|| event("conversation.created", data, None));
    let updated = (!is_first).then(|| event("conversation.updated", data, None));
    begun.into_iter().chain(messages).chain(updated).collect()
}

/// What is stored by two transactions in the same millisecond is told in any order.
fn in_order(mut events: Vec<(String, Value)>) -> Vec<(String, Value)> {
    events.sort_by_key(|(name, data)| (name.clone(), data.to_string()));
    events
}

/// Everybody's turns, in a new conversation and in the same again.
#[tokio::test]
async fn turns_in_every_dialect() {
    let places = [
        ("/api/v1/chat/", json!({"_input": "Hello", "assistant_name": "Ada"}), true),
        (CONVERSATIONS, json!({"initial_message": "Hello"}), false),
        (CONVERSATIONS, json!({"initial_message": "Hello", "assistant_id": "Ada"}), true),
        ("/send/", json!({"message": "Hello"}), false),
        ("/api/chat/", json!({"message": "Hello"}), false),
    ];
    for (path, mut body, has_assistant) in places {
        let (world, alice, receiver, _) = alice_with_a_webhook(&[]).await;
        let ada = assistant(&alice, "Ada").await;
        if body["assistant_id"].is_string() {
            body["assistant_id"] = json!(ada);
        }
        assert_eq!(told(&world, &receiver).await, [], "an assistant is made");
        let first = alice.post(path, body.clone()).await;
        assert!(first.status < 300, "{path}: {}", first.text);
        let conversation = id_of(&alice.get(CONVERSATIONS).await.body["items"][0]);
        let mut data = json!({"conversation_id": conversation, "user_id": world.id_of("alice").to_string()});
        if has_assistant {
            data["assistant_id"] = json!(ada);
        }
        let expected = turn(&data, &messages(&alice, &conversation).await, true);
        assert_eq!(in_order(told(&world, &receiver).await), in_order(expected), "{path} {body}");
        let own = format!("{CONVERSATIONS}/{conversation}");
        let second =
            if path == CONVERSATIONS { say(&alice, &own, "Again").await } else { alice.post(path, body).await };
        assert!(second.status < 300, "{path}: {}", second.text);
        let expected = turn(&data, &messages(&alice, &conversation).await, false);
        assert_eq!(in_order(told(&world, &receiver).await), in_order(expected), "{path}, once more");
    }
}

#[tokio::test]
async fn conversations_that_are_begun_without_a_word() {
    let (world, alice, receiver, _) = alice_with_a_webhook(&[]).await;
    let session = id_of(&made(alice.post("/api/v1/chat/sessions/", json!({})).await));
    let mut data = json!({"conversation_id": session, "user_id": world.id_of("alice").to_string()});
    assert_eq!(told(&world, &receiver).await, [event("conversation.created", &data, None)]);
    let chat = alice.post(&format!("/api/v1/chat/sessions/{session}/chats/"), json!({"message": "Hello"})).await;
    assert_eq!(chat.status, 201);
    let expected = turn(&data, &messages(&alice, &session).await, false);
    assert_eq!(told(&world, &receiver).await, expected);
    let ada = assistant(&alice, "Ada").await;
    let path = begin(&alice, json!({"assistant_id": ada})).await;
    data["conversation_id"] = json!(path.rsplit('/').next().unwrap());
    data["assistant_id"] = json!(ada);
    assert_eq!(told(&world, &receiver).await, [event("conversation.created", &data, None)]);
    assert_eq!(alice.delete(&path).await.status, 204);
    assert_eq!(told(&world, &receiver).await, [], "no event tells of a deletion");
}

#[tokio::test]
async fn a_model_elsewhere_answers_later() {
    let (world, alice, receiver, _) = alice_with_a_webhook(&[]).await;
    let path = begin(&alice, json!({})).await;
    told(&world, &receiver).await;
    let (answer, told_when) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told_when));
    let saying = tokio::spawn({
        let (alice, path) = (alice.clone(), path.clone());
        async move { say(&alice, &path, "Hello").await }
    });
    world.model.until_asked().await;
    let conversation = path.rsplit('/').next().unwrap();
    let data = json!({"conversation_id": conversation, "user_id": world.id_of("alice").to_string()});
    let said = messages(&alice, conversation).await;
    assert_eq!(told(&world, &receiver).await, [event("message.received", &data, Some(&said[0]))]);
    answer.send("Hi").unwrap();
    assert_eq!(saying.await.unwrap().status, 201);
    let reply = messages(&alice, conversation).await.remove(1);
    let expected = [event("message.received", &data, Some(&reply)), event("conversation.updated", &data, None)];
    assert_eq!(told(&world, &receiver).await, expected);
}

#[tokio::test]
async fn of_a_failed_turn_only_what_was_said_is_told() {
    for script in [|| Script::Fail, || Script::Panic] {
        let (world, alice, receiver, _) = alice_with_a_webhook(&[]).await;
        world.model.next(script());
        let failed = alice.post(CONVERSATIONS, json!({"initial_message": "Hello"})).await;
        assert!(failed.status >= 500, "{}", failed.text);
        let conversation = id_of(&alice.get(CONVERSATIONS).await.body["items"][0]);
        let data = json!({"conversation_id": conversation, "user_id": world.id_of("alice").to_string()});
        let said = messages(&alice, &conversation).await;
        let expected = [event("conversation.created", &data, None), event("message.received", &data, Some(&said[0]))];
        assert_eq!((said.len(), told(&world, &receiver).await), (1, expected.to_vec()));
    }
}

#[tokio::test]
async fn what_is_refused_is_not_told() {
    let settings = [("INITIAL_TOKENS", "50")];
    let (world, alice, receiver, _) = alice_with_a_webhook(&settings).await;
    let ada = assistant(&alice, "Ada").await;
    world.user("bob").await;
    let before = world.rows("outbox").len();
    let path = begin(&alice, json!({})).await;
    assert_eq!((told(&world, &receiver).await.len(), world.rows("outbox").len()), (1, before + 1));
    let refused = [
        (alice.post("/api/chat/", json!({"message": "Hello"})).await, 400),
        (alice.post("/send/", json!({"message": "Hello"})).await, 402),
        (say(&alice, &path, "Hello").await, 402),
        (alice.post(CONVERSATIONS, json!({"initial_message": "Hello"})).await, 402),
        (alice.post(CONVERSATIONS, json!({"title": ""})).await, 422),
        (alice.put("/api/v1/users/me", json!({"username": "bob", "current_password": PASSWORD})).await, 409),
        (alice.put("/api/v1/users/me", json!({"password": "another one"})).await, 422),
        (alice.put(&format!("{ASSISTANTS}/{ada}"), json!({"status": "asleep"})).await, 422),
        (alice.post("/users/register/", json!({"username": "bob", "password": PASSWORD})).await, 400),
    ];
    for (reply, status) in refused {
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    assert_eq!((told(&world, &receiver).await, world.rows("outbox").len()), (vec![], before + 1));
}

#[tokio::test]
async fn an_assistants_status_is_told_when_it_changes() {
    let (world, alice, receiver, _) = alice_with_a_webhook(&[]).await;
    let ada = assistant(&alice, "Ada").await;
    assert_eq!(alice.post(ASSISTANTS, json!({"name": "Bob", "status": "inactive"})).await.status, 201);
    let data = json!({"assistant_id": ada, "user_id": world.id_of("alice").to_string()});
    for (status, is_told) in [("active", false), ("inactive", true), ("inactive", false), ("active", true)] {
        set_status(&alice, &ada, status).await;
        let expected: Vec<_> = is_told.then(|| event("assistant.status_changed", &data, None)).into_iter().collect();
        assert_eq!(told(&world, &receiver).await, expected, "{status}");
    }
    let path = format!("{ASSISTANTS}/{ada}");
    assert_eq!(alice.put(&path, json!({"description": "New", "name": "Eve"})).await.status, 200);
    let number = alice.get("/api/v1/assistants/").await.body[0]["id"].clone();
    let body = json!({"name": "Eve", "company_name": "Acme", "instructions": "Answer."});
    assert_eq!(alice.put(&format!("/api/v1/assistants/{number}/"), body).await.status, 200);
    assert_eq!(alice.delete(&path).await.status, 204);
    assert_eq!(told(&world, &receiver).await, []);
}

#[tokio::test]
async fn a_registration_through_every_door() {
    let world = world();
    let (root, alice) = (world.admin("root").await, world.user("alice").await);
    world.settle().await;
    let (receiver, others) = (Receiver::start().await, Receiver::start().await);
    super::webhook(&root, &receiver.url, &EVENTS).await;
    super::webhook(&alice, &others.url, &EVENTS).await;
    let endpoints =
        ["/api/v1/users/", "/api/v1/auth/register", "/api/v1/auth/register/", "/users/register/", "/api/register/"];
    for (number, endpoint) in endpoints.into_iter().enumerate() {
        let name = format!("user{number}");
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "password": PASSWORD, "confirm_password": PASSWORD,
        });
        let reply = world.anonymous().post(endpoint, body.clone()).await;
        assert_eq!(reply.status, 201, "{endpoint}: {}", reply.text);
        let data = json!({"user_id": world.id_of(&name).to_string()});
        assert_eq!(told(&world, &receiver).await, [event("user.created", &data, None)], "{endpoint}");
        assert!(world.anonymous().post(endpoint, body).await.status >= 400, "{endpoint}: the name is taken");
        assert_eq!(told(&world, &receiver).await, [], "{endpoint}");
    }
    assert_eq!(others.received().len(), 0);
}

#[tokio::test]
async fn changes_of_an_account_by_its_user_and_by_administrators() {
    let world = world();
    let (root, alice, bob) = (world.admin("root").await, world.user("alice").await, world.user("bob").await);
    world.settle().await;
    let receivers = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    for (owner, receiver) in [&root, &alice, &bob].into_iter().zip(&receivers) {
        super::webhook(owner, &receiver.url, &EVENTS).await;
    }
    let path = format!("/api/v1/users/{}", world.id_of("alice"));
    let changes = [
        (&alice, "/api/v1/users/me", json!({"full_name": "Alice"})),
        (&alice, "/api/v1/users/me", json!({"email": "alice@example.com", "current_password": PASSWORD})),
        (&root, &path, json!({"full_name": null})),
        (&root, &path, json!({"tokens_granted": 5})),
        (&root, &path, json!({"password": "another password"})),
    ];
    for (actor, path, change) in changes {
        let reply = actor.put(path, change.clone()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let expected = event("user.updated", &json!({"user_id": world.id_of("alice").to_string()}), None);
        for receiver in &receivers[..2] {
            assert_eq!(told(&world, receiver).await, std::slice::from_ref(&expected), "{change}");
        }
        assert_eq!(told(&world, &receivers[2]).await, [], "{change}");
    }
}
