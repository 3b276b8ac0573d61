//! The tables of settings against code and template: the same names, the same defaults.

use super::page;
use crate::template::template;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use shared::{
    config::{Config, ModelProvider, ModelSettings, QueueUrls, Tables},
    domain::{file::MIB, money::Prices},
    outbound::OutboundRules,
    service::files::FileLimits,
};
use std::{cell::RefCell, collections::BTreeMap};

/// The default of a setting that has none.
const NONE: &str = "none";

/// What the page's tables say: names and defaults.
fn rows() -> BTreeMap<String, String> {
    let text = page("docs/settings.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let pairs = rows.map(|row| {
        let mut cells = row.split(" | ");
        let name = cells.next().unwrap().trim_end_matches('`').to_owned();
        (name, cells.next().unwrap().trim_matches('`').to_owned())
    });
    let found: Vec<(String, String)> = pairs.collect();
    let unique: BTreeMap<String, String> = found.iter().cloned().collect();
    assert_eq!(unique.len(), found.len(), "a name is there twice");
    unique
}

fn is_parameter(name: &str) -> bool {
    name.contains(char::is_lowercase)
}

/// The documented settings.
fn documented() -> BTreeMap<String, String> {
    rows().into_iter().filter(|(name, _)| !is_parameter(name)).collect()
}

/// The defaults of the code. A new setting does not compile until it is here.
fn defaults() -> BTreeMap<String, String> {
    let Config {
        rate_limit_api,
        rate_limit_auth,
        prices,
        cors_origins,
        jwt_secret,
        jwt_secret_previous,
        jwt_secret_id,
        model,
        embeddings,
        embeddings_key_secret_id,
        min_similarity,
        search,
        tables,
        websocket_endpoint,
        queues,
        bucket_files,
        admin,
        admin_password,
        streams_responses,
        log,
        outbound,
        trusted_proxies,
        webhook_retries,
        files: FileLimits { quota, in_request },
    } = Config::read(|_| None).unwrap();
    let Tables { users, assistants, tools, sessions, balances, files, outbox, webhooks, connections, limits } = tables;
    let ModelSettings { provider, models, echo_scripts, api_key_secret_id, timeout, context_tokens, max_output_tokens } =
        model;
    assert!(matches!(provider, ModelProvider::Echo));
    assert!(embeddings.is_none());
    assert_eq!(models.all().len(), 1);
    let Prices { initial, per_turn, by_use: use_prices, refill } = prices;
    let QueueUrls { deliveries, connections: connections_queue, indexing } = queues;
    let secret = |secret: Option<SecretString>| secret.map_or(NONE.to_owned(), |s| s.expose_secret().into());
    let list = |list: Vec<String>| if list.is_empty() { NONE.to_owned() } else { list.join(",") };
    let seconds = webhook_retries.0.iter().map(|wait| wait.as_secs().to_string());
    let (refill_tokens, refill_every) = refill.map_or((0, 0), |refill| (refill.tokens, refill.every.as_secs()));
    assert_eq!(format!("{outbound:?}"), format!("{:?}", OutboundRules::default()));
    let rows = [
        ("RATE_LIMIT_API", rate_limit_api.to_string()),
        ("RATE_LIMIT_AUTH", rate_limit_auth.to_string()),
        ("INITIAL_TOKENS", initial.to_string()),
        ("TOKENS_PER_TURN", per_turn.to_string()),
        ("TOKENS_PER_1K_INPUT", use_prices.map_or(0, |prices| prices.per_1k_input).to_string()),
        ("TOKENS_PER_1K_OUTPUT", use_prices.map_or(0, |prices| prices.per_1k_output).to_string()),
        ("REFILL_TOKENS", refill_tokens.to_string()),
        ("REFILL_HOURS", (refill_every / 3600).to_string()),
        ("CORS_ORIGINS", list(cors_origins)),
        ("JWT_SECRET", secret(jwt_secret)),
        ("JWT_SECRET_PREVIOUS", secret(jwt_secret_previous)),
        ("JWT_SECRET_ID", jwt_secret_id.unwrap_or(NONE.to_owned())),
        ("MODEL_PROVIDER", "echo".to_owned()),
        ("MODEL_BASE_URL", NONE.to_owned()),
        ("MODEL_API_KEY", NONE.to_owned()),
        ("MODEL_NAME", models.default_id().as_str().to_owned()),
        ("MODELS", NONE.to_owned()),
        ("ECHO_SCRIPTS", u8::from(echo_scripts).to_string()),
        ("MODEL_API_KEY_SECRET_ID", api_key_secret_id.unwrap_or(NONE.to_owned())),
        ("MODEL_TIMEOUT_SECONDS", timeout.as_secs().to_string()),
        ("MODEL_CONTEXT_TOKENS", context_tokens.to_string()),
        ("MODEL_MAX_OUTPUT_TOKENS", max_output_tokens.unwrap_or(0).to_string()),
        ("EMBEDDINGS_BASE_URL", NONE.to_owned()),
        ("EMBEDDINGS_MODEL", NONE.to_owned()),
        ("EMBEDDINGS_API_KEY", NONE.to_owned()),
        ("EMBEDDINGS_API_KEY_SECRET_ID", embeddings_key_secret_id.unwrap_or(NONE.to_owned())),
        ("EMBEDDINGS_MIN_SIMILARITY", min_similarity.to_string()),
        ("TABLE_USERS", users),
        ("TABLE_ASSISTANTS", assistants),
        ("TABLE_TOOLS", tools),
        ("TABLE_SESSIONS", sessions),
        ("TABLE_BALANCES", balances),
        ("TABLE_FILES", files),
        ("TABLE_OUTBOX", outbox),
        ("TABLE_WEBHOOKS", webhooks),
        ("TABLE_CONNECTIONS", connections),
        ("TABLE_LIMITS", limits),
        ("WEBSOCKET_ENDPOINT", websocket_endpoint),
        ("FILES_QUOTA_MB", (quota / MIB).to_string()),
        ("REQUEST_FILE_MB", (in_request.unwrap_or(0) / MIB).to_string()),
        ("QUEUE_INDEXING", indexing),
        ("QUEUE_DELIVERIES", deliveries),
        ("QUEUE_CONNECTIONS", connections_queue),
        ("BUCKET_FILES", bucket_files),
        ("QUINTET_ADMIN_EMAIL", admin.map_or(NONE.to_owned(), |admin| admin.email)),
        ("QUINTET_ADMIN_PASSWORD", secret(admin_password)),
        ("STREAM_RESPONSES", u8::from(streams_responses).to_string()),
        ("LOG_LEVEL", log.level),
        ("LOG_FORMAT", if log.json { "json" } else { "text" }.to_owned()),
        ("SEARCH_URL", search.map_or(NONE.to_owned(), |search| search.url.to_string())),
        ("SEARCH_API_KEY", NONE.to_owned()),
        ("SEARCH_API_KEY_SECRET_ID", NONE.to_owned()),
        ("OUTBOUND_ALLOW", NONE.to_owned()),
        ("OUTBOUND_DENY", NONE.to_owned()),
        ("TRUSTED_PROXIES", list(trusted_proxies.iter().map(|block| format!("{block:?}")).collect())),
        ("WEBHOOK_RETRY_SECONDS", seconds.collect::<Vec<_>>().join(",")),
    ];
    rows.into_iter().map(|(name, default)| (name.to_owned(), default)).collect()
}

