//! Requests that are repeated: when, how often, after which pause.

use super::{Answer, MINUTE, Provider, Reply, answer_to, model, prompt, text};
use serde_json::json;
use shared::model::{ModelError, Prompt};
use std::time::Duration;
use tokio::time::Instant;

fn ok() -> Reply {
    Reply::events(&[&text("Hi"), "[DONE]"])
}

fn busy(headers: &[&str]) -> Reply {
    Reply::status("429 Too Many Requests", headers, "{\"error\": {\"code\": \"rate_limit_exceeded\"}}")
}

/// The pauses before each repetition, and the answer.
async fn pauses(replies: &[Reply], time_limit: Duration) -> (Vec<Duration>, Answer) {
    let provider = Provider::replying(replies).await;
    let answer = answer_to(&model(&provider), Prompt { time_limit, ..prompt() }).await;
    (provider.pauses(), answer)
}

fn millis(pauses: &[Duration]) -> Vec<u64> {
    // Timers are rounded up to whole milliseconds.
    pauses.iter().map(|pause| u64::try_from(pause.as_millis()).unwrap() / 10 * 10).collect()
}

#[tokio::test(start_paused = true)]
async fn busy_providers_are_asked_again() {
    for status in ["429 Too Many Requests", "498 Busy", "503 Unavailable", "529 Overloaded"] {
        for body in ["{\"error\": {\"message\": \"Later.\"}}", "", "<html>"] {
            let reply = Reply::status(status, &[], body);
            let (pauses, answer) = pauses(&[reply.clone(), reply.clone(), reply, ok()], 4 * MINUTE).await;
            assert_eq!(answer, Answer::of("Hi"), "{status}");
            assert_eq!(millis(&pauses), [500, 1000, 2000]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ten_requests_are_the_most() {
    let (pauses, answer) = pauses(&[busy(&[])], 4 * MINUTE).await;
    assert_eq!(answer, Answer::failed("", ModelError::Busy(429)));
    assert_eq!(millis(&pauses), [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000]);
}

#[tokio::test(start_paused = true)]
async fn ten_requests_are_the_most_whatever_they_are_for() {
    let refusal = Reply::status("400 Bad Request", &[], "temperature");
    let replies = [[Reply::hang_up(), refusal].as_slice(), &vec![busy(&["retry-after: 1"]); 20]].concat();
    let provider = Provider::replying(replies).await;
    let answer = answer_to(&model(&provider), Prompt { temperature: Some(1.0), ..prompt() }).await;
    assert_eq!(answer, Answer::failed("", ModelError::Busy(429)));
    assert_eq!(provider.heard().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn failures_are_repeated_twice() {
    for (status, code) in [("500 Oops", 500), ("502 Bad Gateway", 502), ("504 Gateway Timeout", 504), ("524 Slow", 524)]
    {
        let (pauses, answer) = pauses(&[Reply::status(status, &[], "")], 4 * MINUTE).await;
        assert_eq!(answer, Answer::failed("", ModelError::Failed(code)));
        assert_eq!(millis(&pauses), [500, 1000], "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_are_final() {
    for status in
        ["302 Found", "400 Bad", "401 No", "402 Pay", "403 No", "404 None", "409 No", "413 Long", "422 Bad", "501 No"]
    {
        let (pauses, _) = pauses(&[Reply::status(status, &["retry-after: 1"], "")], 4 * MINUTE).await;
        assert!(pauses.is_empty(), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_says_when() {
    let cases: [(&[&str], u64); 16] = [
        (&["retry-after: 2"], 2000),
        (&["Retry-After:  2 "], 2000),
        (&["retry-after: 0.75"], 750),
        (&["retry-after: 100"], 100_000),
        (&["retry-after: Sun, 01 Mar 2026 12:00:07 GMT"], 7000),
        (&["retry-after: Sun, 01 Mar 2026 11:59:00 GMT"], 500),
        (&["retry-after: 0"], 500),
        (&["retry-after: 0.0"], 500),
        (&["retry-after: -5"], 500),
        (&["retry-after: soon"], 500),
        (&["retry-after: NaN"], 500),
        (&["retry-after:"], 500),
        (&["retry-after: ."], 500),
        (&["retry-after-ms: 1500"], 1500),
        (&["retry-after-ms: 1500", "retry-after: 2"], 1500),
        (&["retry-after-ms: x", "retry-after: 3"], 3000),
    ];
    for (headers, expected) in cases {
        for status in ["429 Too Many Requests", "503 Unavailable", "500 Oops"] {
            let (pauses, answer) = pauses(&[Reply::status(status, headers, ""), ok()], 4 * MINUTE).await;
            assert_eq!((answer, millis(&pauses)), (Answer::of("Hi"), vec![expected]), "{headers:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_time_limit_fails_at_once() {
    let headers = [
        "retry-after: 3600",
        "retry-after: 240",
        "retry-after: 99999999999999999999999999",
        "retry-after: Mon, 02 Mar 2026 12:00:00 GMT",
        "retry-after-ms: 3600000",
    ];
    for header in headers {
        let began = Instant::now();
        let (pauses, answer) = pauses(&[busy(&[header])], 4 * MINUTE).await;
        assert_eq!((answer, pauses), (Answer::failed("", ModelError::Busy(429)), vec![]), "{header}");
        assert!(began.elapsed() < Duration::from_secs(1), "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn repetitions_keep_to_the_time_limit() {
    let began = Instant::now();
    let (pauses, answer) = pauses(&[busy(&[])], Duration::from_secs(5)).await;
    assert_eq!(answer, Answer::failed("", ModelError::Busy(429)));
    assert_eq!(millis(&pauses), [500, 1000, 2000]);
    assert!(began.elapsed() < Duration::from_secs(5));
    let began = Instant::now();
    let provider = Provider::replying([busy(&["retry-after: 3"]), Reply::silence()]).await;
    let answer = answer_to(&model(&provider), Prompt { time_limit: Duration::from_secs(5), ..prompt() }).await;
    assert_eq!((answer.end, began.elapsed().as_secs()), (Err(ModelError::TimedOut), 5));
}

#[tokio::test(start_paused = true)]
async fn a_used_up_quota_is_final() {
    let bodies = [
        json!({"error": {"message": "You exceeded your current quota.", "type": "insufficient_quota", "code": "insufficient_quota"}}),
        json!({"error": {"message": "No.", "type": "insufficient_quota", "param": null, "code": null}}),
        json!({"object": "error", "code": "insufficient_quota", "message": "No."}),
    ];
    for body in bodies {
        let reply = Reply::status("429 Too Many Requests", &["retry-after: 1"], &body);
        let (pauses, answer) = pauses(&[reply], 4 * MINUTE).await;
        assert_eq!((answer, pauses), (Answer::failed("", ModelError::Busy(429)), vec![]), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_says_whether() {
    let no = busy(&["x-should-retry: false"]);
    assert_eq!(pauses(&[no], 4 * MINUTE).await, (vec![], Answer::failed("", ModelError::Busy(429))));
    let yes = Reply::status("409 Conflict", &["x-should-retry: true", "retry-after: 1"], "");
    let (pauses, answer) = pauses(&[yes.clone(), yes, ok()], 4 * MINUTE).await;
    assert_eq!((answer, millis(&pauses)), (Answer::of("Hi"), vec![1000, 1000]));
}

#[tokio::test]
async fn an_answer_that_began_is_not_asked_for_again() {
    for reply in
        [Reply::events(&[&text("Hi")]), Reply::breaking_off(&[]), Reply::events(&["{\"error\": {\"code\": 503}}"])]
    {
        let provider = Provider::replying([reply, ok()]).await;
        assert!(answer_to(&model(&provider), prompt()).await.end.is_err());
        assert_eq!(provider.heard().len(), 1);
    }
}
