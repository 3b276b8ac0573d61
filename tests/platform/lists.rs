//! Spec 001, "Pagination" and "Sorting": what all lists have in common.

use super::invalid;
use crate::world::{Actor, World};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// Every list, what it can be sorted by, and the field of a new entry's name.
const LISTS: [(&str, &[&str], &str); 6] = [
    ("/api/v1/users", &["created_at", "username", "email"], "username"),
    ("/api/v1/assistants", &["created_at", "updated_at", "name"], "name"),
    ("/api/v1/conversations", &["created_at", "updated_at", "title"], "title"),
    ("/api/v1/tools", &["created_at", "name"], "name"),
    ("/api/v1/users/me/api-keys", &["created_at", "name"], "name"),
    ("/api/v1/webhooks", &["created_at", "url"], "url"),
];

const NAMES: [&str; 7] = ["delta", "Alpha", "charlie", "Bravo", "echo", "Foxtrot", "alpha2"];

/// Makes an entry and tells its id.
async fn make(world: &World, root: &Actor, (path, _, field): (&str, &[&str], &str), name: &str) -> String {
    world.pass(Duration::from_secs(1));
    if path == "/api/v1/users" {
        world.user(name).await;
        return world.id_of(name).to_string();
    }
    let name = if field == "url" { format!("https://{name}.example.com/") } else { name.to_owned() };
    let body = json!({field: name, "endpoint": "https://example.com/tool", "events": ["message.received"]});
    let reply = root.post(path, body).await;
    assert_eq!(reply.status, 201, "{path}: {}", reply.text);
    reply.body["id"].as_str().unwrap().to_owned()
}

async fn remove(root: &Actor, path: &str, id: &str) {
    let reply = root.delete(&format!("{path}/{id}")).await;
    assert_eq!(reply.status, 204, "{path}: {}", reply.text);
}

/// An administrator in a world with seven entries in each list.
async fn seven() -> (World, Actor) {
    let world = World::new();
    let root = world.admin("root").await;
    for list in LISTS {
        for name in NAMES {
            make(&world, &root, list, name).await;
        }
    }
    (world, root)
}

async fn page(actor: &Actor, path: &str, query: &str) -> Value {
    let reply = actor.get(&format!("{path}?{query}")).await;
    assert_eq!(reply.status, 200, "{path}?{query}: {}", reply.text);
    reply.body
}

fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap().clone()
}

fn id(entry: &Value) -> String {
    entry["id"].as_str().unwrap().to_owned()
}

/// All entries by a field: of texts the case does not matter, what has none comes first, ids decide the rest.
async fn sorted(root: &Actor, path: &str, field: &str) -> Vec<Value> {
    let mut all = items(&page(root, path, "size=100").await);
    all.sort_by_cached_key(|entry| (entry[field].as_str().unwrap_or_default().to_lowercase(), id(entry)));
    all
}

