//! Parameters of the platform dialect's lists: invalid or forged pages, sizes, orders, filters and cursors.

use super::{
    fixture::Fixture,
    routes::{Access, Dialect, ROUTES, Route},
    surface::{assert_clean, assert_refused},
};
use crate::world::Reply;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

/// The routes that return a list in pages.
async fn lists(fixture: &Fixture) -> Vec<&'static Route> {
    let mut found = Vec::new();
    let gets = ROUTES.iter().filter(|route| route.dialect == Dialect::Platform && route.verb == "GET");
    for route in gets.filter(|route| route.access != Access::Public) {
        if fixture.actor(route).get(&fixture.path(route)).await.body["page"].is_number() {
            found.push(route);
        }
    }
    assert_eq!(found.len(), 8, "users, API keys, assistants, conversations, tools, webhooks, deliveries, files");
    found
}

async fn ask(fixture: &Fixture, list: &Route, query: &str) -> Reply {
    fixture.actor(list).get(&format!("{}?{query}", fixture.path(list))).await
}

/// Asserts 422 with an error for each of `fields` and for no other field.
fn assert_invalid(reply: &Reply, fields: &[&str], attack: &str) {
    assert_refused(reply, Dialect::Platform, attack);
    assert_eq!(reply.status, 422, "{attack}: {}", reply.text);
    let errors = reply.body["errors"].as_array().unwrap();
    let named: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(named, fields, "{attack}: {}", reply.text);
}

/// Values that are neither valid pages nor valid sizes.
const NO_NUMBERS: &[&str] = &[
    "",
    "0",
    "-1",
    "-0",
    "+1",
    "%2B1",
    "%201",
    "1%20",
    "1.0",
    "1e1",
    "0x1",
    "1_0",
    "NaN",
    "null",
    "last",
    "%00",
    "1%00",
    "%ff",
    "%D9%A1",
    "%EF%BC%91",
    "1,2",
    "1%20OR%201=1",
    "1000000001",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999",
];

#[tokio::test]
async fn a_page_or_size_that_is_none_is_refused() {
    let fixture = Fixture::new().await;
    for list in lists(&fixture).await {
        for value in NO_NUMBERS.iter().copied().chain([&*"1".repeat(2049)]) {
            for name in ["page", "size"] {
                let attack = format!("{}?{name}={value:.40}", list.path);
                assert_invalid(&ask(&fixture, list, &format!("{name}={value}")).await, &[name], &attack);
            }
        }
        assert_invalid(&ask(&fixture, list, "size=101").await, &["size"], list.path);
        assert_invalid(&ask(&fixture, list, "sort=x&size=0&page=0").await, &["page", "size", "sort"], list.path);
        // If a parameter appears twice, the first value counts, whatever the second is.
        assert_invalid(&ask(&fixture, list, "page=0&page=1").await, &["page"], list.path);
    }
}

#[tokio::test]
async fn a_page_behind_the_end_has_nothing() {
    let fixture = Fixture::new().await;
    for list in lists(&fixture).await {
        let total = ask(&fixture, list, "").await.body["total"].clone();
        for (page, size) in [(1_000_000_000_u64, 1_u64), (1_000_000_000, 100), (101, 1), (2, 100)] {
            let attack = format!("page={page}&size={size}");
            let reply = ask(&fixture, list, &attack).await;
            assert_clean(&reply, &attack);
            assert_eq!(reply.status, 200, "{} {attack}: {}", list.path, reply.text);
            let told = ["items", "total", "page", "size", "has_next", "has_prev", "next_cursor"];
            let told = told.map(|name| reply.body[name].clone());
            let expected = json!([[], total, page, size, false, true, null]);
            assert_eq!(json!(told), expected, "{} {attack}", list.path);
        }
    }
}

#[tokio::test]
async fn an_order_that_is_none_is_refused() {
    let fixture = Fixture::new().await;
    let long = "created_at".repeat(205);
    let orders = [
        "",
        ":",
        ":asc",
        "password_hash",
        "password_hash:asc",
        "hash:desc",
        "pk",
        "sk:asc",
        "owner",
        "role",
        "epoch",
        "by_created",
        "created_at:",
        "created_at:up",
        "created_at:asc:desc",
        "created_at:asc,title:desc",
        "-created_at",
        "%20created_at",
        "created_at%00",
        "created_at:asc%00",
        "created_at%23:asc",
        "created_at%7C",
        "__proto__",
        "%ff",
        &long,
    ];
    for list in lists(&fixture).await {
        for order in orders {
            let attack = format!("{}?sort={order:.40}", list.path);
            assert_invalid(&ask(&fixture, list, &format!("sort={order}")).await, &["sort"], &attack);
        }
        // A sort field of another list is not valid here.
        let others = ["title", "username", "email", "name", "updated_at"];
        let mut known = 0;
        for order in others {
            match ask(&fixture, list, &format!("sort={order}:desc")).await {
                reply if reply.status == 200 => known += 1,
                reply => assert_invalid(&reply, &["sort"], order),
            }
        }
        assert!(known < others.len(), "{}: {known}", list.path);
    }
}

