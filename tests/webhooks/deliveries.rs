//! What was delivered, as its owner sees it, and trying it again.

use super::{
    EVENTS, HOUR, SECOND, alice_with_a_webhook, deliveries, delivery, pass, set_active, test, user, webhook, world,
};
use crate::{
    platform::{error, talk::NOTHING},
    world::{Actor, NOW, Receiver, Reply, World},
};
use serde_json::{Value, json};

async fn retry(owner: &Actor, path: &str, delivery: &str) -> Reply {
    owner.post(&format!("{path}/deliveries/{delivery}/retry"), json!({})).await
}

async fn retry_since(owner: &Actor, path: &str, since: &str) -> Reply {
    owner.post(&format!("{path}/deliveries/retry"), json!({"since": since})).await
}

fn assert_conflict(reply: &Reply, detail: &str) {
    assert_eq!((reply.status, &reply.body), (409, &error(409, "CONFLICT", detail)));
}

/// alice's webhook with five deliveries, a second apart: of tests and changes of her name in turns; the second
/// failed, the last waits.
async fn five() -> (World, Actor, Receiver, String) {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0,7200")]).await;
    for number in 0..5 {
        if number % 2 == 0 {
            test(&alice, &path).await;
        } else {
            assert_eq!(alice.put("/api/v1/users/me", json!({"full_name": "Alice"})).await.status, 200);
        }
        if number == 1 {
            receiver.answers([500, 500]);
            world.settle().await;
            pass(&world, HOUR * 3).await;
        } else if number < 4 {
            world.settle().await;
        }
        world.pass(SECOND);
    }
    receiver.received();
    (world, alice, receiver, path)
}

#[tokio::test]
async fn they_are_listed_page_by_page_in_order_and_by_what_they_are() {
    let (_world, alice, _receiver, path) = five().await;
    let all = deliveries(&alice, &path).await;
    let shown: Vec<(&str, &str)> =
        all.iter().map(|shown| (shown["event"].as_str().unwrap(), shown["status"].as_str().unwrap())).collect();
    let expected = [
        ("webhook.test", "pending"),
        ("user.updated", "delivered"),
        ("webhook.test", "delivered"),
        ("user.updated", "failed"),
        ("webhook.test", "delivered"),
    ];
    assert_eq!(shown, expected);
    let cases: [(&str, &[usize], usize); 8] = [
        ("", &[0, 1, 2, 3, 4], 5),
        ("sort=created_at:asc", &[4, 3, 2, 1, 0], 5),
        ("page=2&size=2", &[2, 3], 5),
        ("status=delivered", &[1, 2, 4], 3),
        ("status=failed&event=user.updated", &[3], 1),
        ("status=failed&event=webhook.test", &[], 0),
        ("event=webhook.test&size=2", &[0, 2], 3),
        ("event=message.received", &[], 0),
    ];
    for (query, expected, total) in cases {
        let reply = alice.get(&format!("{path}/deliveries?{query}")).await;
        let expected: Vec<&Value> = expected.iter().map(|&place| &all[place]).collect();
        assert_eq!(reply.status, 200, "{query}: {}", reply.text);
        assert_eq!((&reply.body["items"], &reply.body["total"]), (&json!(expected), &json!(total)), "{query}");
    }
    let first = alice.get(&format!("{path}/deliveries?size=2&status=delivered")).await.body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = alice.get(&format!("{path}/deliveries?size=2&status=delivered&after={cursor}")).await.body;
    assert_eq!(second["items"], json!([all[4]]));
}

#[tokio::test]
async fn each_webhook_has_its_own() {
    let (world, alice, _, path) = alice_with_a_webhook(&[]).await;
    let other = webhook(&alice, "https://example.com/hook", &EVENTS).await;
    let id = test(&alice, &path).await;
    world.settle().await;
    assert_eq!(deliveries(&alice, &other).await, Vec::<Value>::new());
    let foreign = retry(&alice, &other, &id).await;
    assert_eq!((foreign.status, foreign.body), (404, error(404, "NOT_FOUND", "Not found.")));
}

#[tokio::test]
async fn one_is_tried_again_whatever_became_of_it() {
    let (world, alice, receiver, path) = five().await;
    let all = deliveries(&alice, &path).await;
    let now = "2024-03-13T13:05:05Z";
    for place in [0, 1, 3] {
        let id = all[place]["id"].as_str().unwrap();
        let again = retry(&alice, &path, id).await;
        let mut expected = all[place].clone();
        expected["status"] = json!("pending");
        expected["next_attempt_at"] = json!(now);
        assert_eq!((again.status, &again.body), (202, &expected));
        world.settle().await;
        // What was not delivered yet comes along.
        let received = receiver.received();
        assert_eq!(received.iter().filter(|request| request.header("webhook-id") == id).count(), 1, "{place}");
        let after = &deliveries(&alice, &path).await[place];
        expected["status"] = json!("delivered");
        expected["next_attempt_at"] = json!(null);
        let attempt = json!({"at": now, "status_code": 200, "duration_ms": 0, "response": "ok", "error": null});
        expected["attempts"].as_array_mut().unwrap().push(attempt);
        assert_eq!(*after, expected);
    }
    assert_eq!(retry(&alice, &path, NOTHING).await.status, 404);
    assert_eq!(retry(&alice, &path, "nothing").await.status, 404);
}