#[tokio::test]
async fn every_order_in_both_directions() {
    let (_world, root) = seven().await;
    for (path, fields, _) in LISTS {
        for field in fields {
            let mut expected = sorted(&root, path, field).await;
            assert!(expected.len() >= NAMES.len(), "{path}");
            for ascending in [format!("sort={field}"), format!("sort={field}:asc")] {
                assert_eq!(items(&page(&root, path, &ascending).await), expected, "{path} {ascending}");
            }
            expected.reverse();
            assert_eq!(items(&page(&root, path, &format!("sort={field}:desc")).await), expected, "{path} {field}");
            if *field == "created_at" {
                assert_eq!(items(&page(&root, path, "").await), expected, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn pages_by_number_and_by_cursor() {
    let (_world, root) = seven().await;
    for (path, fields, _) in LISTS {
        for (field, direction) in fields.iter().flat_map(|field| [(field, "asc"), (field, "desc")]) {
            let query = format!("size=3&sort={field}:{direction}");
            let mut all = sorted(&root, path, field).await;
            if direction == "desc" {
                all.reverse();
            }
            let (total, pages) = (all.len(), all.len().div_ceil(3));
            let mut cursor = Value::Null;
            for (number, entries) in (1..).zip(all.chunks(3)) {
                let by_number = page(&root, path, &format!("{query}&page={number}")).await;
                let expected = json!({
                    "items": entries,
                    "total": total,
                    "page": number,
                    "size": 3,
                    "pages": pages,
                    "has_next": number < pages,
                    "has_prev": number > 1,
                    "next_cursor": by_number["next_cursor"],
                });
                assert_eq!(by_number, expected, "{path}?{query}");
                assert_eq!(by_number["next_cursor"].is_string(), number < pages, "{path}?{query}");
                let by_cursor = match cursor.as_str() {
                    None => page(&root, path, &query).await,
                    Some(cursor) => page(&root, path, &format!("{query}&after={cursor}")).await,
                };
                assert_eq!(by_cursor, expected, "{path}?{query}");
                cursor = by_cursor["next_cursor"].clone();
            }
            for beyond in [pages + 1, 1_000_000_000] {
                let expected = json!({
                    "items": [],
                    "total": total,
                    "page": beyond,
                    "size": 3,
                    "pages": pages,
                    "has_next": false,
                    "has_prev": true,
                    "next_cursor": null,
                });
                assert_eq!(page(&root, path, &format!("{query}&page={beyond}")).await, expected, "{path}?{query}");
            }
        }
    }
}

#[tokio::test]
async fn a_list_of_nothing() {
    let world = World::new();
    let alice = world.user("alice").await;
    let empty = json!({
        "items": [],
        "total": 0,
        "page": 1,
        "size": 20,
        "pages": 0,
        "has_next": false,
        "has_prev": false,
        "next_cursor": null,
    });
    for path in ["/api/v1/assistants", "/api/v1/conversations", "/api/v1/users/me/api-keys"] {
        assert_eq!(page(&alice, path, "").await, empty, "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_for() {
    let (_world, root) = seven().await;
    let size = [("size", "Ensure this value is between 1 and 100.")];
    let number = [("page", "Ensure this value is between 1 and 1000000000.")];
    let direction = [("sort", "Not a valid choice. Choices are: asc, desc.")];
    let cursor = [("after", "Not a cursor of this list.")];
    for (path, fields, _) in LISTS {
        let known = format!("Not a valid choice. Choices are: {}.", fields.join(", "));
        let unknown = [("sort", known.as_str())];
        let first = page(&root, path, "size=1").await;
        let given = first["next_cursor"].as_str().unwrap();
        let mut refused: Vec<(String, &[(&str, &str)])> = Vec::new();
        refused.extend(
            ["0", "101", "-1", "1.0", "x", "", "+1", "99999999999999999999"].map(|n| (format!("size={n}"), &size[..])),
        );
        refused.extend(["0", "-1", "1000000001", "x", "", "1e3"].map(|n| (format!("page={n}"), &number[..])));
        refused.extend(["x", "", "id", "created_at%20"].map(|name| (format!("sort={name}"), &unknown[..])));
        refused.extend(["up", "", "asc:desc"].map(|way| (format!("sort=created_at:{way}"), &direction[..])));
        refused.extend(["x", "", "%00", "fHx8", "AAAA"].map(|text| (format!("after={text}"), &cursor[..])));
        // A cursor belongs to its order.
        refused.push((format!("after={given}&sort=created_at:asc"), &cursor));
        refused.push((format!("after={given}&sort={}:desc", fields[1]), &cursor));
        refused.push((format!("after={given}x"), &cursor));
        refused.push((format!("after={given}&page=2"), &[("after", "Give either a page or a cursor.")]));
        for (query, problems) in refused {
            let reply = root.get(&format!("{path}?{query}")).await;
            assert_eq!((reply.status, reply.body), (422, invalid(problems)), "{path}?{query}");
        }
        let reply = root.get(&format!("{path}?after=x&sort=x&size=0&page=0")).await;
        assert_eq!(reply.status, 422, "{path}");
        let told: Vec<_> =
            reply.body["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
        assert_eq!(told, ["page", "size", "sort", "after"], "{path}");
        // The order of a cursor may be said again.
        let again = page(&root, path, &format!("size=1&after={given}&sort=created_at:desc")).await;
        assert_eq!(again, page(&root, path, &format!("size=1&after={given}")).await, "{path}");
    }
}

#[tokio::test]
async fn walking_by_cursor_while_entries_come_and_go() {
    let (world, root) = seven().await;
    let fixed = ["web_search", "file_upload", &world.id_of("root").to_string()].map(str::to_owned);
    let mut made = 0;
    for list in LISTS {
        let (path, fields, _) = list;
        for sort in fields.iter().flat_map(|field| [format!("{field}:asc"), format!("{field}:desc")]) {
            let mut throughout: BTreeSet<String> = items(&page(&root, path, "size=100").await).iter().map(id).collect();
            let (mut seen, mut removed, mut added) = (Vec::new(), 0, 0);
            let mut query = format!("size=1&sort={sort}");
            loop {
                let listed = page(&root, path, &query).await;
                seen.extend(items(&listed).iter().map(id));
                let Some(cursor) = listed["next_cursor"].as_str() else {
                    break;
                };
                query = format!("size=1&sort={sort}&after={cursor}");
                let gone = match removed {
                    // The entry that the cursor was made of, then one that is still to come.
                    0 => seen.last().filter(|id| !fixed.contains(id)).cloned(),
                    1 => throughout.iter().find(|id| !fixed.contains(id) && !seen.contains(id)).cloned(),
                    _ => None,
                };
                if let Some(gone) = gone {
                    remove(&root, path, &gone).await;
                    throughout.remove(&gone);
                    removed += 1;
                } else if added < 2 {
                    // One sorts before all others, one behind them.
                    (added, made) = (added + 1, made + 1);
                    make(&world, &root, list, &format!("{}{made}", ["aa", "zz"][added - 1])).await;
                }
            }
            let once: BTreeSet<String> = seen.iter().cloned().collect();
            assert_eq!(once.len(), seen.len(), "{path} {sort}: something twice in {seen:?}");
            let left_out: Vec<_> = throughout.difference(&once).collect();
            assert!(left_out.is_empty(), "{path} {sort}: {left_out:?}");
            assert_eq!((removed, added), (2, 2), "{path} {sort}");
        }
    }
}
