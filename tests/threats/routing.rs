//! Wrong verbs, malformed paths, and headers that override the verb.

use super::{
    fixture::Fixture,
    routes::{Access, Dialect, ROUTES, Route, paths, route_of},
    surface::{assert_clean, assert_refused, invalid},
};
use crate::world::{Reply, World, routes as tables};
use axum::http::Method;
use serde_json::json;
use std::collections::BTreeSet;

/// The error for a verb that a path does not support. If the path's other form supports it, the error says whose that is.
fn not_allowed(route: &Route, verb: &str) -> serde_json::Value {
    let twin = match route.path.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{}/", route.path),
    };
    let twin = ROUTES.iter().find(|other| route.is_shared && other.path == twin && other.verb == verb);
    let hint = twin.map(|twin| {
        let form = if twin.path.ends_with('/') { "With a final slash" } else { "Without the final slash" };
        format!(" {form}, this path is the {} API's.", format!("{:?}", twin.dialect).to_lowercase())
    });
    let detail = format!("Method \"{verb}\" not allowed.{}", hint.unwrap_or_default());
    match route.dialect {
        Dialect::Platform => json!({
            "detail": detail,
            "status_code": 405,
            "error_code": "METHOD_NOT_ALLOWED",
        }),
        Dialect::Metered => json!({"error": detail}),
        Dialect::Reports | Dialect::Webchat | Dialect::Chatbot => json!({"detail": detail}),
    }
}

/// The dialect that answers for an unknown path. `None` means a plain page.
fn owner(path: &str) -> Option<Dialect> {
    let below = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if below("/api/v1") {
        // At the position of a route's id, any text counts as an id, even if nothing has that id.
        let dialect = if path.ends_with('/') { Dialect::Webchat } else { Dialect::Platform };
        Some(route_of(path).map_or(dialect, |route| route.dialect))
    } else if path.starts_with("/api/") {
        Some(Dialect::Metered)
    } else if below("/health") {
        Some(Dialect::Platform)
    } else if below("/users") || below("/send") || below("/token") {
        Some(Dialect::Chatbot)
    } else {
        None
    }
}

/// The 404 of the dialect that owns the path.
fn assert_unknown(reply: &Reply, path: &str) {
    assert_clean(reply, path);
    assert_eq!(reply.status, 404, "{path}: {}", reply.text);
    match owner(path) {
        Some(dialect) => assert_refused(reply, dialect, path),
        None => {
            assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{path}");
            assert!(reply.text.contains("<h1>Page not found</h1>"), "{path}");
        }
    }
}

#[test]
fn every_route_is_in_the_table_of_attacks() {
    let attacked: BTreeSet<_> = ROUTES.iter().map(Route::name).collect();
    let declared = tables::declared().into_iter().map(|(_, route)| format!("{} {}", route.method, route.path));
    assert_eq!(attacked, declared.collect());
    assert_eq!(attacked.len(), ROUTES.len(), "a route is there twice");
}

#[tokio::test]
async fn a_verb_that_a_path_does_not_have_is_405_with_the_verbs_that_it_has() {
    let fixture = Fixture::new().await;
    let verbs = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"];
    for route in paths() {
        let (path, own) = (fixture.path(route), route.verbs());
        let mut paths = vec![path.clone()];
        if !route.is_shared {
            let bare = path.trim_end_matches('/');
            paths.extend([bare.to_owned(), format!("{bare}/")]);
        }
        for (verb, path) in
            verbs.iter().filter(|verb| !own.contains(verb)).flat_map(|verb| paths.iter().map(move |path| (verb, path)))
        {
            let attack = format!("{verb} {path}");
            let method = Method::from_bytes(verb.as_bytes()).unwrap();
            let reply = fixture.actor(route).send(method, path, None, Vec::new()).await;
            assert_refused(&reply, route.dialect, &attack);
            assert_eq!(reply.status, 405, "{attack}: {}", reply.text);
            assert_eq!(reply.body, not_allowed(route, verb), "{attack}");
            assert_eq!(allowed(&reply), own, "{attack}");
        }
    }
}

