//! Receiving a file: it is checked while it is stored, and leaves nothing behind when it is refused.

use super::PNG;
use crate::world::World;
use axum::body::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, future, stream};
use shared::{
    domain::{
        Error, Problem,
        file::{ContentType, File, MIB},
        ids::{FileId, UserId},
    },
    service::files::{Offer, Received},
};
use std::path::PathBuf;

const NO_LIMIT: u64 = u64::MAX;
/// Of a length by which no part of an upload can be divided.
const PATTERN: &[u8] = b"no two parts of this content begin alike";
const NOTHING: [PathBuf; 0] = [];

/// A world with alice in it.
async fn world() -> (World, UserId) {
    let world = World::new();
    world.user("alice").await;
    let alice = world.id_of("alice");
    (world, alice)
}

fn offer<'a>(name: &'a str, declared_type: &'a str, max_bytes: u64) -> Offer<'a> {
    Offer { field: "files", name, declared_type: Some(declared_type), max_bytes }
}

fn in_chunks(content: Vec<u8>, size: usize) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::iter(content.chunks(size).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect::<Vec<_>>())
}

async fn receive(world: &World, user: UserId, offer: Offer<'_>, content: Vec<u8>) -> Result<File, Error> {
    world.services.files.receive(user, offer, u64::MAX, in_chunks(content, 100_000)).await
}

async fn content_of(world: &World, user: UserId, file: FileId) -> Vec<u8> {
    let (_, content) = world.services.files.open(user, file).await.unwrap();
    content.map_ok(|chunk| chunk.to_vec()).try_concat().await.unwrap()
}

