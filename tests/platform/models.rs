//! `GET /api/v1/models`, which spec 001 does not have, the setting `MODELS`, and the model that answers.

use super::{error, talk::*};
use crate::world::World;
use serde_json::{Value, json};
use shared::config::{Config, ModelSettings};
use std::collections::HashMap;

const MODELS: &str = "/api/v1/models";

fn model(id: &str, name: &str, is_default: bool) -> Value {
    json!({"id": id, "name": name, "is_default": is_default})
}

async fn listed(settings: &[(&str, &str)]) -> Value {
    let world = World::with(settings);
    let reply = world.user("alice").await.get(MODELS).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

fn read(settings: &[(&'static str, &'static str)]) -> Result<ModelSettings, String> {
    let settings: HashMap<_, _> = settings.iter().copied().collect();
    let read = Config::read(|name| settings.get(name).map(|value| (*value).to_owned()));
    read.map(|config| config.model).map_err(|error| error.to_string())
}

#[tokio::test]
async fn without_settings_there_is_echo() {
    assert_eq!(listed(&[]).await, json!({"items": [model("echo", "echo", true)]}));
    assert_eq!(World::new().anonymous().get(MODELS).await.status, 401);
}

#[tokio::test]
async fn what_the_operator_allows() {
    let (name, models) = ("MODEL_NAME", "MODELS");
    let (small, large) =
        (|is_default| model("small:8b", "Small", is_default), |it| model("org/large", "org/large", it));
    let both = " small:8b = Small ,org/large";
    let cases = [
        (vec![(name, "org/large")], vec![large(true)]),
        (vec![(models, both)], vec![small(true), large(false)]),
        (vec![(models, both), (name, "org/large")], vec![small(false), large(true)]),
        (vec![(models, both), (name, " other ")], vec![model("other", "other", true), small(false), large(false)]),
        (vec![(models, "a=One, two = 2")], vec![model("a", "One", true), model("two", "2", false)]),
        (vec![(models, "a=b=c")], vec![model("a", "b=c", true)]),
        (vec![(models, " "), (name, " ")], vec![model("echo", "echo", true)]),
    ];
    for (settings, expected) in cases {
        assert_eq!(listed(&settings).await, json!({"items": expected}), "{settings:?}");
    }
}

#[test]
fn a_provider_may_have_a_single_model_whatever_its_name() {
    let url = ("MODEL_BASE_URL", "http://127.0.0.1:9/v1");
    let default = |settings: &[_]| read(settings).map(|model| model.models.default_id().as_str().to_owned());
    assert_eq!(default(&[url, ("MODELS", "b,a")]), Ok("b".to_owned()));
    assert_eq!(default(&[url, ("MODEL_NAME", "m")]), Ok("m".to_owned()));
    assert_eq!(default(&[url]), Ok("default".to_owned()));
}

#[test]
fn what_cannot_be_a_list_ends_the_start() {
    let without_id = "MODELS: has an entry without an id; each entry is `id` or `id=Name`";
    let without_name = "MODELS: has an entry with an empty name; each entry is `id` or `id=Name`";
    let cases = [
        (",", without_id),
        ("a,", without_id),
        ("a,,b", without_id),
        ("=Name", without_id),
        ("a, =Name", without_id),
        ("a=", without_name),
        ("a= ,b", without_name),
        ("a,b,a", "MODELS: lists `a` twice"),
        ("a=One,a=Two", "MODELS: lists `a` twice"),
    ];
    for (list, message) in cases {
        assert_eq!(read(&[("MODELS", list)]).map(|_| ()), Err(message.to_owned()), "{list}");
    }
    let long: &'static str = "m".repeat(256).leak();
    for setting in ["MODELS", "MODEL_NAME"] {
        let message = format!("{setting}: `{long}` is longer than 255 characters");
        assert_eq!(read(&[(setting, long)]).map(|_| ()), Err(message));
    }
}

#[tokio::test]
async fn an_assistants_model_answers_if_it_is_allowed() {
    let world = World::with(&[("MODELS", "first,second=Second")]);
    let alice = world.user("alice").await;
    let cases = [
        (Value::Null, "first"),
        (json!("first"), "first"),
        (json!(" second "), "second"),
        (json!("Second"), "first"),
        (json!("gpt-4"), "first"),
    ];
    for (at, (wanted, _)) in cases.iter().enumerate() {
        let made = made(alice.post(ASSISTANTS, json!({"name": format!("No. {at}"), "model": wanted})).await);
        let kept = wanted.as_str().map_or(Value::Null, |text| json!(text.trim()));
        assert_eq!(made["model"], kept, "an unknown model is kept");
        let path = begin(&alice, json!({"assistant_id": made["id"]})).await;
        assert_eq!(say(&alice, &path, "Hello").await.status, 201);
    }
    let asked = world.model.prompts().into_iter().map(|prompt| prompt.model.unwrap());
    assert_eq!(asked.collect::<Vec<_>>(), cases.map(|(_, answering)| answering));
    assert_eq!(say(&alice, &begin(&alice, json!({})).await, "Hello").await.status, 201);
    assert_eq!(world.model.prompts().pop().unwrap().model.as_deref(), Some("first"));
}

#[tokio::test]
async fn the_list_is_the_same_for_everybody_and_cannot_be_changed() {
    let world = World::new();
    for actor in [world.user("alice").await, world.admin("root").await] {
        assert_eq!(actor.get(MODELS).await.body, json!({"items": [model("echo", "echo", true)]}));
        let refused = actor.post(MODELS, json!({"id": "gpt-4"})).await;
        assert_eq!(refused.status, 405);
        let detail = "Method \"POST\" not allowed.";
        assert_eq!(refused.body, error(405, "METHOD_NOT_ALLOWED", detail));
    }
}
