//! The cost of a page does not depend on the length of the list. This holds for every filter and order of every list,
//! for a first page and for a page after a cursor. A numbered page also pays for the keys that it skips.

use crate::{
    calls::{Cost, measure, metered},
    world::{Actor, START, World},
};
use serde_json::{Value, json};
use shared::domain::{list::ListPosition, time::Timestamp};

/// Entries on a page.
const SIZE: usize = 10;
/// A short list fills one page, so that a longer list reads as much.
const SHORT: usize = SIZE;
/// The maximum number of keys that a call skips.
const SKIPPED_AT_ONCE: usize = 5_000;
/// An upper bound for keys per read unit: a key has several hundred bytes, a unit covers 8 KB.
const KEYS_PER_UNIT: usize = 20;

/// A list, and every query for it.
struct List {
    actor: Actor,
    asks: Vec<String>,
}

impl List {
    /// Combines each of `filters` with each of `fields` in both directions.
    fn new(actor: &Actor, path: &str, filters: &[&str], fields: &[&str]) -> Self {
        let mut asks = Vec::new();
        for filter in filters {
            for field in fields {
                for direction in ["asc", "desc"] {
                    asks.push(format!("{path}?size={SIZE}&sort={field}:{direction}{filter}"));
                }
            }
        }
        Self { actor: actor.clone(), asks }
    }

    async fn first_pages(&self, world: &World, total: usize) -> Vec<Cost> {
        let mut costs = Vec::new();
        for ask in &self.asks {
            let (reply, cost) = measure(world, ask, self.actor.get(ask)).await;
            let shown = reply.body["items"].as_array().unwrap().len();
            assert_eq!((&reply.body["total"], shown), (&json!(total), SIZE), "{ask}");
            assert!(cost.calls <= 4 && cost.steps <= 3, "{ask}: {cost:?}");
            costs.push(cost);
        }
        costs
    }

    /// Requests page `number` of each query, and the page after it by its cursor.
    async fn deep_pages(&self, world: &World, number: usize, first: &[Cost]) {
        let skipped = (number - 1) * SIZE;
        for (ask, first) in self.asks.iter().zip(first) {
            let (reply, cost) = measure(world, ask, self.actor.get(&format!("{ask}&page={number}"))).await;
            assert_eq!(reply.body["items"].as_array().unwrap().len(), SIZE, "{ask}");
            // One more call counts the list.
            assert!(cost.calls <= first.calls + skipped.div_ceil(SKIPPED_AT_ONCE) + 1, "{ask}: {cost:?}");
            let most = first.units.read + (skipped / KEYS_PER_UNIT) as f64 + 5.0;
            assert!(cost.units.read <= most, "{ask}: {cost:?}");
            let cursor = reply.body["next_cursor"].as_str().unwrap();
            let (reply, cost) = measure(world, ask, self.actor.get(&format!("{ask}&after={cursor}"))).await;
            assert_eq!(reply.body["items"].as_array().unwrap().len(), SIZE, "{ask}");
            assert_eq!(cost, *first, "{ask}");
        }
    }
}

/// The id of the `number`th thing that the test creates.
fn id(number: usize) -> String {
    format!("{number:08}-0000-4000-8000-000000000000")
}

/// Replaces attributes by `{"S": …}`.
fn with(mut row: Value, texts: &[(&str, String)]) -> Value {
    for (attribute, text) in texts {
        row[attribute] = json!({"S": text});
    }
    row
}

fn by_time(number: usize) -> String {
    ListPosition::by_time(Timestamp::from_millis(START + number as u64), id(number)).0
}

fn by_text(text: &str, number: usize) -> String {
    ListPosition::by_text(text, id(number)).0
}

fn row(world: &World, table: &str, starts: &str) -> Value {
    let mut rows = world.rows(table).into_iter();
    rows.find(|row| row["sk"]["S"].as_str().unwrap().starts_with(starts)).unwrap()
}

fn count(world: &World, table: &str, mut row: Value, attribute: &str, count: usize) {
    row[attribute] = json!({"N": count.to_string()});
    world.put(table, &row);
}

/// Creates conversations with the assistant from the row `model`, until there are `total`.
fn grow_conversations(world: &World, model: &Value, have: usize, total: usize) {
    let conversation = |number: usize| {
        let title = format!("Plans {number:05}");
        with(
            model.clone(),
            &[
                ("pk", format!("conversation#{}", id(number))),
                ("id", id(number)),
                ("by_created", by_time(number)),
                ("by_updated", by_time(number)),
                ("by_title", by_text(&title, number)),
                ("title", title),
            ],
        )
    };
    world.put_many("sessions", (have..total).map(conversation));
    count(world, "users", world.profile("alice"), "conversations", total);
    count(world, "assistants", row(world, "assistants", "usage#"), "conversations", total);
}

