//! Audits the books from the raw rows. Shares nothing with the service: no types, no code for keys, no arithmetic.

use crate::world::World;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name]["S"].as_str().unwrap_or_default()
}

fn number(row: &Value, name: &str) -> i64 {
    row[name]["N"].as_str().and_then(|n| n.parse().ok()).unwrap_or(i64::MIN)
}

/// The discrepancies, one line each. `price` is the cost of a turn, `grant` the tokens granted at registration. The
/// audit expects that no turn is running, so nothing may be pending and nothing on hold.
pub fn audit(world: &World, grant: i64, price: i64) -> Vec<String> {
    audit_without(world, grant, price, &[])
}

/// Like [`audit`], where each turn has a price of its own.
pub fn audit_by_use(world: &World, grant: i64) -> Vec<String> {
    audit_all(world, grant, None, &[])
}

/// Like [`audit`], after the conversations in `deleted` were removed. Their cost stays charged; nothing else of them
/// remains.
pub fn audit_without(world: &World, grant: i64, price: i64, deleted: &[String]) -> Vec<String> {
    audit_all(world, grant, Some(price), deleted)
}

fn audit_all(world: &World, grant: i64, price: Option<i64>, deleted: &[String]) -> Vec<String> {
    let (users, sessions, balances) = (world.rows("users"), world.rows("sessions"), world.rows("balances"));
    let mut wrong = Vec::new();
    let profiles: BTreeMap<&str, &Value> =
        users.iter().filter(|row| text(row, "sk") == "profile").map(|row| (text(row, "pk"), row)).collect();
    accounts(&users, &profiles, &mut wrong);
    counters(&users, &profiles, &mut wrong);
    let mut charges = ledgers(&balances, &profiles, (grant, price), &mut wrong);
    let replies = conversations(&sessions, &profiles, price, &mut wrong);
    assistants(&world.rows("assistants"), &sessions, deleted.is_empty(), &mut wrong);
    webhooks(&world.rows("webhooks"), &mut wrong);
    told(&world.rows("outbox"), &sessions, &profiles, &mut wrong);
    charges.retain(|(conversation, _), _| !deleted.contains(conversation));
    if charges != replies {
        wrong.push(format!("charges {charges:?} are not the replies {replies:?}"));
    }
    for row in &sessions {
        let of_deleted = deleted.iter().any(|id| text(row, "pk").ends_with(id) || text(row, "sk").ends_with(id));
        if of_deleted {
            wrong.push(format!("{} {} was left behind", text(row, "pk"), text(row, "sk")));
        }
    }
    wrong
}

/// Every account has its names, and every name, sign-in and balance belongs to an account.
fn accounts(users: &[Value], profiles: &BTreeMap<&str, &Value>, wrong: &mut Vec<String>) {
    let mut named = BTreeSet::new();
    for row in users {
        let (pk, sk) = (text(row, "pk"), text(row, "sk"));
        if pk.starts_with("name#") {
            let owner = format!("user#{}", text(row, "user"));
            if !profiles.contains_key(owner.as_str()) {
                wrong.push(format!("{pk} belongs to nobody"));
            }
            named.insert(owner);
        } else if pk.starts_with("user#") && !profiles.contains_key(pk) {
            wrong.push(format!("{sk} belongs to nobody"));
        }
    }
    let numbers: BTreeSet<i64> = profiles.values().map(|row| number(row, "number")).collect();
    if numbers.len() != profiles.len() {
        wrong.push("two accounts share an integer".to_owned());
    }
    for pk in profiles.keys().filter(|pk| !named.contains(**pk)) {
        wrong.push(format!("{pk} has no name"));
    }
}

