//! How a call connects: in bounded time, past all proxies, and with a good certificate.

use super::{After, BODY, Names, PATIENT, Receiver, SilentNames, answer, call, rules};
use shared::{
    domain::ids::UserId,
    outbound::{HostIsBusy, Limits, Outbound, OutboundAnswer, OutboundError, Resolver},
};
use std::{
    env::current_exe,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
/// The key and the certificate of `receiver.example.com`, which signed itself.
const CERTIFICATE: &str = "outbound/receiver.pem";

/// A receiver with TLS, as `receiver.example.com`.
async fn secure_receiver() -> Receiver {
    let certificate = CertificateDer::from_pem_file(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_file(CERTIFICATE).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (listener, receiver) = Receiver::listening("127.0.0.1:0").await;
    let serving = receiver.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            serving.connections.fetch_add(1, Ordering::SeqCst);
            if let Ok(stream) = acceptor.accept(stream).await {
                serving.serve(stream, OK.as_bytes(), After::Close).await;
            }
        }
    });
    receiver
}

async fn secure_call(receiver: &Receiver, host: &str) -> Result<OutboundAnswer, OutboundError> {
    let outbound = Outbound::new(rules(&[("OUTBOUND_ALLOW", "127.0.0.1")]), Names::knowing(&[&["127.0.0.1"]]));
    let url = format!("https://{host}:{}/hook", receiver.port);
    outbound.post(&url, &[], BODY.into(), PATIENT).await
}

#[tokio::test(start_paused = true)]
async fn a_slow_host_gets_four_calls_at_once_and_others_are_not_delayed() {
    let outbound = Outbound::new(rules(&[]), Names::knowing(&[]));
    let users: Vec<UserId> =
        (1..=5).map(|n| UserId::parse(&format!("00000000-0000-7000-8000-00000000000{n}")).unwrap()).collect();
    let take = async |user: usize, url: &str| outbound.slot(users[user].uuid(), url).await;
    let mut slots = Vec::new();
    for _ in 0..4 {
        slots.push(take(0, "https://slow.example.com/a").await.unwrap());
    }
    // The first waits a second for one of the four to end, the others know by then.
    for wait in [1, 0] {
        let began = Instant::now();
        assert_eq!(take(0, "https://slow.example.com/b").await.err(), Some(HostIsBusy));
        assert_eq!(began.elapsed().as_secs(), wait);
    }
    assert!(take(0, "https://slow.example.com:8443/").await.is_ok(), "another port");
    assert!(take(0, "https://other.example.com/").await.is_ok());
    // Another user has four of its own, as long as the host has fewer than 16 in all.
    for user in [1, 2, 3] {
        for _ in 0..4 {
            slots.push(take(user, "https://slow.example.com/").await.unwrap());
        }
    }
    assert_eq!(take(4, "https://slow.example.com/").await.err(), Some(HostIsBusy));
    slots.remove(0);
    assert!(take(0, "https://slow.example.com/c").await.is_ok());
    assert!(take(0, "no address").await.is_ok(), "the call refuses it");
}

#[tokio::test]
async fn where_nobody_listens() {
    let (listener, receiver) = Receiver::listening("127.0.0.1:0").await;
    drop(listener);
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://127.0.0.1:{}/", receiver.port);
        let result = call(&url, &[("OUTBOUND_ALLOW", "127.0.0.1")], PATIENT).await;
        assert_eq!(result, Err(OutboundError::ConnectionFailed), "{scheme}");
    }
}

#[tokio::test]
async fn where_no_tls_is_spoken() {
    for (text, after) in [("", After::Close), (OK, After::Hang), ("SSH-2.0-OpenSSH_9.9\r\n", After::Hang)] {
        let receiver = Receiver::answering(text, after).await;
        let url = receiver.url().replace("http", "https");
        let result = call(&url, &[("OUTBOUND_ALLOW", "127.0.0.1")], PATIENT).await;
        assert_eq!(result, Err(OutboundError::InsecureConnection), "{text:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for() {
    let receiver = secure_receiver().await;
    for host in ["receiver.example.com", "127.0.0.1"] {
        assert_eq!(secure_call(&receiver, host).await, Err(OutboundError::InsecureConnection), "{host}");
    }
    assert_eq!((receiver.connections(), receiver.heard().len()), (2, 0), "nothing was said");
}

/// The time that the runtime believes to have passed; it skips waiting.
async fn time_until_too_late(url: &str, names: Arc<dyn Resolver>) -> Duration {
    let outbound = Outbound::new(rules(&[("OUTBOUND_ALLOW", "127.0.0.1")]), names);
    let (began, limits) = (Instant::now(), Limits { time: Duration::from_secs(15), bytes: 0 });
    let result = outbound.post(url, &[], BODY.into(), limits).await;
    assert_eq!(result, Err(OutboundError::TimedOut), "{url}");
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn finding_and_connecting_may_take_five_seconds_each() {
    let mute = Receiver::answering("", After::Hang).await;
    let secure = mute.url().replace("http", "https");
    let nobody = || Names::knowing(&[]);
    assert_eq!(time_until_too_late("https://example.com/", Arc::new(SilentNames)).await.as_secs(), 5);
    assert_eq!(time_until_too_late(&secure, nobody()).await.as_secs(), 5);
    assert_eq!(time_until_too_late(&mute.url(), nobody()).await.as_secs(), 15, "the answer, what the caller allows");
}

/// Needs an environment that only a process of its own can have.
#[tokio::test]
#[ignore = "`a_good_certificate_and_proxies` runs it"]
async fn with_a_certificate_that_somebody_vouches_for() {
    let (secure, plain) = (secure_receiver().await, Receiver::answering(OK, After::Close).await);
    assert_eq!(secure_call(&secure, "receiver.example.com").await, Ok(answer(200, "")));
    assert_eq!(secure_call(&secure, "other.example.com").await, Err(OutboundError::InsecureConnection));
    assert_eq!(secure_call(&secure, "127.0.0.1").await, Err(OutboundError::InsecureConnection));
    assert_eq!(plain.called(PATIENT).await, Ok(answer(200, "")));
    assert_eq!((secure.heard().len(), plain.heard().len()), (1, 1));
}

#[tokio::test]
async fn a_good_certificate_and_proxies() {
    let proxy = Receiver::answering(OK, After::Close).await;
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let mut process = Command::new(current_exe().unwrap());
    process.args(["--ignored", "--exact", "outbound::connections::with_a_certificate_that_somebody_vouches_for"]);
    process.env("SSL_CERT_FILE", Path::new(CERTIFICATE)).stdout(Stdio::piped());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        process.env(name, &address).env(name.to_lowercase(), &address);
    }
    process.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = tokio::task::spawn_blocking(move || process.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.connections(), 0);
}
