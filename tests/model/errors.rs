//! Errors of providers: as a status, and in the middle of an answer.

use super::{Answer, MINUTE, Provider, Reply, answer, answer_to, answers, finish, model, prompt, text};
use serde_json::{Value, json};
use shared::model::ModelError;

#[tokio::test(start_paused = true)]
async fn statuses() {
    let cases = [
        ("301 Moved Permanently", ModelError::Refused(301)),
        ("400 Bad Request", ModelError::Refused(400)),
        ("401 Unauthorized", ModelError::Refused(401)),
        ("402 Payment Required", ModelError::Busy(402)),
        ("403 Forbidden", ModelError::Refused(403)),
        ("404 Not Found", ModelError::Refused(404)),
        ("408 Request Timeout", ModelError::TimedOut),
        ("413 Content Too Large", ModelError::ContextTooLong),
        ("422 Unprocessable", ModelError::Refused(422)),
        ("429 Too Many Requests", ModelError::Busy(429)),
        ("498 Busy", ModelError::Busy(498)),
        ("500 Internal Server Error", ModelError::Failed(500)),
        ("501 Not Implemented", ModelError::Failed(501)),
        ("502 Bad Gateway", ModelError::Failed(502)),
        ("503 Unavailable", ModelError::Busy(503)),
        ("504 Gateway Timeout", ModelError::Failed(504)),
        ("529 Overloaded", ModelError::Busy(529)),
    ];
    let bodies = [
        json!({"error": {"message": "No.", "type": "some_error", "param": null, "code": 400}}).to_string(),
        json!({"error": {"message": "No.", "code": "some_code"}}).to_string(),
        json!({"error": "No."}).to_string(),
        json!({"object": "error", "message": "No.", "code": "3000"}).to_string(),
        json!({"detail": [{"loc": ["body"], "msg": "No."}]}).to_string(),
        json!({"message": "No."}).to_string(),
        json!([{"error": {"code": 400, "message": "No."}}]).to_string(),
        "No.".to_owned(),
        "<!DOCTYPE html><h1>No.</h1>".to_owned(),
        "\u{0}".to_owned(),
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "x".repeat(100_000),
    ];
    for (status, error) in cases {
        let reply = |body: &String| Reply::status(status, &["location: /elsewhere", "retry-after: 600"], body);
        let answers = answers(bodies.iter().map(reply).collect::<Vec<_>>()).await;
        for (answer, body) in answers.into_iter().zip(&bodies) {
            assert_eq!(answer, Answer::failed("", error), "{status} {body:.60}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_of_an_error_is_waited_for_and_read_in_part() {
    let head = "HTTP/1.1 400 Bad Request\r\ncontent-length: 1000000\r\n\r\n";
    let began = tokio::time::Instant::now();
    let raw = Reply::raw(&format!("{head}{}", json!({"error": {"code": "context_length_exceeded"}})));
    assert_eq!(answer(raw).await, Answer::failed("", ModelError::ContextTooLong));
    assert!(began.elapsed() < MINUTE);
}

fn too_long() -> Vec<Value> {
    vec![
        json!({"error": {"message": "This model's maximum context length is 8192 tokens. However, you requested 9000 \
            tokens. Please reduce max_tokens.", "type": "invalid_request_error", "param": "messages",
            "code": "context_length_exceeded"}}),
        json!({"error": {"code": 400, "message": "the request exceeds the available context size, try increasing it",
            "type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 8192}}),
        json!({"object": "error", "type": "BadRequestError", "code": 400,
            "message": "'max_tokens' is too large: 5000. This model's maximum context length is 4096 tokens."}),
        json!({"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum"}}),
        json!([{"error": {"code": 400, "status": "INVALID_ARGUMENT",
            "message": "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576)."}}]),
    ]
}

#[tokio::test]
async fn a_prompt_that_is_too_long() {
    for body in too_long() {
        for status in ["400 Bad Request", "422 Unprocessable", "500 Internal Server Error"] {
            let provider = Provider::replying([Reply::status(status, &[], &body)]).await;
            let mut long = prompt();
            long.max_output_tokens = Some(5000);
            assert_eq!(answer_to(&model(&provider), long).await, Answer::failed("", ModelError::ContextTooLong));
            assert_eq!(provider.heard().len(), 1, "{body}");
        }
        if body.is_object() && body.get("error").is_some() {
            let answer = answer(Reply::events(&[&text("Hi"), &body.to_string()])).await;
            assert_eq!(answer, Answer::failed("Hi", ModelError::ContextTooLong), "{body}");
        }
    }
}

#[tokio::test]
async fn in_the_middle_of_an_answer() {
    let cases = [
        (json!({"error": {"message": "No.", "type": "server_error", "code": null}}), ModelError::Failed(200)),
        (json!({"error": {"message": "No.", "code": 502}}), ModelError::Failed(502)),
        (json!({"error": {"message": "No.", "code": "503"}}), ModelError::Busy(503)),
        (json!({"error": {"message": "No.", "code": 429}}), ModelError::Busy(429)),
        (json!({"error": {"message": "No.", "code": "rate_limit_exceeded"}}), ModelError::Busy(429)),
        (json!({"error": {"message": "No.", "type": "overloaded_error"}}), ModelError::Busy(529)),
        (
            json!({"error": {"message": "No.", "code": 400}, "choices": [{"delta": {"content": ""}}]}),
            ModelError::Refused(400),
        ),
        (json!({"error": "No."}), ModelError::Failed(200)),
        (json!({"error": {}}), ModelError::Failed(200)),
        (json!({"object": "error", "message": "No.", "code": 500}), ModelError::Failed(500)),
    ];
    for (event, error) in cases {
        let stream = |end: &str| Reply::body(format!("data: {}\n\ndata: {event}\n\n{end}", text("Hi")));
        let whole = Reply::status("200 OK", &["content-type: application/json"], &event);
        let answers = answers([stream(""), stream("data: [DONE]\n\n"), whole]).await;
        assert_eq!(answers, ["Hi", "Hi", ""].map(|text| Answer::failed(text, error)), "{event}");
    }
    let without = json!({"error": null, "choices": [{"delta": {"content": "Hi"}}]}).to_string();
    assert_eq!(answer(Reply::events(&[&without, "[DONE]"])).await, Answer::of("Hi"));
}

#[tokio::test]
async fn as_an_event_of_its_own_kind() {
    let cases = [
        ("event: error\ndata: {\"error\": {\"message\": \"No.\", \"code\": 502}}\n\n", ModelError::Failed(502)),
        ("event: error\ndata: {\"message\": \"No.\", \"code\": 503}\n\n", ModelError::Busy(503)),
        ("event: error\ndata: No.\n\n", ModelError::Failed(200)),
        ("event: error\n\n", ModelError::Failed(200)),
        ("event: error", ModelError::Failed(200)),
        ("data: {\"message\": \"No.\", \"code\": 503}\nevent: error\n\n", ModelError::Busy(503)),
        ("error: {\"code\": 500, \"message\": \"No.\", \"type\": \"server_error\"}\n\n", ModelError::Failed(500)),
        ("error: {\"code\": 500, \"message\": \"No.\", \"type\": \"server_error\"}", ModelError::Failed(500)),
        ("error: No.\n\n", ModelError::Failed(200)),
    ];
    for (event, error) in cases {
        let body = format!("data: {}\n\n{event}", text("Hi"));
        assert_eq!(answer(Reply::body(body)).await, Answer::failed("Hi", error), "{event}");
    }
}

#[tokio::test]
async fn after_the_reason_it_is_still_one() {
    let events = [&text("Hi"), &finish("stop"), "{\"error\": {\"code\": 500}}", "[DONE]"];
    assert_eq!(answer(Reply::events(&events)).await, Answer::failed("Hi", ModelError::Failed(500)));
}
