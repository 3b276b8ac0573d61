//! The binary itself: its command line, its data directory, and what is left after it is killed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod command_line;
mod services;
mod stack;
mod upgrades;

use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

const PASSWORD: &str = "password123";

/// A directory that is removed in the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn quintet(directory: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quintet"));
    command.current_dir(directory).args(arguments).stdin(Stdio::null());
    command.env("RATE_LIMIT_API", "0").env("RATE_LIMIT_AUTH", "0").envs(settings.iter().copied());
    command
}

fn run(directory: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    quintet(directory, arguments, settings).output().unwrap()
}

/// A server that is killed in the end, if it still runs.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Waits for the line that says it is ready.
    fn start(directory: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--listen", "127.0.0.1:0"]);
        let mut child = quintet(directory, &arguments, settings).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, address) = line.trim().split_once(" ready on http://").unwrap_or_else(|| panic!("{line}"));
        Self { address: address.parse().unwrap(), child }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn post(&self, path: &str, token: &str, key: &str, body: &Value) -> Option<(u16, Value)> {
        post(self.address, path, token, key, body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// `None` when the connection broke before the whole answer arrived.
fn post(address: SocketAddr, path: &str, token: &str, key: &str, body: &Value) -> Option<(u16, Value)> {
    let body = body.to_string();
    let key = if key.is_empty() { String::new() } else { format!("Idempotency-Key: {key}\r\n") };
    request(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: quintet\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\n{key}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
}

fn get(address: SocketAddr, path: &str, token: &str) -> Option<(u16, Value)> {
    request(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: quintet\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"),
    )
}

fn put(address: SocketAddr, path: &str, token: &str, body: &Value) -> Option<(u16, Value)> {
    let body = body.to_string();
    request(
        address,
        &format!(
            "PUT {path} HTTP/1.1\r\nHost: quintet\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
}

fn request(address: SocketAddr, request: &str) -> Option<(u16, Value)> {
    let mut connection = TcpStream::connect(address).ok()?;
    connection.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    (body.len() == length).then(|| (status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

fn register(server: &Server, username: &str) -> String {
    let body = json!({"username": username, "password": PASSWORD, "confirm_password": PASSWORD});
    let (status, body) = server.post("/api/v1/auth/register/", "", "", &body).unwrap();
    assert_eq!(status, 201, "{body}");
    body["access"].as_str().unwrap().to_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn wrong_arguments_are_one_clear_line() {
    let directory = Directory::new("arguments");
    let wrong: [(&[&str], &str); 15] = [
        (&["--lisen", "x"], "a similar argument exists: '--listen'"),
        (&["serve", "--listen", "nonsense"], "'nonsense'"),
        (&["serve", "--listen", "localhost:8000"], "127.0.0.1:8000"),
        (&["create-admn"], "a similar subcommand exists: 'create-admin'"),
        (&["grant-tokens", "--username", "ada"], "--tokens <N>"),
        (&["grant-tokens", "--tokens", "10"], "--username <USERNAME>"),
        (&["grant-tokens", "--username", "ada", "--tokens", "0"], "1..=1000000000"),
        (&["grant-tokens", "--username", "ada", "--tokens", "10", "--data", "nothing"], "nothing holds no data"),
        (&["create-admin", "--promote"], "--username or --email"),
        (&["create-admin", "--promote", "--username", "ada"], ".quintet holds no data"),
        (&["serve", "--in-memory", "--data", "here"], "--in-memory"),
        (&["start"], "start"),
        (&["create-admin", "--username", "root"], "required arguments were not provided: --email <EMAIL>"),
        (&["create-admin", "--stack", "quintet", "--data", "here"], "--data"),
        (&["services", "--listen", "0.0.0.0:0"], "0.0.0.0:0"),
    ];
    for (arguments, expected) in wrong {
        let output = run(&directory.0, arguments, &[]);
        let error = stderr(&output);
        assert!(!output.status.success(), "{arguments:?}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 0);
}

#[test]
fn wrong_settings_are_one_clear_line() {
    let directory = Directory::new("settings");
    let wrong = [
        ("RATE_LIMIT_API", "many"),
        ("INITIAL_TOKENS", "-1"),
        ("JWT_SECRET", "short"),
        ("MODEL_PROVIDER", "oracle"),
        ("CORS_ORIGINS", "*"),
        ("REFILL_TOKENS", "5"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "inof"),
        ("CORS_ORIGINS", "https://example.com/path"),
        ("TRUSTED_PROXIES", "proxy.internal"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ];
    for (name, value) in wrong {
        let output = run(&directory.0, &["serve", "--in-memory", "--listen", "127.0.0.1:0"], &[(name, value)]);
        let error = stderr(&output);
        assert!(!output.status.success(), "{name}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.contains(name), "{error}");
        assert!(name != "JWT_SECRET" || !error.contains("short,"), "{error}");
    }
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let directory = Directory::new("port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&directory.0, &["serve", "--in-memory", "--listen", &address], &[]);
    let error = stderr(&output);
    assert!(!output.status.success());
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains(&address) && error.contains("--listen"), "{error}");
}

#[test]
fn a_directory_that_cannot_be_used_is_one_clear_line() {
    let directory = Directory::new("unusable");
    fs::write(directory.0.join("file"), "not a directory").unwrap();
    let output = run(&directory.0, &["serve", "--data", "file", "--listen", "127.0.0.1:0"], &[]);
    let error = stderr(&output);
    assert!(!output.status.success());
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("file"), "{error}");
}

#[test]
fn signals_end_it_cleanly() {
    let directory = Directory::new("signals");
    for signal in ["-INT", "-TERM"] {
        let temporary = [("TMPDIR", directory.0.to_str().unwrap())];
        let mut server = Server::start(&directory.0, &["serve", "--in-memory"], &temporary);
        register(&server, "alice");
        server.signal(signal);
        assert!(server.child.wait().unwrap().success(), "{signal}");
    }
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 0);
}

#[test]
fn accounts_tokens_and_conversations_survive_a_restart() {
    let directory = Directory::new("restart");
    let server = Server::start(&directory.0, &[], &[]);
    let token = register(&server, "alice");
    let (status, _) = server.post("/send/", &token, "", &json!({"message": "Hello"})).unwrap();
    assert_eq!(status, 200);
    drop(server);
    let kept: Vec<_> = fs::read_dir(directory.0.join(".quintet")).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert!(kept.iter().any(|name| name == "jwt-secret"), "{kept:?}");
    let server = Server::start(&directory.0, &["serve", "--data", ".quintet"], &[]);
    assert_eq!(get(server.address, "/token/", &token), Some((200, json!({"tokens": 3900}))));
}

#[test]
fn after_a_clean_stop_the_database_is_one_file_and_without_it_nothing_starts() {
    let directory = Directory::new("stop");
    let mut server = Server::start(&directory.0, &["serve", "--data", "data"], &[]);
    let token = register(&server, "alice");
    server.signal("-TERM");
    assert!(server.child.wait().unwrap().success());
    let data = directory.0.join("data");
    let log = fs::metadata(data.join("dynamodb.sqlite-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0, "the log still has data");
    fs::remove_file(data.join("dynamodb.sqlite-wal")).ok();
    let server = Server::start(&directory.0, &["serve", "--data", "data"], &[]);
    assert_eq!(get(server.address, "/token/", &token), Some((200, json!({"tokens": 4000}))));
    drop(server);
    for content in [Some(""), None] {
        fs::remove_file(data.join("dynamodb.sqlite")).ok();
        if let Some(content) = content {
            fs::write(data.join("dynamodb.sqlite"), content).unwrap();
        }
        let output = run(&directory.0, &["serve", "--data", "data", "--listen", "127.0.0.1:0"], &[]);
        let error = stderr(&output);
        assert!(!output.status.success(), "{content:?}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.contains("missing or empty"), "{error}");
    }
}

#[test]
fn a_directory_has_one_server() {
    let directory = Directory::new("two");
    let server = Server::start(&directory.0, &["serve", "--data", "data"], &[]);
    for command in ["serve", "services"] {
        let output = run(&directory.0, &[command, "--data", "data", "--listen", "127.0.0.1:0"], &[]);
        let error = stderr(&output);
        assert!(!output.status.success(), "{command}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert_eq!(error, "quintet: data is in use by another process; --data chooses another directory\n");
    }
    drop(server);
    drop(Server::start(&directory.0, &["serve", "--data", "data"], &[]));
}

#[test]
#[cfg(unix)]
fn data_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new("private");
    // A directory that everybody may read does not make its content readable.
    fs::create_dir(directory.0.join("data")).unwrap();
    fs::set_permissions(directory.0.join("data"), fs::Permissions::from_mode(0o755)).unwrap();
    let temporary = directory.0.join("temporary");
    fs::create_dir(&temporary).unwrap();
    let kept = Server::start(&directory.0, &["serve", "--data", "data"], &[]);
    let in_memory = Server::start(&directory.0, &["serve", "--in-memory"], &[("TMPDIR", temporary.to_str().unwrap())]);
    for directory in [directory.0.join("data"), temporary] {
        let mut count = 0;
        for entry in fs::read_dir(&directory).unwrap().map(Result::unwrap) {
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
            count += 1;
        }
        assert!(count > 0, "{}", directory.display());
    }
    drop((kept, in_memory));
}

#[test]
fn administrators_are_made_by_command_and_by_settings() {
    let directory = Directory::new("admin");
    let admin = [("QUINTET_ADMIN_PASSWORD", PASSWORD)];
    let create = ["create-admin", "--username", "boss", "--email", "boss@example.com"];
    assert!(run(&directory.0, &create, &admin).status.success());
    let again = run(&directory.0, &create, &admin);
    assert!(!again.status.success());
    assert_eq!(stderr(&again).lines().count(), 1, "{}", stderr(&again));
    let settings = [("QUINTET_ADMIN_EMAIL", "root@example.com"), ("QUINTET_ADMIN_PASSWORD", PASSWORD)];
    // The second start finds it there, and so does the third, although its name is somebody else's by then.
    for (name, next_name) in [("root", "root"), ("root", "chief"), ("chief", "chief")] {
        let server = Server::start(&directory.0, &[], &settings);
        let mut token = String::new();
        for name in ["boss", name, "root@example.com"] {
            let body = json!({"email": name, "password": PASSWORD});
            let (status, body) = server.post("/api/v1/auth/login", "", "", &body).unwrap();
            assert_eq!(status, 200, "{name}: {body}");
            token = body["access_token"].as_str().unwrap().to_owned();
        }
        let (status, me) = put(
            server.address,
            "/api/v1/users/me",
            &token,
            &json!({"username": next_name, "current_password": PASSWORD}),
        )
        .unwrap();
        assert_eq!((status, &me["role"], &me["username"]), (200, &json!("admin"), &json!(next_name)));
        if name != next_name {
            register(&server, name);
        }
        let (_, users) = get(server.address, "/api/v1/users", &token).unwrap();
        let administrators = users["items"].as_array().unwrap().iter().filter(|user| user["role"] == "admin");
        assert_eq!(administrators.count(), 2, "{users}");
    }
}

#[test]
fn an_existing_account_becomes_an_administrator() {
    let directory = Directory::new("promote");
    let server = Server::start(&directory.0, &[], &[]);
    let ada = register(&server, "ada");
    let grace = register(&server, "grace");
    let email = json!({"email": "grace@example.com", "current_password": PASSWORD});
    assert_eq!(put(server.address, "/api/v1/users/me", &grace, &email).unwrap().0, 200);
    let promote = |names: &[&str]| run(&directory.0, &[&["create-admin", "--promote"], names].concat(), &[]);
    // While the server runs.
    let promoted = promote(&["--username", "ADA"]);
    assert_eq!((stderr(&promoted).as_str(), stdout(&promoted).as_str()), ("", "ada is an administrator now.\n"));
    let (status, users) = get(server.address, "/api/v1/users?username=ada", &ada).unwrap();
    assert_eq!((status, &users["items"][0]["role"]), (200, &json!("admin")), "{users}");
    let refused = [
        (["--username", "ada"].as_slice(), "ada is an administrator already"),
        (&["--username", "bob"], "no account has the username bob"),
        (&["--username", "grace@example.com"], "no account has the username grace@example.com"),
        (&["--email", "bob@example.com"], "no account has the e-mail address bob@example.com"),
        (
            &["--username", "ada", "--email", "grace@example.com"],
            "the username and the e-mail address belong to two accounts",
        ),
        (&["--email", "nonsense"], "e-mail: Enter a valid email address."),
    ];
    for (names, expected) in refused {
        let failed = promote(names);
        assert_eq!((failed.status.code(), stderr(&failed)), (Some(1), format!("quintet: {expected}\n")));
    }
    let id = |name: &str| {
        let (_, users) = get(server.address, &format!("/api/v1/users?username={name}"), &ada).unwrap();
        users["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let grace_path = format!("/api/v1/users/{}", id("grace"));
    assert_eq!(put(server.address, &grace_path, &ada, &json!({"is_active": false})).unwrap().0, 200);
    let disabled = promote(&["--email", "grace@example.com"]);
    assert!(stderr(&disabled).contains("grace is disabled"), "{}", stderr(&disabled));
    assert_eq!(put(server.address, &grace_path, &ada, &json!({"is_active": true})).unwrap().0, 200);
    assert!(promote(&["--email", "grace@example.com"]).status.success());
    // Two administrators count as two: one of them can be demoted, and then the other cannot.
    assert_eq!(put(server.address, &grace_path, &ada, &json!({"role": "user"})).unwrap().0, 200);
    let ada_path = format!("/api/v1/users/{}", id("ada"));
    assert_eq!(put(server.address, &ada_path, &ada, &json!({"role": "user"})).unwrap().0, 409);
    // A new account with the name is refused with the way to go.
    let create = ["create-admin", "--username", "grace", "--email", "other@example.com"];
    let taken = stderr(&run(&directory.0, &create, &[("QUINTET_ADMIN_PASSWORD", PASSWORD)]));
    assert_eq!(taken.lines().count(), 1, "{taken}");
    assert!(taken.contains("already exists") && taken.contains("--promote"), "{taken}");
}

#[test]
fn tokens_are_granted_while_the_server_runs() {
    let directory = Directory::new("grant");
    let server = Server::start(&directory.0, &["serve", "--data", "data"], &[]);
    let ada = register(&server, "ada");
    let grant = |rest: &[&str]| run(&directory.0, &[&["grant-tokens", "--data", "data"], rest].concat(), &[]);
    for balance in [5000, 6000] {
        let granted = grant(&["--username", "ada", "--tokens", "1000"]);
        let expected = format!("ada has {balance} tokens now.\n");
        assert_eq!((stderr(&granted).as_str(), stdout(&granted)), ("", expected));
        assert_eq!(get(server.address, "/token/", &ada), Some((200, json!({"tokens": balance}))));
    }
    let (status, _) = server.post("/send/", &ada, "", &json!({"message": "Hello"})).unwrap();
    assert_eq!(status, 200);
    let granted = grant(&["--username", "Ada", "--tokens", "1"]);
    assert_eq!(stdout(&granted), "ada has 5901 tokens now.\n");
    for (rest, expected) in [
        (["--username", "bob", "--tokens", "1"], "no account has the username bob"),
        (["--email", "ada@example.com", "--tokens", "1"], "no account has the e-mail address ada@example.com"),
    ] {
        let failed = grant(&rest);
        assert_eq!((failed.status.code(), stderr(&failed)), (Some(1), format!("quintet: {expected}\n")));
    }
}

#[test]
fn the_lines_at_the_start_say_what_the_server_works_on() {
    let directory = Directory::new("lines");
    let lines = |arguments: &[&str], settings: &[(&str, &str)]| {
        let arguments = [arguments, &["--listen", "127.0.0.1:0"]].concat();
        let mut child = quintet(&directory.0, &arguments, settings).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = Vec::new();
        for _ in 0..6 {
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            lines.push(line.trim_end().to_owned());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let (ready, address) = lines[0].split_once("http://").unwrap();
        assert_eq!(ready, "Quintet is ready on ");
        assert_eq!(lines[4], format!("  documentation  http://{address}/docs"));
        [lines[1].clone(), lines[2].clone(), lines[3].clone(), lines[5].clone()]
    };
    let here = directory.0.display();
    let echo = "  model          echo, which answers with one sentence; MODEL_BASE_URL connects a model";
    let data = format!("  data           {here}/.quintet");
    let none = "  administrator  none yet; `quintet create-admin --username NAME --email ADDRESS` makes one";
    assert_eq!(lines(&[], &[]), [data.as_str(), echo, "  limits         off", none]);
    let model = [
        ("MODEL_BASE_URL", "http://operator:hidden@models.example.com:8080/v1"),
        ("MODEL_API_KEY", "sk-hidden"),
        ("MODEL_NAME", "small"),
        ("RATE_LIMIT_API", "100"),
        ("RATE_LIMIT_AUTH", "10"),
    ];
    let expected = [
        "  data           in memory: gone when the process ends",
        "  model          small at models.example.com",
        "  limits         100 requests a minute, 10 sign-ins a minute",
        "  administrator  none yet; QUINTET_ADMIN_EMAIL and QUINTET_ADMIN_PASSWORD make one",
    ];
    assert_eq!(lines(&["serve", "--in-memory"], &model), expected);
    let admin =
        [("QUINTET_ADMIN_EMAIL", "root@example.com"), ("QUINTET_ADMIN_PASSWORD", PASSWORD), ("RATE_LIMIT_AUTH", "10")];
    let data = format!("  data           {here}/elsewhere");
    let limits = "  limits         no limit of requests, 10 sign-ins a minute";
    let there = "  administrator  there is one";
    assert_eq!(lines(&["serve", "--data", "elsewhere"], &admin), [data.as_str(), echo, limits, there]);
}

/// Callers keep talking while the process is killed, again and again. Whatever was answered is there
/// afterwards, once, and paid for once; what was not answered is repeated with the same key.
#[test]
fn nothing_that_was_answered_is_lost_when_it_is_killed_under_load() {
    const CALLERS: usize = 8;
    const ANSWERS_BEFORE_KILL: usize = 40;
    let directory = Directory::new("kill");
    let settings = [("INITIAL_TOKENS", "100000000")];
    let mut server = Server::start(&directory.0, &[], &settings);
    let token = register(&server, "alice");
    let answered: Arc<Mutex<Vec<String>>> = Arc::default();
    let mut unanswered: Vec<String> = Vec::new();
    for round in 0..3 {
        let (telling, told) = mpsc::channel();
        let over = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (address, token, answered) = (server.address, token.clone(), Arc::clone(&answered));
                let (telling, over) = (telling.clone(), Arc::clone(&over));
                thread::spawn(move || {
                    let mut lost = Vec::new();
                    for turn in 0.. {
                        if over.load(Ordering::SeqCst) {
                            break;
                        }
                        let message = format!("{round}-{caller}-{turn}");
                        match post(address, "/api/chat/", &token, &message, &json!({"message": message})) {
                            Some((200, _)) => {
                                answered.lock().unwrap().push(message);
                                telling.send(()).unwrap();
                            }
                            Some((status, body)) => panic!("{status} {body}"),
                            None => lost.push(message),
                        }
                    }
                    lost
                })
            })
            .collect();
        drop(telling);
        assert_eq!(told.iter().take(ANSWERS_BEFORE_KILL).count(), ANSWERS_BEFORE_KILL);
        server.signal("-KILL");
        over.store(true, Ordering::SeqCst);
        unanswered.extend(callers.into_iter().flat_map(|caller| caller.join().unwrap()));
        drop(server);
        server = Server::start(&directory.0, &[], &settings);
    }
    for message in &unanswered {
        // A turn whose process was killed is ended after the restart. Until then it counts as running.
        let ask = || server.post("/api/chat/", &token, message, &json!({"message": message})).unwrap();
        let answered = (0..450).map(|_| ask()).find(|(status, _)| {
            let is_running = *status == 409;
            if is_running {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            !is_running
        });
        let (status, body) = answered.unwrap();
        assert_eq!(status, 200, "{body}");
    }
    let mut expected = answered.lock().unwrap().clone();
    assert!(expected.len() >= 3 * ANSWERS_BEFORE_KILL);
    expected.extend(unanswered);
    expected.sort();
    let mut kept = all_messages(&server, &token);
    kept.sort();
    assert_eq!(kept, expected);
    let tokens = 100_000_000 - 100 * expected.len();
    assert_eq!(get(server.address, "/api/tokens/", &token), Some((200, json!({"tokens": tokens}))));
}

fn all_messages(server: &Server, token: &str) -> Vec<String> {
    let (_, sessions) = get(server.address, "/api/v1/chat/sessions/", token).unwrap();
    let id = sessions["results"][0]["id"].as_str().unwrap();
    let mut messages = Vec::new();
    for page in 1.. {
        let path = format!("/api/v1/chat/sessions/{id}/chats/?page_size=100&page={page}");
        let (status, body) = get(server.address, &path, token).unwrap();
        assert_eq!(status, 200, "{body}");
        let chats = body["results"].as_array().unwrap();
        messages.extend(chats.iter().map(|chat| chat["message"].as_str().unwrap().to_owned()));
        if body["next"].is_null() {
            break;
        }
    }
    messages
}
