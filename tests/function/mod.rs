//! A function as Lambda runs it, when something is wrong: a process that reads its environment, requests events and
//! posts responses. These tests play the Lambda runtime.
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, Uri},
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::{Value, json};
use shared::config::OF_THE_STACK;
use std::{
    net::SocketAddr,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

/// How long a function may take for anything: less than the 29 seconds after which Lambda ends it.
const PATIENCE: Duration = Duration::from_secs(28);

/// What signs tokens where nothing else is said.
const KEY: &str = "a key of tests that is long enough: 0123456789";

/// The other side of a function's runtime: gives events, and takes what is posted.
#[derive(Clone)]
struct Runtime {
    events: Arc<Mutex<Vec<String>>>,
    posted: mpsc::UnboundedSender<(String, Value)>,
}

async fn next(State(runtime): State<Runtime>) -> impl IntoResponse {
    let event = runtime.events.lock().unwrap().pop();
    let Some(event) = event else { return std::future::pending().await };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "32503680000000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:auth"),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
    ];
    (headers, event)
}

async fn posted(State(runtime): State<Runtime>, uri: Uri, body: Bytes) -> StatusCode {
    let what = uri.path().rsplit('/').next().unwrap().to_owned();
    runtime.posted.send((what, serde_json::from_slice(&body).unwrap())).unwrap();
    StatusCode::ACCEPTED
}

async fn served(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// An address at which connections are taken and nothing is answered.
async fn silent() -> SocketAddr {
    served(Router::new().fallback(std::future::pending::<StatusCode>)).await
}

/// An address at which nobody listens.
async fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// The function, whose AWS is at `aws`.
fn function(aws: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_function"));
    command.env_clear().envs(OF_THE_STACK.map(|name| (name, "http://127.0.0.1/something")));
    command.envs([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "nobody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
        ("AWS_LAMBDA_FUNCTION_NAME", "auth"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "1"),
        ("LOG_FORMAT", "json"),
    ]);
    command.env("AWS_ENDPOINT_URL", format!("http://{aws}")).stdin(Stdio::null());
    command
}

/// A function that is ended when a test is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// What the function posts for these events, one after the other.
async fn posted_for(command: &mut Command, events: &[Value]) -> Vec<(String, Value)> {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let waiting = events.iter().rev().map(Value::to_string).collect();
    let runtime = Runtime { events: Arc::new(Mutex::new(waiting)), posted: sender };
    let routes = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{what}", post(posted));
    let address = served(routes.with_state(runtime)).await;
    command.env("AWS_LAMBDA_RUNTIME_API", address.to_string()).stderr(Stdio::null());
    let _running = Running(command.spawn().unwrap());
    let mut all = Vec::new();
    for _ in events {
        all.push(timeout(PATIENCE, receiver.recv()).await.expect("an answer in time").unwrap());
    }
    all
}

/// The sample of a request, with another path and a credential of an unknown key.
fn request(verb: &str, path: &str) -> Value {
    let sample = include_str!("../../events/auth/register.json");
    let mut event: Value = serde_json::from_str(sample).unwrap();
    event["httpMethod"] = json!(verb);
    event["path"] = json!(path);
    event["requestContext"]["httpMethod"] = json!(verb);
    event["requestContext"]["path"] = json!(format!("/v1{path}"));
    let token = "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYifQ.e30.AAAA";
    event["headers"]["Authorization"] = json!(token);
    event["multiValueHeaders"]["Authorization"] = json!([token]);
    event
}

/// Status and body of what was posted as an answer.
fn answer((what, posted): &(String, Value)) -> (u64, Value) {
    assert_eq!(what, "response", "{posted}");
    (posted["statusCode"].as_u64().unwrap(), serde_json::from_str(posted["body"].as_str().unwrap()).unwrap())
}

/// The only line of a function's log, which does not start.
fn last_words(command: &mut Command) -> String {
    let Output { status, stderr, stdout } = command.output().unwrap();
    assert_eq!((status.code(), &stdout[..]), (Some(1), &b""[..]));
    let log = String::from_utf8(stderr).unwrap();
    let line: Value = serde_json::from_str(&log).unwrap_or_else(|_| panic!("one line of JSON: {log}"));
    assert_eq!(line["level"], "ERROR");
    line["fields"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_setting_that_is_missing_or_wrong_ends_the_start_with_one_line_that_names_it() {
    let nowhere = closed().await;
    for name in OF_THE_STACK {
        let said = last_words(function(nowhere).env("JWT_SECRET_ID", "keys").env_remove(name));
        assert_eq!(said, format!("the function cannot run: {name}: is not set"));
    }
    let said = last_words(&mut function(nowhere));
    assert_eq!(said, "the function cannot run: JWT_SECRET_ID: is not set");
    let said = last_words(function(nowhere).env("TOKENS_PER_TURN", "many"));
    assert_eq!(said, "the function cannot run: TOKENS_PER_TURN: `many` is not a whole number in range");
    // What is said of the log itself, too.
    let said = last_words(function(nowhere).env("LOG_FORMAT", "xml"));
    assert_eq!(said, "the function cannot run: LOG_FORMAT: is neither `json` nor `text`");
}

#[tokio::test]
async fn keys_or_a_database_that_fail_or_never_answer_are_503_in_time() {
    const SAID: &str = "Service temporarily unavailable, try again later.";
    let unavailable = json!({"detail": SAID, "status_code": 503, "error_code": "UNAVAILABLE"});
    let check = async |aws| {
        let (mut without_keys, mut without_database) = (function(aws), function(aws));
        without_keys.env("JWT_SECRET_ID", "keys");
        without_database.env("JWT_SECRET", KEY);
        let profile = [request("GET", "/api/v1/auth/profile/")];
        let registration = [request("POST", "/api/v1/auth/register")];
        let (keys, database) =
            tokio::join!(posted_for(&mut without_keys, &profile), posted_for(&mut without_database, &registration));
        assert_eq!(answer(&keys[0]), (503, json!({"detail": SAID})));
        assert_eq!(answer(&database[0]), (503, unavailable.clone()));
    };
    tokio::join!(check(closed().await), check(silent().await));
}

#[tokio::test]
async fn a_panic_in_the_runtime_is_an_error_and_the_next_event_is_answered() {
    let mut broken = request("POST", "/api/v1/auth/register");
    broken["isBase64Encoded"] = json!(true);
    broken["body"] = json!("this is no Base64");
    let events = [broken, request("GET", "/api/v1/auth/nothing")];
    let posted = posted_for(function(closed().await).env("JWT_SECRET", KEY), &events).await;
    assert_eq!(posted[0].0, "error", "{}", posted[0].1);
    let not_found = json!({"detail": "Not found.", "status_code": 404, "error_code": "NOT_FOUND"});
    assert_eq!(answer(&posted[1]), (404, not_found));
}
