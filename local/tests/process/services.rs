//! `quintet services`, as a function's clients reach it.

use super::{Directory, Server};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use shared::{
    aws::{CallError, embedded_credentials},
    blobs::{BlobKey, Blobs},
    config::QueueUrls,
    domain::{
        Error,
        connection::ConnectionId,
        ids::{FileId, UserId},
    },
    gateway::{Gateway, Posted},
    queue::{Outgoing, Queues},
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn sdk(server: &Server) -> SdkConfig {
    let settings = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(format!("http://{}", server.address))
        .credentials_provider(embedded_credentials());
    settings.load().await
}

#[tokio::test]
async fn a_file_larger_than_a_part_is_stored_read_and_removed() {
    let directory = Directory::new("services-s3");
    let server = Server::start(&directory.0, &["services", "--data", "data"], &[]);
    let blobs = Blobs::new(&sdk(&server).await, "files".to_owned());
    let (user, file) = ("01a1fc19-2723-770e-883b-b96509b89940", "01a1fec8-50a6-7751-aff7-93f97c7d74cb");
    let key = BlobKey::of_file(UserId::parse(user).unwrap(), FileId::parse(file).unwrap());
    let pieces: Vec<Bytes> = (0..20_u8).map(|piece| Bytes::from(vec![piece; 1024 * 1024])).collect();
    blobs.probe().await.unwrap();
    let content = stream::iter(pieces.clone()).map(Ok::<_, Error>);
    assert_eq!(blobs.put(&key, "text/plain", content).await.unwrap(), 20 * 1024 * 1024);
    let (size, content) = blobs.get(&key).await.unwrap().unwrap();
    let read: Vec<Bytes> = content.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!((size, read.concat() == pieces.concat()), (20 * 1024 * 1024, true));
    blobs.delete(&key).await.unwrap();
    assert!(blobs.get(&key).await.unwrap().is_none());
    let elsewhere = Blobs::new(&sdk(&server).await, "elsewhere".to_owned());
    assert!(matches!(elsewhere.probe().await, Err(CallError::Broken(_))));
}

#[tokio::test]
async fn queues_are_known_by_their_path_and_connections_by_their_id() {
    let directory = Directory::new("services-sqs");
    let server = Server::start(&directory.0, &["services", "--in-memory"], &[]);
    let (aws, at) = (sdk(&server).await, format!("http://{}", server.address));
    let url = |name: &str| format!("{at}/000000000000/{name}");
    let urls = QueueUrls { deliveries: url("deliveries"), connections: url("nothing"), indexing: url("nothing") };
    let queues = Queues::new(&aws, &urls);
    queues.deliveries.probe().await.unwrap();
    let later = Outgoing { body: "{}".to_owned(), group: "group".to_owned(), delay: Duration::from_secs(900) };
    queues.deliveries.send(vec![later]).await.unwrap();
    queues.connections.probe().await.unwrap_err();
    let gateway = Gateway::new(&aws, &at);
    let nobody = ConnectionId::parse("L0SM9cOFvHcCIhw=").unwrap();
    assert_eq!(gateway.post(&nobody, b"{}").await.unwrap(), Posted::Gone);
}

#[test]
fn a_signal_ends_it_cleanly() {
    let directory = Directory::new("services-signal");
    let temporary = [("TMPDIR", directory.0.to_str().unwrap())];
    let mut server = Server::start(&directory.0, &["services", "--in-memory"], &temporary);
    server.signal("-TERM");
    assert!(server.child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(&directory.0).unwrap().count(), 0);
}

/// Nothing asks for a password there, so no page that is open in a browser of this machine gets in, by whatever name it
/// calls it.
#[tokio::test]
async fn a_page_in_a_browser_is_refused() {
    let directory = Directory::new("services-pages");
    let server = Server::start(&directory.0, &["services", "--in-memory"], &[]);
    let port = server.address.port();
    let cases = [
        (format!("127.0.0.1:{port}"), "", 400),
        (format!("localhost:{port}"), "", 400),
        (format!("[::1]:{port}"), "", 400),
        (format!("127.0.0.1:{port}"), "Origin: http://evil.example\r\n", 403),
        (format!("127.0.0.1:{port}"), "Origin: null\r\n", 403),
        (format!("127.0.0.1:{port}"), "Sec-Fetch-Site: same-origin\r\n", 403),
        (format!("evil.example:{port}"), "", 403),
        (format!("127.0.0.1.evil.example:{port}"), "", 403),
        ("203.0.113.1".to_owned(), "", 403),
    ];
    for (host, header, status) in cases {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\n{header}X-Amz-Target: DynamoDB_20120810.Query\r\nContent-Length: 2\r\n\
             Connection: close\r\n\r\n{{}}"
        );
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host} {header}: {answer}");
    }
}