fn problem(refused: Result<File, Error>) -> Problem {
    match refused {
        Err(Error::Invalid(mut fields)) => {
            assert_eq!((fields.len(), fields[0].field), (1, "files"));
            fields.remove(0).problem
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_small_and_a_large_file_come_back_as_they_were() {
    let (world, alice) = world().await;
    for size in [1, 5 * MIB - 5, 5 * MIB - 4, 12 * MIB] {
        let mut content = b"%PDF-".to_vec();
        content.extend(PATTERN.iter().cycle().take(usize::try_from(size).unwrap()));
        let mut received = Received::new(&world.services.files, alice);
        let offer = offer("long.pdf", "application/pdf", NO_LIMIT);
        received.receive(offer, in_chunks(content.clone(), 1_000_000)).await.unwrap();
        let files = world.services.files.keep(received, None).await.unwrap();
        assert_eq!(files[0].size, content.len() as u64);
        assert_eq!(files[0].content_type, ContentType::Pdf);
        assert!(content_of(&world, alice, files[0].id).await == content, "{size}");
        assert!(content_of(&world.restarted(), alice, files[0].id).await == content, "{size}");
    }
}

#[tokio::test]
async fn what_is_found_is_in_the_order_that_was_asked_for() {
    let (world, alice) = world().await;
    world.user("bob").await;
    let mut files = Vec::new();
    for number in 0..120 {
        files.push(world.keep_file("alice", &format!("{number}.txt"), "Hello").await);
    }
    let nothing = FileId::new(alice.uuid());
    let mut ids: Vec<FileId> = files.iter().rev().map(|file| file.id).collect();
    ids.extend([nothing, files[5].id, files[5].id]);
    let found = world.services.files.find(alice, &ids).await.unwrap();
    let mut expected: Vec<Option<File>> = files.iter().rev().cloned().map(Some).collect();
    expected.extend([None, Some(files[5].clone()), Some(files[5].clone())]);
    assert_eq!(found, expected);
    assert_eq!(world.services.files.find(world.id_of("bob"), &ids[..1]).await.unwrap(), [None]);
    assert_eq!(world.services.files.find(alice, &[]).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let (world, alice) = world().await;
    let octets = "application/octet-stream";
    let html = b"  \n<!DOCTYPE html><script>alert(1)</script>";
    let refused: [(&str, &str, &[u8], Problem); 16] = [
        ("..", octets, b"x", Problem::FileName),
        ("setup.exe", octets, b"MZ\x90\0", Problem::FileExtension),
        ("noextension", octets, b"x", Problem::FileExtension),
        ("logo.svg", "image/svg+xml", b"<svg/>", Problem::FileExtension),
        ("page.html", "text/html", html, Problem::FileExtension),
        ("photo.png", "text/html", PNG, Problem::FileContent),
        ("photo.png", octets, b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff", Problem::FileContent),
        ("photo.png", octets, html, Problem::FileContent),
        ("photo.png", octets, b"\x89PN", Problem::FileContent),
        ("photo.jpg", "image/jpeg", PNG, Problem::FileContent),
        ("notes.txt", "text/plain", html, Problem::FileContent),
        ("notes.md", octets, b"#!/bin/sh\nrm -rf /", Problem::FileContent),
        ("notes.txt", octets, b"\x7fELF\0", Problem::FileContent),
        ("notes.txt", octets, b"caf\xe9\x81", Problem::FileContent),
        ("data.json", octets, b"nothing of the kind", Problem::FileContent),
        ("empty.txt", octets, b"", Problem::FileEmpty),
    ];
    for (name, declared_type, content, expected) in refused {
        let answer = receive(&world, alice, offer(name, declared_type, NO_LIMIT), content.to_vec()).await;
        assert_eq!(problem(answer), expected, "{name} {declared_type}");
        assert_eq!(world.stored(), NOTHING, "{name} {declared_type}");
    }
}

#[tokio::test]
async fn one_byte_over_the_limit() {
    let (world, alice) = world().await;
    let mut image = PNG.to_vec();
    image.resize(usize::try_from(10 * MIB).unwrap(), 0);
    let kept = receive(&world, alice, offer("photo.png", "image/png", NO_LIMIT), image.clone()).await.unwrap();
    world.services.files.discard(alice, &[kept]).await;
    assert_eq!(world.stored(), NOTHING);
    image.push(0);
    let refused = receive(&world, alice, offer("photo.png", "image/png", NO_LIMIT), image).await;
    assert!(matches!(refused, Err(Error::TooLarge { max_bytes }) if max_bytes == 10 * MIB));
    let refused = receive(&world, alice, offer("notes.txt", "", 4), b"Hello".to_vec()).await;
    assert!(matches!(refused, Err(Error::TooLarge { max_bytes: 4 })));
    assert_eq!(world.stored(), NOTHING);
}

#[tokio::test]
async fn a_text_that_turns_out_to_be_none_after_many_parts() {
    let (world, alice) = world().await;
    let mut text = vec![b'a'; 20_000_000];
    text.push(0);
    let refused = receive(&world, alice, offer("notes.txt", "text/plain", NO_LIMIT), text).await;
    assert_eq!(problem(refused), Problem::FileContent);
    assert_eq!(world.stored(), NOTHING);
}

#[tokio::test]
async fn a_body_that_breaks_off() {
    let (world, alice) = world().await;
    for length in [5, 20_000_000] {
        let broken = stream::iter([Err(Error::NoSuchPage)]);
        let content = in_chunks(vec![b'a'; length], 1_000_000).chain(broken);
        let refused = world.services.files.receive(alice, offer("notes.txt", "", NO_LIMIT), u64::MAX, content).await;
        assert!(matches!(refused, Err(Error::NoSuchPage)));
        assert_eq!(world.stored(), NOTHING, "{length}");
    }
}

#[tokio::test]
async fn a_client_that_vanishes() {
    let (world, alice) = world().await;
    for length in [5, 20_000_000] {
        let content = in_chunks(vec![b'a'; length], 1_000_000).chain(stream::pending());
        let receiving = world.services.files.receive(alice, offer("notes.txt", "", NO_LIMIT), u64::MAX, content);
        let begun = world.until("the upload begins", |world| length <= 5 || !world.stored().is_empty());
        let first = future::select(Box::pin(receiving), Box::pin(begun)).await;
        assert!(matches!(first, future::Either::Right(_)));
        drop(first);
        world.until_nothing_is_stored().await;
    }
}

#[tokio::test]
async fn files_that_are_received_and_not_wanted() {
    let (world, alice) = world().await;
    let files = &world.services.files;
    for is_dropped in [true, false] {
        let mut received = Received::new(files, alice);
        for name in ["a.txt", "b.txt"] {
            received.receive(offer(name, "", NO_LIMIT), in_chunks(b"Hello".to_vec(), 2)).await.unwrap();
        }
        assert_eq!(received.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.txt", "b.txt"]);
        assert!(!world.stored().is_empty());
        if is_dropped {
            drop(received)
        } else {
            received.discard().await
        }
        world.until_nothing_is_stored().await;
    }
    assert_eq!(world.rows("files"), [] as [serde_json::Value; 0]);
}

#[tokio::test]
async fn a_storage_that_fails() {
    let (world, alice) = world().await;
    std::fs::remove_dir_all(world.storage()).unwrap();
    let refused = receive(&world, alice, offer("notes.txt", "", NO_LIMIT), b"Hello".to_vec()).await;
    assert!(matches!(refused, Err(Error::Unavailable(_) | Error::Internal(_))), "{refused:?}");
}
