//! Malformed ids in paths, on every route with an id: each is answered like an id that does not exist.

use super::{
    fixture::{Fixture, send},
    routes::{ROUTES, Route},
    surface::assert_refused,
};
use serde_json::Value;

/// Text that is not a valid id on any route.
fn nowhere() -> Vec<String> {
    let mut ids: Vec<String> = [
        "-1",
        "0",
        "01",
        "+1",
        "1.0",
        "1e0",
        "%31%00",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999",
        "%D9%A1",
        "x",
        "%00",
        "%23",
        "%7C",
        "%0d%0a",
        "%09",
        "%7f",
        "%ff",
        "%c0%af",
        "%ef%bb%bf",
        "%e2%80%ae",
        "%f0%9f%91%8d",
        "%27%20OR%201=1",
        "..",
        "%2e%2e",
        "%2f..%2f",
        "*",
        "%7B%22S%22%3A%22x%22%7D",
        "conversation%23x",
        "user%230",
        "profile",
        "counter",
        "Web_Search",
        "web%20search",
        "web_search%00",
        "web_search%23x",
        "00000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-00000000000g",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ]
    .map(str::to_owned)
    .to_vec();
    ids.extend(["a", "1", "%23", "%7C", "%00", "_", "%c3%a9"].map(|unit| unit.repeat(2049)));
    ids
}

/// Other forms of an existing id.
fn disguised(id: &str) -> Vec<String> {
    let mut forms = vec![
        format!("%20{id}"),
        format!("{id}%20"),
        format!("{id}%00"),
        format!("{id}%23"),
        format!("{id}%7C{id}"),
        format!("{id},{id}"),
        format!("%7B{id}%7D"),
        format!("urn:uuid:{id}"),
        format!("0{id}"),
    ];
    forms.extend(id.contains('-').then(|| id.replace('-', "")));
    forms
}

/// The placeholders of a route's path, with their values.
fn places(route: &Route) -> impl Iterator<Item = (usize, &'static str)> {
    route.path.split('/').enumerate().filter(|(_, part)| part.starts_with('{'))
}

fn with(path: &str, at: usize, id: &str) -> String {
    let parts = path.split('/').enumerate().map(|(number, part)| if number == at { id } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn an_id_that_is_none_is_answered_like_that_of_nothing() {
    let fixture = Fixture::new().await;
    for route in ROUTES.iter() {
        let (path, body) = (fixture.path(route), Value::Object(fixture.body(route)).to_string());
        for (at, place) in places(route) {
            let own = path.split('/').nth(at).unwrap();
            let mut first = None;
            for id in nowhere().into_iter().chain(disguised(own)) {
                let attack = format!("{} {place} as {id:.60}", route.name());
                let reply = send(&fixture.actor(route), route, &with(&path, at, &id), body.clone()).await;
                assert_refused(&reply, route.dialect, &attack);
                assert_eq!(reply.status, 404, "{attack}: {}", reply.text);
                let first = first.get_or_insert_with(|| reply.clone());
                assert_eq!((&reply.text, &reply.headers), (&first.text, &first.headers), "{attack}");
            }
        }
        if route.verb == "GET" {
            assert_eq!(fixture.actor(route).get(&path).await.status, 200, "{path} is still there");
        }
    }
}

#[tokio::test]
async fn an_id_in_capital_letters_is_the_same_id() {
    let fixture = Fixture::new().await;
    for route in ROUTES.iter().filter(|route| route.verb == "GET") {
        let path = fixture.path(route);
        for (at, place) in places(route) {
            let own = path.split('/').nth(at).unwrap();
            if !own.contains('-') {
                continue;
            }
            let reply = fixture.actor(route).get(&with(&path, at, &own.to_uppercase())).await;
            let expected = fixture.actor(route).get(&path).await;
            assert_eq!((reply.status, reply.text), (200, expected.text), "{} {place}", route.name());
        }
    }
}
