//! Measures every function: its size, its start, the cost of a warm request, and its memory.

use crate::{
    aws::Share,
    events::{self, Call},
    function::{Function, FunctionResponse},
    report::{Report, Table},
    statistics::{Sample, millis},
    world::{PASSWORD, World},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often each function is started.
const STARTS: usize = 20;
/// Number of requests to each function.
const REQUESTS: usize = 1000;
/// Number of requests if each of them is slow.
const SLOW_REQUESTS: usize = 100;
/// Number of initial requests that are not measured: they open connections and fill caches.
const FIRST: usize = 20;

/// Target values on a machine like the one that builds Quintet.
mod targets {
    /// Size of a zip, in megabytes of 1,000,000 bytes.
    pub const ZIP: f64 = 6.0;
    /// Milliseconds until a function polls for its first event.
    pub const START: f64 = 40.0;
    /// Memory of a function, in megabytes of 1,048,576 bytes.
    pub const MEMORY: f64 = 40.0;
    /// Milliseconds of a request, without the time in DynamoDB.
    pub const OVERHEAD: f64 = 1.0;
}

/// The measurements of a function.
pub struct Measured {
    /// The function.
    pub function: &'static str,
    /// The request.
    pub request: &'static str,
    /// The time from the start of the process to its first poll for an event.
    pub start: Sample,
    /// The size of its zip, in megabytes of 1,000,000 bytes.
    pub zip: f64,
    /// The duration of a request, without the time in the services that it calls.
    pub overhead: Sample,
    /// The duration of a request, with the time in those services, which run on the same machine here.
    pub whole: Sample,
    /// CPU time of a request, in milliseconds.
    pub cpu: f64,
    /// The memory at the end, in megabytes of 1,048,576 bytes.
    pub memory: f64,
    /// The last request's usage of the services.
    pub share: Share,
}

/// The requests to a function.
struct Plan {
    function: &'static str,
    request: &'static str,
    /// Whether the function streams its answers to the gateway.
    streams: bool,
    events: Vec<String>,
}

impl Plan {
    fn request(function: &'static str, request: &'static str, call: &Call) -> Self {
        Self::repeated(function, request, events::request(call))
    }

    fn repeated(function: &'static str, request: &'static str, event: String) -> Self {
        Self { function, request, streams: false, events: vec![event; REQUESTS] }
    }
}

/// Measures the wanted functions. `target` is a directory with the binaries in `release` and the zips in `benches`.
pub async fn measure(target: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Measured>> {
    let world = World::new().await?;
    let mut measured = Vec::new();
    for plan in plans(&world).into_iter().filter(|plan| is_wanted(plan.function)) {
        measured.push(measure_one(target, &world, plan).await?);
    }
    // `deliver` gets the messages that `dispatch` sends.
    if is_wanted("dispatch") || is_wanted("deliver") {
        let events = world.changes(REQUESTS).await?;
        let told = Plan { function: "dispatch", request: "a change", streams: false, events };
        measured.push(measure_one(target, &world, told).await?);
        let events = world.deliveries();
        let delivered = Plan { function: "deliver", request: "a delivery", streams: false, events };
        measured.push(measure_one(target, &world, delivered).await?);
    }
    Ok(measured)
}

fn plans(world: &World) -> Vec<Plan> {
    let access = &world.access;
    let get = |path: &str| Call::get(path, access);
    let turn = Call::post("/api/chat/", access, json!({"message": "Hello"}));
    let sign_in = Call::anonymous("/api/v1/auth/login/", json!({"username": "ada", "password": PASSWORD}));
    let ticket = Call::post("/api/v1/ws/ticket", access, json!({}));
    let mut sign_in = Plan::request("auth", "POST /api/v1/auth/login/", &sign_in);
    sign_in.events.truncate(SLOW_REQUESTS);
    let mut streamed = Plan::request("chat", "POST /api/chat/ (streamed)", &turn);
    streamed.streams = true;
    streamed.events.truncate(SLOW_REQUESTS);
    vec![
        Plan::request("auth", "GET /api/v1/auth/profile/", &get("/api/v1/auth/profile/")),
        sign_in,
        Plan::request("users", "GET /api/v1/users/me", &get("/api/v1/users/me")),
        Plan::request("assistants", "GET /api/v1/assistants", &get("/api/v1/assistants")),
        Plan::request("tools", "GET /api/v1/tools", &get("/api/v1/tools")),
        Plan::request("models", "GET /api/v1/models", &get("/api/v1/models")),
        Plan::request("chat", "POST /api/chat/", &turn),
        streamed,
        Plan::request("chat", "GET /api/v1/chat/sessions/", &get("/api/v1/chat/sessions/")),
        Plan::request("balances", "GET /api/tokens/", &get("/api/tokens/")),
        Plan::request("files", "GET /api/v1/files/{file_id}/content", &get(&world.file)),
        Plan::request("webhooks", "GET /api/v1/webhooks", &get("/api/v1/webhooks")),
        Plan::request("live", "POST /api/v1/ws/ticket", &ticket),
        Plan::request("health", "GET /health", &get("/health")),
        Plan::request("docs", "GET /docs", &get("/docs")),
        Plan::repeated("realtime", "a ping", events::frame(r#"{"type": "ping"}"#)),
        Plan::repeated("janitor", "a tick", events::tick()),
    ]
}

async fn measure_one(target: &Path, world: &World, plan: Plan) -> Result<Measured> {
    let Plan { function: name, request, streams, events } = plan;
    let environment = |address: &str| World::environment(address, streams);
    eprintln!("{name}: {request}");
    let binary: PathBuf = target.join("release").join(name);
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let (_, took) = Function::start(&binary, &world.aws, environment).await?;
        starts.push(took);
    }
    let (mut function, _) = Function::start(&binary, &world.aws, environment).await?;
    let (mut overhead, mut whole) = (Vec::new(), Vec::new());
    let (mut before, mut share) = (Duration::ZERO, Share::default());
    let count = events.len();
    ensure!(count > FIRST, "{name} has too few events");
    for (number, event) in events.into_iter().enumerate() {
        if number == FIRST {
            before = function.process().cpu_time()?;
        }
        world.aws.count_units(number + 1 == count);
        world.aws.take_share();
        let answer = function.invoke(event).await?;
        share = world.aws.take_share();
        check(&answer).with_context(|| format!("{name}: {request}"))?;
        if number >= FIRST {
            overhead.push(answer.took.saturating_sub(share.busy));
            whole.push(answer.took);
        }
    }
    world.aws.count_units(false);
    let running = function.process().cpu_time()?.saturating_sub(before);
    let zip = target.join("benches").join(format!("{name}.zip"));
    let zip = fs::metadata(&zip).with_context(|| format!("{} is not there", zip.display()))?.len();
    Ok(Measured {
        function: name,
        request,
        start: Sample::new(starts),
        zip: zip as f64 / 1_000_000.0,
        cpu: millis(running) / whole.len() as f64,
        overhead: Sample::new(overhead),
        whole: Sample::new(whole),
        memory: function.process().memory()?,
        share,
    })
}

/// The answer to a request begins with its status. The answer to messages lists those that failed and must be retried.
fn check(answer: &FunctionResponse) -> Result<()> {
    let text = String::from_utf8_lossy(&answer.body);
    let is_refused = text.contains("\"statusCode\":") && !text.contains("\"statusCode\":20");
    ensure!(!is_refused && !text.contains("itemIdentifier"), "{text}");
    Ok(())
}

/// Prints the measurements.
pub fn tell(measured: &[Measured], report: &mut Report) {
    let mut starts = Table {
        title: format!(
            "Functions: {STARTS} starts each, from the process to its asking for an event; `!` misses its target\n\
             (start under {} ms, zip under {} MB, memory under {} MB)",
            targets::START,
            targets::ZIP,
            targets::MEMORY
        ),
        columns: vec!["function", "zip MB", "start ms", "p95 ms", "memory MB"],
        rows: Vec::new(),
    };
    let mut requests = Table {
        title: format!(
            "Warm requests: milliseconds without what DynamoDB, SQS, S3 and receivers took; `!` is above {} ms",
            targets::OVERHEAD
        ),
        columns: vec!["function and request", "overhead", "p95", "CPU", "whole", "DynamoDB calls"],
        rows: Vec::new(),
    };
    let mut values = Vec::new();
    for one in measured {
        let Measured { function, request, start, zip, overhead, whole, cpu, memory, share } = one;
        if !values.iter().any(|value: &Value| value["function"] == *function) {
            starts.rows.push(vec![
                (*function).to_owned(),
                judged(*zip, targets::ZIP),
                judged(start.median(), targets::START),
                judged(start.percentile(95), targets::START),
                judged(*memory, targets::MEMORY),
            ]);
        }
        requests.rows.push(vec![
            format!("{function}: {request}"),
            format!("{}{:.2}", mark(overhead.median(), targets::OVERHEAD), overhead.median()),
            format!("{:.2}", overhead.percentile(95)),
            format!("{cpu:.2}"),
            format!("{:.2}", whole.median()),
            share.database_calls.to_string(),
        ]);
        values.push(json!({
            "function": function,
            "request": request,
            "zip_megabytes": zip,
            "start_milliseconds": {"median": start.median(), "p95": start.percentile(95), "count": start.count()},
            "overhead_milliseconds": {"median": overhead.median(), "p95": overhead.percentile(95)},
            "whole_milliseconds": {"median": whole.median(), "p95": whole.percentile(95), "count": whole.count()},
            "cpu_milliseconds": cpu,
            "memory_megabytes": memory,
            "dynamodb": {
                "calls": share.database_calls, "read_units": share.read_units, "write_units": share.write_units,
            },
        }));
    }
    report.print(&starts);
    report.add("functions", &requests, Value::Array(values));
}

fn judged(value: f64, target: f64) -> String {
    format!("{}{value:.1}", mark(value, target))
}

fn mark(value: f64, target: f64) -> &'static str {
    if value < target { "" } else { "! " }
}
