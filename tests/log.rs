//! Logs: every internal failure is one line that can be read alone and contains no secrets.

use crate::world::{Fault, Moment, OVER_SDK, Script, World};
use serde_json::{Value, json};
use shared::{
    config::Config,
    log::{CRATES, directives},
};
use std::{cell::RefCell, collections::BTreeSet, fs, io::Write, path::Path};
use tracing_subscriber::{EnvFilter, fmt};

const PASSWORD: &str = "a secret password";

thread_local! {
    /// The log of this thread. Every test has its own thread.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to that log.
pub struct Logged;

impl Logged {
    /// The log lines so far.
    pub fn text() -> String {
        LOGGED.with_borrow(|lines| String::from_utf8(lines.clone()).unwrap())
    }
}

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn failures_are_logged_without_secrets() {
    let filter = EnvFilter::new("info,shared=trace,local=trace,auth=trace,chat=trace,users=trace");
    let subscriber = fmt().json().with_env_filter(filter).with_writer(|| Logged).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let world = World::with(&[OVER_SDK]);
    let body =
        json!({"username": "alice", "email": "alice@example.com", "password": PASSWORD, "confirm_password": PASSWORD});
    let registered = world.anonymous().post("/api/v1/auth/register/", body.clone()).await;
    let (access, refresh) = (registered.body["access"].as_str().unwrap(), registered.body["refresh"].as_str().unwrap());
    let alice = world.anonymous().bearing(access);
    let made = alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await;
    let key = made.body["key"].as_str().unwrap();
    world.model.next(Script::Fail);
    assert_eq!(alice.post("/send/", json!({"message": "my private words"})).await.status, 502);
    world.model.next(Script::Panic);
    assert_eq!(alice.post("/send/", json!({"message": "my private words"})).await.status, 502);
    world.faults().plan(Some(Fault { call: 0, moment: Moment::BeforeCommit, times: usize::MAX }));
    for path in ["/api/v1/auth/login", "/api/v1/auth/register", "/users/login/", "/api/login/", "/api/v1/tokens/"] {
        assert_eq!(world.anonymous().post(path, body.clone()).await.status, 503, "{path}");
    }
    assert_eq!(alice.post("/api/chat/", json!({"message": "my private words"})).await.status, 503);
    assert_eq!(world.anonymous().bearing(key).get("/api/v1/users/me").await.status, 503);
    let change = json!({"password": "another secret one", "current_password": PASSWORD});
    assert_eq!(alice.put("/api/v1/users/me", change).await.status, 503);
    let refreshed = world.anonymous().post("/api/v1/auth/refresh", json!({"refresh_token": refresh})).await;
    assert_eq!(refreshed.status, 503);

    let text = Logged::text();
    let failures: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named = failures.iter().filter(|line| line["fields"]["message"] == "a request failed");
    let routes: Vec<&str> = named.map(|line| line["span"]["route"].as_str().unwrap()).collect();
    assert_eq!(
        routes,
        [
            "/send/",
            "/send/",
            "/api/v1/auth/login",
            "/api/v1/auth/register",
            "/users/login/",
            "/api/login/",
            "/api/v1/tokens/",
            "/api/chat/",
            "/api/v1/users/me",
            "/api/v1/users/me",
            "/api/v1/auth/refresh",
        ]
    );
    assert!(failures.iter().all(|line| line["span"]["route"].is_string()), "{text}");
    for secret in [
        PASSWORD,
        "another secret",
        &key[3..50],
        &key[50..],
        "alice@example.com",
        "private words",
        access,
        refresh,
        crate::world::JWT_SECRET,
    ] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn libraries_log_no_details_at_any_level() {
    let ours = |level: &str| CRATES.map(|name| format!("{name}={level}")).join(",");
    let cases = [
        ("info", "info".to_owned()),
        ("warn,shared=trace", "warn,shared=trace".to_owned()),
        ("trace", format!("info,{}", ours("trace"))),
        ("error,DEBUG", format!("error,info,{}", ours("DEBUG"))),
        ("aws_smithy_runtime=trace", "aws_smithy_runtime=info".to_owned()),
        ("hyper::proto=debug, shared::store=debug", "hyper::proto=info,shared::store=debug".to_owned()),
        ("sharedness=trace", "sharedness=info".to_owned()),
    ];
    for (setting, expected) in cases {
        assert_eq!(directives(setting), expected, "{setting}");
    }
}

#[test]
fn the_crates_with_details_are_ours() {
    let functions = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions")).unwrap();
    let functions = functions.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let expected: BTreeSet<String> = functions.chain(["local", "quintet", "shared"].map(str::to_owned)).collect();
    assert_eq!(CRATES.map(str::to_owned).into_iter().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn a_level_that_is_none_is_refused_at_the_start() {
    for level in ["verbose", "inof", "info,", "shared", "shared=", "=info", "shared=loud", "INFO;DEBUG", "a b=info"] {
        let read = Config::read(|name| (name == "LOG_LEVEL").then(|| level.to_owned()));
        match level {
            "info," => assert_eq!(read.unwrap().log.level, "info"),
            _ => {
                let problem = format!("LOG_LEVEL: `{level}` is not a level like `info`, or `target=level`");
                assert_eq!(read.map(drop).unwrap_err().to_string(), problem);
            }
        }
    }
}
