//! Every call of every flow fails, before and after it commits, once and for good; or is outrun by another
//! request of the same user. Afterwards the process starts anew, and the books must add up.

use super::audit::audit;
use crate::world::{Actor, Fault, Moment, PASSWORD, Reply, World};
use axum::http::Method;
use futures::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};
use std::time::Duration;

const GRANT: i64 = 4000;
const PRICE: i64 = 100;
/// A flow that makes more calls than this never ends.
const CALLS_MAX: usize = 40;

/// A request, and who makes it in which world.
#[derive(Clone)]
pub struct Flow {
    pub name: &'static str,
    pub method: Method,
    pub path: String,
    pub body: Value,
    pub actor: Actor,
    /// Whether the request is safe to repeat until it succeeds.
    pub is_keyed: bool,
    /// Statuses of a success.
    pub success: u16,
    /// The request that outruns this one; a turn of the same user when there is none.
    pub rival: Option<Box<Flow>>,
}

pub type Setup = fn(World) -> BoxFuture<'static, (World, Flow)>;

pub fn flow(name: &'static str, path: impl Into<String>, body: Value, actor: Actor, success: u16) -> Flow {
    Flow { name, method: Method::POST, path: path.into(), body, actor, is_keyed: false, success, rival: None }
}

macro_rules! flows {
    ($($setup:expr),* $(,)?) => { vec![$((|world: World| async move { let flow = $setup(&world).await; (world, flow) }.boxed()) as Setup),*] };
}

pub(super) use flows;

fn register() -> Value {
    let (username, email) = ("bob", "bob@example.com");
    json!({"username": username, "email": email, "password": PASSWORD, "confirm_password": PASSWORD})
}

fn sign_in() -> Value {
    json!({"username": "alice", "email": "alice", "password": PASSWORD})
}

async fn turn(world: &World, name: &'static str, path: &str, success: u16, remote: bool) -> Flow {
    let alice = world.user("alice").await;
    let mut path = path.to_owned();
    if path.contains("{session}") {
        let session = alice.post("/api/v1/chat/sessions/", json!({"title": "Work"})).await.body["id"].clone();
        path = path.replace("{session}", session.as_str().unwrap());
    }
    if remote {
        world.model.be_remote();
    }
    let alice = alice.sending("Idempotency-Key", "once");
    Flow { is_keyed: true, ..flow(name, path, json!({"message": "Hello", "title": "More"}), alice, success) }
}

fn all_flows() -> Vec<Setup> {
    const CHATS: &str = "/api/v1/chat/sessions/{session}/chats/";
    flows![
        async |w: &World| flow("000 register", "/api/v1/users/", register(), w.anonymous(), 201),
        async |w: &World| flow("001 register", "/api/v1/auth/register", register(), w.anonymous(), 201),
        async |w: &World| flow("002 register", "/api/v1/auth/register/", register(), w.anonymous(), 201),
        async |w: &World| flow("003 register", "/users/register/", register(), w.anonymous(), 201),
        async |w: &World| flow("004 register", "/api/register/", register(), w.anonymous(), 201),
        async |w: &World| {
            w.user("alice").await;
            flow("000 sign in", "/api/v1/tokens/", sign_in(), w.anonymous(), 200)
        },
        async |w: &World| {
            w.user("alice").await;
            flow("001 sign in", "/api/v1/auth/login", sign_in(), w.anonymous(), 200)
        },
        async |w: &World| {
            w.user("alice").await;
            flow("002 sign in", "/api/v1/auth/login/", sign_in(), w.anonymous(), 200)
        },
        async |w: &World| {
            w.user("alice").await;
            flow("003 sign in", "/users/login/", sign_in(), w.anonymous(), 200)
        },
        async |w: &World| {
            w.user("alice").await;
            flow("004 sign in", "/api/login/", sign_in(), w.anonymous(), 200)
        },
        async |w: &World| {
            let refresh = w.user("alice").await.refresh;
            flow("001 refresh", "/api/v1/auth/refresh", json!({"refresh_token": refresh}), w.anonymous(), 200)
        },
        async |w: &World| {
            let refresh = w.user("alice").await.refresh;
            flow("002 refresh", "/api/v1/auth/token/refresh/", json!({"refresh": refresh}), w.anonymous(), 200)
        },
        async |w: &World| turn(w, "002 session", "/api/v1/chat/sessions/", 201, false).await,
        async |w: &World| turn(w, "002 turn", CHATS, 201, false).await,
        async |w: &World| turn(w, "002 turn, remote model", CHATS, 201, true).await,
        async |w: &World| turn(w, "003 turn", "/send/", 200, false).await,
        async |w: &World| turn(w, "003 turn, remote model", "/send/", 200, true).await,
        async |w: &World| turn(w, "004 turn", "/api/chat/", 200, false).await,
        async |w: &World| turn(w, "004 turn, remote model", "/api/chat/", 200, true).await,
    ]
}

/// Limits are on, so that the limiter's calls fail too.
pub fn world() -> World {
    World::with(&[("RATE_LIMIT_API", "1000"), ("RATE_LIMIT_AUTH", "1000")])
}

