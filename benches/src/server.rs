//! Measures the one-process server: requests per second and latency.

use crate::{
    connection::{self, Connection},
    process::Process,
    report::{Report, Table},
    statistics::{Sample, now},
};
use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// Numbers of concurrent connections.
const CONNECTIONS: [usize; 2] = [1, 16];
/// The duration of a measurement.
const LASTS: Duration = Duration::from_secs(5);
/// The duration of the warm-up, which is not measured.
const WARMS_UP: Duration = Duration::from_millis(500);
/// Number of sessions per user: one full page.
const SESSIONS: usize = 20;
/// A rate limit that is never reached: requests are counted, but none is refused.
const MANY: &str = "1000000000";
const PASSWORD: &str = "password123";

/// A user who makes requests.
struct User {
    name: String,
    access: String,
}

/// A request that is repeated.
struct Flow {
    name: &'static str,
    request: fn(&User) -> Vec<u8>,
}

const FLOWS: [Flow; 5] = [
    Flow { name: "GET /api/v1/auth/profile/", request: |user| connection::get("/api/v1/auth/profile/", &user.access) },
    Flow { name: "GET /api/tokens/", request: |user| connection::get("/api/tokens/", &user.access) },
    Flow {
        name: "GET /api/v1/chat/sessions/",
        request: |user| connection::get("/api/v1/chat/sessions/", &user.access),
    },
    Flow {
        name: "POST /api/chat/",
        request: |user| connection::post("/api/chat/", &user.access, &json!({"message": "Hello"})),
    },
    Flow {
        name: "POST /api/v1/auth/login/",
        request: |user| {
            let body = json!({"username": user.name, "password": PASSWORD});
            connection::post("/api/v1/auth/login/", "", &body)
        },
    },
];

/// Measures `release/quintet` in the directory `target`, with its data in memory and on disk.
pub async fn measure(target: &Path, report: &mut Report) -> Result<()> {
    let binary = target.join("release").join("quintet");
    let files = tempfile::tempdir_in(target)?;
    let places = [
        ("in memory", vec!["--in-memory".to_owned()]),
        ("on files", vec!["--data".to_owned(), files.path().join("data").display().to_string()]),
    ];
    let mut table = Table {
        title: format!("`quintet serve`: {} seconds each", LASTS.as_secs()),
        columns: vec!["request", "connections", "a second", "p50 ms", "p99 ms"],
        rows: Vec::new(),
    };
    let mut values = Vec::new();
    for (place, arguments) in places {
        let binary = binary.clone();
        // Runs on a blocking thread, because its threads block.
        let measured = tokio::task::spawn_blocking(move || measure_at(&binary, place, &arguments)).await??;
        for one in measured {
            let number = |name: &str, digits: usize| format!("{:.digits$}", one[name].as_f64().unwrap_or_default());
            table.rows.push(vec![
                format!("{} {place}", one["request"].as_str().unwrap_or_default()),
                one["connections"].to_string(),
                number("requests_a_second", 0),
                number("p50_milliseconds", 2),
                number("p99_milliseconds", 2),
            ]);
            values.push(one);
        }
    }
    let memory = values.iter().filter_map(|one| one["memory_megabytes"].as_f64()).fold(0.0, f64::max);
    table.title = format!("{}; afterwards it holds at most {memory:.0} MB", table.title);
    report.add("server", &table, Value::Array(values));
    Ok(())
}

fn measure_at(binary: &Path, place: &str, arguments: &[String]) -> Result<Vec<Value>> {
    let mut command = Command::new(binary);
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
    for setting in ["RATE_LIMIT_API", "RATE_LIMIT_AUTH", "INITIAL_TOKENS"] {
        command.env(setting, MANY);
    }
    command.env("LOG_LEVEL", "warn").stdout(Stdio::piped());
    let mut process = Process::start(&mut command)?;
    let said = process.child().stdout.take().context("a server that says nothing")?;
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line)?;
    let address = line.trim().rsplit('/').next().unwrap_or_default();
    let address: SocketAddr = address.parse().with_context(|| format!("the server said {line:?}"))?;
    let most = CONNECTIONS.into_iter().max().unwrap_or_default();
    let users = (0..most).map(|number| populate(address, number)).collect::<Result<Vec<_>>>()?;
    let mut measured = Vec::new();
    for flow in &FLOWS {
        for connections in CONNECTIONS {
            eprintln!("{} {place}, {connections} connections", flow.name);
            let requests: Vec<_> = users.iter().take(connections).map(flow.request).collect();
            load(address, &requests, WARMS_UP)?;
            let sample = load(address, &requests, LASTS)?;
            measured.push(json!({
                "place": place,
                "request": flow.name,
                "connections": connections,
                "requests_a_second": sample.count() as f64 / LASTS.as_secs_f64(),
                "p50_milliseconds": sample.median(),
                "p99_milliseconds": sample.percentile(99),
                "memory_megabytes": process.memory()?,
            }));
        }
    }
    Ok(measured)
}

/// Registers a user with one full page of sessions.
fn populate(address: SocketAddr, number: usize) -> Result<User> {
    let mut connection = Connection::open(address)?;
    let name = format!("user{number}");
    let email = format!("{name}@example.com");
    let new = json!({"username": name, "email": email, "password": PASSWORD, "confirm_password": PASSWORD});
    let registered = connection.json(&connection::post("/api/v1/auth/register/", "", &new))?;
    let access = registered["access"].as_str().context("no access token")?.to_owned();
    let sessions = "/api/v1/chat/sessions/";
    for title in 0..SESSIONS {
        let session = json!({"title": format!("Session {title}")});
        let session = connection.json(&connection::post(sessions, &access, &session))?;
        let chats = format!("{sessions}{}/chats/", session["id"].as_str().context("a session without an id")?);
        connection.exchange(&connection::post(&chats, &access, &json!({"message": "Hello"})))?;
    }
    Ok(User { name, access })
}

/// Repeats each request on its own connection and returns the latencies.
fn load(address: SocketAddr, requests: &[Vec<u8>], lasts: Duration) -> Result<Sample> {
    let again_and_again = |request: &[u8]| -> Result<Vec<Duration>> {
        let mut connection = Connection::open(address)?;
        let (begun, mut took) = (now(), Vec::new());
        loop {
            let asked = now();
            if asked - begun > lasts {
                return Ok(took);
            }
            connection.exchange(request)?;
            took.push(now() - asked);
        }
    };
    let all = thread::scope(|scope| {
        let threads: Vec<_> = requests.iter().map(|request| scope.spawn(move || again_and_again(request))).collect();
        let ended = threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?);
        ended.collect::<Result<Vec<_>>>()
    })?;
    Ok(Sample::new(all.concat()))
}
