//! What receivers answer, or do instead: no more is read and waited for than the caller allows.

use super::{After, BODY, Names, PATIENT, Receiver, SHORT, answer, rules};
use shared::outbound::{Limits, Outbound, OutboundAnswer, OutboundError};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn an_answer_is_given_as_it_came() {
    let text = "HTTP/1.1 503 Busy\r\nretry-after: Fri, 31 Dec 1999 23:59:59 GMT\r\ncontent-length: 5\r\n\r\nLater";
    let receiver = Receiver::answering(text, After::Close).await;
    let retry_after = Some("Fri, 31 Dec 1999 23:59:59 GMT".to_owned());
    let expected = OutboundAnswer { retry_after, ..answer(503, "Later") };
    assert_eq!(receiver.called(PATIENT).await, Ok(expected));
}

#[tokio::test]
async fn no_status_is_an_error() {
    for status in [101, 200, 204, 299, 304, 400, 401, 407, 408, 410, 421, 429, 500, 502, 599, 999] {
        let text = format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n");
        let receiver = Receiver::answering(text, After::Hang).await;
        assert_eq!(receiver.called(PATIENT).await, Ok(answer(status, "")));
        assert_eq!(receiver.connections(), 1, "{status} is not tried again");
    }
}

#[tokio::test]
async fn a_request_says_no_more_than_it_must() {
    let cookie = "HTTP/1.1 200 OK\r\nset-cookie: a=b; Path=/\r\ncontent-length: 0\r\n\r\n";
    let receiver = Receiver::answering(cookie, After::Hang).await;
    let outbound = Outbound::new(rules(&[("OUTBOUND_ALLOW", "127.0.0.1")]), Names::knowing(&[]));
    let url = format!("http://127.0.0.1:{}/hook?a=%20#part", receiver.port);
    let headers = [("webhook-id", "msg_1".to_owned())];
    for _ in 0..2 {
        let result = outbound.post(&url, &headers, BODY.into(), PATIENT).await;
        assert_eq!(result, Ok(answer(200, "")));
    }
    let request = format!(
        "POST /hook?a=%20 HTTP/1.1\r\nwebhook-id: msg_1\r\naccept: */*\r\nhost: 127.0.0.1:{}\r\ncontent-length: {}\r\n\
         \r\n{BODY}",
        receiver.port,
        BODY.len()
    );
    assert_eq!(receiver.heard(), [request.clone(), request]);
    assert_eq!(receiver.connections(), 2, "no connection is used twice");
}

#[tokio::test]
async fn of_a_long_answer_only_the_beginning_is_read() {
    let megabyte: &'static str = "x".repeat(1 << 20).leak();
    for head in ["content-length: 10485760", "content-length: 9223372036854775807", "connection: close"] {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
        let receiver = Receiver::answering(head.as_str(), After::Repeat(megabyte)).await;
        for bytes in [0, 1, 4096] {
            let result = receiver.called(Limits { bytes, ..PATIENT }).await;
            let expected = OutboundAnswer { is_whole: false, ..answer(200, "x".repeat(bytes)) };
            assert!(result == Ok(expected), "{bytes} of {head}");
        }
        receiver.finished.acquire_many(3).await.unwrap().forget();
        let written = receiver.written.load(Ordering::SeqCst);
        assert!(written <= 36 * megabyte.len(), "{written} bytes were taken: more than the machine's own buffers");
    }
}

#[tokio::test]
async fn an_answer_is_not_unpacked() {
    let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xf3\x48\xcd\xc9\xc9\x07\0\x82\x89\xd1\xf7\x05\0\0\0";
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len());
    let receiver = Receiver::answering([head.as_bytes(), packed].concat(), After::Close).await;
    assert_eq!(receiver.called(PATIENT).await, Ok(answer(200, packed)));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_too_late() {
    let cases = [
        ("", After::Hang),
        ("HTTP/1.1 200 OK\r\n", After::Hang),
        ("HTTP/1.1 200 OK\r\nx-slow: ", After::Drip),
        ("HTTP/1.1 100 Continue\r\n\r\n", After::Hang),
        ("HTTP/1.1 103 Early Hints\r\n\r\n", After::Repeat("HTTP/1.1 103 Early Hints\r\n\r\n")),
    ];
    for (text, after) in cases {
        let receiver = Receiver::answering(text, after).await;
        assert_eq!(receiver.called(SHORT).await, Err(OutboundError::TimedOut), "{text:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_broken() {
    let texts = ["", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-le"];
    for text in texts {
        let receiver = Receiver::answering(text, After::Close).await;
        assert_eq!(receiver.called(PATIENT).await, Err(OutboundError::BrokenAnswer), "{text:?}");
    }
}

#[tokio::test]
async fn an_answer_counts_although_its_body_is_broken_or_does_not_end() {
    for status in [200, 204, 410, 503] {
        let cases = [
            ("content-length: 10\r\n\r\nx", After::Close),
            ("content-length: 10\r\n\r\nx", After::Hang),
            ("content-length: 100000\r\n\r\n", After::Drip),
            ("transfer-encoding: chunked\r\n\r\n5\r\nx", After::Close),
            ("transfer-encoding: chunked\r\n\r\n1\r\nx\r\n", After::Close),
            ("transfer-encoding: chunked\r\n\r\n1\r\nx\r\n", After::Hang),
            ("transfer-encoding: chunked\r\n\r\nx\r\n", After::Hang),
            ("\r\n", After::Drip),
        ];
        for (rest, after) in cases {
            let text = format!("HTTP/1.1 {status} So\r\n{rest}");
            let receiver = Receiver::answering(text.as_str(), after).await;
            let status_of = |answer: OutboundAnswer| answer.status;
            assert_eq!(receiver.called(SHORT).await.map(status_of), Ok(status), "{text:?}");
        }
    }
}

#[tokio::test]
async fn what_is_not_http_is_broken() {
    let many = "x-many: 1\r\n".repeat(1000);
    let texts = [
        "SSH-2.0-OpenSSH_9.9\r\n".to_owned(),
        "\0\0\0\0\0\0\0\0".to_owned(),
        "HTTP/1.1 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nx bad\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
        format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "x".repeat(1 << 20)),
    ];
    for text in texts {
        let receiver = Receiver::answering(text.as_str(), After::Hang).await;
        assert_eq!(receiver.called(PATIENT).await, Err(OutboundError::BrokenAnswer), "{text:.60?}");
    }
    let endless = Receiver::answering("HTTP/1.1 200 OK\r\nx-endless: ", After::Repeat("xxxxxxxxxxxxxxxx")).await;
    assert_eq!(endless.called(PATIENT).await, Err(OutboundError::BrokenAnswer));
}
