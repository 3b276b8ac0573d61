//! The sample events of functions behind the gateway, shaped as it sends them: read by the library that reads them
//! on Lambda, answered by the service that runs there. Those of other functions are beside the tests of what these
//! do.

use super::{functions, places, resource, text};
use crate::world::World;
use axum::Router;
use lambda_http::{Adapter, Context, LambdaEvent, Request, RequestExt, Service, request::LambdaRequest};
use serde_json::{Map, Value};
use shared::{lambda::behind_gateway, service::Services};
use std::{collections::BTreeSet, fs, path::Path};
use tower::ServiceExt;

/// A function's program, a sample, and the status of its answer.
const SAMPLES: [(&str, &str, u64); 27] = [
    ("assistants", "create", 201),
    ("assistants", "unknown", 404),
    ("auth", "register", 201),
    ("auth", "wrong-password", 401),
    ("balances", "invalid-token", 401),
    ("balances", "tokens", 200),
    ("chat", "no-message", 400),
    ("chat", "send", 200),
    ("docs", "page", 200),
    ("docs", "preflight", 405),
    ("docs", "slash", 308),
    ("files", "content", 200),
    ("files", "unknown", 404),
    ("health", "health", 200),
    ("health", "preflight", 405),
    ("live", "not-an-administrator", 403),
    ("live", "ticket", 200),
    ("models", "list", 200),
    ("models", "no-credential", 401),
    ("tools", "list", 200),
    ("tools", "not-an-administrator", 403),
    ("users", "create", 201),
    ("users", "no-credential", 401),
    ("web", "not-signed-in", 401),
    ("web", "sign-in-form", 200),
    ("webhooks", "create", 201),
    ("webhooks", "inner-address", 422),
];
/// The file in the samples.
const FILE: &str = "018e376b-9ce0-7000-8000-000000000004";

fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../events"))
}

fn sample(function: &str, name: &str) -> String {
    fs::read_to_string(directory().join(function).join(format!("{name}.json"))).unwrap()
}

/// What the function's program runs.
fn routes(function: &str, services: &Services) -> Router {
    let group = docs::groups().into_iter().find(|group| group.name() == function);
    match (group, function) {
        (Some(group), _) => group.router(services),
        (None, "web") => web::router(services),
        (None, _) => ::docs::router(),
    }
}

/// What a function's environment says to the library; a test cannot change the environment.
fn without_stage(mut request: Request) -> Request {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri = format!("{}{query}", request.raw_http_path());
    *request.uri_mut() = uri.parse().unwrap();
    request
}

/// The answer as Lambda gives it to the gateway, but that a body of JSON is shown as what it says.
async fn answer(function: &str, event: &str, world: &World) -> Value {
    let service = behind_gateway(&world.services.config, routes(function, &world.services));
    let request: LambdaRequest = serde_json::from_str(event).unwrap();
    let mut service = Adapter::from(service.map_request(without_stage));
    let answer = service.call(LambdaEvent::new(request, Context::default())).await.unwrap();
    let mut answer = serde_json::to_value(answer).unwrap();
    // The tests of pages are about their content, which has the version of all scripts and styles.
    if function == "web" && answer["multiValueHeaders"]["content-type"][0] == "text/html; charset=utf-8" {
        answer["body"] = "(a page)".into();
    }
    if let Some(Ok(body)) = answer["body"].as_str().map(serde_json::from_str::<Value>) {
        answer["body"] = body;
    }
    answer
}

/// The sample as it is, in a world where nobody is yet; if it needs a token, with that of somebody who has a file.
async fn answered(function: &str, name: &str) -> Value {
    let (world, event) = (World::new(), sample(function, name));
    if !event.contains("TOKEN") {
        return answer(function, &event, &world).await;
    }
    let alice = world.user("alice").await;
    let file = world.keep_file("alice", "notes.txt", "Hello").await.id.to_string();
    answer(function, &event.replace("TOKEN", alice.token()).replace(FILE, &file), &world).await
}

#[tokio::test]
async fn every_sample_is_answered() {
    let mut answers = Map::new();
    for (function, name, status) in SAMPLES {
        let answer = answered(function, name).await;
        assert_eq!(answer["statusCode"], status, "{function}/{name}: {answer}");
        answers.insert(format!("{function}/{name}"), answer);
    }
    insta::assert_json_snapshot!("answers_to_samples", answers);
}

#[test]
fn every_function_has_samples_and_every_sample_is_tried() {
    let tried: BTreeSet<String> = SAMPLES.iter().map(|(function, name, _)| format!("{function}/{name}.json")).collect();
    let mut there = BTreeSet::new();
    for function in functions() {
        let samples = fs::read_dir(directory().join(&function.binary)).unwrap();
        let names = samples.map(|file| file.unwrap().file_name().into_string().unwrap());
        let names: Vec<String> = names.map(|name| format!("{}/{name}", function.binary)).collect();
        assert!(!names.is_empty(), "{}", function.name);
        if function.routes.is_empty() {
            continue;
        }
        let status = |succeeds: bool| {
            let mut of = SAMPLES.iter().filter(|(binary, _, _)| *binary == function.binary);
            of.any(|(_, _, status)| (*status < 300) == succeeds)
        };
        assert!(status(true) && status(false), "{}: a success and a failure", function.name);
        there.extend(names);
    }
    assert_eq!(there, tried);
}

#[test]
fn samples_are_of_routes_that_the_gateway_has() {
    let stage = text(&resource("RestApi")["StageName"]);
    for (binary, name, _) in SAMPLES {
        let event: Value = serde_json::from_str(&sample(binary, name)).unwrap();
        let context = &event["requestContext"];
        let (verb, resource, path) = (text(&event["httpMethod"]), text(&event["resource"]), text(&event["path"]));
        let route = (verb.clone(), resource.clone());
        let mut functions = functions().into_iter().filter(|function| function.binary == binary);
        assert!(functions.any(|function| function.routes.contains(&route)), "{binary}/{name}");
        let parameters = event["pathParameters"].as_object().into_iter().flatten();
        let filled = parameters.fold(resource.clone(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), value.as_str().unwrap())
        });
        assert_eq!(places(&filled), places(&path), "{binary}/{name}");
        let told = ["httpMethod", "resourcePath", "path", "stage"].map(|field| text(&context[field]));
        assert_eq!(told, [verb, resource, format!("/{stage}{path}"), stage.clone()], "{binary}/{name}");
        for (all, one) in
            [("multiValueHeaders", "headers"), ("multiValueQueryStringParameters", "queryStringParameters")]
        {
            let several = event[one].as_object().map(|fields| {
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::from(vec![value.clone()])))
                    .collect::<Map<_, _>>()
            });
            assert_eq!(event[all], serde_json::to_value(several).unwrap(), "{binary}/{name}");
        }
    }
}

#[tokio::test]
async fn the_janitor_works_when_its_hour_has_come() {
    let event: Value = serde_json::from_str(&sample("janitor", "hourly")).unwrap();
    assert_eq!(event["detail-type"], "Scheduled Event");
    let world = World::new();
    let (alice, root) = (world.user("alice").await, world.admin("root").await);
    assert_eq!(alice.post("/send/", serde_json::json!({"message": "Hello"})).await.status, 200);
    assert_eq!(root.delete(&format!("/api/v1/users/{}", world.id_of("alice"))).await.status, 204);
    let to_remove = || world.rows("users").iter().filter(|row| row["pk"]["S"] == "sweep").count();
    assert_eq!(to_remove(), 1);
    janitor::tidy(world.services.clone()).await.unwrap();
    assert_eq!(to_remove(), 0);
}