/// The counters of accounts, administrators and API keys match the rows.
fn counters(users: &[Value], profiles: &BTreeMap<&str, &Value>, wrong: &mut Vec<String>) {
    let counted = |of_this: &dyn Fn(&Value) -> bool| -> i64 {
        users.iter().filter(|row| of_this(row)).map(|row| number(row, "count")).sum()
    };
    let population = counted(&|row| text(row, "pk").starts_with("population#"));
    if population != profiles.len() as i64 {
        wrong.push(format!("{population} accounts are counted, there are {}", profiles.len()));
    }
    let governs = |row: &&&Value| text(row, "role") == "admin" && row["is_active"]["BOOL"] == true;
    let (counted, found) =
        (counted(&|row| text(row, "sk") == "administrators"), profiles.values().filter(governs).count());
    if counted != found as i64 {
        wrong.push(format!("{counted} administrators are counted, there are {found}"));
    }
    for (pk, profile) in profiles {
        let keys = users.iter().filter(|row| text(row, "pk") == *pk && text(row, "sk").starts_with("api-key#")).count();
        if number(profile, "api_keys") != keys as i64 {
            wrong.push(format!("{pk} counts {} API keys and has {keys}", number(profile, "api_keys")));
        }
    }
}

/// Available tokens plus holds equal the sum of the ledger. Returns the turns that were charged, with the amounts.
fn ledgers(
    balances: &[Value],
    profiles: &BTreeMap<&str, &Value>,
    (grant, price): (i64, Option<i64>),
    wrong: &mut Vec<String>,
) -> BTreeMap<(String, i64), i64> {
    let mut charges = BTreeMap::new();
    for pk in profiles.keys() {
        let own: Vec<&Value> = balances.iter().filter(|row| text(row, "pk") == *pk).collect();
        let Some(balance) = own.iter().find(|row| text(row, "sk") == "balance") else {
            wrong.push(format!("{pk} has no balance"));
            continue;
        };
        let available = number(balance, "available");
        if available < 0 {
            wrong.push(format!("{pk} has {available} available"));
        }
        let holds: i64 = balance["holds"]["M"]
            .as_object()
            .map_or(0, |holds| holds.values().map(|hold| number(&hold["M"], "amount")).sum());
        if holds != 0 {
            wrong.push(format!("{pk} still has {holds} on hold"));
        }
        let (mut sum, mut grants) = (0, 0);
        for entry in own.iter().filter(|row| text(row, "sk").starts_with("ledger#")) {
            let amount = number(entry, "amount");
            sum += amount;
            match text(entry, "kind") {
                "grant" if amount == grant => grants += 1,
                "refill" | "gift" if amount > 0 => {}
                "charge" if price.map_or(amount < 0, |price| amount == -price) => {
                    let turn = (text(entry, "conversation").to_owned(), number(entry, "turn"));
                    if charges.insert(turn.clone(), -amount).is_some() {
                        wrong.push(format!("{turn:?} was charged twice"));
                    }
                }
                kind => wrong.push(format!("an entry {kind} of {amount}")),
            }
        }
        if grants != 1 {
            wrong.push(format!("{pk} was granted {grants} times"));
        }
        if available + holds != sum {
            wrong.push(format!("{pk}: available {available} + holds {holds} is not the ledger's {sum}"));
        }
    }
    charges
}

