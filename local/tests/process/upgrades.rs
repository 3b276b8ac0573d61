//! Data of each earlier version is opened by this one: everything in it can be read, and goes on. `local/tests/data` has
//! the directories, and the program that makes them.

use super::{Directory, PASSWORD, Server, get, put, request, run, stderr};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The receiver of the webhook in the data is on this machine.
const SETTINGS: [(&str, &str); 1] = [("OUTBOUND_ALLOW", "127.0.0.1")];

fn packed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// The versions whose data is kept.
fn versions() -> Vec<String> {
    let files = fs::read_dir(packed()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut versions: Vec<String> = files.filter_map(|name| Some(name.strip_suffix(".tar.gz")?.to_owned())).collect();
    versions.sort();
    assert!(!versions.is_empty());
    versions
}

/// The data of a version, in a directory called `data`, and what a client knew of it.
fn unpacked(version: &str, name: &str) -> (Directory, Value) {
    let directory = Directory::new(&format!("upgrade-{version}-{name}"));
    let archive = packed().join(format!("{version}.tar.gz"));
    let tar = Command::new("tar").arg("-xzf").arg(archive).arg("--no-same-owner").current_dir(&directory.0).status();
    assert!(tar.unwrap().success());
    let known = fs::read_to_string(packed().join(format!("{version}.json"))).unwrap();
    (directory, serde_json::from_str(&known).unwrap())
}

/// Asserts that everything in `known` is in `shown`, which may have more fields.
fn assert_still_there(shown: &Value, known: &Value, place: &str) {
    match (shown, known) {
        (Value::Object(shown), Value::Object(known)) => {
            for (name, value) in known {
                let place = format!("{place}.{name}");
                assert_still_there(shown.get(name).unwrap_or_else(|| panic!("{place} is gone")), value, &place);
            }
        }
        (Value::Array(shown), Value::Array(known)) => {
            assert_eq!(shown.len(), known.len(), "{place}");
            for (number, (shown, known)) in shown.iter().zip(known).enumerate() {
                assert_still_there(shown, known, &format!("{place}[{number}]"));
            }
        }
        _ => assert_eq!(shown, known, "{place}"),
    }
}

fn text<'a>(known: &'a Value, name: &str) -> &'a str {
    known[name].as_str().unwrap_or_else(|| panic!("{name} is not in {known}"))
}

#[test]
fn everything_in_the_data_of_an_earlier_version_is_there() {
    for version in versions() {
        let (directory, known) = unpacked(&version, "read");
        let server = Server::start(&directory.0, &["serve", "--data", "data"], &SETTINGS);
        let key = text(&known, "api_key");
        for (path, shown) in known["shown"].as_object().unwrap() {
            let (status, body) = get(server.address, path, key).unwrap();
            assert_eq!(status, 200, "{version} {path}: {body}");
            assert_still_there(&body, shown, &format!("{version} {path}"));
        }
        let file = &known["file"];
        let path = format!("/api/v1/files/{}/content", text(file, "id"));
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: quintet\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n");
        assert_eq!(content(&server, &head), text(file, "content"), "{version}");
        let (status, assistants) = get(server.address, "/api/v1/assistants/", text(&known, "reports_token")).unwrap();
        assert_eq!(
            (status, &assistants[0]["name"], &assistants[0]["query_count"]),
            (200, &json!("Reporter"), &json!(1))
        );
        // The session lasts two weeks. Afterwards the browser is led to the page for signing in.
        let cookie = text(&known, "session_cookie");
        let head =
            format!("GET / HTTP/1.1\r\nHost: quintet\r\nConnection: close\r\nCookie: quintet_session={cookie}\r\n\r\n");
        let (status, _) = request(server.address, &head).unwrap();
        assert!([200, 303].contains(&status), "{version}: {status}");
    }
}

/// The body of an answer.
fn content(server: &Server, head: &str) -> String {
    use std::io::{Read, Write};
    let mut connection = std::net::TcpStream::connect(server.address).unwrap();
    connection.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    body.to_owned()
}