#[test]
fn the_page_has_every_setting_with_its_default_and_no_other() {
    assert_eq!(documented(), defaults());
}

#[test]
fn every_setting_that_the_code_reads_is_on_the_page() {
    let asked = RefCell::new(Vec::new());
    let read = Config::read(|name| {
        asked.borrow_mut().push(name.to_owned());
        None
    });
    assert!(read.is_ok());
    let mut asked = asked.into_inner();
    asked.sort();
    asked.dedup();
    assert_eq!(asked, documented().into_keys().collect::<Vec<_>>());
}

#[test]
fn each_documented_default_is_a_value_that_can_be_set() {
    let documented = documented();
    let given = |name: &str| documented.get(name).filter(|default| *default != NONE).cloned();
    assert!(Config::read(given).is_ok());
}

/// `RateLimitApi` for `RATE_LIMIT_API`.
fn in_template(setting: &str) -> String {
    setting.split('_').map(|word| format!("{}{}", &word[..1], word[1..].to_lowercase())).collect()
}

#[test]
fn the_page_has_every_parameter_of_the_stack_that_is_no_setting() {
    let template = template();
    let settings: Vec<String> = documented().keys().map(|name| in_template(name)).collect();
    let parameters = template["Parameters"].as_object().unwrap().iter();
    let alone = parameters.filter(|(name, _)| !settings.contains(name)).map(|(name, parameter)| {
        let default = match &parameter["Default"] {
            Value::String(text) if text.is_empty() => NONE.to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (name.clone(), default)
    });
    let documented = rows().into_iter().filter(|(name, _)| is_parameter(name));
    assert_eq!(documented.collect::<BTreeMap<_, _>>(), alone.collect::<BTreeMap<_, _>>());
}
