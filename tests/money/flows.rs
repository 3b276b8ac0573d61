//! User actions that affect the books: one request of every kind.

use crate::world::{Actor, MULTIPART, PASSWORD, Reply, Snapshot, World};
use axum::http::Method;
use futures::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};

/// A request and its actor.
#[derive(Clone)]
pub struct Flow {
    pub name: &'static str,
    pub method: Method,
    pub path: String,
    /// JSON, or a multipart form as text.
    pub body: Value,
    pub actor: Actor,
    /// Whether the request has an idempotency key, so that it can be retried until it succeeds.
    pub is_keyed: bool,
    /// Whether the response is a stream of events.
    pub is_streamed: bool,
    /// The status on success.
    pub success: u16,
    /// The number of turns that it pays for.
    pub turns: i64,
    /// The user's things that may be deleted meanwhile: a conversation, an assistant.
    pub things: Vec<String>,
}

pub type Setup = fn(World) -> BoxFuture<'static, (World, Flow)>;

impl Flow {
    pub fn new(name: &'static str, path: impl Into<String>, body: Value, actor: Actor, success: u16) -> Self {
        Self {
            name,
            method: Method::POST,
            path: path.into(),
            body,
            actor,
            is_keyed: false,
            is_streamed: false,
            success,
            turns: 0,
            things: Vec::new(),
        }
    }

    pub fn keyed(self) -> Self {
        Self { is_keyed: true, actor: self.actor.sending("Idempotency-Key", "once"), ..self }
    }

    /// Makes the request as `actor`. For a stream, the last event becomes the response.
    pub async fn run_as(&self, actor: &Actor) -> Reply {
        match self.method {
            Method::DELETE => return actor.delete(&self.path).await,
            Method::PUT => return actor.put(&self.path, self.body.clone()).await,
            _ if self.body.is_string() => {
                return actor.post_raw(&self.path, MULTIPART, self.body.as_str().unwrap()).await;
            }
            _ if !self.is_streamed => return actor.post(&self.path, self.body.clone()).await,
            _ => {}
        }
        let mut reply = actor.sending("Accept", "text/event-stream").post(&self.path, self.body.clone()).await;
        if let Some((_, last)) =
            reply.text.rsplit_once("\nevent: ").map(|(_, last)| last.split_once("\ndata: ").unwrap())
        {
            reply.body = serde_json::from_str(last).unwrap();
            reply.status = reply.body["status_code"].as_u64().map_or(200, |status| status as u16);
        }
        reply
    }

    pub async fn run(&self) -> Reply {
        self.run_as(&self.actor).await
    }
}

/// The state before a flow's request. The request can be made in any number of copies.
pub struct Prepared {
    snapshot: Snapshot,
    flow: Flow,
}

impl Prepared {
    /// Prepares the flow in `world`, which has no users yet.
    pub async fn new(setup: Setup, world: World) -> Self {
        let (world, flow) = setup(world).await;
        Self { snapshot: world.snapshot(), flow }
    }

    /// The flow in a new copy of its world.
    pub fn begin(&self) -> (World, Flow) {
        let (world, flow) = (self.snapshot.world(), self.flow.clone());
        let actor = flow.actor.in_world(&world);
        (world, Flow { actor, ..flow })
    }
}

macro_rules! flows {
    ($($setup:expr),* $(,)?) => { vec![$((|world: World| async move { let flow = $setup(&world).await; (world, flow) }.boxed()) as Setup),*] };
}

pub(super) use flows;

fn register() -> Value {
    let (username, email) = ("bob", "bob@example.com");
    json!({"username": username, "email": email, "password": PASSWORD, "confirm_password": PASSWORD})
}

/// Registrations and sign-ins.
pub fn of_sign_ins() -> Vec<Setup> {
    async fn sign_in(world: &World, name: &'static str, path: &str) -> Flow {
        world.user("alice").await;
        let body = json!({"username": "alice", "email": "alice", "password": PASSWORD});
        Flow::new(name, path, body, world.anonymous(), 200)
    }
    flows![
        async |w: &World| Flow::new("000 register", "/api/v1/users/", register(), w.anonymous(), 201),
        async |w: &World| Flow::new("001 register", "/api/v1/auth/register", register(), w.anonymous(), 201),
        async |w: &World| Flow::new("002 register", "/api/v1/auth/register/", register(), w.anonymous(), 201),
        async |w: &World| Flow::new("003 register", "/users/register/", register(), w.anonymous(), 201),
        async |w: &World| Flow::new("004 register", "/api/register/", register(), w.anonymous(), 201),
        async |w: &World| sign_in(w, "000 sign in", "/api/v1/tokens/").await,
        async |w: &World| sign_in(w, "001 sign in", "/api/v1/auth/login").await,
        async |w: &World| sign_in(w, "002 sign in", "/api/v1/auth/login/").await,
        async |w: &World| sign_in(w, "003 sign in", "/users/login/").await,
        async |w: &World| sign_in(w, "004 sign in", "/api/login/").await,
        async |w: &World| {
            let refresh = w.user("alice").await.refresh;
            Flow::new("001 refresh", "/api/v1/auth/refresh", json!({"refresh_token": refresh}), w.anonymous(), 200)
        },
        async |w: &World| {
            let refresh = w.user("alice").await.refresh;
            Flow::new("002 refresh", "/api/v1/auth/token/refresh/", json!({"refresh": refresh}), w.anonymous(), 200)
        },
    ]
}

