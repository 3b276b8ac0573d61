//! Proxies in front of the server: what a trusted one tells decides, and what anybody else tells does not.

use crate::world::{PASSWORD, World};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, Response, header},
};
use http_body_util::BodyExt;
use local::{clients, websocket};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tower::ServiceExt;

/// Two proxies, one after the other, and a network of them.
const TRUSTED: &str = "10.0.0.2, 10.0.0.3, 2001:db8:1::/48";
const PROXY: &str = "10.0.0.2:40000";
const STRANGER: &str = "203.0.113.9:40000";

/// Names and values.
type Headers<'a> = &'a [(&'a str, &'a str)];

fn world() -> World {
    World::with(&[("TRUSTED_PROXIES", TRUSTED), ("RATE_LIMIT_AUTH", "10"), ("RATE_LIMIT_API", "1000")])
}

fn app(world: &World) -> Router {
    let routes = world.app.clone().merge(websocket::router(world.sockets()));
    clients::noted(routes, &world.services.config.trusted_proxies)
}

/// Sends a request from `peer`, whose `Host` is that of the server behind the proxy.
async fn send(
    world: &World,
    peer: &str,
    (method, path): (&str, &str),
    headers: Headers<'_>,
    body: &Value,
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "inner:8000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let peer: SocketAddr = peer.parse().unwrap();
    app(world).oneshot(request.extension(ConnectInfo(peer)).body(Body::from(body.to_string())).unwrap()).await.unwrap()
}

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

/// The address for which a sign-in counts.
async fn counted(peer: &str, headers: Headers<'_>) -> String {
    let world = world();
    assert_eq!(send(&world, peer, ("POST", "/users/login/"), headers, &json!({})).await.status(), 400);
    let keys: Vec<String> =
        world.rows("limits").iter().map(|row| row["pk"]["S"].as_str().unwrap().to_owned()).collect();
    let (_, address) = keys.iter().find_map(|key| key.split_once("address#")).unwrap_or_else(|| panic!("{keys:?}"));
    address.to_owned()
}

#[tokio::test]
async fn limits_count_for_the_last_address_that_is_no_trusted_proxy() {
    let far = "198.51.100.7";
    let cases: [(&str, &[&str], &str); 21] = [
        // One proxy, and two.
        (PROXY, &["198.51.100.7"], far),
        (PROXY, &["198.51.100.7, 10.0.0.3"], far),
        (PROXY, &["198.51.100.7", "10.0.0.3"], far),
        ("[2001:db8:1::5]:40000", &["198.51.100.7"], far),
        ("[::ffff:10.0.0.2]:40000", &["198.51.100.7"], far),
        // What the client wrote itself stands before its address.
        (PROXY, &["192.0.2.99, 198.51.100.7"], far),
        (PROXY, &["192.0.2.99", "198.51.100.7, 10.0.0.3"], far),
        (PROXY, &["10.0.0.3, 198.51.100.7"], far),
        (PROXY, &["unknown, 198.51.100.7"], far),
        // The spellings of an address.
        (PROXY, &["198.51.100.7:5555"], far),
        (PROXY, &["::ffff:198.51.100.7"], far),
        (PROXY, &["[::ffff:198.51.100.7]:5555"], far),
        (PROXY, &["2001:db8:2::7"], "2001:db8:2:0::/64"),
        (PROXY, &["[2001:db8:2::7]"], "2001:db8:2:0::/64"),
        (PROXY, &["[2001:db8:2::7]:5555"], "2001:db8:2:0::/64"),
        // Without an address that can be read, it is the proxy itself that asks.
        (PROXY, &[], "10.0.0.2"),
        (PROXY, &[""], "10.0.0.2"),
        (PROXY, &["198.51.100.7, junk"], "10.0.0.2"),
        (PROXY, &["198.51.100.7, 10.0.0.3, 1.2.3"], "10.0.0.2"),
        (PROXY, &["10.0.0.3"], "10.0.0.3"),
        // Nobody else may tell an address.
        (STRANGER, &["198.51.100.7"], "203.0.113.9"),
    ];
    for (peer, lines, expected) in cases {
        let headers: Vec<_> = lines.iter().map(|line| ("X-Forwarded-For", *line)).collect();
        assert!(counted(peer, &headers).await.starts_with(expected), "{peer}: {lines:?} is not {expected}");
    }
    for header in ["Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP"] {
        let value = if header == "Forwarded" { "for=198.51.100.7" } else { far };
        assert!(counted(PROXY, &[(header, value)]).await.starts_with("10.0.0.2"), "{header}");
    }
}

#[tokio::test]
async fn a_spoofed_address_gives_nobody_more_attempts() {
    let world = world();
    for (peer, path) in [(STRANGER, "stranger"), (PROXY, "proxy")] {
        let mut statuses = Vec::new();
        for number in 0..12 {
            // Behind the proxy, the client's own address stands at the end, whatever it wrote before.
            let spoofed = format!("192.0.2.{number}");
            let line = if peer == PROXY { format!("{spoofed}, 198.51.100.7") } else { spoofed };
            let headers = [("X-Forwarded-For", line.as_str()), ("X-Forwarded-Host", "other.example.com")];
            statuses.push(send(&world, peer, ("POST", "/users/login/"), &headers, &json!({})).await.status().as_u16());
        }
        assert_eq!(statuses, [vec![400; 10], vec![429; 2]].concat(), "{path}");
    }
}

