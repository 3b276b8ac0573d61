//! `OUTBOUND_ALLOW` and `OUTBOUND_DENY`: each entry means what it says, and no more.

use super::rules;
use shared::{config::Config, domain::OutboundUrl};

/// An entry, what it lets in, and what not.
type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);

const ALLOWED: &[Case] = &[
    (
        "127.0.0.1",
        &[
            "http://127.0.0.1/",
            "https://127.0.0.1:9000/",
            "http://127.1:1/",
            "http://0x7f000001/",
            "http://[::ffff:127.0.0.1]/",
            "http://localhost:8000/",
            "https://LOCALHOST./",
        ],
        &[
            "http://127.0.0.2/",
            "http://[::1]/",
            "http://[::127.0.0.1]/",
            "http://a.localhost/",
            "http://localhost.localdomain/",
            "http://example.com/",
            "http://alice@127.0.0.1/",
            "ftp://127.0.0.1/",
            "file://localhost/etc/passwd",
            "ws://localhost/",
        ],
    ),
    (
        "127.0.0.1:9000",
        &["http://127.0.0.1:9000/", "https://127.0.0.1:9000/", "http://localhost:9000/"],
        &["http://127.0.0.1/", "https://127.0.0.1:9001/", "http://localhost/", "https://localhost/"],
    ),
    ("127.0.0.1:80", &["http://127.0.0.1/", "http://localhost:80/"], &["https://127.0.0.1/"]),
    (
        "10.0.0.0/8",
        &["http://10.0.0.0/", "https://10.255.255.255/", "http://[::ffff:10.1.1.1]:81/"],
        &["http://9.255.255.255/", "http://11.0.0.0/", "http://localhost/", "http://[::a00:1]/"],
    ),
    ("10.0.0.0/8:9000", &["http://10.1.2.3:9000/"], &["http://10.1.2.3/", "http://11.1.2.3:9000/"]),
    ("93.184.215.14", &["https://93.184.215.14/", "http://93.184.215.14/"], &["https://93.184.215.15/"]),
    ("0.0.0.0/0", &["http://192.168.0.1/", "http://localhost/"], &["http://[::1]/", "http://[fd00::1]/"]),
    ("::1", &["http://[::1]/", "http://[0:0:0:0:0:0:0:1]:9000/", "http://localhost/"], &["http://127.0.0.1/"]),
    ("[::1]", &["http://[::1]/"], &["http://127.0.0.1/", "http://[::2]/"]),
    ("[::1]:9000", &["http://[::1]:9000/", "http://localhost:9000/"], &["http://[::1]/", "http://localhost/"]),
    ("fd00::/8", &["http://[fd00::]/", "http://[fdff:ffff::1]:81/"], &["http://[fc00::1]/", "http://[fe00::]/"]),
    ("[fd00::/8]:81", &["http://[fd12::1]:81/"], &["http://[fd12::1]/"]),
    (
        "receiver.internal",
        &["http://receiver.internal/", "https://Receiver.Internal.:9000/"],
        &["http://internal/", "http://a.receiver.internal/", "http://other.internal/", "http://localhost/"],
    ),
    ("receiver:9000", &["http://receiver:9000/"], &["http://receiver/", "http://receiver.:9001/"]),
    ("localhost", &["http://localhost/"], &["http://127.0.0.1/", "http://[::1]/"]),
    ("b\u{fc}cher.local", &["http://B\u{dc}CHER.local/", "http://xn--bcher-kva.local/"], &["http://bucher.local/"]),
    ("http://127.0.0.1:9000", &["http://127.0.0.1:9000/", "https://localhost:9000/"], &["http://127.0.0.1/"]),
    ("http://receiver.internal/", &["http://receiver.internal/"], &["https://receiver.internal/"]),
    ("https://receiver.internal", &["https://receiver.internal/"], &["http://receiver.internal/"]),
    ("http://[::1]:9000", &["http://[::1]:9000/"], &["http://[::1]:9001/"]),
    (
        " 10.0.0.1:80 ,, receiver.internal , ",
        &["http://10.0.0.1/", "https://receiver.internal/"],
        &["https://10.0.0.1/", "http://10.0.0.2/"],
    ),
];

#[test]
fn an_entry_allows_what_it_says_and_no_more() {
    for (entry, inside, outside) in ALLOWED {
        let rules = rules(&[("OUTBOUND_ALLOW", entry)]);
        for url in *inside {
            assert_eq!(
                OutboundUrl::parse(url, &rules).map(|url| url.as_str().to_owned()),
                Ok((*url).to_owned()),
                "{entry}"
            );
        }
        for url in *outside {
            assert!(OutboundUrl::parse(url, &rules).is_err(), "{entry}: {url}");
        }
        let public = OutboundUrl::parse("https://example.com/", &rules);
        assert!(public.is_ok(), "{entry} takes nothing away");
    }
}

#[test]
fn a_name_that_is_denied_is_refused_even_if_it_is_allowed() {
    let refused = ["https://api.example.com/", "https://API.Example.com.:8443/", "http://localhost/"];
    let accepted = ["https://example.com/", "https://a.api.example.com/", "https://example.com/api.example.com"];
    let denied = ("OUTBOUND_DENY", " Api.Example.com., ,localhost");
    for settings in [vec![denied], vec![denied, ("OUTBOUND_ALLOW", "api.example.com,localhost,127.0.0.1")]] {
        let rules = rules(&settings);
        for url in refused {
            assert!(OutboundUrl::parse(url, &rules).is_err(), "{url}");
        }
        for url in accepted {
            assert!(OutboundUrl::parse(url, &rules).is_ok(), "{url}");
        }
    }
}

#[test]
fn a_wrong_entry_is_one_line_that_names_it() {
    let places = [
        "10.0.0.0/33",
        "10.0.0.1/8",
        "10.0.0.0/",
        "10.0.0/8",
        "/8",
        "127.1",
        "300.0.0.1",
        "[127.0.0.1]:80",
        "[::1",
        "[::1]9000",
        "::1:99999",
        "fd00::/8:80",
        "fd00::/129",
        "host:port",
        "host:",
        "host:70000",
        ":80",
        "*.example.com",
        "a host",
        "host/path",
        "alice@host",
        "http://host/path",
        "http://host?query",
        "http://alice@host",
        "ftp://host",
        "https://",
    ];
    let names = ["127.0.0.1", "[::1]", "host:80", "https://host", "*.example.com", "10.0.0.0/8"];
    let place = "a host name, an IP address or a block like 10.0.0.0/8, with or without a port";
    let name = "a host name like api.example.com";
    let wrong = places.map(|entry| ("OUTBOUND_ALLOW", entry, place)).into_iter();
    for (setting, entry, form) in wrong.chain(names.map(|entry| ("OUTBOUND_DENY", entry, name))) {
        let settings = format!("good.example.com, {entry}");
        let error = Config::read(|name| (name == setting).then(|| settings.clone())).err();
        let said = error.map(|error| error.to_string());
        assert_eq!(said, Some(format!("{setting}: `{entry}` is not {form}")));
    }
}