#[tokio::test(start_paused = true)]
async fn twenty_thousand_conversations() {
    const LONG: usize = 20_000;
    let world = metered();
    let alice = world.user("alice").await;
    let assistant = alice.post("/api/v1/assistants", json!({"name": "First"})).await.body["id"].clone();
    let new = json!({"assistant_id": assistant, "title": "Plans 00000"});
    assert_eq!(alice.post("/api/v1/conversations", new).await.status, 201);
    let model = row(&world, "sessions", "about");
    let filter = format!("&assistant_id={}", assistant.as_str().unwrap());
    let fields = ["created_at", "updated_at", "title"];
    let list = List::new(&alice, "/api/v1/conversations", &["", &filter], &fields);
    let sessions = async || measure(&world, "sessions", alice.get("/api/v1/chat/sessions/")).await.1;

    grow_conversations(&world, &model, 1, SHORT);
    let (first, in_webchat) = (list.first_pages(&world, SHORT).await, sessions().await);
    grow_conversations(&world, &model, SHORT, LONG);
    assert_eq!(list.first_pages(&world, LONG).await, first);
    assert_eq!(sessions().await, in_webchat);
    list.deep_pages(&world, 100, &first).await;

    for ask in [&list.asks[0], &list.asks[10]] {
        let last = LONG / SIZE;
        let (reply, cost) = measure(&world, ask, alice.get(&format!("{ask}&page={last}"))).await;
        assert_eq!(reply.body["items"][SIZE - 1]["title"], format!("Plans {:05}", LONG - 1), "{ask}");
        assert_eq!(reply.body["next_cursor"], Value::Null, "{ask}");
        assert!(cost.calls <= 4 + LONG / SKIPPED_AT_ONCE + 1, "{ask}: {cost:?}");
        assert!(cost.units.read <= (LONG / KEYS_PER_UNIT) as f64, "{ask}: {cost:?}");
        let (reply, cost) = measure(&world, ask, alice.get(&format!("{ask}&page={}", last + 1))).await;
        assert_eq!((&reply.body["items"], &reply.body["total"]), (&json!([]), &json!(LONG)), "{ask}");
        assert!(cost.calls <= 3 && cost.units.read <= 5.0, "{ask}: {cost:?}");
    }
}

fn grow_assistants(world: &World, model: &Value, have: usize, total: usize) {
    let assistant = |number: usize| {
        let name = format!("Helper {number:05}");
        let mut row = with(
            model.clone(),
            &[
                ("sk", format!("assistant#{}", id(number))),
                ("id", id(number)),
                ("by_created", by_time(number)),
                ("by_updated", by_time(number)),
                ("by_name", by_text(&name, number)),
            ],
        );
        row["character"]["M"]["name"] = json!({"S": name});
        row
    };
    world.put_many("assistants", (have..total).map(assistant));
    let unused = row(world, "assistants", "usage#");
    let usage = |number: usize| with(unused.clone(), &[("sk", format!("usage#{}", id(number)))]);
    world.put_many("assistants", (have..total).map(usage));
    for kind in ["#", "active#", "#general", "active#general"] {
        let row = json!({"pk": model["pk"], "sk": {"S": format!("count#{kind}")}});
        count(world, "assistants", row, "count", total);
    }
}

#[tokio::test(start_paused = true)]
async fn two_thousand_assistants() {
    const LONG: usize = 2_000;
    let world = metered();
    let alice = world.user("alice").await;
    let new = json!({"name": "Helper 00000", "category": "general"});
    assert_eq!(alice.post("/api/v1/assistants", new).await.status, 201);
    let model = row(&world, "assistants", "assistant#");
    let filters = ["", "&status=active", "&category=general", "&status=active&category=general"];
    let list = List::new(&alice, "/api/v1/assistants", &filters, &["created_at", "updated_at", "name"]);
    let in_reports = async || measure(&world, "reports", alice.get("/api/v1/assistants/")).await.1;

    grow_assistants(&world, &model, 1, SHORT);
    let first = list.first_pages(&world, SHORT).await;
    grow_assistants(&world, &model, SHORT, 100);
    let hundred = in_reports().await;
    grow_assistants(&world, &model, 100, LONG);
    assert_eq!(list.first_pages(&world, LONG).await, first);
    list.deep_pages(&world, LONG / SIZE - 1, &first).await;
    assert_eq!(in_reports().await.operations, hundred.operations);
}