/// The address of live updates, and the cookie of the forms, for a client at these headers.
async fn seen(world: &World, peer: &str, headers: Headers<'_>) -> (String, bool) {
    let sign_in = json!({"email": "alice", "password": PASSWORD});
    let signed_in = json_of(send(world, peer, ("POST", "/api/v1/auth/login"), headers, &sign_in).await).await;
    let credential = format!("Bearer {}", signed_in["access_token"].as_str().unwrap());
    let with_credential = [headers, &[("Authorization", credential.as_str())]].concat();
    let ticket = send(world, peer, ("POST", "/api/v1/ws/ticket"), &with_credential, &json!({})).await;
    let page = send(world, peer, ("GET", "/accounts/login/"), headers, &json!({})).await;
    let cookie = page.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    (json_of(ticket).await["url"].as_str().unwrap().to_owned(), cookie.ends_with("; Secure"))
}

#[tokio::test]
async fn scheme_and_host_of_a_trusted_proxy_are_those_of_addresses_and_cookies() {
    let world = world();
    world.user("alice").await;
    let (proto, host) = ("X-Forwarded-Proto", "X-Forwarded-Host");
    let cases: [(&str, Headers, &str, bool); 17] = [
        (PROXY, &[(proto, "https"), (host, "chat.example.com")], "wss://chat.example.com/ws", true),
        (PROXY, &[(proto, "https"), (host, "chat.example.com:8443")], "wss://chat.example.com:8443/ws", true),
        (PROXY, &[(proto, "HTTPS"), (host, "[2001:db8::1]")], "wss://[2001:db8::1]/ws", true),
        (PROXY, &[(proto, "wss"), (host, "chat.example.com")], "wss://chat.example.com/ws", true),
        (PROXY, &[(proto, "http"), (host, "chat.example.com")], "ws://chat.example.com/ws", false),
        // A proxy that passes `Host` on needs no other header for it.
        (PROXY, &[(proto, "https")], "wss://inner:8000/ws", true),
        (PROXY, &[(host, "chat.example.com")], "ws://chat.example.com/ws", false),
        // The client may have written all values but the last.
        (PROXY, &[(proto, "http, https"), (host, "evil.example, chat.example.com")], "wss://chat.example.com/ws", true),
        (PROXY, &[(proto, "https"), (proto, "http")], "ws://inner:8000/ws", false),
        (
            PROXY,
            &[(proto, "https"), (host, "evil.example"), (host, "chat.example.com")],
            "wss://chat.example.com/ws",
            true,
        ),
        // What is no scheme or no host is nothing.
        (PROXY, &[(proto, "javascript"), (host, "chat.example.com")], "ws://chat.example.com/ws", false),
        (PROXY, &[(proto, ""), (host, "")], "ws://inner:8000/ws", false),
        (PROXY, &[(proto, "https"), (host, "user@chat.example.com")], "wss://inner:8000/ws", true),
        (PROXY, &[(proto, "https"), (host, "chat.example.com/path")], "wss://inner:8000/ws", true),
        (PROXY, &[(proto, "https"), (host, "chat example com")], "wss://inner:8000/ws", true),
        (PROXY, &[("Forwarded", "proto=https;host=chat.example.com")], "ws://inner:8000/ws", false),
        (STRANGER, &[(proto, "https"), (host, "evil.example")], "ws://inner:8000/ws", false),
    ];
    for (peer, headers, url, is_secure) in cases {
        assert_eq!(seen(&world, peer, headers).await, (url.to_owned(), is_secure), "{peer} {headers:?}");
        // The limit of sign-ins is for a minute.
        world.pass(std::time::Duration::from_secs(61));
    }
}

#[tokio::test]
async fn a_page_is_of_the_same_origin_as_the_host_that_the_proxy_tells() {
    let world = world();
    world.user("alice").await;
    let sign_in = json!({"email": "alice", "password": PASSWORD});
    let signed_in = json_of(send(&world, PROXY, ("POST", "/api/v1/auth/login"), &[], &sign_in).await).await;
    let cookie = format!("quintet_session={}", signed_in["access_token"].as_str().unwrap());
    let create = async |peer, origin, host| {
        let headers = [
            ("Cookie", cookie.as_str()),
            ("Origin", origin),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", host),
            ("X-Forwarded-For", "198.51.100.7"),
        ];
        send(&world, peer, ("POST", "/chat/session/create/"), &headers, &json!({})).await.status().as_u16()
    };
    assert_eq!(create(PROXY, "https://chat.example.com", "chat.example.com").await, 200);
    assert_eq!(create(PROXY, "https://evil.example", "chat.example.com").await, 403);
    assert_eq!(create(PROXY, "http://inner:8000", "chat.example.com").await, 403);
    assert_eq!(create(STRANGER, "https://chat.example.com", "chat.example.com").await, 403);
    assert_eq!(create(STRANGER, "http://inner:8000", "chat.example.com").await, 200);
}

#[tokio::test]
async fn the_host_that_a_proxy_tells_is_not_called_by_webhooks() {
    let world = world();
    world.user("alice").await;
    let sign_in = json!({"email": "alice", "password": PASSWORD});
    let signed_in = json_of(send(&world, PROXY, ("POST", "/api/v1/auth/login"), &[], &sign_in).await).await;
    let credential = format!("Bearer {}", signed_in["access_token"].as_str().unwrap());
    let headers = [
        ("Authorization", credential.as_str()),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "chat.example.com"),
    ];
    for (host, status) in [("chat.example.com", 422), ("other.example.com", 201)] {
        let webhook = json!({"url": format!("https://{host}/hook"), "events": ["message.received"]});
        let reply = send(&world, PROXY, ("POST", "/api/v1/webhooks"), &headers, &webhook).await;
        assert_eq!(reply.status(), status, "{host}");
    }
}
