//! How the bodies of answers are written: event streams of all kinds, JSON, pages, and what is none of these.

use super::{Answer, Provider, Reply, answer, answer_to, answers, finish, model, prompt, text};
use proptest::{collection::vec, prelude::*};
use serde_json::json;
use shared::model::{End, EndReason, ModelError, Usage};
use tokio::runtime::Runtime;

/// A stream of two pieces, with these ends of lines.
fn lines(end: &str) -> String {
    let (first, second, last) = (text("Grüße, "), text("世界 🦀"), finish("stop"));
    ["data: ", &first, end, end, "data: ", &second, end, end, "data: ", &last, end, end, "data: [DONE]", end, end]
        .concat()
}

#[tokio::test]
async fn all_ends_of_lines_and_all_cuts() {
    for end in ["\n", "\r\n", "\r"] {
        for start in ["", "\u{feff}", "\n", ": hello\n\n"] {
            let body = format!("{start}{}", lines(end));
            let answers = answers([Reply::body(&body), Reply::drops(&body)]).await;
            assert_eq!(answers, ["Grüße, 世界 🦀"; 2].map(Answer::of), "{body:?}");
        }
    }
}

#[tokio::test]
async fn comments_and_other_fields_are_passed_over() {
    let others = [
        ": OPENROUTER PROCESSING\n\n",
        ": ping\n",
        ":\n\n",
        "data: : keepalive\n\n",
        "data:\n\n",
        "event: ping\ndata: {}\n\n",
        "event: message\n",
        "id: 7\nretry: 1000\nfoo: bar\nfoo\n\n",
    ];
    let mut body = String::new();
    for other in others {
        body += other;
        body += &format!("data:{}\n\n", text("a"));
    }
    body += "data: [DONE]\n\n";
    assert_eq!(answer(Reply::body(body)).await, Answer::of("aaaaaaaa"));
}

#[tokio::test]
async fn events_without_blank_lines_between_them() {
    let body = format!("data: {}\ndata: {}\ndata: [DONE]\n", text("a"), text("b"));
    assert_eq!(answer(Reply::body(body)).await, Answer::of("ab"));
}

#[tokio::test]
async fn an_event_of_several_lines() {
    let body = "data: {\"choices\": [{\"delta\":\ndata: {\"content\": \"Hi\"}}]}\n\ndata: [DONE]\n\n";
    assert_eq!(answer(Reply::body(body)).await, Answer::of("Hi"));
}

#[tokio::test]
async fn repeated_keys() {
    let event =
        r#"{"choices": [{"delta": {"content": "a", "content": "b"}}], "choices": [{"delta": {"content": "Hi"}}]}"#;
    assert_eq!(answer(Reply::events(&[event, "[DONE]"])).await, Answer::of("Hi"));
}

