//! Lambda's side of a function: gives events, and takes what is posted.
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, Uri},
    response::IntoResponse,
    routing::{get, post},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shared::config::OF_THE_STACK;
use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

/// How long a function may take for anything: less than the 29 seconds after which Lambda ends it.
pub const PATIENCE: Duration = Duration::from_secs(28);

/// The runtime API.
#[derive(Clone)]
struct Api {
    events: Arc<Mutex<Vec<String>>>,
    posted: mpsc::UnboundedSender<Posted>,
    pieces: mpsc::UnboundedSender<Bytes>,
}

/// What a function posted for an event.
#[derive(Debug)]
pub struct Posted {
    /// `response` or `error`.
    pub what: String,
    /// The function's side of the connection.
    pub from: SocketAddr,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
}

impl Posted {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The headers of an event.
pub const HEADERS: [(&str, &str); 5] = [
    ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
    ("lambda-runtime-deadline-ms", "32503680000000"),
    ("lambda-runtime-invocation-id", "an invocation"),
    ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:auth"),
    ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
];

async fn next(State(api): State<Api>) -> impl IntoResponse {
    let event = api.events.lock().unwrap().pop();
    let Some(event) = event else { return std::future::pending().await };
    (HEADERS, event)
}

async fn posted(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    mut content: Body,
) -> StatusCode {
    let what = uri.path().rsplit('/').next().unwrap().to_owned();
    let (mut body, mut trailers) = (Vec::new(), HeaderMap::new());
    while let Some(frame) = content.frame().await {
        match frame.unwrap().into_data() {
            Ok(piece) => {
                body.extend(&piece);
                api.pieces.send(piece).ok();
            }
            Err(frame) => trailers = frame.into_trailers().unwrap(),
        }
    }
    api.posted.send(Posted { what, from, headers, body: body.into(), trailers }).unwrap();
    StatusCode::ACCEPTED
}

pub async fn served(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    address
}

/// An address at which nobody listens.
pub async fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// The function, whose AWS is at `aws`.
pub fn function(aws: SocketAddr) -> Command {
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

/// A function that works on events. It is ended when a test is over.
pub struct Running {
    pub process: Child,
    /// The pieces of all bodies as they arrive.
    pub pieces: mpsc::UnboundedReceiver<Bytes>,
    posted: mpsc::UnboundedReceiver<Posted>,
}

impl Running {
    /// Starts the function, and gives it these events, one after the other.
    pub async fn start(command: &mut Command, events: &[Value]) -> Self {
        let ((posting, posted), (sending, pieces)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let waiting = events.iter().rev().map(Value::to_string).collect();
        let api = Api { events: Arc::new(Mutex::new(waiting)), posted: posting, pieces: sending };
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{what}", post(self::posted));
        let address = served(routes.with_state(api)).await;
        command.env("AWS_LAMBDA_RUNTIME_API", address.to_string()).stderr(Stdio::null());
        Self { process: command.spawn().unwrap(), pieces, posted }
    }

    pub async fn posted(&mut self) -> Posted {
        timeout(PATIENCE, self.posted.recv()).await.expect("an answer in time").unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// What the function posts for these events.
pub async fn posted_for(command: &mut Command, events: &[Value]) -> Vec<Posted> {
    let mut running = Running::start(command, events).await;
    let mut all = Vec::new();
    for _ in events {
        all.push(running.posted().await);
    }
    all
}

/// The sample of a request, with another path and a credential of an unknown key.
pub fn request(verb: &str, path: &str) -> Value {
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

/// A request that cannot be read: API Gateway sends no such event.
pub fn broken_request() -> Value {
    let mut broken = request("POST", "/api/v1/auth/register");
    broken["isBase64Encoded"] = json!(true);
    broken["body"] = json!("this is no Base64");
    broken
}