fn cursor(text: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn a_cursor_that_no_list_gave_is_refused() {
    let fixture = Fixture::new().await;
    let place = "000001710324300000#018e3745-b8e0-7000-8000-000000000001";
    let mut cursors = ["", "x", "%00", "%ff", "AAAA", "====", "null", "..", "%2B%2F"].map(str::to_owned).to_vec();
    cursors.extend([
        cursor(""),
        cursor("2"),
        cursor("2|created_at:desc"),
        cursor(format!("0|created_at:desc|{place}")),
        cursor(format!("-1|created_at:desc|{place}")),
        cursor(format!("1000000001|created_at:desc|{place}")),
        cursor(format!("18446744073709551616|created_at:desc|{place}")),
        cursor(format!("two|created_at:desc|{place}")),
        cursor(format!("2|created_at:asc|{place}")),
        cursor(format!("2|password_hash:desc|{place}")),
        cursor(format!("2||{place}")),
        cursor([b"2|created_at:desc|".as_slice(), b"\xff\xfe"].concat()),
        format!("{}=", cursor(format!("2|created_at:desc|{place}"))),
        cursor(vec![b'a'; 2049]),
    ]);
    for list in lists(&fixture).await {
        for after in &cursors {
            let attack = format!("{}?after={after:.60}", list.path);
            assert_invalid(&ask(&fixture, list, &format!("after={after}")).await, &["after"], &attack);
        }
        let fitting = cursor(format!("2|created_at:desc|{place}"));
        for query in [format!("after={fitting}&page=2"), format!("page=1&after={fitting}")] {
            assert_invalid(&ask(&fixture, list, &query).await, &["after"], &query);
        }
    }
}

/// Positions that no list has, or only another list.
fn made_up_places() -> Vec<String> {
    let id = "018e3745-b8e0-7000-8000-000000000001";
    let mut places = vec![
        String::new(),
        "#".to_owned(),
        "|".to_owned(),
        "\0".to_owned(),
        id.to_owned(),
        format!("#{id}"),
        format!("999999999999999#{id}"),
        format!("-00000000000001#{id}"),
        format!("000001710324300000#{}", "x".repeat(36)),
        format!("\u{1}{id}"),
        format!("\u{10ffff}\0{id}"),
        format!("name#{id}|{id}"),
        "é".repeat(18),
        "é".repeat(17),
        "\u{10ffff}".repeat(9),
        "web_search".to_owned(),
    ];
    places.extend([988, 989, 1024, 2049, 5000].map(|length| format!("{}{id}", "a".repeat(length))));
    places
}

#[tokio::test]
async fn a_cursor_that_somebody_made_up_shows_no_more_than_the_list_does() {
    let fixture = Fixture::new().await;
    for list in lists(&fixture).await {
        for order in ["created_at:desc", "created_at:asc", "name:asc", "title:desc", "username:asc"] {
            let whole = ask(&fixture, list, &format!("size=100&sort={order}")).await;
            if whole.status != 200 {
                continue;
            }
            let whole = whole.body["items"].as_array().unwrap().clone();
            for place in made_up_places() {
                let after = cursor(format!("2|{order}|{place}"));
                let attack = format!("{} sorted by {order} after {place:.60?}", list.path);
                let reply = ask(&fixture, list, &format!("sort={order}&after={after}")).await;
                assert_clean(&reply, &attack);
                assert_eq!(reply.status, 200, "{attack}: {}", reply.text);
                for item in reply.body["items"].as_array().unwrap() {
                    assert!(whole.contains(item), "{attack}: {item}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_filter_that_is_none_is_refused_and_one_that_fits_nothing_shows_nothing() {
    let fixture = Fixture::new().await;
    let list = ROUTES.iter().find(|route| route.path == "/api/v1/assistants" && route.verb == "GET").unwrap();
    for status in ["ACTIVE", "deleted", "active%00", "active%23draft", "%ff", "*"] {
        let attack = format!("status={status}");
        assert_invalid(&ask(&fixture, list, &attack).await, &["status"], &attack);
    }
    for category in ["%00".to_owned(), "a".repeat(65), "a".repeat(2049)] {
        let attack = format!("category={category:.40}");
        assert_invalid(&ask(&fixture, list, &format!("category={category}")).await, &["category"], &attack);
    }
    for category in ["%23", "%7C", "active%23general", "%22%5C", "%E2%80%AE", "%01", "%ff"] {
        for query in [format!("category={category}"), format!("status=active&category={category}")] {
            let reply = ask(&fixture, list, &query).await;
            assert_clean(&reply, &query);
            assert_eq!((reply.status, &reply.body["total"]), (200, &json!(0)), "{query}: {}", reply.text);
        }
    }
    let conversations = ROUTES.iter().find(|route| route.path == "/api/v1/conversations").unwrap();
    for assistant in ["%00", "%23", "%7C", "x", "%ff", "1", &"a".repeat(2049)] {
        let reply = ask(&fixture, conversations, &format!("assistant_id={assistant}")).await;
        assert_clean(&reply, assistant);
        assert_eq!((reply.status, &reply.body["total"]), (200, &json!(0)), "{assistant:.40}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_message_that_is_none_is_no_place_in_a_conversation() {
    let fixture = Fixture::new().await;
    let route = ROUTES.iter().find(|route| route.path == "/api/v1/conversations/{conversation_id}").unwrap();
    let path = fixture.path(route);
    let id = path.rsplit('/').next().unwrap().to_owned();
    let long = "a".repeat(2049);
    let befores = [
        "",
        "0",
        "1",
        "-1",
        "%00",
        "%23",
        "%7C",
        "%ff",
        "message%23",
        "00000000-0000-8000-8000-000000000000",
        &id,
        &long,
    ];
    for before in befores {
        let attack = format!("{path}?before={before:.40}");
        assert_invalid(&fixture.owner.get(&format!("{path}?before={before}")).await, &["before"], &attack);
    }
}