/// A turn at `path`. The user has a conversation with an assistant and no default conversation.
async fn turn(world: &World, name: &'static str, path: &str, success: u16) -> Flow {
    let alice = world.user("alice").await;
    let made = |reply: Reply| reply.body["id"].as_str().unwrap().to_owned();
    let ada = made(alice.post("/api/v1/assistants", json!({"name": "Ada"})).await);
    let work = json!({"title": "Work", "assistant_id": ada});
    let conversation = made(alice.post("/api/v1/conversations", work).await);
    let body = json!({
        "message": "Hello", "content": "Hello", "_input": "Hello", "assistant_name": "Ada",
        "title": "More", "assistant_id": ada,
    });
    let things = vec![format!("/api/v1/conversations/{conversation}"), format!("/api/v1/assistants/{ada}")];
    let path = path.replace("{conversation}", &conversation);
    Flow { turns: 1, things, ..Flow::new(name, path, body, alice, success).keyed() }
}

const CHATS: &str = "/api/v1/chat/sessions/{conversation}/chats/";
const MESSAGES: &str = "/api/v1/conversations/{conversation}/messages";
const CONVERSATIONS: &str = "/api/v1/conversations";
const CONVERSATION: &str = "/api/v1/conversations/{conversation}";
const CHAT: &str = "/api/v1/chat/";

async fn first_turn(world: &World, name: &'static str) -> Flow {
    let mut flow = turn(world, name, CONVERSATIONS, 201).await;
    flow.body["initial_message"] = json!("Hello");
    flow
}

async fn streamed(world: &World, name: &'static str) -> Flow {
    Flow { is_streamed: true, ..turn(world, name, MESSAGES, 200).await }
}

/// Turns in every kind of conversation, in every dialect, whole and streamed, with both kinds of models.
pub fn of_turns() -> Vec<Setup> {
    flows![
        async |w: &World| turn(w, "000 turn", CHAT, 201).await,
        async |w: &World| turn(w, "001 turn", MESSAGES, 201).await,
        async |w: &World| streamed(w, "001 streamed turn").await,
        async |w: &World| first_turn(w, "001 first turn").await,
        async |w: &World| turn(w, "002 turn", CHATS, 201).await,
        async |w: &World| turn(w, "003 turn", "/send/", 200).await,
        async |w: &World| turn(w, "004 turn", "/api/chat/", 200).await,
    ]
}

/// Conversations that are created or renamed.
pub fn of_conversations() -> Vec<Setup> {
    flows![
        async |w: &World| Flow { turns: 0, ..turn(w, "001 conversation", CONVERSATIONS, 201).await },
        async |w: &World| Flow { turns: 0, ..turn(w, "002 session", "/api/v1/chat/sessions/", 201).await },
        async |w: &World| Flow { turns: 0, method: Method::PUT, ..turn(w, "001 rename", CONVERSATION, 200).await },
    ]
}

/// Deletions of things that were paid for.
pub fn of_deletions() -> Vec<Setup> {
    async fn deletion(world: &World, name: &'static str, thing: usize) -> Flow {
        let said = turn(world, name, MESSAGES, 201).await;
        assert_eq!(said.run().await.status, 201);
        let path = said.things[thing].clone();
        Flow { method: Method::DELETE, things: said.things, ..Flow::new(name, path, Value::Null, said.actor, 204) }
    }
    flows![async |w: &World| deletion(w, "conversation", 0).await, async |w: &World| deletion(w, "assistant", 1).await,]
}

/// All operations on webhooks.
pub fn of_webhooks() -> Vec<Setup> {
    const WEBHOOKS: &str = "/api/v1/webhooks";

    fn about() -> Value {
        json!({"url": "https://example.com/hook", "events": ["user.created", "message.received"], "secret": "secret"})
    }

    /// A request about a webhook of alice that has a delivery. `path` is the part after the webhook's path.
    async fn of_one(world: &World, name: &'static str, (method, path): (Method, &str), success: u16) -> Flow {
        let alice = world.user("alice").await;
        let id = |reply: Reply| reply.body["id"].as_str().unwrap().to_owned();
        let webhook = format!("{WEBHOOKS}/{}", id(alice.post(WEBHOOKS, about()).await));
        let delivery = id(alice.post(&format!("{webhook}/test"), json!({})).await);
        let path = format!("{webhook}{}", path.replace("{delivery}", &delivery));
        let body = json!({"is_active": false, "secret": "another", "since": "2024-01-01T00:00:00Z"});
        Flow { method, ..Flow::new(name, path, body, alice, success) }
    }

    flows![
        async |w: &World| Flow::new("webhook", WEBHOOKS, about(), w.user("alice").await, 201).keyed(),
        async |w: &World| of_one(w, "webhook changed", (Method::PUT, ""), 200).await,
        async |w: &World| of_one(w, "webhook removed", (Method::DELETE, ""), 204).await,
        async |w: &World| of_one(w, "webhook tested", (Method::POST, "/test"), 202).await,
        async |w: &World| of_one(w, "secret replaced", (Method::POST, "/rotate-secret"), 200).await,
        async |w: &World| of_one(w, "delivery retried", (Method::POST, "/deliveries/{delivery}/retry"), 202).await,
        async |w: &World| of_one(w, "deliveries retried", (Method::POST, "/deliveries/retry"), 202).await,
    ]
}
