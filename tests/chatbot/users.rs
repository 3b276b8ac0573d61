//! Spec 003, "List Users".

use crate::world::{Actor, PASSWORD, World};
use serde_json::{Value, json};

/// Registers `u1`, `u2` … up to `u<count>`; the last of them asks.
async fn crowd(world: &World, count: u64) -> Actor {
    for number in 1..count {
        let body = json!({"username": format!("u{number}"), "password": PASSWORD});
        let reply = world.anonymous().post("/users/register/", body).await;
        assert_eq!(reply.status, 201);
    }
    world.user(&format!("u{count}")).await
}

fn entries(numbers: impl Iterator<Item = u64>) -> Value {
    numbers.map(|number| json!({"id": number, "username": format!("u{number}")})).collect()
}

#[tokio::test]
async fn in_the_order_of_registration() {
    let world = World::new();
    for username in ["zoe", "Adam"] {
        world.user(username).await;
    }
    let reader = world.user("mia").await;
    for path in ["/users/", "/users", "/users/?page=1"] {
        let reply = reader.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("link"), "", "{path}");
        assert_eq!(
            reply.body,
            json!([
                {"id": 1, "username": "zoe"},
                {"id": 2, "username": "Adam"},
                {"id": 3, "username": "mia"},
            ]),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_hundred_fill_one_page() {
    let world = World::new();
    let reader = crowd(&world, 100).await;
    let reply = reader.get("/users/").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("link"), "");
    assert_eq!(reply.body, entries(1..=100));
    let reply = reader.get("/users/?page=2").await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.body, json!({"detail": "Invalid page."}));
}

#[tokio::test]
async fn more_than_two_pages() {
    let world = World::new();
    let reader = crowd(&world, 203).await;
    let pages = [
        ("/users/", 1..=100, r#"<http://quintet.test/users/?page=2>; rel="next""#),
        (
            "/users/?page=2",
            101..=200,
            r#"<http://quintet.test/users/>; rel="prev", <http://quintet.test/users/?page=3>; rel="next""#,
        ),
        ("/users/?page=3", 201..=203, r#"<http://quintet.test/users/?page=2>; rel="prev""#),
    ];
    for (path, numbers, link) in pages {
        let reply = reader.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("link"), link, "{path}");
        assert_eq!(reply.body, entries(numbers), "{path}");
    }
}

#[tokio::test]
async fn the_size_of_a_page_is_fixed() {
    let world = World::new();
    let reader = crowd(&world, 3).await;
    let reply = reader.get("/users/?page_size=1").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, entries(1..=3));
}

#[tokio::test]
async fn a_page_that_does_not_exist() {
    let world = World::new();
    let reader = world.user("alice").await;
    let pages = ["2", "0", "-1", "x", "1.0", "", "18446744073709551615", "18446744073709551616"];
    for page in pages {
        let reply = reader.get(&format!("/users/?page={page}")).await;
        assert_eq!(reply.status, 404, "{page}");
        assert_eq!(reply.body, json!({"detail": "Invalid page."}), "{page}");
    }
}

#[tokio::test]
async fn without_a_credential() {
    let world = World::new();
    world.user("alice").await;
    for path in ["/users/", "/users"] {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 401, "{path}");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        assert_eq!(reply.body, json!({"detail": "Authentication credentials were not provided."}), "{path}");
    }
}

#[tokio::test]
async fn with_an_invalid_credential() {
    let world = World::new();
    let alice = world.user("alice").await;
    for token in ["", "nonsense", "a.b.c", alice.refresh.as_str()] {
        let reply = world.anonymous().bearing(token).get("/users/").await;
        assert_eq!(reply.status, 401, "{token}");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        assert_eq!(
            reply.body,
            json!({"detail": "Given token not valid for any token type", "code": "token_not_valid"}),
            "{token}"
        );
    }
}
