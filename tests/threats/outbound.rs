//! URLs that users give to the service. A URL that leads or may lead into the internal network is refused when it is
//! given, and nothing of it is stored.

use super::{
    fixture::Fixture,
    routes::{Dialect, Field, Kind, Route, fields},
    surface::assert_refused,
};
use serde_json::{Value, json};

/// URLs that no user may give.
pub fn inner() -> Vec<String> {
    let mut addresses: Vec<String> = [
        // Not https.
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "data:text/plain,Hello",
        "javascript:alert(1)",
        "//example.com/",
        "/api/v1/users",
        "../users",
        "example.com",
        "https:",
        "https://",
        "https:///x",
        "https://?x",
        // This machine.
        "https://localhost/",
        "https://LOCALHOST./",
        "https://a.localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://0/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://１２７.０.０.１/",
        "https://127。0。0。1/",
        "https://%31%32%37.0.0.1/",
        "https://127.0.0.1:8443/",
        // The internal network, and metadata services of cloud providers.
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.0.1/",
        "https://0xc0a80001/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://2852039166/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://intranet/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://router.home.arpa/",
        // A number is not a host name, whatever address it stands for.
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        // The host is ambiguous.
        "https://alice@example.com/",
        "https://alice:secret@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://exam ple.com/",
        "https://exam\tple.com/",
        "https://example.com/\r\nHost: localhost",
        "https://example.com/\u{0}",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://exa<mple.com/",
    ]
    .map(str::to_owned)
    .to_vec();
    addresses.push(format!("https://example.com/{}", "a".repeat(2000)));
    addresses
}

/// Each field that takes a URL.
fn targets() -> impl Iterator<Item = (&'static Route, &'static Field)> {
    fields().filter(|(_, field)| field.kind == Kind::Attachments || ["endpoint", "url"].contains(&field.name))
}

fn value(field: &Field, address: &str) -> Value {
    match field.kind {
        Kind::Attachments => {
            json!([{"type": "file", "url": "https://example.com/"}, {"type": "image", "url": address}])
        }
        _ => address.into(),
    }
}

#[tokio::test]
async fn an_address_that_may_lead_inside_is_refused() {
    let fixture = Fixture::new().await;
    assert_eq!(targets().count(), 6, "messages, streamed messages, tools and webhooks, new and changed");
    for (route, field) in targets() {
        let rows = || ["sessions", "tools", "webhooks", "balances"].map(|table| fixture.world.rows(table));
        let before = rows();
        for address in inner() {
            let attack = format!("{} {}: {address:.60?}", route.name(), field.name);
            let body = fixture.body_with(route, field.name, value(field, &address).to_string().as_bytes());
            let reply = fixture.send(route, body).await;
            assert_refused(&reply, Dialect::Platform, &attack);
            assert_eq!(reply.status, 422, "{attack}: {}", reply.text);
            let errors = reply.body["errors"].as_array().unwrap();
            assert_eq!((errors.len(), &errors[0]["field"]), (1, &json!(field.name)), "{attack}");
        }
        assert_eq!(rows(), before, "{}", route.name());
    }
}

#[tokio::test]
async fn an_address_of_a_public_name_is_accepted_and_shown_as_given() {
    let addresses = [
        "https://example.com",
        "https://EXAMPLE.com/File.pdf?a=1&b=%20#part",
        "https://example.com:8443/",
        "https://xn--bcher-kva.example/",
        "https://localhost.example.com/",
        "https://example.com/http://127.0.0.1/",
        "https://1.2.3.4.example/",
    ];
    for (route, field) in targets() {
        for address in addresses {
            let fixture = Fixture::new().await;
            let body = fixture.body_with(route, field.name, value(field, address).to_string().as_bytes());
            let reply = fixture.send(route, body).await;
            let attack = format!("{} {}: {address}", route.name(), field.name);
            assert_eq!(reply.status, route.success, "{attack}: {}", reply.text);
            // A stream of events is no JSON.
            if reply.body.is_null() {
                assert!(reply.text.contains(address), "{attack}: {}", reply.text);
                continue;
            }
            let shown = match field.kind {
                Kind::Attachments => &reply.body["user_message"]["attachments"][1]["url"],
                _ => &reply.body[field.name],
            };
            assert_eq!(shown, address, "{attack}");
        }
    }
}

#[tokio::test]
async fn what_the_operator_allows_is_accepted_and_nothing_beside_it() {
    let addresses = [
        ("http://127.0.0.1:9000/hook", true),
        ("https://localhost:9000/", true),
        ("http://receiver.internal/", true),
        ("https://example.com/", true),
        ("http://127.0.0.1:9001/hook", false),
        ("http://example.com/", false),
        ("https://api.example.com/", false),
    ];
    let settings = [("OUTBOUND_ALLOW", "127.0.0.1:9000,receiver.internal"), ("OUTBOUND_DENY", "api.example.com")];
    for (route, field) in targets() {
        for (address, is_allowed) in addresses {
            let fixture = Fixture::with(&settings).await;
            let body = fixture.body_with(route, field.name, value(field, address).to_string().as_bytes());
            let reply = fixture.send(route, body).await;
            let expected = if is_allowed { route.success } else { 422 };
            assert_eq!(reply.status, expected, "{} {}: {address}: {}", route.name(), field.name, reply.text);
        }
    }
}

/// A webhook that points at this service would call it in an endless loop.
#[tokio::test]
async fn this_service_itself_is_refused() {
    for (route, field) in targets() {
        for host in ["quintet.test", "QUINTET.test.", "quintet.test:8443"] {
            let fixture = Fixture::new().await;
            let address = format!("https://{host}/webhook");
            let body = fixture.body_with(route, field.name, value(field, &address).to_string().as_bytes());
            let reply = fixture.send(route, body).await;
            assert_eq!(reply.status, 422, "{} {}: {address}: {}", route.name(), field.name, reply.text);
        }
    }
}

#[tokio::test]
async fn a_file_is_ones_own_by_its_id_and_by_any_address_that_we_gave_for_it() {
    let fixture = Fixture::new().await;
    let (route, field) = targets().next().unwrap();
    let file = fixture.world.keep_file("alice", "notes.txt", "Hello").await.id;
    fixture.world.read_files().await;
    let address = format!("http://quintet.test/api/v1/files/{file}/content");
    for name in [file.to_string(), format!("/api/v1/files/{file}/content"), address.clone()] {
        let body = fixture.body_with(route, field.name, json!([{"type": "file", "url": name}]).to_string().as_bytes());
        let reply = fixture.send(route, body).await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.text);
        let attachments = &reply.body["user_message"]["attachments"];
        assert_eq!(attachments, &json!([{"type": "file", "url": address}]), "{name}");
    }
    let others = [
        format!("http://elsewhere.test/api/v1/files/{file}/content"),
        format!("http://quintet.test@elsewhere.test/api/v1/files/{file}/content"),
        format!("http://quintet.test.elsewhere.test/api/v1/files/{file}/content"),
        format!("http://quintet.test/api/v1/files/../users/{file}/content"),
        format!("http://quintet.test/api/v1/files/{file}/content?x=1"),
        format!("/api/v1/files/{file}"),
        format!("{file}/content"),
    ];
    for name in others {
        let body = fixture.body_with(route, field.name, json!([{"type": "file", "url": name}]).to_string().as_bytes());
        let reply = fixture.send(route, body).await;
        assert_refused(&reply, Dialect::Platform, &name);
        assert_eq!(reply.status, 422, "{name}: {}", reply.text);
    }
}
