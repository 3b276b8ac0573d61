//! What the template tells functions and operators, and what the code asks for.

use super::{functions, template, text};
use serde_json::Value;
use shared::config::{Config, OF_THE_STACK};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// What no function is told, for a reason.
const NOT_ON_LAMBDA: [&str; 9] = [
    // These are in secrets instead. That of the signing key has the one before it, too.
    "JWT_SECRET",
    "JWT_SECRET_PREVIOUS",
    "MODEL_API_KEY",
    "EMBEDDINGS_API_KEY",
    "SEARCH_API_KEY",
    // Administrators are made by a command.
    "QUINTET_ADMIN_EMAIL",
    "QUINTET_ADMIN_PASSWORD",
    // The gateway tells the client's address itself.
    "TRUSTED_PROXIES",
    // Clients are tested against a server on a laptop.
    "ECHO_SCRIPTS",
];

/// What the library asks for that reads the gateway's events: the stage's name is not part of our paths.
const OF_LAMBDA_HTTP: &str = "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH";

/// The values of all settings that functions are told. A setting has one value, or adds to the common one.
fn told() -> BTreeMap<String, String> {
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for function in functions() {
        for (name, value) in function.environment() {
            if let Some(common) = told.get(&name)
                && *common != value
            {
                assert_eq!(name, "OUTBOUND_DENY", "{}", function.name);
                let shorter = if common.len() < value.len() { common.clone() } else { value };
                told.insert(name, shorter);
                continue;
            }
            told.insert(name, value);
        }
    }
    told
}

/// A parameter's default in the place of the parameter.
fn by_default(value: &str) -> Option<String> {
    match &template()["Parameters"][value]["Default"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[test]
fn every_setting_is_told_or_left_out_for_a_reason_and_none_is_made_up() {
    let asked = RefCell::new(BTreeSet::new());
    let read = Config::read(|name| {
        asked.borrow_mut().insert(name.to_owned());
        None
    });
    assert!(read.is_ok());
    let mut told: BTreeSet<String> = told().into_keys().collect();
    assert!(told.remove(OF_LAMBDA_HTTP));
    let left_out = NOT_ON_LAMBDA.map(str::to_owned).into();
    assert_eq!(asked.into_inner(), &told | &left_out);
    assert!(told.is_disjoint(&left_out));
}

#[test]
fn tables_go_by_the_names_of_their_resources() {
    let mut tables = 0;
    for (name, value) in told() {
        if let Some(table) = name.strip_prefix("TABLE_") {
            assert_eq!(value.to_uppercase(), table);
            tables += 1;
        }
    }
    assert_eq!(tables, super::resources("AWS::DynamoDB::Table").len());
}

#[test]
fn parameters_that_nobody_sets_mean_what_settings_that_nobody_sets_mean() {
    let told = told();
    let deployed = Config::read(|name| by_default(told.get(name)?)).unwrap();
    let plain = Config::read(|_| None).unwrap();
    let rules = |config: &Config| {
        let limits = (config.rate_limit_api, config.rate_limit_auth);
        let rest = (config.prices, config.model.clone(), config.webhook_retries.clone(), config.log.level.clone());
        let similarity = (config.embeddings.is_some(), config.min_similarity);
        format!("{limits:?} {rest:?} {similarity:?} {:?}", config.cors_origins)
    };
    assert_eq!(rules(&deployed), rules(&plain));
}

/// `TableUsers` for `TABLE_USERS`.
fn in_outputs(setting: &str) -> String {
    let word = |word: &str| format!("{}{}", &word[..1], word[1..].to_lowercase());
    setting.split('_').map(word).collect()
}

#[test]
fn operators_find_under_a_settings_name_what_functions_are_told() {
    let template = template();
    let outputs = template["Outputs"].as_object().unwrap();
    let told = told();
    let needed = OF_THE_STACK.into_iter().chain(["JWT_SECRET_ID", "INITIAL_TOKENS", "REFILL_TOKENS", "REFILL_HOURS"]);
    let needed = needed.map(|name| (in_outputs(name), told[name].clone()));
    let mut needed: BTreeMap<String, String> = needed.collect();
    let stage = "${AWS::Region}.${AWS::URLSuffix}";
    needed.insert("Url".to_owned(), format!("https://${{RestApi}}.execute-api.{stage}/v1"));
    needed.insert("WebSocketUrl".to_owned(), format!("wss://${{WebSocketApi}}.execute-api.{stage}/live"));
    needed.insert("AlarmTopic".to_owned(), "Alarms".to_owned());
    let given = outputs.iter().map(|(name, output)| (name.clone(), text(&output["Value"])));
    assert_eq!(given.collect::<BTreeMap<_, _>>(), needed);
}

#[test]
fn every_parameter_is_explained_and_belongs_to_a_group() {
    let template = template();
    let parameters = template["Parameters"].as_object().unwrap();
    for (name, parameter) in parameters {
        let description = parameter["Description"].as_str().unwrap();
        assert!(description.ends_with('.') && description.len() > 20, "{name}: {description}");
        assert!(parameter.get("Default").is_some(), "{name}: a deployment asks for nothing");
    }
    let groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].as_array().unwrap();
    let shown: Vec<String> = groups.iter().flat_map(|group| super::texts(&group["Parameters"])).collect();
    assert_eq!(shown.iter().collect::<BTreeSet<_>>(), parameters.keys().collect());
    assert_eq!(shown.len(), parameters.len());
}