/// A new process on the same data, after whatever was on hold has expired, at the next look at the balance.
async fn recover(world: &World) -> World {
    let world = world.restarted();
    world.pass(Duration::from_secs(3600));
    for username in ["alice", "bob"] {
        let body = json!({"email": username, "password": PASSWORD});
        let token = world.anonymous().post("/api/v1/auth/login", body).await.body["access_token"].clone();
        if let Some(token) = token.as_str() {
            let looked = world.anonymous().bearing(token).get("/api/tokens/").await;
            assert_eq!(looked.status, 200, "{}", looked.text);
        }
    }
    world
}

pub async fn run(flow: &Flow) -> Reply {
    match flow.method {
        Method::DELETE => flow.actor.delete(&flow.path).await,
        Method::PUT => flow.actor.put(&flow.path, flow.body.clone()).await,
        _ => flow.actor.post(&flow.path, flow.body.clone()).await,
    }
}

fn another_turn(flow: &Flow) -> Flow {
    self::flow("another turn", "/api/chat/", json!({"message": "First"}), flow.actor.clone(), 200)
}

/// Plans one fault after another for every call of a flow, until a run passes without meeting it.
pub async fn every_call(setup: Setup, moment: Moment, times: usize, check: impl AsyncFn(&World, &Flow, &Reply, &str)) {
    for call in 0..CALLS_MAX {
        let (world, flow) = setup(world()).await;
        if moment == Moment::Outrun {
            let mut first = flow.rival.clone().unwrap_or_else(|| Box::new(another_turn(&flow)));
            first.actor = first.actor.in_world(&world.restarted()).without("Idempotency-Key");
            world.faults.rival(move || {
                let first = first.clone();
                async move {
                    let reply = run(&first).await;
                    assert_eq!(reply.status, first.success, "{}", reply.text);
                }
                .boxed()
            });
        }
        world.faults.plan(Some(Fault { call, moment, times }));
        let reply = run(&flow).await;
        if world.faults.hits() == 0 {
            assert_eq!(reply.status, flow.success, "{}: {}", flow.name, reply.text);
            assert!(call > 0, "{} makes no calls", flow.name);
            return;
        }
        world.faults.plan(None);
        let what = format!("{}, call {call}, {moment:?} × {times}: {} {}", flow.name, reply.status, reply.text);
        check(&world, &flow, &reply, &what).await;
    }
    panic!("a flow makes more than {CALLS_MAX} calls");
}

#[tokio::test]
async fn a_hiccup_at_any_call_is_not_noticed() {
    for setup in all_flows() {
        for moment in [Moment::BeforeCommit, Moment::AfterCommit, Moment::Conflict] {
            every_call(setup, moment, 1, async |world, flow, reply, what| {
                assert_eq!(reply.status, flow.success, "{what}");
                let after = recover(world).await;
                assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new(), "{what}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn the_process_dies_at_any_call() {
    for setup in all_flows() {
        for moment in [Moment::BeforeCommit, Moment::AfterCommit] {
            every_call(setup, moment, usize::MAX, async |world, flow, reply, what| {
                assert!([flow.success, 503].contains(&reply.status), "{what}");
                let after = recover(world).await;
                assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new(), "{what}");
                if flow.is_keyed {
                    repeated_until_it_succeeds(&after, flow, reply, what).await;
                }
            })
            .await;
        }
    }
}

/// The client does what clients do: it asks again with the same key. However the first try ended, there is
/// one effect in the end.
async fn repeated_until_it_succeeds(after: &World, flow: &Flow, first: &Reply, what: &str) {
    let alice = after.sign_in("alice").await.sending("Idempotency-Key", "once");
    let again = alice.post(&flow.path, flow.body.clone()).await;
    assert_eq!(again.status, flow.success, "{what}; again: {}", again.text);
    if first.status == flow.success {
        assert_eq!(again.body, first.body, "{what}");
    }
    assert_eq!(audit(after, GRANT, PRICE), Vec::<String>::new(), "{what}; again");
    let spent = if flow.name.contains("turn") { PRICE } else { 0 };
    assert_eq!(after.available("alice") as i64, GRANT - spent, "{what}; again");
}

#[tokio::test]
async fn another_turn_comes_first_at_any_call() {
    for setup in all_flows().into_iter().skip(12) {
        every_call(setup, Moment::Outrun, 1, async |world, flow, reply, what| {
            assert_eq!(reply.status, flow.success, "{what}");
            let after = recover(world).await;
            assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new(), "{what}");
            let turns = if flow.name.contains("turn") { 2 } else { 1 };
            assert_eq!(after.available("alice") as i64, GRANT - turns * PRICE, "{what}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_model_that_fails_or_panics_leaves_nothing_behind() {
    use crate::world::Script;
    for script in [|| Script::Fail, || Script::Panic] {
        let world = world();
        let alice = world.user("alice").await;
        world.model.next(script());
        let reply = alice.post("/api/chat/", json!({"message": "Hello"})).await;
        assert!(reply.status == 502 || reply.status == 500, "{}", reply.text);
        let after = recover(&world).await;
        assert_eq!(audit(&after, GRANT, PRICE), Vec::<String>::new());
        assert_eq!(after.available("alice") as i64, GRANT);
    }
}