#[test]
fn the_accounts_of_an_earlier_version_go_on() {
    for version in versions() {
        let (directory, known) = unpacked(&version, "go-on");
        let server = Server::start(&directory.0, &["serve", "--data", "data"], &SETTINGS);
        let sign_ins = [
            ("/api/v1/tokens/", "username", "reports", "token"),
            ("/api/v1/auth/login", "email", "platform@example.com", "access_token"),
            ("/api/v1/auth/login/", "username", "webchat", "access"),
            ("/users/login/", "username", "chatbot", "token"),
            ("/api/login/", "username", "metered", "access"),
        ];
        let tokens = sign_ins.map(|(path, field, name, token)| {
            let (status, body) = server.post(path, "", "", &json!({field: name, "password": PASSWORD})).unwrap();
            assert!([200, 201].contains(&status), "{version} {path}: {body}");
            text(&body, token).to_owned()
        });
        let [reports, platform, webchat, chatbot, metered] = &tokens;
        let conversation = format!("/api/v1/conversations/{}/messages", text(&known, "conversation"));
        let question = json!({"content": "How high is the lighthouse at Skagen?"});
        let (status, told) = server.post(&conversation, platform, "", &question).unwrap();
        assert_eq!((status, &told["tokens_left"]), (201, &json!(3700)), "{version}: {told}");
        assert_eq!(told["assistant_message"]["sources"][0]["filename"], "skagen.txt", "{version}: {told}");
        let session = format!("/api/v1/chat/sessions/{}/chats/", text(&known, "webchat_session"));
        let messages = [
            ("/api/v1/chat/", reports, json!({"assistant_name": "Reporter", "_input": "Hello again"}), 201),
            (session.as_str(), webchat, json!({"message": "Hello again"}), 201),
            ("/send/", chatbot, json!({"message": "Hello again"}), 200),
            ("/api/chat/", metered, json!({"message": "Hello again"}), 200),
        ];
        for (path, token, body, expected) in messages {
            let (status, body) = server.post(path, token, "", &body).unwrap();
            assert_eq!(status, expected, "{version} {path}: {body}");
            assert_eq!(get(server.address, "/token/", token), Some((200, json!({"tokens": 3800}))), "{version} {path}");
        }
        let webhook = format!("/api/v1/webhooks/{}", text(&known, "webhook"));
        assert_eq!(server.post(&format!("{webhook}/test"), platform, "", &json!({})).unwrap().0, 202, "{version}");
        let changed = put(server.address, &webhook, platform, &json!({"is_active": false})).unwrap();
        assert_eq!((changed.0, &changed.1["is_active"]), (200, &json!(false)), "{version}");
    }
}

#[test]
fn data_of_a_newer_format_is_refused_and_stays_as_it_is() {
    let version = versions().pop().unwrap();
    let (directory, _) = unpacked(&version, "newer");
    let (format, database) = (directory.0.join("data/format"), directory.0.join("data/dynamodb.sqlite"));
    let before = fs::read(&database).unwrap();
    for (noted, expected) in
        [("99\n", "newer version of Quintet (format 99; this version knows "), ("x", "holds no number")]
    {
        fs::write(&format, noted).unwrap();
        for arguments in [
            ["serve", "--data", "data", "--listen", "127.0.0.1:0"].as_slice(),
            &["grant-tokens", "--data", "data", "--username", "chatbot", "--tokens", "1"],
        ] {
            let refused = run(&directory.0, arguments, &[]);
            let error = stderr(&refused);
            assert_eq!((refused.status.code(), error.lines().count()), (Some(1), 1), "{error}");
            assert!(error.contains(expected), "{error}");
        }
    }
    assert!(fs::read(&database).unwrap() == before, "the database changed");
    // A directory of a version that noted no format is of the first one.
    fs::remove_file(&format).unwrap();
    drop(Server::start(&directory.0, &["serve", "--data", "data"], &SETTINGS));
    assert_eq!(fs::read_to_string(&format).unwrap(), "1\n");
}