fn grow_users(world: &World, [profile, balance]: [&Value; 2], have: usize, total: usize) {
    let user = |number: usize| {
        let name = format!("user{number:05}");
        let mut row = with(
            profile.clone(),
            &[
                ("pk", format!("user#{}", id(number))),
                ("id", id(number)),
                ("by_created", ListPosition::by_number(number as u64, id(number)).0),
                ("by_username", by_text(&name, number)),
                ("by_email", by_text("", number)),
                ("username", name),
            ],
        );
        row["number"] = json!({"N": number.to_string()});
        row
    };
    world.put_many("users", (have..total).map(user));
    let own = |number: usize| with(balance.clone(), &[("pk", format!("user#{}", id(number)))]);
    world.put_many("balances", (have..total).map(own));
    for part in 0..8 {
        let row = json!({"pk": {"S": format!("population#{part}")}, "sk": {"S": "count"}});
        count(world, "users", row, "count", if part == 0 { total } else { 0 });
    }
    let counter = json!({"pk": {"S": "counter"}, "sk": {"S": "users"}});
    count(world, "users", counter, "last_number", total);
}

#[tokio::test(start_paused = true)]
async fn two_thousand_users() {
    const LONG: usize = 2_000;
    let world = metered();
    let root = world.admin("root").await;
    world.user("alice").await;
    let (profile, balance) = (world.profile("alice"), row(&world, "balances", "balance"));
    let model = [&profile, &balance];
    let list = List::new(&root, "/api/v1/users", &[""], &["created_at", "username", "email"]);

    // The administrator and alice already exist.
    grow_users(&world, model, 2, SHORT);
    let first = list.first_pages(&world, SHORT).await;
    grow_users(&world, model, SHORT, LONG);
    assert_eq!(list.first_pages(&world, LONG).await, first);
    list.deep_pages(&world, LONG / SIZE - 1, &first).await;
    let (reply, cost) = measure(&world, "directory", root.get("/users/?page=20")).await;
    assert_eq!(reply.body.as_array().unwrap().len(), 100);
    assert!(cost.calls <= 5 && cost.units.read <= 100.0, "{cost:?}");
}

/// Tools and API keys are limited to 100 and 50, and are read in one call.
#[tokio::test(start_paused = true)]
async fn as_many_tools_and_keys_as_there_may_be() {
    let world = metered();
    let root = world.admin("root").await;
    let tool = json!({"name": "Tool 00000", "endpoint": "https://example.com/"});
    assert_eq!(root.post("/api/v1/tools", tool).await.status, 201);
    assert_eq!(root.post("/api/v1/users/me/api-keys", json!({"name": "Key 00000"})).await.status, 201);
    let (tool, key) = (row(&world, "tools", "tool#"), row(&world, "users", "api-key#"));
    let tool_number = |number: usize| {
        let name = format!("tool_{number:05}");
        let mut row = with(tool.clone(), &[("sk", format!("tool#{name}")), ("id", name.clone())]);
        row["definition"]["M"]["name"] = json!({"S": name});
        row
    };
    let key_number = |number: usize| {
        with(key.clone(), &[("sk", format!("api-key#{}", id(number))), ("id", id(number)), ("name", id(number))])
    };
    let (tools, keys) = ("/api/v1/tools", "/api/v1/users/me/api-keys");
    let fields = ["created_at", "name"];
    let lists = [List::new(&root, tools, &[""], &fields), List::new(&root, keys, &[""], &fields)];
    // Two tools are built in.
    let lengths = [[SHORT, SHORT], [102, 50]];
    let mut costs = Vec::new();
    for [many_tools, many_keys] in lengths {
        world.put_many("tools", (1..many_tools - 2).map(tool_number));
        world.put_many("users", (1..many_keys).map(key_number));
        costs.push([lists[0].first_pages(&world, many_tools).await, lists[1].first_pages(&world, many_keys).await]);
    }
    for (short, long) in costs[0].iter().flatten().zip(costs[1].iter().flatten()) {
        assert_eq!((short.calls, short.steps, &short.operations), (long.calls, long.steps, &long.operations));
        assert!(long.units.read <= short.units.read + 12.0, "{long:?}");
    }
}