/// The verbs of the `Allow` header, in alphabetical order.
fn allowed(reply: &Reply) -> Vec<&str> {
    let mut allowed: Vec<&str> = reply.header("allow").split(',').map(str::trim).collect();
    allowed.sort_unstable();
    allowed
}

#[tokio::test]
async fn head_is_405_but_where_get_is() {
    let fixture = Fixture::new().await;
    for route in paths() {
        let reply = fixture.actor(route).send(Method::HEAD, &fixture.path(route), None, Vec::new()).await;
        let expected = if route.verb == "GET" { 200 } else { 405 };
        assert_eq!(reply.status, expected, "{}", route.path);
        assert_eq!(reply.text, "", "{}", route.path);
        if expected == 405 {
            assert_eq!(allowed(&reply), route.verbs(), "{}", route.path);
        }
    }
}

#[tokio::test]
async fn headers_and_parameters_that_name_another_verb_change_nothing() {
    let fixture = Fixture::new().await;
    let headers = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];
    for route in paths() {
        let path = fixture.path(route);
        let disguises = [("GET", "POST"), ("GET", "DELETE"), ("POST", "GET"), ("POST", "DELETE"), ("PUT", "DELETE")];
        for (verb, pretended) in disguises {
            let is_known = route.verbs().contains(&verb);
            let method = || Method::from_bytes(verb.as_bytes()).unwrap();
            let json = Some("application/json");
            let body = || format!("{{\"_method\": \"{pretended}\"}}").into_bytes();
            let with_parameter = format!("{path}?_method={pretended}");
            let actor = fixture.actor(route);
            if path.contains("auth/logout") && verb == "POST" {
                continue;
            }
            let plain = actor.send(method(), &path, json, b"{}".to_vec()).await;
            let mut disguised = vec![
                actor.send(method(), &with_parameter, json, body()).await,
                actor.send(method(), &path, json, body()).await,
            ];
            for header in headers {
                let actor = actor.sending(header, pretended);
                disguised.push(actor.send(method(), &path, json, b"{}".to_vec()).await);
            }
            for reply in disguised {
                let attack = format!("{verb} {path} as {pretended}");
                assert_clean(&reply, &attack);
                assert_eq!(reply.status, plain.status, "{attack}: {}", reply.text);
                assert_eq!(reply.status == 405, !is_known, "{attack}: {}", reply.text);
            }
        }
        if route.verb == "GET" {
            assert_eq!(fixture.actor(route).get(&path).await.status, 200, "{path} is still there");
        }
    }
}

