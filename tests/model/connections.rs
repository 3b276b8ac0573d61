//! Connections: kept for the next request, given up in time, and what is logged when they fail.

use super::{Answer, MINUTE, Provider, Reply, answer_to, model, model_with, prompt, settings, text};
use futures::StreamExt;
use serde_json::{Value, json};
use shared::model::{ChatModel, Delta, ModelError, OpenAiSettings, Prompt};
use std::{cell::RefCell, io::Write, time::Duration};
use tokio::{net::TcpListener, time::Instant};
use tracing_subscriber::fmt;

fn ok() -> Reply {
    Reply::events(&[&text("Hi"), "[DONE]"])
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let provider = Provider::replying([ok()]).await;
    let model = model(&provider);
    for _ in 0..3 {
        assert_eq!(answer_to(&model, prompt()).await, Answer::of("Hi"));
    }
    assert_eq!((provider.heard().len(), provider.connections()), (3, 1));
}

#[tokio::test]
async fn a_dead_connection_is_replaced_once() {
    let provider = Provider::replying([ok(), Reply::hang_up(), ok()]).await;
    let model = model(&provider);
    for _ in 0..2 {
        assert_eq!(answer_to(&model, prompt()).await, Answer::of("Hi"));
    }
    assert_eq!((provider.heard().len(), provider.connections()), (3, 2));

    let provider = Provider::replying([Reply::hang_up()]).await;
    let failed = Answer::failed("", ModelError::Broken("the connection closed without a response"));
    assert_eq!(answer_to(&self::model(&provider), prompt()).await, failed);
    assert_eq!(provider.heard().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Provider::replying([ok()]).await;
    let location = format!("location: {}", elsewhere.url("/v1/chat/completions"));
    let provider = Provider::replying([Reply::status("307 Temporary Redirect", &[&location], "")]).await;
    assert_eq!(answer_to(&model(&provider), prompt()).await, Answer::failed("", ModelError::Refused(307)));
    assert_eq!(elsewhere.connections(), 0);
}

/// An address where nobody listens.
async fn nowhere() -> OpenAiSettings {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
    OpenAiSettings { base_url, ..settings(&Provider::replying([ok()]).await) }
}

#[tokio::test]
async fn a_provider_that_is_not_there() {
    let model = model_with(nowhere().await);
    assert_eq!(answer_to(&model, prompt()).await, Answer::failed("", ModelError::Unreachable));
    assert_eq!(model.probe().await, Err(ModelError::Unreachable));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_come_about_is_given_up_after_five_seconds() {
    let provider = Provider::replying([Reply::silence()]).await;
    let base_url = provider.url("/v1").replace("http", "https").parse().unwrap();
    let model = model_with(OpenAiSettings { base_url, ..settings(&provider) });
    let began = Instant::now();
    assert_eq!(answer_to(&model, prompt()).await, Answer::failed("", ModelError::Unreachable));
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_begin_is_given_up() {
    for (limit, seconds) in [(4 * MINUTE, 60), (Duration::from_secs(7), 7), (Duration::ZERO, 0)] {
        let provider = Provider::replying([Reply::silence()]).await;
        let began = Instant::now();
        let answer = answer_to(&model(&provider), Prompt { time_limit: limit, ..prompt() }).await;
        assert_eq!((answer, began.elapsed().as_secs()), (Answer::failed("", ModelError::TimedOut), seconds));
    }
    let endless = Prompt { time_limit: Duration::MAX, ..prompt() };
    assert_eq!(answer_to(&model(&Provider::replying([ok()]).await), endless).await, Answer::of("Hi"));
}

#[tokio::test]
async fn a_dropped_answer_ends_the_connection() {
    let provider = Provider::replying([Reply::hanging(&[&text("Hi")])]).await;
    let mut answer = model(&provider).answer(prompt());
    assert_eq!(answer.next().await, Some(Ok(Delta::Text("Hi".to_owned()))));
    drop(answer);
    provider.closed().await;
}

#[tokio::test]
async fn pieces_are_given_when_they_come() {
    let provider = Provider::replying([Reply::hanging(&[&text("Hel"), &text("lo")])]).await;
    let answer = model(&provider).answer(prompt());
    let pieces: Vec<_> = answer.take(2).collect().await;
    assert_eq!(pieces, ["Hel", "lo"].map(|piece| Ok(Delta::Text(piece.to_owned()))));
}

#[tokio::test]
async fn a_probe_asks_for_the_models() {
    let cases = [
        ("200 OK", Ok(())),
        ("404 Not Found", Ok(())),
        ("429 Too Many Requests", Ok(())),
        ("401 Unauthorized", Err(ModelError::Refused(401))),
        ("403 Forbidden", Err(ModelError::Refused(403))),
        ("500 Oops", Err(ModelError::Failed(500))),
        ("503 Unavailable", Err(ModelError::Failed(503))),
    ];
    for (status, expected) in cases {
        let provider = Provider::replying([Reply::status(status, &[], "{}")]).await;
        assert_eq!(model(&provider).probe().await, expected, "{status}");
        let heard = provider.heard();
        assert!(heard.len() == 1 && heard[0].head.starts_with("GET /v1/models HTTP/1.1\r\n"));
        assert!(heard[0].head.contains("authorization: Bearer sk-secret"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_takes_five_seconds_at_most() {
    let provider = Provider::replying([Reply::silence()]).await;
    let began = Instant::now();
    assert_eq!(model(&provider).probe().await, Err(ModelError::TimedOut));
    assert_eq!(began.elapsed().as_secs(), 5);
}

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of this thread.
struct Logged;

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The warnings since the last call.
fn warnings() -> Vec<Value> {
    let text = String::from_utf8(LOGGED.take()).unwrap();
    for secret in ["Hello", "secret", "private", "127.0.0.1"] {
        assert!(!text.contains(secret), "{text}");
    }
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["level"] == "WARN").map(|line| line["fields"].clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_one_warning_without_texts() {
    // Beside a single log, the first line of a thread that has none would switch that line off for all threads.
    let unread = tracing::Dispatch::new(fmt().with_writer(std::io::sink).finish());
    let subscriber = fmt().json().with_max_level(tracing::Level::INFO).with_writer(|| Logged).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let private = json!({"error": {"message": "private words", "code": "private", "key": "sk-secret"}});
    let error = |status: &str| Reply::status(status, &[], &private);
    let cases = [
        (error("401 private"), "refused", json!(401)),
        (error("503 private"), "busy", json!(503)),
        (error("500 private"), "failed", json!(500)),
        (Reply::events(&[&text("private"), &private.to_string()]), "failed", json!(200)),
        (Reply::events(&[&text("private"), "private"]), "broken", Value::Null),
        (Reply::breaking_off(&[&text("private")]), "broken", Value::Null),
        (Reply::hanging(&[&text("private")]), "timed_out", Value::Null),
        (Reply::hang_up(), "broken", Value::Null),
    ];
    for (reply, kind, status) in cases {
        let provider = Provider::replying([reply]).await;
        assert!(answer_to(&model(&provider), prompt()).await.end.is_err());
        let warnings = warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!((&warnings[0]["kind"], &warnings[0]["status"]), (&json!(kind), &status), "{warnings:?}");
    }
    answer_to(&model_with(nowhere().await), prompt()).await;
    let unreachable = warnings();
    assert_eq!(unreachable[0]["kind"], "unreachable");
    assert!(unreachable[0]["cause"].as_str().unwrap().contains("refused"), "{unreachable:?}");
    let provider = Provider::replying([ok()]).await;
    answer_to(&model(&provider), prompt()).await;
    assert_eq!(warnings(), Vec::<Value>::new());
    drop((guard, unread));
}
