//! Spec 000, "Create Chat Message".

use crate::{
    money::audit::audit,
    world::{Actor, Reply, Script, World},
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

const CHAT: &str = "/api/v1/chat/";
const ANSWER: &str = "This is a dummy response from the AI.";

async fn assistant(actor: &Actor, name: &str) {
    let body = json!({"name": name, "company_name": "Acme", "instructions": "Answer."});
    let reply = actor.post("/api/v1/assistants/", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

/// A user with an assistant called Ada.
async fn alice_and_ada() -> (World, Actor) {
    let world = World::new();
    let alice = world.user("alice").await;
    assistant(&alice, "Ada").await;
    (world, alice)
}

fn to(name: &str, input: &str) -> Value {
    json!({"assistant_name": name, "_input": input})
}

async fn queries(actor: &Actor) -> Vec<Value> {
    let reply = actor.get("/api/v1/assistants/").await;
    reply.body.as_array().unwrap().iter().map(|assistant| assistant["query_count"].clone()).collect()
}

fn assert_unknown(reply: &Reply, name: &str) {
    assert_eq!(reply.status, 400, "{name}");
    assert_eq!(reply.body, json!({"assistant_name": [format!("Object with name={name} does not exist.")]}));
}

#[tokio::test]
async fn each_assistant_has_a_conversation_of_its_own() {
    let (world, alice) = alice_and_ada().await;
    assistant(&alice, "Bo").await;
    for (name, input, id, path) in
        [("Ada", " one\n", 1, CHAT), ("Ada", "two", 2, "/api/v1/chat"), ("Bo", "three", 1, CHAT)]
    {
        let reply = alice.post(path, to(name, input)).await;
        assert_eq!(reply.status, 201, "{input}");
        assert_eq!(reply.body, json!({"id": id, "assistant_name": name, "_input": input, "_output": ANSWER}));
    }
    alice.post("/send/", json!({"message": "four"})).await;
    assert_eq!(queries(&alice).await, [2, 1]);
    assert_eq!(world.available("alice"), 3600);
    let listed = alice.get("/api/v1/conversations?sort=title").await.body;
    let shown = listed["items"].as_array().unwrap().iter();
    let shown: Vec<_> = shown.map(|it| (it["title"].clone(), it["message_count"].clone())).collect();
    assert_eq!(json!(shown), json!([["Ada", 4], ["Bo", 2], ["four", 2]]));
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn forms_are_read_too() {
    let (_world, alice) = alice_and_ada().await;
    let reply = alice.post_form(CHAT, "assistant_name=Ada&_input=1+%2B+1").await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 1, "assistant_name": "Ada", "_input": "1 + 1", "_output": ANSWER}));
    let part =
        |name: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let form = format!("{}{}--x--\r\n", part("assistant_name", "Ada"), part("_input", "Hi"));
    let reply = alice.post_raw(CHAT, "multipart/form-data; boundary=x", form).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({"id": 2, "assistant_name": "Ada", "_input": "Hi", "_output": ANSWER}));
    let reply = alice.post(CHAT, json!({"assistant_name": "Ada", "_input": 5})).await;
    assert_eq!((reply.status, &reply.body["_input"]), (201, &json!("5")));
}