/// Messages, replies and counters match. Returns the turns that have a reply, with their prices.
fn conversations(
    sessions: &[Value],
    profiles: &BTreeMap<&str, &Value>,
    price: Option<i64>,
    wrong: &mut Vec<String>,
) -> BTreeMap<(String, i64), i64> {
    let mut replies = BTreeMap::new();
    let (mut said, mut ended, mut unsaid) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for row in sessions.iter().filter(|row| text(row, "sk").starts_with("message#")) {
        let turn = (text(row, "pk").trim_start_matches("conversation#").to_owned(), number(row, "turn"));
        if text(row, "speaker") == "assistant" {
            let has_failed = text(row, "status") == "failed";
            let is_answer = ["complete", "cut", "cancelled"].contains(&text(row, "status"));
            // Who stops a turn before a word was said pays nothing.
            let about = &row["about"]["M"];
            let charged = number(about, "charged");
            let owed = if text(row, "content").is_empty() { 0 } else { price.unwrap_or(charged.max(1)) };
            let is_right = (has_failed && about.is_null()) || (is_answer && charged == owed);
            if !is_right {
                wrong.push(format!("the outcome of {turn:?} is {row}"));
            }
            ended.insert(turn.clone());
            match is_answer && text(row, "content").is_empty() {
                true => unsaid.extend([turn]),
                false => replies.extend(is_answer.then_some((turn, charged))),
            }
        } else {
            said.insert(turn);
        }
    }
    for turn in said.difference(&ended) {
        wrong.push(format!("{turn:?} has no outcome"));
    }
    for turn in ended.difference(&said) {
        wrong.push(format!("{turn:?} answers nothing"));
    }
    let is_there = |id: &str| sessions.iter().any(|row| text(row, "sk") == "about" && text(row, "id") == id);
    for turn in said.iter().filter(|turn| !is_there(&turn.0)) {
        wrong.push(format!("{turn:?} is in no conversation"));
    }
    let mut owned: BTreeMap<String, i64> = BTreeMap::new();
    for about in sessions.iter().filter(|row| text(row, "sk") == "about") {
        let id = text(about, "id");
        *owned.entry(format!("user#{}", text(about, "owner"))).or_default() += 1;
        let of_this = |turn: &&(String, i64)| turn.0 == id;
        let answered = replies.keys().chain(&unsaid).filter(of_this).count() as i64;
        let (turns, counted) = (answered, number(about, "turns"));
        if turns != counted {
            wrong.push(format!("{id} counts {counted} turns and has {turns}"));
        }
        let (messages, counted) = (said.iter().filter(of_this).count() as i64, number(about, "said"));
        if messages != counted {
            wrong.push(format!("{id} counts {counted} messages and has {messages}"));
        }
        let last = said.iter().filter(of_this).map(|turn| turn.1).max().unwrap_or(0);
        if number(about, "begun") != last {
            wrong.push(format!("{id} began {} turns, and the last one is {last}", about["begun"]));
        }
        if (turns == 0) != about["last_turn"].is_null() {
            wrong.push(format!("{id} has {turns} turns and the last turn {}", about["last_turn"]));
        }
    }
    for (pk, profile) in profiles {
        let (has, counts) = (owned.get(*pk).copied().unwrap_or(0), number(profile, "conversations"));
        if has != counts {
            wrong.push(format!("{pk} counts {counts} conversations and has {has}"));
        }
    }
    replies
}

/// Assistants count their conversations and the questions in them, including those of deleted conversations.
fn assistants(assistants: &[Value], sessions: &[Value], is_exact: bool, wrong: &mut Vec<String>) {
    let ids = |prefix: &str| -> BTreeSet<String> {
        assistants.iter().filter_map(|row| text(row, "sk").strip_prefix(prefix).map(str::to_owned)).collect()
    };
    if ids("assistant#") != ids("usage#") {
        wrong.push("assistants and the rows of their usage do not belong together".to_owned());
    }
    for usage in assistants.iter().filter(|row| text(row, "sk").starts_with("usage#")) {
        let id = text(usage, "sk").trim_start_matches("usage#");
        let about = assistants.iter().find(|row| text(row, "sk") == format!("assistant#{id}"));
        if about.is_some_and(|about| text(&about["character"]["M"], "status") != text(usage, "status")) {
            wrong.push(format!("{id} has another status than {}", text(usage, "status")));
        }
        let own: Vec<&Value> = sessions.iter().filter(|row| text(row, "assistant") == id).collect();
        let (has, counts) = (own.len() as i64, number(usage, "conversations"));
        if has != counts {
            wrong.push(format!("{id} counts {counts} conversations and has {has}"));
        }
        let (asked, counts) = (own.iter().map(|about| number(about, "said")).sum(), number(usage, "queries"));
        if counts < asked || (is_exact && counts != asked) {
            wrong.push(format!("{id} counts {counts} questions and was asked {asked}"));
        }
    }
}

