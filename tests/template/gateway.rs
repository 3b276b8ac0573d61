//! What comes through the gateway: routes, how long they may take, how many may come, and what it answers itself.

use super::{Function, function, functions, places, resource, text};
use crate::{
    threats::{
        routes::ROUTES,
        surface::{SIGN_INS, SIGN_UPS},
    },
    world::routes,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How long the gateway waits for an answer where nothing else is said.
const PATIENCE: u64 = 29;

/// A crate, a verb and a path of it.
type Served = (String, String, String);

/// What the crates' route tables have.
fn in_code() -> BTreeSet<Served> {
    let dialects = routes::declared().into_iter().chain(routes::of_pages());
    let dialects =
        dialects.map(|(function, route)| (function.to_owned(), route.method.to_owned(), places(&route.path)));
    let docs = routes::of_docs().into_iter().map(|path| ("docs".to_owned(), "GET".to_owned(), places(path)));
    dialects.chain(docs).collect()
}

fn behind_the_gateway() -> Vec<Function> {
    functions().into_iter().filter(|function| !function.routes.is_empty()).collect()
}

#[test]
fn every_route_is_an_event_of_the_function_that_has_it_and_every_event_a_route() {
    let events = functions().into_iter().flat_map(|function| {
        let binary = function.binary.clone();
        function.routes.into_iter().map(move |(verb, path)| (binary.clone(), verb, places(&path)))
    });
    let events: BTreeSet<Served> = events.filter(|(_, verb, _)| verb != "OPTIONS").collect();
    assert_eq!(events, in_code());
}

/// The gateway takes both forms of a path for one resource, so it cannot tell two programs apart by the slash.
#[test]
fn a_path_with_or_without_a_slash_belongs_to_one_program_and_each_verb_of_it_to_one_function() {
    let (mut programs, mut served) = (BTreeMap::new(), BTreeSet::new());
    for function in functions() {
        for (verb, path) in function.routes {
            assert!(path == "/" || !path.ends_with('/'), "{path}");
            let program = programs.entry(places(&path)).or_insert_with(|| function.binary.clone());
            assert_eq!(*program, function.binary, "{path}");
            assert!(served.insert((verb, places(&path))), "{}: {path}", function.name);
        }
    }
}

/// Else the gateway would answer preflights of browsers as it answers unknown paths.
#[test]
fn every_path_answers_browsers_that_ask_whether_they_may_call() {
    let paths = |wanted: fn(&str) -> bool| -> BTreeSet<String> {
        let routes = behind_the_gateway().into_iter().flat_map(|function| function.routes);
        routes.filter(|(verb, _)| wanted(verb)).map(|(_, path)| path).collect()
    };
    assert_eq!(paths(|verb| verb == "OPTIONS"), paths(|verb| verb != "OPTIONS"));
}

/// Whoever sends files, or what was said, in one answer may send more than the 6 MB that fit into one piece.
#[test]
fn a_function_streams_its_answers_exactly_if_the_gateway_expects_that() {
    let mut streaming = BTreeSet::new();
    for function in functions() {
        let events = function.events("Api");
        let is_set = function.environment().contains(&("STREAM_RESPONSES".to_owned(), "1".to_owned()));
        let mode = if is_set { json!("RESPONSE_STREAM") } else { Value::Null };
        for event in &events {
            assert_eq!((&event["RestApiId"], &event["ResponseTransferMode"]), (&json!("RestApi"), &mode), "{event}");
        }
        if is_set {
            streaming.insert(function.name);
        }
    }
    assert_eq!(streaming, ["AssistantsFunction", "FilesFunction", "Messages", "WebMessages"].map(str::to_owned).into());
}

/// How many seconds the gateway waits for each route that is not like the others.
fn patience(function: &Function) -> BTreeMap<String, u64> {
    let events = function.events("Api").into_iter();
    let slow = events.filter_map(|event| Some((text(&event["Path"]), event["TimeoutInMillis"].as_u64()? / 1000)));
    slow.collect()
}

#[test]
fn a_function_may_run_for_as_long_as_the_gateway_waits() {
    for function in behind_the_gateway() {
        let longest = patience(&function).into_values().max().unwrap_or(PATIENCE);
        assert_eq!(function.timeout(), longest, "{}", function.name);
    }
}

/// The routes of all dialects that a model answers.
const ASK_MODELS: [&str; 8] = [
    "/api/chat",
    "/api/v1/chat",
    "/api/v1/chat/sessions/{session_id}/chats",
    "/api/v1/conversations",
    "/api/v1/conversations/{conversation_id}/messages",
    "/api/v1/conversations/{conversation_id}/messages/stream",
    "/api/v1/conversations/{conversation_id}/messages/{message_id}/stream",
    "/send",
];

#[test]
fn a_reply_is_settled_before_its_time_is_over() {
    let slow = patience(&function("Messages"));
    assert_eq!(slow.keys().map(String::as_str).collect::<BTreeSet<_>>(), ASK_MODELS.into());
    let limit = super::template()["Parameters"]["ModelTimeoutSeconds"]["MaxValue"].as_u64().unwrap();
    for (path, seconds) in slow {
        assert!(seconds >= limit + 60, "{path}: {seconds}");
    }
}

/// The routes whose bodies have a password: the functions hash it. Each is a verb and a path as the template has it.
fn with_passwords() -> BTreeSet<(String, String)> {
    let have = |name: &str| name.ends_with("password");
    let routes = ROUTES.iter().filter(|route| route.fields.iter().any(|field| have(field.name)));
    let routes: BTreeSet<_> = routes.map(|route| (route.verb.to_owned(), places(route.path))).collect();
    for endpoint in SIGN_INS.iter().chain(&SIGN_UPS) {
        assert!(routes.contains(&("POST".to_owned(), places(endpoint.path))), "{}", endpoint.path);
    }
    let served = functions().into_iter().flat_map(|function| function.routes);
    let found: BTreeSet<_> = served.filter(|(verb, path)| routes.contains(&(verb.clone(), places(path)))).collect();
    assert_eq!(found.len(), routes.len());
    found
}

#[test]
fn routes_that_take_a_password_are_throttled_more_than_the_rest() {
    let rule = |path: &str, verb: &str, kind: &str| {
        json!({
            "ResourcePath": path,
            "HttpMethod": verb,
            "MetricsEnabled": "RouteMetrics",
            "ThrottlingRateLimit": format!("Throttle{kind}Rate"),
            "ThrottlingBurstLimit": format!("Throttle{kind}Burst"),
        })
    };
    let written = |path: &str| format!("/{}", path.replace('/', "~1"));
    let mut wanted: Vec<Value> =
        with_passwords().iter().map(|(verb, path)| rule(&written(path), verb, "Auth")).collect();
    wanted.push(rule("/*", "*", ""));
    let settings = resource("RestApi")["MethodSettings"].as_array().unwrap().clone();
    let sorted = |mut rules: Vec<Value>| {
        rules.sort_by_key(Value::to_string);
        rules
    };
    assert_eq!(sorted(settings), sorted(wanted));
    let parameters = &super::template()["Parameters"];
    let default = |name: &str| parameters[name]["Default"].as_u64().unwrap();
    assert!(default("ThrottleAuthRate") < default("ThrottleRate"));
    assert!(default("ThrottleAuthBurst") < default("ThrottleBurst"));
}

#[test]
fn what_the_gateway_answers_itself_is_json_that_tells_nothing_about_it() {
    let api = resource("RestApi");
    let mut answers = BTreeMap::new();
    for (kind, answer) in api["GatewayResponses"].as_object().unwrap() {
        let templates = answer["ResponseTemplates"].as_object().unwrap();
        assert_eq!(templates.keys().collect::<Vec<_>>(), ["application/json"], "{kind}");
        let body: Value = serde_json::from_str(templates["application/json"].as_str().unwrap()).unwrap();
        let headers = &answer["ResponseParameters"]["Headers"];
        assert_eq!(headers["Cache-Control"], "'no-store'", "{kind}");
        assert_eq!(headers["X-Content-Type-Options"], "'nosniff'", "{kind}");
        assert_eq!(headers.get("Retry-After").is_some(), kind == "THROTTLED", "{kind}");
        answers.insert(kind.as_str(), (answer["StatusCode"].as_u64(), body));
    }
    let says = |status: Option<u64>, text: &str| (status, json!({"detail": text}));
    let unknown = says(Some(404), "Not found.");
    assert_eq!(
        answers,
        BTreeMap::from([
            ("MISSING_AUTHENTICATION_TOKEN", unknown.clone()),
            ("INVALID_SIGNATURE", unknown.clone()),
            ("EXPIRED_TOKEN", unknown.clone()),
            ("RESOURCE_NOT_FOUND", unknown),
            ("REQUEST_TOO_LARGE", says(Some(413), "The request is too large.")),
            ("THROTTLED", says(Some(429), "Too many requests. Try again later.")),
            ("INTEGRATION_FAILURE", says(Some(503), "The service is not available. Try again later.")),
            ("INTEGRATION_TIMEOUT", says(Some(504), "The service took too long.")),
            ("DEFAULT_4XX", says(None, "The request was refused.")),
            ("DEFAULT_5XX", says(None, "Something went wrong.")),
        ])
    );
    assert_eq!(api["BinaryMediaTypes"], json!(["*~1*"]), "files travel as bytes");
}
