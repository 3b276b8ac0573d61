//! Prices by use: the worst case is held, and what was used is charged.

use super::audit::audit_by_use;
use crate::world::{Actor, Reply, Script, World};
use serde_json::{Value, json};
use shared::model::Usage;
use tokio::sync::oneshot;

/// 1,000 tokens of a prompt cost 10, of an answer 500; the model's context has 8,192.
fn world(balance: &str) -> World {
    World::with(&[("INITIAL_TOKENS", balance), ("TOKENS_PER_1K_INPUT", "10"), ("TOKENS_PER_1K_OUTPUT", "500")])
}

/// What `usage` shows of a reply.
fn usage(input: u64, output: u64, charged: u64) -> Value {
    json!({"input_tokens": input, "output_tokens": output, "tokens_charged": charged})
}

async fn say(actor: &Actor, content: &str) -> Reply {
    actor.post("/api/v1/conversations", json!({"initial_message": content})).await
}

fn reply_of(begun: &Reply) -> &Value {
    assert_eq!(begun.status, 201, "{}", begun.text);
    &begun.body["messages"][1]
}

fn no_discrepancy(world: &World, grant: i64) {
    assert_eq!(audit_by_use(world, grant), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_used_is_charged_and_the_rest_comes_back() {
    let world = world("10000");
    let alice = world.user("alice").await;
    world.model.next(Script::AnswerWith("Hi!", Usage { input_tokens: 1_000, output_tokens: 201 }));
    let begun = say(&alice, "Hello").await;
    assert_eq!(reply_of(&begun)["usage"], usage(1_000, 201, 111), "110.5, rounded up");
    assert_eq!(world.available("alice"), 9_889);
    let shown = alice.get(&format!("/api/v1/conversations/{}", begun.body["id"].as_str().unwrap())).await;
    assert_eq!(shown.body["messages"][1]["usage"], usage(1_000, 201, 111));
    assert_eq!(world.model.prompts()[0].max_output_tokens, None, "the balance covers the longest answer");
    no_discrepancy(&world, 10_000);
}

#[tokio::test]
async fn in_every_dialect() {
    let world = world("10000");
    let alice = world.user("alice").await;
    assert_eq!(alice.post("/api/v1/assistants", json!({"name": "Ada"})).await.status, 201);
    let session = alice.post("/api/v1/chat/sessions/", json!({})).await.body["id"].clone();
    let chats = format!("/api/v1/chat/sessions/{}/chats/", session.as_str().unwrap());
    let requests = [
        ("/api/v1/chat/", json!({"assistant_name": "Ada", "_input": "Hello"})),
        (&chats, json!({"message": "Hello"})),
        ("/send/", json!({"message": "Hello"})),
        ("/api/chat/", json!({"message": "Hello"})),
    ];
    let mut left = 10_000;
    for (path, body) in requests {
        world.model.next(Script::AnswerWith("Hi!", Usage { input_tokens: 0, output_tokens: 100 }));
        let reply = alice.post(path, body).await;
        assert!(reply.status < 300, "{path}: {}", reply.text);
        left -= 50;
        assert_eq!(world.available("alice"), left, "{path}");
    }
    no_discrepancy(&world, 10_000);
}

#[tokio::test]
async fn the_worst_case_is_on_hold_while_the_model_thinks() {
    let world = world("10000");
    let alice = world.user("alice").await;
    let (tell, told) = oneshot::channel();
    world.model.next(Script::AnswerWhen(told));
    let asking = tokio::spawn(async move { say(&alice, "Hello").await });
    world.until_no_longer("alice", 10_000).await;
    // "Hello" is 6 tokens, and 9 at most: 8,186 are left for the answer.
    assert_eq!(world.available("alice"), 10_000 - 4_094);
    tell.send("Hi there!").unwrap();
    assert_eq!(asking.await.unwrap().status, 201);
    no_discrepancy(&world, 10_000);
}

#[tokio::test]
async fn a_small_balance_bounds_the_answer() {
    let world = world("60");
    let alice = world.user("alice").await;
    world.model.next(Script::AnswerWith("Hi!", Usage { input_tokens: 6, output_tokens: 119 }));
    let begun = say(&alice, "Hello").await;
    assert_eq!(world.model.prompts()[0].max_output_tokens, Some(119));
    assert_eq!(reply_of(&begun)["usage"], usage(6, 119, 60));
    assert_eq!(world.available("alice"), 0);
    let refused = say(&alice, "Hello").await;
    assert_eq!((refused.status, &refused.body["error_code"]), (402, &json!("INSUFFICIENT_TOKENS")));
    no_discrepancy(&world, 60);
}

#[tokio::test]
async fn a_provider_that_counts_more_than_it_may_is_not_paid_for() {
    let world = world("60");
    let alice = world.user("alice").await;
    world.model.next(Script::AnswerWith("Hi!", Usage { input_tokens: 1, output_tokens: u64::MAX }));
    let begun = say(&alice, "Hello").await;
    assert_eq!(reply_of(&begun)["usage"], usage(1, u64::MAX, 60));
    assert_eq!(world.available("alice"), 0);
    no_discrepancy(&world, 60);
}

#[tokio::test]
async fn too_little_for_a_useful_answer_is_refused_in_every_dialect() {
    // Fifteen tokens of an answer cost 7.5.
    let world = world("8");
    let alice = world.user("alice").await;
    let refusals = [("/send/", 402), ("/api/chat/", 400)];
    for (path, status) in refusals {
        assert_eq!(alice.post(path, json!({"message": "Hello"})).await.status, status, "{path}");
    }
    assert_eq!(world.model.prompts(), []);
    assert_eq!(world.available("alice"), 8);
    no_discrepancy(&world, 8);
}

#[tokio::test]
async fn usage_that_nobody_tells_is_estimated_and_marked() {
    let world = world("10000");
    let alice = world.user("alice").await;
    world.model.next(Script::Answer("Thirty bytes of an answer here"));
    let begun = say(&alice, "Hello").await;
    let expected = json!({"input_tokens": null, "output_tokens": null, "tokens_charged": 6, "estimated": true});
    assert_eq!(reply_of(&begun)["usage"], expected, "ten tokens cost 5, and six of the prompt a part of one");
    no_discrepancy(&world, 10_000);
}

#[tokio::test]
async fn nothing_is_for_free() {
    let world = World::with(&[("TOKENS_PER_1K_INPUT", "1")]);
    let alice = world.user("alice").await;
    world.model.next(Script::AnswerWith("Hi!", Usage { input_tokens: 0, output_tokens: 0 }));
    assert_eq!(reply_of(&say(&alice, "Hello").await)["usage"], usage(0, 0, 1));
    no_discrepancy(&world, 4_000);
}

#[tokio::test]
async fn a_failed_turn_costs_nothing() {
    let world = world("10000");
    let alice = world.user("alice").await;
    world.model.next(Script::Fail);
    assert_eq!(say(&alice, "Hello").await.status, 502);
    assert_eq!(world.available("alice"), 10_000);
    no_discrepancy(&world, 10_000);
}

#[tokio::test]
async fn turns_at_once_share_the_balance() {
    // The longest answer costs 4,094: one turn leaves too little for another of that length, but not for a shorter one.
    let world = world("6000");
    let alice = world.user("alice").await;
    let turns = (0..8).map(|_| {
        let alice = alice.clone();
        tokio::spawn(async move { say(&alice, "Hello").await })
    });
    let replies = futures::future::join_all(turns.collect::<Vec<_>>()).await;
    let statuses: Vec<u16> = replies.iter().map(|reply| reply.as_ref().unwrap().status).collect();
    assert!(statuses.iter().all(|status| [201, 402].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&201), "{statuses:?}");
    no_discrepancy(&world, 6_000);
}