/// Owners' counters match their webhooks, and every pending delivery is in the index that is searched for it.
fn webhooks(rows: &[Value], wrong: &mut Vec<String>) {
    let is_webhook = |row: &&Value| text(row, "pk").starts_with("owner#") && text(row, "sk").starts_with("webhook#");
    for counter in rows.iter().filter(|row| text(row, "sk") == "count") {
        let of_owner = |row: &&Value| text(row, "pk") == text(counter, "pk");
        let (has, counts) = (rows.iter().filter(is_webhook).filter(of_owner).count() as i64, number(counter, "count"));
        if has != counts {
            wrong.push(format!("{} counts {counts} webhooks and has {has}", text(counter, "pk")));
        }
    }
    for webhook in rows.iter().filter(is_webhook) {
        if !rows.iter().any(|row| text(row, "sk") == "count" && text(row, "pk") == text(webhook, "pk")) {
            wrong.push(format!("{} is not counted", text(webhook, "sk")));
        }
    }
    for delivery in rows.iter().filter(|row| text(row, "sk").starts_with("delivery#")) {
        let waits = text(delivery, "status") == "pending";
        let is_listed = |name: &str| !text(delivery, name).is_empty();
        if waits != is_listed("waiting") || (text(delivery, "status") == "failed") != is_listed("failed_of") {
            wrong.push(format!("the delivery {delivery} is where nobody looks for it"));
        }
        if text(delivery, "pk") != format!("webhook#{}", text(delivery, "webhook")) {
            wrong.push(format!("the delivery {delivery} belongs to no webhook"));
        }
    }
}

/// Every existing account, conversation and message has exactly one creation event, and nothing else has any.
fn told(outbox: &[Value], sessions: &[Value], profiles: &BTreeMap<&str, &Value>, wrong: &mut Vec<String>) {
    let mut told: Vec<(String, String)> = Vec::new();
    for change in outbox {
        for event in change["events"]["L"].as_array().into_iter().flatten() {
            if event["S"] == "user_created" {
                told.push(("account".to_owned(), text(change, "user").to_owned()));
            }
            let of = |name: &str| Some(&event["M"][name]["M"]).filter(|data| data.is_object());
            if let Some(data) = of("conversation_created") {
                told.push(("conversation".to_owned(), text(data, "conversation").to_owned()));
            }
            if let Some(data) = of("message_received") {
                let message = &data["message"]["M"];
                let which = format!("{} {}", number(message, "turn"), text(message, "speaker"));
                told.push((text(data, "conversation").to_owned(), which));
            }
        }
    }
    let accounts = profiles.values().map(|row| ("account".to_owned(), text(row, "id").to_owned()));
    let begun = sessions.iter().filter(|row| text(row, "sk") == "about");
    let begun = begun.map(|row| ("conversation".to_owned(), text(row, "id").to_owned()));
    // Failures are not told.
    let is_told = |row: &&Value| text(row, "sk").starts_with("message#") && row["status"]["S"] != "failed";
    let messages = sessions.iter().filter(is_told).map(|row| {
        let which = format!("{} {}", number(row, "turn"), text(row, "speaker"));
        (text(row, "pk").trim_start_matches("conversation#").to_owned(), which)
    });
    let mut there: Vec<(String, String)> = accounts.chain(begun).chain(messages).collect();
    // Deletions have events, too.
    let is_there = |told: &(String, String)| match told.0.as_str() {
        "account" | "conversation" => there.contains(told),
        conversation => there.contains(&("conversation".to_owned(), conversation.to_owned())),
    };
    told.retain(is_there);
    told.sort();
    there.sort();
    if told != there {
        wrong.push(format!("what was told, {told:?}, is not what is there, {there:?}"));
    }
}
