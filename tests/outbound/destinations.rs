//! Where a call may go is judged when it is made: by how the address is written, and by where its name leads now.

use super::{After, BODY, Names, PATIENT, Receiver, SHORT, answer, call, rules};
use crate::threats::outbound::inner;
use shared::outbound::{Outbound, OutboundError};
use std::sync::Arc;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
/// Public as far as we can tell, and nobody's: nothing listens there, from whatever network this is tested in.
const NOBODYS: &str = "3ffe::1";

fn outbound(settings: &[(&str, &str)], names: &Arc<Names>) -> Outbound {
    Outbound::new(rules(settings), names.clone())
}

#[tokio::test]
async fn an_address_that_was_stored_under_other_rules_is_refused() {
    let names = Names::knowing(&[&["127.0.0.1"]]);
    let outbound = outbound(&[("OUTBOUND_DENY", "api.example.com")], &names);
    let denied = ["https://api.example.com/", "https://API.Example.com.:8443/"].map(str::to_owned);
    for address in inner().into_iter().chain(denied) {
        let answer = outbound.post(&address, &[], BODY.into(), PATIENT).await;
        assert_eq!(answer, Err(OutboundError::Refused), "{address:?}");
    }
    assert_eq!(*names.asked.lock().unwrap(), [""; 0], "how it is written is enough");
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_and_nothing_arrives() {
    let receiver = Receiver::answering(OK, After::Close).await;
    let url = format!("https://receiver.example.com:{}/hook", receiver.port);
    let inner = [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "fd00:ec2::254",
        "fe80::1",
    ];
    for address in inner {
        let outbound = outbound(&[], &Names::knowing(&[&[address]]));
        let answer = outbound.post(&url, &[], BODY.into(), PATIENT).await;
        assert_eq!(answer, Err(OutboundError::Refused), "{address}");
    }
    let outbound = outbound(&[], &Names::knowing(&[&inner]));
    let answer = outbound.post(&url, &[], BODY.into(), PATIENT).await;
    assert_eq!(answer, Err(OutboundError::Refused), "all of them");
    receiver.called(PATIENT).await.unwrap();
    assert_eq!(receiver.connections(), 1, "only the call that was allowed");
}

#[tokio::test]
async fn a_name_that_leads_inside_now_and_did_not_before_is_refused() {
    let first = Receiver::answering(OK, After::Close).await;
    let second = Receiver::at(&format!("127.0.0.2:{}", first.port), OK, After::Close).await;
    let names = Names::knowing(&[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1"]]);
    let outbound = outbound(&[("OUTBOUND_ALLOW", "127.0.0.1")], &names);
    let url = format!("http://localhost:{}/hook", first.port);
    for expected in [Ok(answer(200, "")), Err(OutboundError::Refused), Ok(answer(200, ""))] {
        assert_eq!(outbound.post(&url, &[], BODY.into(), PATIENT).await, expected);
    }
    assert_eq!(*names.asked.lock().unwrap(), ["localhost"; 3], "each call asks anew");
    assert_eq!((first.connections(), second.connections()), (2, 0), "and connects anew");
}

#[tokio::test]
async fn of_a_names_addresses_only_those_outside_are_tried() {
    let inside = Receiver::answering(OK, After::Close).await;
    let url = format!("https://receiver.example.com:{}/hook", inside.port);
    for addresses in [&[NOBODYS, "127.0.0.1"], &["127.0.0.1", NOBODYS]] {
        let outbound = outbound(&[], &Names::knowing(&[addresses]));
        let error = outbound.post(&url, &[], BODY.into(), SHORT).await.unwrap_err();
        let expected = [OutboundError::ConnectionFailed, OutboundError::TimedOut];
        assert!(expected.contains(&error), "{addresses:?}: {error}");
    }
    inside.called(PATIENT).await.unwrap();
    assert_eq!(inside.connections(), 1, "only the call that was allowed");
}

#[tokio::test]
async fn of_a_names_addresses_only_those_that_are_allowed_are_tried() {
    let allowed = Receiver::answering(OK, After::Close).await;
    let other = Receiver::at(&format!("127.0.0.2:{}", allowed.port), OK, After::Close).await;
    let port = allowed.port;
    for (setting, expected) in [
        ("127.0.0.1".to_owned(), Ok(answer(200, ""))),
        (format!("127.0.0.1:{port}"), Ok(answer(200, ""))),
        ("127.0.0.1:1, localhost:1".to_owned(), Err(OutboundError::Refused)),
        ("127.0.0.1/32".to_owned(), Ok(answer(200, ""))),
    ] {
        let names = Names::knowing(&[&["127.0.0.2", "10.0.0.1", "127.0.0.1", "::1"]]);
        let outbound = outbound(&[("OUTBOUND_ALLOW", &setting)], &names);
        let url = format!("http://localhost:{port}/hook");
        let answer = outbound.post(&url, &[], BODY.into(), PATIENT).await;
        assert_eq!(answer, expected, "{setting}");
    }
    assert_eq!((allowed.connections(), other.connections()), (3, 0));
}

#[tokio::test]
async fn a_name_that_is_allowed_may_lead_anywhere() {
    let receiver = Receiver::answering(OK, After::Close).await;
    for setting in ["receiver.internal".to_owned(), format!("Receiver.Internal:{}", receiver.port)] {
        let outbound = outbound(&[("OUTBOUND_ALLOW", &setting)], &Names::knowing(&[&["127.0.0.1"]]));
        let url = format!("http://receiver.internal:{}/hook", receiver.port);
        let result = outbound.post(&url, &[], BODY.into(), PATIENT).await;
        assert_eq!(result, Ok(answer(200, "")), "{setting}");
    }
}

#[tokio::test]
async fn a_name_that_nobody_has_is_not_found() {
    for names in [Names::knowing(&[]), Names::knowing(&[&[]])] {
        let url = "https://nobody.example.com/";
        let result = outbound(&[], &names).post(url, &[], BODY.into(), PATIENT).await;
        assert_eq!(result, Err(OutboundError::NameNotFound));
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let inside = Receiver::answering(OK, After::Close).await;
    for status in [301, 302, 303, 307, 308] {
        let redirect =
            format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", inside.url());
        let receiver = Receiver::answering(redirect, After::Close).await;
        assert_eq!(receiver.called(PATIENT).await, Ok(answer(status, "")));
        assert_eq!((receiver.connections(), inside.connections()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn what_is_refused_is_said_in_words_that_tell_nothing_of_our_network() {
    let url = "https://169.254.169.254/latest/meta-data/";
    let error = call(url, &[], PATIENT).await.unwrap_err();
    assert_eq!(error.to_string(), "The address is not allowed.");
    let names = Names::knowing(&[&["10.1.2.3"]]);
    let url = "https://receiver.example.com/";
    let error = outbound(&[], &names).post(url, &[], BODY.into(), PATIENT).await.unwrap_err();
    assert_eq!(error.to_string(), "The address is not allowed.");
}
