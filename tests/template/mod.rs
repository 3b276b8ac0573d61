//! The template held against the code: what one of them says, the other one does.

mod events;
mod gateway;
mod generated;
mod safety;
mod settings;
mod tables;

use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, sync::LazyLock};

/// An action and what it is done to: `dynamodb:Query`, `sessions/index/owner-by-title`.
pub type Permission = (String, String);

/// A function of the template.
pub struct Function {
    pub name: String,
    /// The crate of the program that it runs.
    pub binary: String,
    /// Verb and path, without a final slash: the gateway takes both forms for one.
    pub routes: BTreeSet<(String, String)>,
    pub allowed: BTreeSet<Permission>,
    /// As the template has them, with what holds for all functions.
    properties: Value,
}

impl Function {
    /// Whether models answer some of its routes.
    pub fn asks_models(&self) -> bool {
        self.binary == "chat" || self.name == "WebMessages"
    }

    /// What it may do to tables and queues: the tests see those calls.
    pub fn allowed_to_tables_and_queues(&self) -> BTreeSet<Permission> {
        // Lambda reads queues and the stream for it.
        let reading = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "dynamodb:ListStreams"];
        let known = |(action, resource): &&Permission| {
            ["dynamodb:", "sqs:"].iter().any(|service| action.starts_with(service))
                && !["givenup", "Outbox.StreamArn"].contains(&resource.as_str())
                && !reading.contains(&action.as_str())
        };
        self.allowed.iter().filter(known).cloned().collect()
    }

    /// Seconds that it may run.
    fn timeout(&self) -> u64 {
        self.properties["Timeout"].as_u64().unwrap()
    }

    /// Its environment: names and values as the template has them.
    fn environment(&self) -> Vec<(String, String)> {
        let variables = self.properties["Environment"]["Variables"].as_object().unwrap().iter();
        variables.map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// The properties of its events of a kind.
    fn events(&self, kind: &str) -> Vec<&Value> {
        let events = self.properties["Events"].as_object().into_iter().flat_map(|events| events.values());
        events.filter(|event| event["Type"] == kind).map(|event| &event["Properties"]).collect()
    }
}

/// The whole template. `!Ref Users` reads as `Users`, `!GetAtt Users.Arn` as `Users.Arn`.
pub fn template() -> &'static Value {
    static TEMPLATE: LazyLock<Value> = LazyLock::new(|| {
        let template = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
        serde_saphyr::from_str(&template).unwrap()
    });
    &TEMPLATE
}

/// The names and properties of all resources of a kind.
fn resources(kind: &str) -> Vec<(String, Value)> {
    let template = template();
    let resources = template["Resources"].as_object().unwrap().iter();
    let resources = resources.filter(|(_, resource)| resource["Type"] == kind);
    resources.map(|(name, resource)| (name.clone(), resource["Properties"].clone())).collect()
}

/// The properties of a resource.
fn resource(name: &str) -> Value {
    template()["Resources"][name]["Properties"].clone()
}

/// All functions.
pub fn functions() -> Vec<Function> {
    let template = template();
    let globals = &template["Globals"]["Function"];
    let resources = template["Resources"].as_object().unwrap().iter();
    let functions = resources.filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function");
    let read = |(name, resource): (&String, &Value)| {
        let mut properties = globals.clone();
        merge(&mut properties, &resource["Properties"]);
        let mut function = Function {
            name: name.clone(),
            binary: text(&resource["Metadata"]["BuildProperties"]["Binary"]),
            routes: BTreeSet::new(),
            allowed: properties["Policies"].as_array().into_iter().flatten().flat_map(allowed).collect(),
            properties,
        };
        let route = |api: &Value| (text(&api["Method"]), text(&api["Path"]));
        function.routes = function.events("Api").into_iter().map(route).collect();
        function
    };
    functions.map(read).collect()
}

/// The function with this name.
pub fn function(name: &str) -> Function {
    functions().into_iter().find(|function| function.name == name).unwrap()
}

/// What holds for one is added to what holds for all.
fn merge(all: &mut Value, one: &Value) {
    for (name, value) in one.as_object().unwrap() {
        match (&mut all[name], value) {
            (there @ Value::Object(_), Value::Object(_)) => merge(there, value),
            (there, value) => *there = value.clone(),
        }
    }
}

fn allowed(policy: &Value) -> Vec<Permission> {
    // `!If [AsksBedrock, policy, !Ref AWS::NoValue]` reads as a list.
    let policy = if policy.is_array() { &policy[1] } else { policy };
    let statements = policy["Statement"].as_array().unwrap().iter();
    let pairs = statements.flat_map(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        let (actions, resources) = (texts(&statement["Action"]), texts(&statement["Resource"]));
        actions.into_iter().flat_map(move |action| {
            let pair = |resource: &String| (action.clone(), named(resource));
            resources.iter().map(pair).collect::<Vec<_>>()
        })
    });
    pairs.collect()
}

/// `Users.Arn` is the table `users`, `${Users.Arn}/index/directory` an index of it.
fn named(resource: &str) -> String {
    let Some((table, rest)) = resource.split_once(".Arn") else {
        return resource.to_owned();
    };
    format!("{}{}", table.trim_start_matches("${").to_lowercase(), rest.trim_start_matches('}'))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// One text, or several.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

/// What is left of a path when the names of its parameters do not count, nor its final slash.
fn places(path: &str) -> String {
    if path == "/" {
        return path.to_owned();
    }
    let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    path.trim_end_matches('/').split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn what_holds_for_one_is_added_to_what_holds_for_all() {
    let mut all = json!({"Timeout": 29, "Environment": {"Variables": {"A": "1"}}});
    merge(&mut all, &json!({"Timeout": 900, "Environment": {"Variables": {"B": "2"}}}));
    assert_eq!(all, json!({"Timeout": 900, "Environment": {"Variables": {"A": "1", "B": "2"}}}));
}
