//! Passages that are found by their meaning, with a provider of embeddings.

use super::talk::*;
use crate::{
    log::Logged,
    world::{Actor, ConceptModel, World},
};
use serde_json::{Value, json};
use tracing_subscriber::fmt;

const LOGBOOK: &str = "On Monday the lorry was mended in the yard.";
const RECIPE: &str = "Simmer the lentils for forty minutes with cumin, carrots and bay leaves.";
/// No word of it is in the logbook.
const IN_OTHER_WORDS: &str = "When did somebody repair that truck?";

fn world_with(model: &ConceptModel, name: &str) -> World {
    World::with(&[("EMBEDDINGS_BASE_URL", &model.url), ("EMBEDDINGS_MODEL", name), ("EMBEDDINGS_API_KEY", "sk-secret")])
}

/// A conversation with an assistant that knows the two texts, after they were read.
async fn knowing(world: &World, owner: &Actor) -> (Vec<String>, String) {
    let mut ids = Vec::new();
    for (name, content) in [("logbook.txt", LOGBOOK), ("soup.md", RECIPE)] {
        ids.push(world.keep_file("alice", name, content).await.id.to_string());
    }
    assert_eq!(world.read_files().await, 2);
    let assistant = made(owner.post(ASSISTANTS, json!({"name": "Ada", "files": ids})).await);
    let path = begin(owner, json!({"assistant_id": assistant["id"], "title": "Work"})).await;
    (ids, path)
}

/// The names of the files that an answer has from.
async fn sources(owner: &Actor, path: &str, question: &str) -> Vec<String> {
    let reply = say(owner, path, question).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let sources = reply.body["assistant_message"]["sources"].as_array().unwrap().clone();
    sources.iter().map(|source: &Value| source["filename"].as_str().unwrap().to_owned()).collect()
}

fn vectors(world: &World) -> usize {
    world.stored().iter().filter(|path| path.to_string_lossy().ends_with("/vectors")).count()
}

#[tokio::test]
async fn a_question_in_other_words_finds_what_it_means() {
    let model = ConceptModel::start().await;
    let world = world_with(&model, "small");
    let alice = world.user("alice").await;
    let (ids, path) = knowing(&world, &alice).await;
    let mut of_files = model.texts();
    of_files.sort();
    assert_eq!(of_files, [[LOGBOOK], [RECIPE]]);
    assert_eq!(vectors(&world), 2);
    assert_eq!(sources(&alice, &path, IN_OTHER_WORDS).await, ["logbook.txt"]);
    assert_eq!(model.texts()[2..], [[IN_OTHER_WORDS]]);
    // By words, as without a provider.
    assert_eq!(sources(&alice, &path, "How long do bay leaves simmer?").await, ["soup.md"]);
    // What fits nothing, by words and by meaning, still finds nothing. A greeting is not sent to anybody.
    assert_eq!(sources(&alice, &path, "What is the turnover of Northwind Energy?").await, [""; 0]);
    let asked = model.texts().len();
    assert_eq!(sources(&alice, &path, "Hello!").await, [""; 0]);
    assert_eq!(model.texts().len(), asked);
    // The vectors go with the file.
    for id in ids {
        assert_eq!(alice.delete(&format!("/api/v1/files/{id}")).await.status, 204);
    }
    while !world.services.sweeper.sweep().await.unwrap() {}
    world.until_nothing_is_stored().await;
}

#[tokio::test]
async fn without_the_provider_words_are_enough_and_the_log_says_so_once() {
    let model = ConceptModel::start().await;
    let world = world_with(&model, "small");
    let alice = world.user("alice").await;
    let (_, path) = knowing(&world, &alice).await;
    model.answers(401);
    let logged = tracing::subscriber::set_default(fmt().json().with_writer(|| Logged).finish());
    let by_words = sources(&alice, &path, "When was the lorry mended?").await;
    drop(logged);
    assert_eq!(by_words, ["logbook.txt"]);
    let log = Logged::text();
    assert_eq!(log.matches("the provider made no vectors").count(), 1, "{log}");
    assert!(!log.contains("secret") && !log.contains("lorry"), "{log}");
    assert_eq!(sources(&alice, &path, IN_OTHER_WORDS).await, [""; 0]);
}

#[tokio::test]
async fn files_that_were_read_without_the_provider_are_found_by_words() {
    let model = ConceptModel::start().await;
    let world = world_with(&model, "small");
    let alice = world.user("alice").await;
    model.answers(403);
    let (ids, path) = knowing(&world, &alice).await;
    assert_eq!(vectors(&world), 0);
    for id in ids {
        assert_eq!(alice.get(&format!("/api/v1/files/{id}")).await.body["status"], "ready");
    }
    model.answers(200);
    let asked = model.texts().len();
    assert_eq!(sources(&alice, &path, "When was the lorry mended?").await, ["logbook.txt"]);
    assert_eq!(sources(&alice, &path, IN_OTHER_WORDS).await, [""; 0]);
    assert_eq!(model.texts().len(), asked, "there is nothing to compare a question with");
}

#[tokio::test]
async fn vectors_of_another_model_and_damaged_ones_are_not_used() {
    let provider = ConceptModel::start().await;
    let world = world_with(&provider, "small");
    let alice = world.user("alice").await;
    let (_, path) = knowing(&world, &alice).await;
    let settings = [("EMBEDDINGS_BASE_URL", &*provider.url), ("EMBEDDINGS_MODEL", "large")];
    let other = world.restarted_with(&settings);
    let alice_there = other.sign_in("alice").await;
    assert_eq!(sources(&alice_there, &path, IN_OTHER_WORDS).await, [""; 0]);
    assert_eq!(sources(&alice_there, &path, "When was the lorry mended?").await, ["logbook.txt"]);
    let same = world.restarted();
    assert_eq!(sources(&same.sign_in("alice").await, &path, IN_OTHER_WORDS).await, ["logbook.txt"]);
    for stored in world.stored().iter().filter(|path| path.to_string_lossy().ends_with("/vectors")) {
        std::fs::write(stored, "QKV").unwrap();
    }
    let damaged = world.restarted();
    let alice_there = damaged.sign_in("alice").await;
    assert_eq!(sources(&alice_there, &path, IN_OTHER_WORDS).await, [""; 0]);
    assert_eq!(sources(&alice_there, &path, "When was the lorry mended?").await, ["logbook.txt"]);
}
