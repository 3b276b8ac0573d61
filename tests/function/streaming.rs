//! A function that streams its responses.
use super::{
    KEY,
    runtime::{HEADERS, PATIENCE, Posted, Running, broken_request, closed, function, posted_for, request},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
    time::timeout,
};

async fn streams() -> Command {
    let mut command = function(closed().await);
    command.envs([("JWT_SECRET", KEY), ("STREAM_RESPONSES", "1")]);
    command
}

/// Status and headers, and the body.
fn streamed(posted: &Posted) -> (Value, &[u8]) {
    assert_eq!(posted.what, "response", "{posted:?}");
    let header = |name| posted.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("content-type"), Some("application/vnd.awslambda.http-integration-response"));
    assert_eq!(header("lambda-runtime-function-response-mode"), Some("streaming"));
    assert_eq!(header("lambda-runtime-invocation-id"), Some("an invocation"));
    let end = posted.body.windows(8).position(|bytes| bytes == [0; 8]).unwrap();
    (serde_json::from_slice(&posted.body[..end]).unwrap(), &posted.body[end + 8..])
}

/// The error that Lambda is told about an event.
fn error(posted: &Posted) -> Value {
    assert_eq!(posted.what, "error", "{posted:?}");
    let error = posted.json();
    assert_eq!(posted.headers["lambda-runtime-function-error-type"], error["errorType"].as_str().unwrap());
    error
}

#[tokio::test]
async fn responses_follow_each_other_on_one_connection() {
    let paths = ["/api/v1/auth/nothing", "/big", "/empty"];
    let events = paths.map(|path| request("GET", path));
    let posted = posted_for(&mut streams().await, &events).await;
    assert!(posted.iter().all(|one| one.from == posted[0].from && one.trailers.is_empty()), "{:?}", posted[0]);

    let (head, body) = streamed(&posted[0]);
    assert_eq!(head["statusCode"], 404);
    assert_eq!(head["headers"]["content-type"], "application/json");
    assert_eq!(head["headers"]["cache-control"], "no-store");
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body, json!({"detail": "Not found.", "status_code": 404, "error_code": "NOT_FOUND"}));

    let (head, body) = streamed(&posted[1]);
    assert_eq!((&head["statusCode"], body.len()), (&json!(200), 20 << 20));
    assert!(
        (0..=u8::MAX).zip(body.chunks(body.len() / 256)).all(|(byte, piece)| piece.iter().all(|found| *found == byte))
    );

    let (head, body) = streamed(&posted[2]);
    assert_eq!((&head["statusCode"], body), (&json!(200), &b""[..]));
    assert_eq!(head["headers"]["content-type"], "application/octet-stream");
}

#[tokio::test]
async fn a_piece_arrives_before_there_is_another_one() {
    let mut function = Running::start(streams().await.stdin(Stdio::piped()), &[request("GET", "/lines")]).await;
    let mut lines = function.process.stdin.take().unwrap();
    let head = timeout(PATIENCE, function.pieces.recv()).await.unwrap().unwrap();
    assert!(head.starts_with(b"{"), "{head:?}");
    for line in ["one", "two", "three"] {
        writeln!(lines, "{line}").unwrap();
        assert_eq!(timeout(PATIENCE, function.pieces.recv()).await.unwrap().unwrap(), line);
    }
    drop(lines);
    assert_eq!(streamed(&function.posted().await).1, b"onetwothree");
}

#[tokio::test]
async fn small_pieces_do_not_wait_for_each_other() {
    let events = vec![request("GET", "/pauses"); 100];
    let mut function = Running::start(&mut streams().await, &events).await;
    function.posted().await;
    // Without `TCP_NODELAY`, each response would take 40 ms.
    timeout(Duration::from_secs(2), async {
        for _ in &events[1..] {
            assert_eq!(streamed(&function.posted().await).1, b"a piecea piece");
        }
    })
    .await
    .expect("all responses in time");
}

#[tokio::test]
async fn a_response_that_ends_early_has_trailers_that_say_so() {
    let events = ["/broken", "/broken-by-a-panic", "/empty"].map(|path| request("GET", path));
    let posted = posted_for(&mut streams().await, &events).await;
    for broken in &posted[..2] {
        assert_eq!(streamed(broken).1, b"a piece");
        let trailer = |name| broken.trailers[name].to_str().unwrap();
        assert_eq!(trailer("lambda-runtime-function-error-type"), "Runtime.StreamError");
        let said = BASE64_STANDARD.decode(trailer("lambda-runtime-function-error-body")).unwrap();
        let said: Value = serde_json::from_slice(&said).unwrap();
        assert_eq!(said, json!({"errorType": "Runtime.StreamError", "errorMessage": "the response ended early"}));
    }
    assert_eq!(streamed(&posted[2]).1, b"");
}

#[tokio::test]
async fn a_panic_and_an_event_that_is_no_request_are_errors_and_the_next_event_is_answered() {
    let events = [request("GET", "/panic"), broken_request(), json!({"no": "request"}), request("GET", "/empty")];
    let posted = posted_for(&mut streams().await, &events).await;
    for panic in &posted[..2] {
        assert_eq!(error(panic), json!({"errorType": "Runtime.Panic", "errorMessage": "the function panicked"}));
    }
    assert_eq!(error(&posted[2])["errorType"], "Runtime.InvalidEvent");
    assert_eq!(streamed(&posted[3]).0["statusCode"], 200);
}

#[tokio::test]
async fn a_function_ends_when_the_runtime_breaks_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut command = streams().await;
    command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string()).stderr(Stdio::piped());
    let function = command.spawn().unwrap();
    let (mut polling, _) = timeout(PATIENCE, listener.accept()).await.expect("a start in time").unwrap();
    assert!(polling.read(&mut [0; 1024]).await.unwrap() > 0);
    let event = request("GET", "/empty").to_string();
    let headers = HEADERS.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
    let event = format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n{event}", event.len());
    polling.write_all(event.as_bytes()).await.unwrap();
    let (mut posting, _) = timeout(PATIENCE, listener.accept()).await.expect("an answer in time").unwrap();
    assert!(posting.read(&mut [0; 16]).await.unwrap() > 0);
    drop((posting, listener));
    let (sender, output) = oneshot::channel();
    thread::spawn(|| sender.send(function.wait_with_output()));
    let output = timeout(PATIENCE, output).await.expect("an end in time").unwrap().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!((output.status.code(), &last["level"]), (Some(1), &json!("ERROR")), "{log}");
    let message = last["fields"]["message"].as_str().unwrap();
    assert!(message.starts_with("the function cannot run: "), "{message}");
}
