//! Spec 001, "GET /users": the list of all users, for administrators.

use super::{error, invalid, only_page, user};
use crate::world::{PASSWORD, Reply, World};
use serde_json::{Value, json};

const USERS: &str = "/api/v1/users";

fn usernames(reply: &Reply) -> Vec<&str> {
    let items = reply.body["items"].as_array().unwrap_or_else(|| panic!("{}", reply.text)).iter();
    items.map(|item| item["username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn all_users_newest_first() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    alice.post("/send/", json!({"message": "Hello"})).await;
    let reply = root.get(USERS).await;
    assert_eq!(reply.status, 200);
    let users = [user(&world, "root", json!({"role": "admin"})), user(&world, "alice", json!({"tokens": 3900}))];
    assert_eq!(reply.body, only_page(json!(users)));
}

#[tokio::test]
async fn in_every_order() {
    let world = World::new();
    let root = world.admin("root").await;
    for (name, email) in [("Bob", "c@example.com"), ("alice", "B@example.com"), ("Carl", "a@example.com")] {
        let body = json!({"username": name, "email": email, "password": PASSWORD});
        assert_eq!(root.post("/api/v1/auth/register", body).await.status, 201);
    }
    let orders = [
        ("created_at", ["root", "Bob", "alice", "Carl"]),
        ("username", ["alice", "Bob", "Carl", "root"]),
        ("email", ["root", "Carl", "alice", "Bob"]),
    ];
    for (field, mut names) in orders {
        for order in [field.to_owned(), format!("{field}:asc")] {
            assert_eq!(usernames(&root.get(&format!("{USERS}?sort={order}")).await), names, "{order}");
        }
        names.reverse();
        assert_eq!(usernames(&root.get(&format!("{USERS}?sort={field}:desc")).await), names, "{field}");
    }
    let me = json!({"username": "Aaron", "email": "z@example.com", "current_password": PASSWORD});
    assert_eq!(root.put("/api/v1/users/me", me).await.status, 200);
    let order = root.get(&format!("{USERS}?sort=username")).await;
    assert_eq!(usernames(&order), ["Aaron", "alice", "Bob", "Carl"], "a new name has a new place");
}

#[tokio::test]
async fn page_by_page_and_from_cursor_to_cursor() {
    let world = World::new();
    let root = world.admin("root").await;
    for name in ["a", "b", "c", "d"] {
        world.user(name).await;
    }
    let page = |number: u64| format!("{USERS}?sort=username&size=2&page={number}");
    let mut first = root.get(&page(1)).await;
    let cursor = first.body["next_cursor"].take();
    let [a, b, d, rooted] = ["a", "b", "d", "root"].map(|name| user(&world, name, json!({})));
    let envelope = |items: Value, page: u64, has_next: bool, has_prev: bool| {
        json!({
            "items": items, "total": 5, "page": page, "size": 2, "pages": 3, "has_next": has_next,
            "has_prev": has_prev, "next_cursor": null,
        })
    };
    assert_eq!(first.body, envelope(json!([a, b]), 1, true, false));
    let second = format!("{USERS}?sort=username&size=2&after={}", cursor.as_str().unwrap());
    let second = root.get(&second).await;
    assert_eq!(second.body, root.get(&page(2)).await.body);
    let mut shown = second.body;
    let cursor = shown["next_cursor"].take();
    assert_eq!(shown, envelope(json!([user(&world, "c", json!({})), d]), 2, true, true));
    // Whoever registers before the cursor's place moves nothing behind it.
    world.user("aa").await;
    let third = format!("{USERS}?sort=username&size=2&after={}", cursor.as_str().unwrap());
    let mut rest = envelope(json!([rooted]), 3, false, true);
    (rest["items"][0]["role"], rest["total"]) = (json!("admin"), json!(6));
    assert_eq!(root.get(&third).await.body, rest);
    let beyond = root.get(&format!("{USERS}?size=2&page=9")).await;
    assert_eq!(beyond.status, 200);
    let mut none = envelope(json!([]), 9, false, true);
    none["total"] = json!(6);
    assert_eq!(beyond.body, none);
}

#[tokio::test]
async fn a_list_that_cannot_be_asked_for() {
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    let choices = "Not a valid choice. Choices are: created_at, username, email.";
    let pages = "Ensure this value is between 1 and 1000000000.";
    let sizes = "Ensure this value is between 1 and 100.";
    let cases = [
        ("sort=password_hash", vec![("sort", choices)]),
        ("sort=tokens:desc", vec![("sort", choices)]),
        ("sort=username:up", vec![("sort", "Not a valid choice. Choices are: asc, desc.")]),
        ("page=0&size=101", vec![("page", pages), ("size", sizes)]),
        ("page=-1&size=", vec![("page", pages), ("size", sizes)]),
        ("after=nonsense", vec![("after", "Not a cursor of this list.")]),
        ("after=x&page=1", vec![("after", "Give either a page or a cursor.")]),
    ];
    for (query, mistakes) in cases {
        let path = format!("{USERS}?{query}");
        let reply = root.get(&path).await;
        assert_eq!((reply.status, reply.body), (422, invalid(&mistakes)), "{query}");
        let reply = alice.get(&path).await;
        let forbidden = error(403, "FORBIDDEN", "You do not have permission to perform this action.");
        assert_eq!((reply.status, reply.body), (403, forbidden), "{query}");
    }
}