#[tokio::test]
async fn one_that_is_tried_again_has_all_its_attempts_before_it() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0,1,1")]).await;
    receiver.answers([500; 5]);
    let id = test(&alice, &path).await;
    world.settle().await;
    for _ in 0..2 {
        pass(&world, SECOND).await;
    }
    assert_eq!((receiver.received().len(), delivery(&alice, &path).await["status"].clone()), (3, json!("failed")));
    assert_eq!(retry(&alice, &path, &id).await.status, 202);
    world.settle().await;
    for _ in 0..2 {
        pass(&world, SECOND).await;
    }
    assert_eq!((receiver.received().len(), delivery(&alice, &path).await["status"].clone()), (3, json!("delivered")));
    assert_eq!(delivery(&alice, &path).await["attempts"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn one_that_is_being_delivered_is_not_tried_beside_that() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[]).await;
    let id = test(&alice, &path).await;
    receiver.hangs();
    let settling = tokio::spawn({
        let world = world.clone();
        async move { world.settle().await }
    });
    receiver.until_received().await;
    assert_conflict(&retry(&alice, &path, &id).await, "A delivery attempt is in progress.");
    // The process ends, and nobody knows what became of the attempt.
    settling.abort();
    world.pass(SECOND * 29);
    assert_conflict(&retry(&alice, &path, &id).await, "A delivery attempt is in progress.");
    world.pass(SECOND);
    assert_eq!(retry(&alice, &path, &id).await.status, 202);
    world.settle().await;
    assert_eq!((receiver.received().len(), delivery(&alice, &path).await["status"].clone()), (1, json!("delivered")));
}

#[tokio::test]
async fn nothing_is_tried_again_while_the_webhook_is_switched_off() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    receiver.answers([500]);
    let id = test(&alice, &path).await;
    world.settle().await;
    set_active(&alice, &path, false).await;
    assert_conflict(&retry(&alice, &path, &id).await, "The webhook is not active.");
    assert_conflict(&retry_since(&alice, &path, NOW).await, "The webhook is not active.");
    world.settle().await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn what_failed_since_a_time_is_tried_again() {
    let (world, alice, receiver, path) = alice_with_a_webhook(&[("WEBHOOK_RETRY_SECONDS", "0")]).await;
    let mut ids = Vec::new();
    for status in [500, 500, 200, 500] {
        receiver.answers([status]);
        ids.push(test(&alice, &path).await);
        world.settle().await;
        world.pass(SECOND);
    }
    receiver.received();
    let later = retry_since(&alice, &path, "2024-03-13T10:05:04Z").await;
    assert_eq!((later.status, later.body), (202, json!({"retried": 0, "has_more": false})));
    // With an offset from UTC, from the second on.
    let since = retry_since(&alice, &path, "2024-03-13T12:05:01.000+02:00").await;
    assert_eq!((since.status, since.body), (202, json!({"retried": 2, "has_more": false})));
    world.settle().await;
    let mut again: Vec<String> =
        receiver.received().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    again.sort();
    assert_eq!(again, [&*ids[1], &*ids[3]]);
    let all = retry_since(&alice, &path, "1970-01-01T00:00:00Z").await;
    assert_eq!(all.body, json!({"retried": 1, "has_more": false}));
}

#[tokio::test]
async fn what_failed_is_tried_again_500_at_a_time() {
    let world = world();
    let (alice, receiver) = (user(&world, "alice").await, Receiver::start().await);
    let path = webhook(&alice, &receiver.url, &EVENTS).await;
    test(&alice, &path).await;
    world.settle().await;
    receiver.received();
    let sample = world.rows("webhooks").into_iter().find(|row| row["body"]["S"].is_string()).unwrap();
    let failed = |number: u64| {
        let mut row = sample.clone();
        let id = format!("018e376b-9ce0-7000-8000-{number:012x}");
        row["sk"]["S"] = json!(format!("delivery#{id}"));
        row["id"]["S"] = json!(id);
        row["status"]["S"] = json!("failed");
        row["failed_of"] = json!({"S": path.rsplit('/').next().unwrap()});
        row
    };
    assert!(sample["sk"]["S"].as_str().unwrap().starts_with("delivery#"));
    world.put_many("webhooks", (0..501).map(failed));
    let first = retry_since(&alice, &path, "2024-01-01T00:00:00Z").await;
    assert_eq!((first.status, first.body), (202, json!({"retried": 500, "has_more": true})));
    let rest = retry_since(&alice, &path, "2024-01-01T00:00:00Z").await;
    assert_eq!(rest.body, json!({"retried": 1, "has_more": false}));
    let none = retry_since(&alice, &path, "2024-01-01T00:00:00Z").await;
    assert_eq!(none.body, json!({"retried": 0, "has_more": false}));
}