#[tokio::test]
async fn a_name_that_none_of_ones_assistants_has() {
    let (world, alice) = alice_and_ada().await;
    let bob = world.user("bob").await;
    assistant(&bob, "Bob's").await;
    for name in ["Ghost", "Bob's", "ada", "ADA", "A da", "Ad\u{430}"] {
        assert_unknown(&alice.post(CHAT, to(name, "Hello")).await, name);
    }
    assert_unknown(&alice.post(CHAT, to(&"a".repeat(121), "Hello")).await, &"a".repeat(121));
    assert_unknown(&bob.post(CHAT, to("Ada", "Hello")).await, "Ada");
    assert_eq!(queries(&alice).await, [0]);
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn spaces_around_a_name_do_not_count() {
    let (_world, alice) = alice_and_ada().await;
    let reply = alice.post(CHAT, to(" Ada ", "Hello")).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

#[tokio::test]
async fn a_renamed_and_a_deleted_assistant() {
    let (_world, alice) = alice_and_ada().await;
    alice.post(CHAT, to("Ada", "Hello")).await;
    let body = json!({"name": "Ada", "new_name": "Eve", "company_name": "Acme", "instructions": "Answer."});
    assert_eq!(alice.put("/api/v1/assistants/1/", body).await.status, 200);
    assert_unknown(&alice.post(CHAT, to("Ada", "Hello")).await, "Ada");
    let reply = alice.post(CHAT, to("Eve", "Hello")).await;
    assert_eq!((reply.status, &reply.body["id"]), (201, &json!(2)));
    let listed = alice.get("/api/v1/assistants?size=1").await.body;
    let id = listed["items"][0]["id"].as_str().unwrap();
    assert_eq!(alice.delete(&format!("/api/v1/assistants/{id}")).await.status, 204);
    assert_unknown(&alice.post(CHAT, to("Eve", "Hello")).await, "Eve");
    // Another one of the name begins anew.
    assistant(&alice, "Eve").await;
    let reply = alice.post(CHAT, to("Eve", "Hello")).await;
    assert_eq!((reply.status, &reply.body["id"]), (201, &json!(1)));
}

#[tokio::test]
async fn bad_fields_are_told_together() {
    let (world, alice) = alice_and_ada().await;
    let required = json!(["This field is required."]);
    let blank = json!(["This field may not be blank."]);
    let nulls = json!(["This field may not be null."]);
    let text = json!(["Not a valid string."]);
    let long = json!(["Ensure this field has no more than 32000 characters."]);
    let cases = [
        (json!({}), json!({"assistant_name": required, "_input": required})),
        (json!({"assistant_name": "", "_input": " "}), json!({"assistant_name": blank, "_input": blank})),
        (json!({"assistant_name": null, "_input": null}), json!({"assistant_name": nulls, "_input": nulls})),
        (json!({"assistant_name": [], "_input": true}), json!({"assistant_name": text, "_input": text})),
        (to("Ada", &"a".repeat(32_001)), json!({"_input": long})),
        (to("Ada", "a\0b"), json!({"_input": ["Null characters are not allowed."]})),
        // A message is judged before the assistant is looked for.
        (to("Ghost", ""), json!({"_input": blank})),
    ];
    for (body, expected) in cases {
        let reply = alice.post(CHAT, body).await;
        assert_eq!((reply.status, reply.body), (400, expected));
    }
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn an_inactive_assistant_does_not_answer() {
    let (world, alice) = alice_and_ada().await;
    let listed = alice.get("/api/v1/assistants?size=1").await.body;
    let path = format!("/api/v1/assistants/{}", listed["items"][0]["id"].as_str().unwrap());
    for status in ["inactive", "draft"] {
        alice.put(&path, json!({"status": status})).await;
        let reply = alice.post(CHAT, to("Ada", "Hello")).await;
        assert_eq!((reply.status, reply.body), (409, json!({"detail": "The assistant is not active."})), "{status}");
    }
    assert_eq!(world.available("alice"), 4000);
    assert_eq!(alice.get("/api/v1/conversations").await.body["total"], 0);
}

#[tokio::test]
async fn an_empty_balance() {
    let world = World::with(&[("INITIAL_TOKENS", "199")]);
    let alice = world.user("alice").await;
    assistant(&alice, "Ada").await;
    assert_eq!(alice.post(CHAT, to("Ada", "Hello")).await.status, 201);
    let reply = alice.post(CHAT, to("Ada", "Hello")).await;
    assert_eq!((reply.status, reply.body), (402, json!({"detail": "Insufficient tokens."})));
    assert_eq!(queries(&alice).await, [1]);
    assert_eq!(audit(&world, 199, 100), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_model_fails_or_hangs() {
    let (world, alice) = alice_and_ada().await;
    let cases: [(Script, u16, &str); 2] =
        [(Script::Fail, 502, "The model failed to answer."), (Script::Hang, 504, "The model did not answer in time.")];
    for (script, status, detail) in cases {
        world.model.next(script);
        let reply = alice.post(CHAT, to("Ada", "Hello")).await;
        assert_eq!((reply.status, reply.body), (status, json!({"detail": detail})));
        assert_eq!(world.available("alice"), 4000);
    }
    let reply = alice.post(CHAT, to("Ada", "Hello")).await;
    assert_eq!((reply.status, &reply.body["id"]), (201, &json!(3)));
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn the_same_key_asks_once() {
    let (world, alice) = alice_and_ada().await;
    assistant(&alice, "Bo").await;
    let keyed = alice.sending("Idempotency-Key", "k");
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let first = keyed.post(CHAT, to("Ada", "Hello"));
    let meanwhile = async {
        world.until_no_longer("alice", 4000).await;
        let reply = keyed.post(CHAT, to("Ada", "Hello")).await;
        assert_eq!((reply.status, reply.header("retry-after")), (409, "1"));
        assert_eq!(reply.body, json!({"detail": "The first request with this Idempotency-Key is still running."}));
        tell.send("Hi!").unwrap();
    };
    let (first, ()) = tokio::join!(first, meanwhile);
    assert_eq!(first.status, 201);
    let again = keyed.post_form(CHAT, "assistant_name=Ada&_input=Hello").await;
    assert_eq!((again.status, again.text), (201, first.text));
    for other in [to("Bo", "Hello"), to("Ada", "Bye")] {
        let reply = keyed.post(CHAT, other).await;
        assert_eq!(reply.status, 409);
        assert_eq!(reply.body, json!({"detail": "This Idempotency-Key was used for another request."}));
    }
    assert_eq!(queries(&alice).await, [1, 0]);
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn without_a_credential() {
    let reply = World::new().anonymous().post(CHAT, to("Ada", "Hello")).await;
    assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Token"));
    assert_eq!(reply.body, json!({"detail": "Authentication credentials were not provided."}));
}
