//! Users who are deleted or disabled while one of their turns is running.

use super::audit::audit;
use crate::world::{Actor, Reply, Script, World};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle};

/// Alice, whose turn runs until the test sends its reply, and the administrator Root.
struct Running {
    world: World,
    root: Actor,
    path: String,
    asking: JoinHandle<Reply>,
    tell: oneshot::Sender<&'static str>,
}

impl Running {
    async fn new() -> Self {
        let world = World::new();
        let (alice, root) = (world.user("alice").await, world.admin("root").await);
        let path = format!("/api/v1/users/{}", world.id_of("alice"));
        let (tell, told) = oneshot::channel();
        world.model.next(Script::AnswerWhen(told));
        let alice = alice.sending("Idempotency-Key", "once");
        let asking = tokio::spawn(async move { alice.post("/send/", json!({"message": "Hello"})).await });
        world.until_no_longer("alice", 4000).await;
        Self { world, root, path, asking, tell }
    }

    /// Ends the turn and returns its response.
    async fn answered(self) -> (World, Reply) {
        self.tell.send("Goodbye").unwrap();
        (self.world, self.asking.await.unwrap())
    }
}

async fn sweep(world: &World) {
    while !world.services.sweeper.sweep().await.unwrap() {}
}

fn assert_nothing_of_alice(world: &World, id: &str) {
    for table in ["users", "assistants", "sessions", "balances"] {
        let left = world.rows(table).into_iter().filter(|row| row.to_string().contains(id));
        assert_eq!(left.collect::<Vec<_>>(), Vec::<Value>::new(), "{table}");
    }
    assert_eq!(audit(world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_turn_of_somebody_who_is_deleted_and_swept_meanwhile() {
    let running = Running::new().await;
    let id = running.world.id_of("alice").to_string();
    assert_eq!(running.root.delete(&running.path).await.status, 204);
    sweep(&running.world).await;
    assert_nothing_of_alice(&running.world, &id);
    let (world, reply) = running.answered().await;
    assert_eq!((reply.status, reply.body), (401, no_longer_valid()));
    assert_nothing_of_alice(&world, &id);
}

#[tokio::test]
async fn a_turn_of_somebody_who_is_deleted_meanwhile() {
    let running = Running::new().await;
    let id = running.world.id_of("alice").to_string();
    assert_eq!(running.root.delete(&running.path).await.status, 204);
    let (world, reply) = running.answered().await;
    assert_eq!((reply.status, reply.body), (401, no_longer_valid()));
    sweep(&world).await;
    assert_nothing_of_alice(&world, &id);
}

/// What a credential of a deleted account gets.
fn no_longer_valid() -> Value {
    json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"})
}

#[tokio::test]
async fn long_conversations_go_with_their_owner() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    let path = format!("/api/v1/users/{}", world.id_of("alice"));
    let mut conversations = Vec::new();
    for _ in 0..2 {
        let reply = alice.post("/api/v1/conversations", json!({"initial_message": "Hello"})).await;
        conversations.push(reply.body["id"].as_str().unwrap().to_owned());
    }
    let rows = world.rows("sessions");
    for conversation in &conversations {
        let is_message =
            |row: &&Value| row["pk"]["S"].as_str().unwrap().contains(conversation) && row["sk"]["S"] != "about";
        let model = rows.iter().find(is_message).unwrap();
        let message = |number: usize| {
            let mut row = model.clone();
            row["sk"]["S"] = format!("message#{number:020}#0").into();
            row
        };
        world.put_many("sessions", (10..1_210).map(message));
    }
    assert_eq!(root.delete(&path).await.status, 204);
    let mut portions = 0;
    while !world.services.sweeper.sweep().await.unwrap() {
        portions += 1;
    }
    assert_eq!(portions, 2, "500 messages of each in a portion");
    assert_eq!(world.rows("sessions"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_turn_of_somebody_who_is_disabled_meanwhile() {
    let running = Running::new().await;
    assert_eq!(running.root.put(&running.path, json!({"is_active": false})).await.status, 200);
    let (world, reply) = running.answered().await;
    assert_eq!((reply.status, reply.body), (200, json!({"response": "Goodbye"})));
    assert_eq!(world.available("alice"), 3900);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}

#[tokio::test]
async fn a_grant_while_a_turn_runs() {
    let running = Running::new().await;
    let reply = running.root.put(&running.path, json!({"tokens_granted": 500})).await;
    assert_eq!((reply.status, &reply.body["tokens"]), (200, &json!(4400)), "the price is on hold");
    let (world, reply) = running.answered().await;
    assert_eq!(reply.status, 200);
    assert_eq!(world.available("alice"), 4400);
    assert_eq!(audit(&world, 4000, 100), Vec::<String>::new());
}
