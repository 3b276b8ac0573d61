//! Runs one function as Lambda does: a process that polls for events and posts answers. This file is the Lambda side.

use crate::{aws::Aws, process::Process, statistics::now};
use anyhow::{Context, Result, bail};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use bytes::Bytes;
use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::timeout,
};

/// The prefix of all paths of the Lambda runtime API.
const RUNTIME: &str = "/2018-06-01/runtime/";
/// The timeout for every wait.
const PATIENCE: Duration = Duration::from_secs(30);
/// The deadline of an event, in milliseconds: never reached.
const DEADLINE: &str = "32503680000000";
/// The maximum size of an answer, in bytes.
const ANSWER_MAX: usize = 8 << 20;

/// A function that waits for events. Dropping it ends its process.
pub struct Function {
    process: Process,
    serving: JoinHandle<()>,
    events: mpsc::UnboundedSender<String>,
    notes: mpsc::UnboundedReceiver<Note>,
}

/// The result of an event.
pub struct FunctionResponse {
    /// The time from the delivery of the event to the end of the answer.
    pub took: Duration,
    /// The answer as the function posted it.
    pub body: Bytes,
}

/// An action of the function.
enum Note {
    /// It polled for an event.
    Asked(Instant),
    /// It received an event.
    Given(Instant),
    /// It posted an answer.
    Answered(Instant, Bytes),
    /// It posted an error.
    Failed(Bytes),
}

struct Runtime {
    aws: Aws,
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    notes: mpsc::UnboundedSender<Note>,
}

impl Function {
    /// Starts the function at `binary` and returns how long it took until its first poll. `environment` computes the
    /// settings from the address of the AWS services.
    pub async fn start(
        binary: &Path,
        aws: &Aws,
        environment: impl FnOnce(&str) -> Vec<(&'static str, String)>,
    ) -> Result<(Self, Duration)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let ((events, taken), (notes_taken, notes)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let runtime = Arc::new(Runtime { aws: aws.clone(), events: Mutex::new(taken), notes: notes_taken });
        let router = Router::new().fallback(answer).with_state(runtime);
        // Without this, a streamed answer would wait for its first piece to be acknowledged.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("nobody serves the function any longer: {error}");
            }
        });
        let mut command = Command::new(binary);
        command.env_clear().envs(environment(&address)).env("AWS_LAMBDA_RUNTIME_API", &address);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let begun = now();
        let process = Process::start(&mut command)?;
        let mut function = Self { process, serving, events, notes };
        let asked = function.asked().await.with_context(|| format!("{} does not start", binary.display()))?;
        Ok((function, asked - begun))
    }

    /// The process, for reading its resource use.
    pub const fn process(&self) -> &Process {
        &self.process
    }

    /// Sends the function an event and waits until it polls for the next one.
    pub async fn invoke(&mut self, event: String) -> Result<FunctionResponse> {
        self.events.send(event).context("the function is gone")?;
        let Note::Given(given) = self.note().await? else { bail!("the function did not wait for an event") };
        let (answered, body) = match self.note().await? {
            Note::Answered(answered, body) => (answered, body),
            Note::Failed(error) => bail!("the function failed: {}", String::from_utf8_lossy(&error)),
            Note::Asked(_) | Note::Given(_) => bail!("the function asked for an event before it answered"),
        };
        self.asked().await?;
        Ok(FunctionResponse { took: answered - given, body })
    }

    async fn asked(&mut self) -> Result<Instant> {
        match self.note().await? {
            Note::Asked(at) => Ok(at),
            Note::Failed(error) => bail!("{}", String::from_utf8_lossy(&error)),
            Note::Given(_) | Note::Answered(..) => bail!("an answer without a question"),
        }
    }

    async fn note(&mut self) -> Result<Note> {
        timeout(PATIENCE, self.notes.recv()).await.context("nothing happens")?.context("the function is gone")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(runtime): State<Arc<Runtime>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let Some(call) = path.strip_prefix(RUNTIME) else { return runtime.aws.answer(request).await };
    if call == "invocation/next" {
        return runtime.next().await;
    }
    let Ok(body) = to_bytes(request.into_body(), ANSWER_MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let note = if call.ends_with("/response") { Note::Answered(now(), body) } else { Note::Failed(body) };
    runtime.note(note);
    StatusCode::ACCEPTED.into_response()
}

impl Runtime {
    async fn next(&self) -> Response {
        self.note(Note::Asked(now()));
        let Some(event) = self.events.lock().await.recv().await else {
            return StatusCode::GONE.into_response();
        };
        self.note(Note::Given(now()));
        let headers = [
            ("lambda-runtime-aws-request-id", "01234567-89ab-cdef-0123-456789abcdef".to_owned()),
            ("lambda-runtime-deadline-ms", DEADLINE.to_owned()),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:measured".to_owned(),
            ),
            ("lambda-runtime-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        (headers, Body::from(event)).into_response()
    }

    fn note(&self, note: Note) {
        // Sending fails only if the receiver was dropped, which has already ended the function.
        self.notes.send(note).ok();
    }
}