#[tokio::test]
async fn a_logout_that_pretends_another_verb_is_a_logout() {
    let world = World::new();
    let alice = world.user("alice").await;
    let disguised = alice.sending("X-HTTP-Method-Override", "GET");
    let reply = disguised.post("/api/v1/auth/logout", json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(alice.get("/api/v1/auth/profile/").await.status, 401);
}

/// Other spellings of a path, which must not reach its route.
fn mangled(path: &str) -> Vec<String> {
    let bare = path.trim_end_matches('/');
    let (parent, last) = bare.rsplit_once('/').unwrap();
    // A path must begin with a plain slash.
    let joined = if parent.is_empty() { "/" } else { parent };
    let mut spellings = vec![
        format!("/{path}"),
        format!("//{path}"),
        format!("{bare}//"),
        format!("{parent}//{last}/"),
        format!("{joined}%2f{last}/"),
        format!("{joined}%2F{last}"),
        format!("{parent}/./{last}/"),
        format!("{parent}/x/../{last}/"),
        format!("{parent}/%2e/{last}/"),
        format!("{parent}/x/%2e%2e/{last}/"),
        format!("{parent}/{last}%2f"),
        format!("{parent}/{last}%00"),
        format!("{parent}/{last}%00/"),
        format!("{parent}/{last}%20/"),
        format!("{parent}/{last}."),
        format!("{parent}/{last};x=1/"),
        format!("{parent}/{last}%3fx"),
        format!("{parent}/{last}/..;/"),
        format!("{joined}%5c{last}/"),
        format!("{parent}/{last}%ff/"),
        format!("{parent}/{last}%c0%ae/"),
        format!("{parent}/{last}é/"),
        format!("/./{path}").replace("//", "/"),
        format!("/..{path}"),
    ];
    if path != path.to_uppercase() {
        spellings.push(path.to_uppercase());
    }
    spellings
}

#[tokio::test]
async fn another_spelling_of_a_path_is_an_unknown_path_or_the_id_of_nothing() {
    let fixture = Fixture::new().await;
    for route in paths() {
        let path = fixture.path(route);
        for spelling in mangled(&path) {
            let found = route_of(&spelling).filter(|_| !spelling.contains("//"));
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
                let attack = format!("{method} {spelling}");
                let json = Some("application/json");
                let reply = fixture.actor(route).send(method.clone(), &spelling, json, b"{}".to_vec()).await;
                let Some(found) = found else {
                    assert_unknown(&reply, &spelling);
                    continue;
                };
                assert_refused(&reply, found.dialect, &attack);
                let row = ROUTES.iter().find(|row| row.path == found.path && row.verb == method.as_str());
                let expected = match (row.map(|row| row.access), route.access) {
                    // A path with a typed numeric id exists for numbers only.
                    (None, _) if found.dialect == Dialect::Reports && found.path.contains('{') => 404,
                    (None, _) => 405,
                    (Some(_), Access::Public) => 401,
                    (Some(Access::SelfOrAdmin | Access::Admin), Access::SignedIn) => 403,
                    (Some(_), _) => 404,
                };
                assert_eq!(reply.status, expected, "{attack}: {}", reply.text);
                if expected == 405 {
                    assert_eq!(allowed(&reply), found.verbs(), "{attack}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_path_of_two_dialects_is_told_apart_by_its_slash_alone() {
    let world = World::new();
    for route in paths().filter(|route| route.is_shared) {
        let path = route.path_with(|_| "1".to_owned());
        let twin = match path.strip_suffix('/') {
            Some(bare) => bare.to_owned(),
            None => format!("{path}/"),
        };
        let Some(other) = route_of(&twin) else {
            assert_unknown(&world.anonymous().get(&twin).await, &twin);
            continue;
        };
        assert_ne!(other.dialect, route.dialect, "{twin}");
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let row = ROUTES.iter().find(|row| row.path == other.path && row.verb == method.as_str());
            let expected = match row.map(|row| row.access) {
                None => 405,
                Some(Access::Public) => invalid(other.dialect),
                Some(_) => 401,
            };
            let attack = format!("{method} {twin}");
            let reply = world.anonymous().send(method, &twin, Some("application/json"), b"{}".to_vec()).await;
            assert_refused(&reply, other.dialect, &attack);
            assert_eq!(reply.status, expected, "{attack}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_answered_by_the_dialect_that_owns_its_beginning() {
    let world = World::new();
    let paths = [
        "/nothing",
        "/nothing/",
        "/index.html",
        "/.env",
        "/usersx",
        "/healthy",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/nothing/",
        "/api/v1/auth",
        "/api/v1/auth/",
        "/api/v1/nothing?next=/",
        "/api/v2/nothing",
        "/api/v2/nothing/",
        "/api/v10",
        "/api/nothing",
        "/api/nothing/",
        "/api/",
        "/users/nothing",
        "/users/nothing/",
        "/users/1/",
        "/send/nothing",
        "/token/nothing/",
        "/health/nothing",
    ];
    for path in paths {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let reply = world.anonymous().send(method, path, None, b"{".to_vec()).await;
            assert_unknown_without_query(&reply, path);
        }
    }
}

fn assert_unknown_without_query(reply: &Reply, path: &str) {
    assert_unknown(reply, path.split('?').next().unwrap_or(path));
}