#[tokio::test]
async fn characters_that_are_cut_in_half() {
    let escaped = |escaped: &str| format!(r#"{{"choices": [{{"delta": {{"content": "{escaped}"}}}}]}}"#);
    let cases = [
        (r"a\ud83e|\udd80b", "a🦀b"),
        (r#"\uD83E|\\\"é\n|\uDD80\ud83e\udd80|\ud83e|\udd80"#, "\\\"é\n🦀🦀🦀"),
        (r"\\ud83e\u00e9\ud83e|\\udd80", r"\ud83eé\udd80"),
        (r"a|\udd80b", "a\u{fffd}b"),
        (r"a\ud83e|b", "ab"),
    ];
    for (written, expected) in cases {
        let mut events: Vec<_> = written.split('|').map(escaped).collect();
        events.push(finish("stop"));
        let events: Vec<_> = events.iter().map(String::as_str).collect();
        assert_eq!(answer(Reply::events(&events)).await, Answer::of(expected), "{written}");
    }
    assert_eq!(
        answer(Reply::events(&[&text("Hi"), r#"{"a": "\ud83e"#])).await,
        Answer::failed("Hi", ModelError::Broken("an event is not JSON"))
    );
}

#[tokio::test]
async fn what_is_not_utf_8_is_broken() {
    let bad: [&[u8]; 3] = [b"\xff", b"\xc3", b"\xed\xa0\x80"];
    for bad in bad {
        let start = format!("data: {}\n\n", text("Hi"));
        let end = b"\"}}]}\n\ndata: [DONE]\n\n";
        let body = [start.as_bytes(), b"data: {\"choices\": [{\"delta\": {\"content\": \"", bad, end].concat();
        assert_eq!(answer(Reply::body(body)).await, Answer::failed("Hi", ModelError::Broken("the body is not UTF-8")));
    }
}

#[tokio::test]
async fn what_is_not_json_is_broken() {
    for bad in ["hello", "{\"choices\": [", "[DONE", "{} {}"] {
        let answer = answer(Reply::events(&[&text("Hi"), bad, "[DONE]"])).await;
        assert_eq!(answer, Answer::failed("Hi", ModelError::Broken("an event is not JSON")), "{bad}");
    }
    for bad in ["7", "\"a\"", "null", "true"] {
        let answer = answer(Reply::events(&[&text("Hi"), bad, "[DONE]"])).await;
        assert_eq!(answer, Answer::failed("Hi", ModelError::Broken("an event is not a JSON object")), "{bad}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(answer(Reply::events(&[&deep])).await.end, Err(ModelError::Broken("an event is not JSON")));
}

#[tokio::test]
async fn of_an_endless_line_no_more_than_a_megabyte_is_kept() {
    let megabyte = "x".repeat(1 << 20);
    for start in ["data: ", ": ", "foo", "{\"choices\": \"", " ", "data: x\n"] {
        let part = if start == " " { " ".repeat(1 << 20) } else { megabyte.clone() };
        let provider = Provider::replying([Reply::endless(start, &part)]).await;
        let answer = answer_to(&model(&provider), prompt()).await;
        assert_eq!(answer, Answer::failed("", ModelError::Broken("an event is longer than 1 MiB")), "{start:?}");
        provider.closed().await;
        assert!(provider.written() <= 12 << 20, "{} bytes: more than the machine's own buffers", provider.written());
    }
    let line = format!("data: {}\n\n", "x".repeat(10 << 20));
    assert_eq!(answer(Reply::body(line)).await.end, Err(ModelError::Broken("an event is longer than 1 MiB")));
}

#[tokio::test]
async fn endless_lines_of_one_event_are_too_long() {
    let provider = Provider::replying([Reply::endless("", &"data: x\n".repeat(1000))]).await;
    let answer = answer_to(&model(&provider), prompt()).await;
    assert_eq!(answer, Answer::failed("", ModelError::Broken("an event is longer than 1 MiB")));
}

#[tokio::test]
async fn a_long_event_is_read() {
    let long = "x".repeat(1_000_000);
    assert_eq!(answer(Reply::events(&[&text(&long), "[DONE]"])).await, Answer::of(&long));
}

#[tokio::test]
async fn a_whole_completion_as_json() {
    let completion = json!({"id": "1", "object": "chat.completion", "model": "small-2026",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}});
    let usage = Some(Usage { input_tokens: 9, output_tokens: 2 });
    let end = End { reason: EndReason::Length, usage, model: Some("small-2026".to_owned()) };
    for body in [completion.to_string(), format!("\u{feff}\n {completion:#}\n")] {
        let typed = Reply::status("200 OK", &["content-type: application/json"], &body);
        let replies = [typed, Reply::status("200 OK", &[], &body), Reply::body(&body), Reply::drops(&body)];
        for answer in answers(replies).await {
            assert_eq!(answer, Answer::of("Hi").ending(end.clone()));
        }
    }
    let short = r#"{"choices": [{"message": {"content": "Hi"}}]}"#;
    assert_eq!(answer(Reply::body(short)).await, Answer::of("Hi"));
}

#[tokio::test]
async fn a_broken_completion_as_json() {
    for body in ["{", "{}", "{\"choices\": []}", "{\"choices\": [{}]}x", "{\"choices\": [{}]}\n{\"choices\": [{}]}"] {
        let end = answer(Reply::body(body)).await.end;
        assert!(matches!(end, Err(ModelError::Broken(_))), "{body}: {end:?}");
    }
}

#[tokio::test]
async fn a_page_is_broken() {
    for body in ["<!DOCTYPE html><html><body>Sign in</body></html>", "\r\n <html>", "<?xml version=\"1.0\"?>"] {
        let reply = Reply::status("200 OK", &["content-type: text/html"], body);
        assert_eq!(answer(reply).await, Answer::failed("", ModelError::Broken("the body is an HTML page")), "{body}");
    }
    let text = Reply::status("200 OK", &["content-type: text/plain"], "It works!");
    assert_eq!(answer(text).await, Answer::failed("", ModelError::Broken("the body ended without a finish reason")));
    let nothing = Reply::status("204 No Content", &[], "");
    assert_eq!(answer(nothing).await, Answer::failed("", ModelError::Broken("the body ended without a finish reason")));
}

/// What bodies are made of, and what may come between.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    const KNOWN: [&str; 25] = [
        "data: ",
        "data:",
        "event: error",
        "error: ",
        ": ping",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "[DONE]",
        "{",
        "}",
        "\"",
        "<think>",
        "</think>",
        "\u{feff}",
        "<",
        "{\"choices\": [{\"delta\": {\"content\": \"",
        "\"}}]}",
        "{\"choices\": [{\"delta\": {\"tool_calls\": [{\"index\": 0, \"function\": {\"name\": \"a\"}}]}}]}",
        "{\"choices\": [{\"finish_reason\": \"stop\"}]}",
        "{\"error\": {\"code\": 500}}",
        "\\ud83e",
        "\\udd80",
        "\\",
    ];
    let known = prop::sample::select(KNOWN.as_slice()).prop_map(|known| known.as_bytes().to_vec());
    prop_oneof![8 => known, 1 => vec(any::<u8>(), 0..9)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 8, ..ProptestConfig::default() })]

    /// Whatever comes, an answer ends, and does not depend on how it was cut.
    #[test]
    fn any_body_has_one_meaning(bodies in vec(vec(fragment(), 0..40), 32)) {
        let bodies: Vec<_> = bodies.iter().map(|fragments| fragments.concat()).collect();
        let replies: Vec<_> = bodies.iter().flat_map(|body| [Reply::body(body), Reply::drops(body)]).collect();
        let answers = Runtime::new().unwrap().block_on(answers(replies));
        for (pair, body) in answers.chunks(2).zip(&bodies) {
            prop_assert_eq!(&pair[0], &pair[1], "{:?}", String::from_utf8_lossy(body));
        }
    }
}
